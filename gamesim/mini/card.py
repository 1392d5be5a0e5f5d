"""The tables of the model card, written from the figures that were measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from gamesim.errors import GamesimError
from gamesim.mini.gates import PUBLISHED_GATE
from gamesim.mini.header import SCALES

__all__ = ["BEGIN", "END", "tables", "write_tables"]

BEGIN: Final = "<!-- figures: written by gamesim.mini.card -->"
END: Final = "<!-- end of figures -->"

_CONDITIONS: Final = {
    "header": "header alone",
    "unseen wording": "header + unseen wording",
    "other stakes": "header + unseen wording, unseen stakes",
    "games' wording": "header + the games' own wording",
    "games' wording, other stakes": "header + the games' own wording, unseen stakes",
    "prose alone": "prose alone, wording seen",
}
_BESIDE: Final = {
    "table": "look-up table: shares of the training subjects",
    "split half": "human split half of the test subjects",
    "uniform": "uniform",
}


def tables(figures: Mapping[str, Any]) -> str:
    """Write the tables.

    Parameters
    ----------
    figures : mapping
        What ``figures.json`` holds.

    Returns
    -------
    str
        Markdown.
    """
    shipped = str(figures["shipped seed"])
    tests: Mapping[str, Any] = figures["test"]
    test = tests[shipped]
    decisions = list(test["w1"]["header"])
    losses = figures["log loss on tuning subjects"]
    published = figures["largest gap to published shares"]
    gaps = ", ".join(f"seed {seed}: {gap:.3f}" for seed, gap in published.items())
    tuned = ", ".join(f"seed {seed}: {loss:.4f}" for seed, loss in losses.items())
    parts = [
        f"Shipped: seed {shipped}, by log loss on the tuning subjects ({tuned}) among the seeds that come within "
        f"{PUBLISHED_GATE} of the dilemma's published shares (largest gap: {gaps}).",
        "Gates missed on the test subjects (`gamesim/mini/gates.py`): "
        + "; ".join(
            f"seed {seed}: {', '.join(missed) if missed else 'none'}"
            for seed, missed in figures["missed gates"].items()
        )
        + ".",
        "### Distance from test subjects: W1 in units of each decision, and mean of W1 / range",
        _table(
            ["", *decisions, "mean / range"],
            [
                ["range", *(str(SCALES[each]) for each in decisions), ""],
                ["test subjects", *(str(test["subjects"][each]) for each in decisions), ""],
                *(
                    _distance_row(f"seed {seed}, {words}", tests[seed], name, decisions)
                    for seed in tests
                    for name, words in _CONDITIONS.items()
                ),
                *(_distance_row(words, test, name, decisions) for name, words in _BESIDE.items()),
            ],
        ),
        "### Over the seeds",
        _table(
            ["figure", "mean", "standard deviation", *(f"seed {seed}" for seed in tests)],
            [
                [
                    name,
                    _number(row["mean"]),
                    _number(row["sd"]),
                    *(_number(_pick(tests[seed], name)) for seed in tests),
                ]
                for name, row in figures["summary"].items()
            ],
        ),
        "### Next move given the own past: log loss in nats, test subjects, later rounds (shipped seed)",
        _table(
            [
                "decision",
                "decisions",
                "marginal",
                "best repeat-last mixture",
                "repeat-last, spread out",
                "mini",
                "lead on repeat-last (se)",
                "mean absolute error of the median",
                "correlation of the mean",
            ],
            [
                [
                    decision,
                    str(row["rows"]),
                    *(f"{row[name]:.3f}" for name in ("marginal", "repeat", "spread", "mini")),
                    f"{row['repeat'] - row['mini']:.3f} ({row['gain se']:.3f})",
                    f"{row['mean absolute error of the median']:.1f}",
                    f"{row['correlation of the mean']:.2f}",
                ]
                for decision, row in test["history"].items()
            ],
        ),
        _sentences(test),
        "### Dictators at other stakes, never trained on (shipped seed; per cent of the stake, first rounds)",
        _table(
            [
                "stake",
                "people",
                "mean of people",
                "mean of mini",
                "W1 of mini",
                "W1 of the look-up table of stake 100",
            ],
            [
                [
                    stake,
                    str(row["rows"]),
                    *(f"{row[name]:.1f}" for name in ("people", "mini", "w1 of mini", "w1 of table")),
                ]
                for stake, row in test["dictator at other stakes"].items()
            ],
        ),
        "### Decisions trained from published figures (shipped seed)",
        _table(
            ["figure", "published", "mini"],
            [
                [name, f"{row['published']:.3f}", f"{row['mini']:.3f}"]
                for name, row in test["published"].items()
            ],
        ),
    ]
    return "\n\n".join(parts)


def write_tables(figures: Mapping[str, Any], card: Path) -> None:
    """Put the tables between the two marks of a model card.

    Parameters
    ----------
    figures : mapping
        What ``figures.json`` holds.
    card : Path
        The card.

    Raises
    ------
    GamesimError
        If the card has no place for them.
    """
    before, begin, rest = card.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise GamesimError(f"{card} lacks the marks {BEGIN!r} and {END!r} between which figures are written")
    card.write_text(f"{before}{BEGIN}\n\n{tables(figures)}\n\n{END}{after}", encoding="utf-8")


def _distance_row(words: str, test: Mapping[str, Any], name: str, decisions: Sequence[str]) -> list[str]:
    row = test["w1"][name]
    return [words, *(f"{row[each]:.2f}" for each in decisions), f"{test['mean normalised w1'][name]:.4f}"]


def _pick(test: Mapping[str, Any], name: str) -> float:
    figure, _, of = name.partition(", ")
    if figure == "mean normalised w1":
        return float(test[figure][of])
    if figure == "log loss with history":
        return float(test["history"][of]["mini"])
    return float(test["acceptance"]["mean"])


def _sentences(test: Mapping[str, Any]) -> str:
    after, minimum, accept = test["after bomb"], test["minimum given offer"], test["acceptance"]
    return (
        f"Mean change of the number of boxes after a bomb: people {after['people, bomb']:+.1f}, mini "
        f"{after['mini, bomb']:+.1f}; after a safe round: people {after['people, safe']:+.1f}, mini "
        f"{after['mini, safe']:+.1f}.\n\n"
        f"Minimum acceptable offer of subjects whose own offer is told: log loss {minimum['mini']:.3f} "
        f"against {minimum['marginal']:.3f} of the marginal, lead "
        f"{minimum['marginal'] - minimum['mini']:.3f} (se {minimum['gain se']:.3f}, "
        f"{minimum['rows']} subjects).\n\n"
        f"Acceptance derived as P(minimum <= offer): gap to the human curve {accept['mean']:.3f} on average "
        f"over offers 0 to 100, {accept['largest']:.3f} at most.\n\n"
        f"Least probability that a reply is a legal answer: {min(test['legal mass'].values()):.4f}."
    )


def _number(value: float) -> str:
    return f"{value:.4f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
