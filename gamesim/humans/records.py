"""Raw records on their way to counts: where they come from, and how each step of the cleaning is counted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gamesim.errors import GamesimError

MEI = (
    "Mei, Xie, Yuan & Jackson 2024, A Turing test of whether AI chatbots are behaviorally similar to humans, "
    "PNAS 121"
)
XIE = (
    "Xie, Mei, Yuan & Jackson 2025, Using language models to decipher the motivation behind human behaviors, "
    "arXiv 2503.15752"
)
MIT = "MIT (source records); only aggregated counts are kept here"
GPL = "GPL-3.0 (source table); only aggregated counts are kept here"
MOBLAB = "students in MobLab classrooms, many countries, 2015 to 2023"
CLASSROOM = "hypothetical or course incentives; sessions, countries and payment are not in the records"
URL_MEI = "https://github.com/yutxie/ChatGPT-Behavioral"
URL_XIE = "https://github.com/yutxie/llm-behavioral-codes"


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
        "Alsobay et al. 2025, online public goods games with varied rules, as transcribed in Psych-201 "
        "(Binz et al. 2026)",
        "Apache-2.0 (Psych-201 repository); only aggregated counts are kept here",
        "https://huggingface.co/datasets/marcelbinz/Psych-201",
    ),
    "df2011": Source(
        "dalbo_frechette2011",
        "university students in a laboratory, paid",
        "Dal Bo & Frechette 2011, The evolution of cooperation in infinitely repeated games, American "
        "Economic Review 101:411-429",
        "CC BY 4.0",
        "https://doi.org/10.1257/aer.101.1.411",
    ),
    "bigfive": Source(
        "bigfive",
        "visitors of a web site who took a personality test, many countries, mostly young",
        "Open-Source Psychometrics Project, answers to the 50 markers of the Big Five factors (Goldberg 1992, "
        f"Psychological Assessment 4:26-42, as items of the IPIP), as used by {MEI}",
        "carried by an MIT repository; only aggregated figures are kept here",
        URL_MEI,
    ),
}


class Funnel:
    """A table on its way through the cleaning, which remembers how many rows each step leaves."""

    def __init__(self, rows: pd.DataFrame, start: str = "rows at hand") -> None:
        self.rows = rows
        self.attrition: list[tuple[str, int]] = [(start, len(rows))]

    def keep(self, step: str, mask: pd.Series[bool]) -> Funnel:
        """Keep the rows for which `mask`, by index, holds; the receiver is left as it is."""
        child = Funnel(self.rows[mask.loc[self.rows.index]])
        child.attrition = [*self.attrition, (step, len(child.rows))]
        return child


def table(path: Path, separator: str = ",") -> pd.DataFrame:
    """Read one file of records.

    Raises
    ------
    GamesimError
        If it is not there.
    """
    if not path.is_file():
        raise GamesimError(f"human records: {path} is missing")
    return pd.read_csv(path, sep=separator)


def reference(
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
    people = f"Counts come from the {len(first):,} subjects at hand, a part of those published."
    entry["note"] = f"{people} {fields.get('note', '')}".strip()
    return entry


def _tally(choices: pd.Series[Any], labels: list[str]) -> dict[str, int]:
    counts = choices.value_counts()
    if labels:
        return {label: int(counts.get(label, 0)) for label in labels}
    return {f"{value:g}": int(counts[value]) for value in sorted(counts.index)}


def write(entry: Mapping[str, Any], folder: Path) -> Path:
    """Write one reference as JSON, one line a key, and return its path."""
    lines = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in entry.items()]
    path = folder / f"{entry['name']}.json"
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return path
