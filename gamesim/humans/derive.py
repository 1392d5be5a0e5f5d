"""Rebuild the derived references from a folder of raw records: ``python -m gamesim.humans.derive RECORDS_DIR``.

The raw records are not part of the package; `SOURCES` says where they are published. Every step that drops rows is
counted and kept in the reference as its attrition. References of kind ``published`` are written by hand and are not
touched.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gamesim.errors import GamesimError
from gamesim.humans.transcripts import online_contributions

HERE = Path(__file__).parent

MEI = "Mei, Xie, Yuan & Jackson 2024, A Turing test of whether AI chatbots are behaviorally similar to humans, PNAS 121"
XIE = "Xie, Mei, Yuan & Jackson 2025, Using language models to decipher the motivation behind human behaviors, arXiv 2503.15752"
MIT = "MIT (source records); only aggregated counts are kept here"
GPL = "GPL-3.0 (source table); only aggregated counts are kept here"
MOBLAB = "students in MobLab classrooms, many countries, 2015 to 2023"
CLASSROOM = "hypothetical or course incentives; sessions, countries and payment are not in the records"
URL_MEI = "https://github.com/yutxie/ChatGPT-Behavioral"
URL_XIE = "https://github.com/yutxie/llm-behavioral-codes"

Frame = pd.DataFrame


@dataclass(frozen=True)
class Source:
    """Where records were published and under which terms."""

    dataset: str
    population: str
    citation: str
    licence: str
    url: str


SOURCES = {
    "moblab": Source("moblab", MOBLAB, MEI, MIT, URL_MEI),
    "joint": Source("moblab", MOBLAB, f"{XIE}; {MEI}", GPL, URL_XIE),
    "engel": Source(
        "engel2011",
        "",
        "Engel 2011, Dictator games: a meta study, Experimental Economics 14:583-610",
        "carried by a GPL-3.0 repository; only aggregated counts are kept here",
        URL_XIE,
    ),
    "alsobay": Source(
        "alsobay2025",
        "adults recruited online, playing for a bonus",
        "Alsobay et al. 2025, online public goods games with varied rules, as transcribed in Psych-201 (Binz et al. 2026)",
        "Apache-2.0 (Psych-201 repository); only aggregated counts are kept here",
        "https://huggingface.co/datasets/marcelbinz/Psych-201",
    ),
    "df2011": Source(
        "dalbo_frechette2011",
        "university students in a laboratory, paid",
        "Dal Bo & Frechette 2011, The evolution of cooperation in infinitely repeated games, American Economic Review "
        "101:411-429",
        "CC BY 4.0",
        "https://doi.org/10.1257/aer.101.1.411",
    ),
}


class Funnel:
    """A table on its way through the cleaning, which remembers how many rows each step leaves."""

    def __init__(self, rows: Frame, start: str = "rows at hand") -> None:
        self.rows = rows
        self.attrition: list[tuple[str, int]] = [(start, len(rows))]

    def keep(self, step: str, where: Callable[[Frame], Any]) -> Funnel:
        """Keep the rows for which `where` holds; the receiver is left as it is."""
        child = Funnel(self.rows[where(self.rows)])
        child.attrition = [*self.attrition, (step, len(child.rows))]
        return child


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


def table(path: Path) -> Frame:
    """Read one file of records.

    Raises
    ------
    GamesimError
        If it is not there.
    """
    if not path.is_file():
        raise GamesimError(f"human records: {path} is missing")
    return pd.read_csv(path)


def _reference(
    source: Source, funnel: Funnel, value: str, name: str, decision: str, **fields: Any
) -> dict[str, Any]:
    """Count a cleaned table: every decision, and the first of each subject in the order of the records."""
    rows = funnel.rows.assign(choice=funnel.rows[value])
    first = rows.drop_duplicates("UserID") if "UserID" in rows else rows
    labels = fields.get("labels", [])
    entry: dict[str, Any] = {
        "name": name,
        "decision": decision,
        "kind": "counts",
        "dataset": source.dataset,
        "population": source.population,
        "method": "direct response",
        "stake": None,
        "round": 1,
        "given": {},
        "parameters": {},
        "step": 1,
        "labels": [],
        "attrition": [*funnel.attrition, ("first of each subject", len(first))],
        "subjects": len(first),
        "decisions": len(rows),
        "one_vote": _tally(first["choice"], labels),
        "per_decision": _tally(rows["choice"], labels),
        "citation": source.citation,
        "licence": source.licence,
        "url": source.url,
    }
    entry.update(fields)
    entry["note"] = f"Counts come from the {len(first):,} subjects at hand. {fields.get('note', '')}".strip()
    return entry


def _tally(choices: pd.Series[Any], labels: list[str]) -> dict[str, int]:
    counts = choices.value_counts()
    if labels:
        return {label: int(counts.get(label, 0)) for label in labels}
    return {f"{value:g}": int(counts[value]) for value in sorted(counts.index)}


def _dictator(records: Path) -> list[dict[str, Any]]:
    start = Funnel(table(records / "moblab" / "dictator.csv.gz"))
    moves = (
        start.keep("the dictator's role", lambda t: t.Role == "first")
        .keep("with a move", lambda t: t.move.notna())
        .keep("round 1", lambda t: t.Round == 1)
    )
    made = []
    for stake in (100, 10, 50, 1000):
        funnel = moves.keep(f"stake {stake}", lambda t, stake=stake: t.Total == stake).keep(  # type: ignore[misc]
            "gives 0 to the stake", lambda t, stake=stake: t.move.between(0, stake)
        )
        suffix = "" if stake == 100 else f".stake{stake}"
        made.append(
            _reference(
                SOURCES["moblab"],
                funnel,
                "move",
                f"moblab.dictator.give{suffix}",
                "dictator.give",
                stake=stake,
                low=0,
                high=stake,
                filter=f"dictators' moves of round 1 at stake {stake}, from 0 to the stake",
                note=f"Many played further rounds, which are left out; {CLASSROOM}.",
            )
        )
    return made


def _ultimatum(records: Path) -> list[dict[str, Any]]:
    rows = table(records / "moblab" / "ultimatum_strategy.csv.gz")
    pairs = rows.move.map(lambda text: json.loads(text) if isinstance(text, str) else [np.nan, np.nan])
    rows = rows.assign(offer=[pair[0] for pair in pairs], minimum=[pair[1] for pair in pairs])
    base = (
        Funnel(rows)
        .keep("a player of the strategy method", lambda t: t.Role == "player")
        .keep("round 1", lambda t: t.Round == 1)
        .keep("stake 100", lambda t: t.Total == 100)
    )
    return [
        _reference(
            SOURCES["moblab"],
            base.keep("0 to 100 (-1 marks a number not given)", lambda t, k=kind: t[k].between(0, 100)),  # type: ignore[misc]
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
    funnel = (
        Funnel(table(records / "moblab" / "bomb_risk.csv.gz"))
        .keep("round 1", lambda t: t.Round == 1)
        .keep("opens 0 to 100", lambda t: t.move.between(0, 100))
    )
    return _reference(
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
    start = Funnel(table(records / "moblab" / "joint.csv.gz"), "subjects at hand in the joint table")
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
                "note": "The source did not filter on the endowment, so a few sessions may have had another than 100.",
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
                "note": "The source's joint table takes round 3, so two rounds had been played before.",
            },
        ),
    ]
    return [
        _reference(
            SOURCES["joint"],
            start.keep(
                "with this decision, within the range",
                lambda t, c=column, h=fields["high"]: t[c].between(0, h),  # type: ignore[misc]
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
        funnel = Funnel(rows).keep("0 to 100 per cent", lambda t: t.Dictator.between(0, 100))
        entry = _reference(
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
            filter="one value a person, the share given in per cent, in tenths, pooled over treatments of many studies",
            note="Stakes, incentives and frames vary between treatments; a few are repeated games. The groupings of the "
            "meta-study (students or not; Western, developing or small-scale) overlap each other.",
        )
        entry["population"] = population
        made.append(entry)
    return made


def _alsobay(records: Path) -> dict[str, Any]:
    funnel = (
        Funnel(online_contributions(records), "decisions with any whole amount allowed")
        .keep("round 1", lambda t: t.Round == 1)
        .keep("coins start in the private fund", lambda t: t.opt_in)
        .keep("contributes 0 to 20", lambda t: t.own.between(0, 20))
    )
    return _reference(
        SOURCES["alsobay"],
        funnel,
        "own",
        "alsobay2025.public_goods.contribute",
        "public_goods.contribute",
        stake=20,
        low=0,
        high=20,
        filter="round 1, any whole amount, coins start in the private fund",
        note="Rules vary between sessions: group size (2 to 20), multiplier, punishment, reward and chat; so no "
        "parameter has to hold in a comparison, and the population and the interface differ from classrooms.",
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
            .keep(f"treatment {treatment}", lambda t, name=treatment: t.treatment == name)  # type: ignore[misc]
            .keep("period 1", lambda t: t.period == 1)
        )
        made.append(
            _reference(
                SOURCES["df2011"],
                funnel,
                "label",
                f"dalbo_frechette2011.prisoners_dilemma.choose.{str(treatment).lower()}",
                "prisoners_dilemma.choose",
                stake=50,
                low=0,
                high=1,
                labels=["cooperate", "defect"],
                parameters={"reward": reward, "temptation": 50, "sucker": 12, "punishment": 25},
                filter=f"period 1 of late supergames, continuation probability {continuation:g}, reward {reward}",
                note="Subjects are experienced: these are late supergames of a session. The game is repeated with the "
                f"same partner and goes on with probability {continuation:g}. Payoffs other than the reward: recalled.",
            )
        )
    return made


def write(entry: Mapping[str, Any], folder: Path) -> Path:
    """Write one reference as JSON, one line a key, and return its path."""
    lines = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in entry.items()]
    path = folder / f"{entry['name']}.json"
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return path


def main(arguments: list[str]) -> int:
    """Derive everything from the folder named in `arguments` and print the attrition."""
    from gamesim.humans import derive_kernels

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
    except GamesimError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
