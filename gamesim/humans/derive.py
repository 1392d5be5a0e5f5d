"""Rebuild the derived references from raw records: ``python -m gamesim.humans.derive RECORDS_DIR``.

The raw records are not part of the package; `SOURCES` says where they are published. Every step that drops
rows is counted and kept in the reference as its attrition. References of kind ``published`` are written by
hand and are not touched.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

from gamesim.errors import GamesimError
from gamesim.humans import derive_kernels, derive_traits
from gamesim.humans.records import CLASSROOM, SOURCES, Funnel, reference, table, write
from gamesim.humans.transcripts import online_contributions

HERE = Path(__file__).parent


def build(records: Path) -> dict[str, dict[str, Any]]:
    """Derive all references.

    Parameters
    ----------
    records : Path
        Folder with `moblab/`, `engel2011/`, `psych201/` and `repeated_pd/`.

    Returns
    -------
    dict of str to dict
        By name, ready to be written as JSON.

    Raises
    ------
    GamesimError
        If a file of records is missing.
    """
    made = [*_dictator(records), *_ultimatum(records), _bomb(records), *_joint(records), *_engel(records)]
    made += [_alsobay(records), *_repeated_dilemma(records)]
    return {str(entry["name"]): entry for entry in made}


def _dictator(records: Path) -> list[dict[str, Any]]:
    rows = table(records / "moblab" / "dictator.csv.gz")
    moves = (
        Funnel(rows)
        .keep("the dictator's role", rows.Role == "first")
        .keep("with a move", rows.move.notna())
        .keep("round 1", rows.Round == 1)
    )
    made = []
    for stake in (100, 10, 50, 1000):
        funnel = moves.keep(f"stake {stake}", rows.Total == stake).keep(
            "gives 0 to the stake", rows.move.between(0, stake)
        )
        suffix = "" if stake == 100 else f".stake{stake}"
        made.append(
            reference(
                SOURCES["moblab"],
                funnel,
                "move",
                f"moblab.dictator.give{suffix}",
                "dictator.give",
                stake=stake,
                low=0,
                high=stake,
                filter=f"dictators' moves of round 1 at stake {stake}, from 0 to the stake",
                note=f"Many played further rounds, which are left out; {CLASSROOM}."
                + ("" if stake == 100 else " Few classes played at this stake, so it is no test of stakes."),
            )
        )
    return made


def _ultimatum(records: Path) -> list[dict[str, Any]]:
    rows = table(records / "moblab" / "ultimatum_strategy.csv.gz")
    pairs = rows.move.map(lambda text: json.loads(text) if isinstance(text, str) else [np.nan, np.nan])
    rows = rows.assign(offer=[pair[0] for pair in pairs], minimum=[pair[1] for pair in pairs])
    base = (
        Funnel(rows)
        .keep("a player of the strategy method", rows.Role == "player")
        .keep("round 1", rows.Round == 1)
        .keep("stake 100", rows.Total == 100)
    )
    return [
        reference(
            SOURCES["moblab"],
            base.keep("0 to 100 (-1 marks a number not given)", rows[kind].between(0, 100)),
            kind,
            f"moblab.ultimatum.{kind}",
            f"ultimatum.{kind}",
            stake=100,
            low=0,
            high=100,
            method="direct response" if kind == "offer" else "strategy method",
            filter=f"round 1, stake 100, the {kind} from 0 to 100, valid by itself",
            note="Each player stated an offer and a minimum and was paired afterwards (both roles at once).",
        )
        for kind in ("offer", "minimum")
    ]


def _bomb(records: Path) -> dict[str, Any]:
    rows = table(records / "moblab" / "bomb_risk.csv.gz")
    funnel = Funnel(rows).keep("round 1", rows.Round == 1).keep("opens 0 to 100", rows.move.between(0, 100))
    return reference(
        SOURCES["moblab"],
        funnel,
        "move",
        "moblab.bomb_risk.open",
        "bomb_risk.open",
        stake=100,
        low=0,
        high=100,
        filter="round 1, 0 to 100 boxes, opened at once",
        note=f"Static form: boxes are named before any is opened; {CLASSROOM}.",
    )


def _joint(records: Path) -> list[dict[str, Any]]:
    rows = table(records / "moblab" / "joint.csv.gz")
    start = Funnel(rows, "subjects at hand in the joint table")
    common: dict[str, Any] = {"low": 0, "step": 1}
    specs: list[tuple[str, str, dict[str, Any]]] = [
        (
            "trust_1",
            "trust.send",
            {
                "stake": 100,
                "high": 100,
                "parameters": {"factor": 3},
                "filter": "investors of round 1 sending 0 to 100",
                "note": "The source did not filter on the endowment; a few sessions may differ from 100.",
            },
        ),
        (
            "trust_3",
            "trust.return",
            {
                "stake": 100,
                "high": 150,
                "parameters": {"factor": 3},
                "given": {"send": 50},
                "filter": "trustees of round 1 who received 150 after 50 were sent, returning 0 to 150",
                "note": "A return of 50 pays the investor back.",
            },
        ),
        (
            "PG",
            "public_goods.contribute",
            {
                "stake": 20,
                "high": 20,
                "round": 3,
                "parameters": {"mpcr": 0.5, "group_size": 4},
                "filter": "round 3 in groups of 4, endowment 20, contributing 0 to 20",
                "note": "The source's joint table takes round 3, so two rounds had been played before; it names no "
                "groups, so members of a group count as independent.",
            },
        ),
    ]
    return [
        reference(
            SOURCES["joint"],
            start.keep(
                "with this decision, within the range",
                rows[column].between(0, fields["high"]),
            ),
            column,
            f"moblab.{decision}" + (".sent50" if "given" in fields else ""),
            decision,
            **{**common, **fields, "note": f"{fields['note']} {CLASSROOM.capitalize()}."},
        )
        for column, decision, fields in specs
    ]


def _engel(records: Path) -> list[dict[str, Any]]:
    files = {
        "Students": ("students", "students in many countries", True),
        "Non-Students": ("non_students", "people who are not students, in many countries", True),
        "Western": ("western", "people in Western countries", False),
        "Developing": ("developing", "people in developing countries", False),
        "Primitive": ("small_scale", "people in small-scale societies", False),
    }
    made = []
    for file, (name, population, default) in files.items():
        rows = table(records / "engel2011" / f"{file}.csv.gz")
        funnel = Funnel(rows).keep("0 to 100 per cent", rows.Dictator.between(0, 100))
        entry = reference(
            SOURCES["engel"],
            funnel,
            "Dictator",
            f"engel2011.dictator.give.{name}",
            "dictator.give",
            stake=100,
            low=0,
            high=100,
            step=10,
            shares=True,
            default=default,
            filter="one value a person, the share given in per cent, in tenths, pooled over many studies",
            note="Stakes, incentives and frames vary between treatments; a few are repeated games. The "
            "groupings of the meta-study (students or not; Western, developing or small-scale) overlap.",
        )
        entry["population"] = population
        made.append(entry)
    return made


def _alsobay(records: Path) -> dict[str, Any]:
    rows = online_contributions(records)
    funnel = (
        Funnel(rows, "decisions with any whole amount allowed")
        .keep("round 1", rows.Round == 1)
        .keep("coins start in the private fund", rows.opt_in)
        .keep("contributes 0 to 20", rows.own.between(0, 20))
    )
    return reference(
        SOURCES["alsobay"],
        funnel,
        "own",
        "alsobay2025.public_goods.contribute",
        "public_goods.contribute",
        stake=20,
        low=0,
        high=20,
        filter="round 1, any whole amount, coins start in the private fund",
        note="Rules vary between sessions: group size (2 to 20), multiplier, punishment, reward and chat; so "
        "no parameter has to hold in a comparison, and population and interface differ from classrooms. "
        "Members of a group count as independent, which they are in round 1 only before any chat.",
    )


def _repeated_dilemma(records: Path) -> list[dict[str, Any]]:
    rows = table(records / "repeated_pd" / "DF2011.csv.gz")
    made = []
    for treatment in sorted(rows.treatment.unique()):
        match = re.fullmatch(r"D(\d+)R(\d+)", str(treatment))
        if match is None:
            raise GamesimError(
                f"human records: repeated_pd/DF2011.csv.gz: treatment {treatment!r} is not known"
            )
        continuation, reward = float(f"0.{match.group(1)}"), int(match.group(2))
        funnel = (
            Funnel(rows.assign(UserID=rows.id, label=rows.choice.map({"c": "cooperate", "d": "defect"})))
            .keep(f"treatment {treatment}", rows.treatment == treatment)
            .keep("period 1", rows.period == 1)
        )
        made.append(
            reference(
                SOURCES["df2011"],
                funnel,
                "label",
                f"dalbo_frechette2011.prisoners_dilemma.choose.{str(treatment).lower()}",
                "prisoners_dilemma.choose",
                stake=50,
                low=0,
                high=1,
                labels=["cooperate", "defect"],
                parameters={
                    "continuation": continuation,
                    "reward": reward,
                    "temptation": 50,
                    "sucker": 12,
                    "punishment": 25,
                },
                filter=f"period 1 of late supergames, continuation {continuation:g}, reward {reward}",
                note="Subjects are experienced: these are late supergames of a session. The game is "
                f"repeated with the same partner and goes on with probability {continuation:g}. Payoffs "
                "other than the reward: recalled.",
            )
        )
    return made


def main(arguments: list[str]) -> int:
    """Derive everything from the folder named in `arguments` and print the attrition."""
    if len(arguments) != 1:
        print("usage: python -m gamesim.humans.derive RECORDS_DIR", file=sys.stderr)
        return 2
    try:
        for entry in build(Path(arguments[0])).values():
            write(entry, HERE)
            print(entry["name"], "·", " -> ".join(f"{left:,} {step}" for step, left in entry["attrition"]))
        for kernel in derive_kernels.build(Path(arguments[0])):
            write(kernel, HERE / "kernels")
            print(kernel["name"], "·", kernel["note"])
        for population in derive_traits.build(Path(arguments[0])):
            write(population, HERE / "populations")
            print(population["name"], "·", population["note"])
    except GamesimError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
