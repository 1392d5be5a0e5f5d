"""How close mini comes to subjects it never saw, beside a look-up table and simple rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from gamesim.catalog import find_game
from gamesim.mini.corpus import HELD_OUT_STAKES
from gamesim.mini.header import DECISIONS, SCALES, State, messages
from gamesim.mini.records import (
    COLUMNS,
    COOPERATE,
    Case,
    Part,
    Records,
    published,
    read_other_stakes,
    read_records,
)
from gamesim.mini.rivals import losses, marginal_rule, repeat_rule, spread_rule
from gamesim.mini.scorer import Chat, Scorer
from gamesim.mini.wording import prose
from gamesim.prompt import instructions, question, wordings

__all__ = ["OTHER_STAKES", "evaluate", "log_loss", "mean_normalised", "published_gap", "w1"]

Floats = NDArray[np.float64]

OTHER_STAKES: Final = (2, *HELD_OUT_STAKES, 20_000, 100_000)
"""Stakes that training never names."""

_WORDINGS: Final = 12
_HISTORY: Final = ("dictator.give", "bomb_risk.open")


def w1(first: Floats, second: Floats) -> float:
    """Give the Wasserstein-1 distance of two distributions on 0, 1, ..., in units of the answer."""
    return float(np.abs(np.cumsum(first - second)).sum())


def mean_normalised(distances: Mapping[str, float]) -> float:
    """Average Wasserstein distances, each divided by its decision's range."""
    return float(np.mean([distance / SCALES[decision] for decision, distance in distances.items()]))


def evaluate(folder: Path, records: Path, part: Part = "test") -> dict[str, Any]:
    """Measure everything that the model card reports.

    Parameters
    ----------
    folder : Path
        Holds the model.
    records : Path
        Holds the records.
    part : {"test", "tune"}
        Subjects to compare with; the rules beside mini are fitted to the training subjects.

    Returns
    -------
    dict
        Plain numbers, ready for JSON.
    """
    scorer = Scorer(folder)
    train, people = read_records(records, "train"), read_records(records, part)
    human = {decision: people.marginal(decision) for decision in COLUMNS}
    columns = {
        "header": _each(lambda each: _distance(scorer, [messages(State(each))], each, human)),
        "unseen wording": _each(lambda each: _distance(scorer, _unseen(each, (SCALES[each],)), each, human)),
        "other stakes": _each(lambda each: _distance(scorer, _unseen(each, OTHER_STAKES), each, human)),
        "games' wording": _each(lambda each: _distance(scorer, _games(each, (100,)), each, human)),
        "games' wording, other stakes": _each(
            lambda each: _distance(scorer, _games(each, OTHER_STAKES), each, human)
        ),
        "prose alone": _each(lambda each: _distance(scorer, _prose_alone(each), each, human)),
        "table": _each(lambda each: w1(train.marginal(each), human[each])),
        "uniform": _each(lambda each: w1(np.full(len(human[each]), 1 / len(human[each])), human[each])),
        "split half": _each(lambda each: _split_half(people, each)),
    }
    return {
        "subjects": {decision: len(people.first[decision]) for decision in COLUMNS},
        "w1": columns,
        "mean normalised w1": {name: mean_normalised(column) for name, column in columns.items()},
        "history": {decision: _history(scorer, train, people, decision) for decision in _HISTORY},
        "after bomb": _reaction(scorer, people),
        "minimum given offer": _minimum(scorer, train, people),
        "acceptance": _acceptance(scorer, human["ultimatum.minimum"]),
        "dictator at other stakes": _real_stakes(scorer, records, train),
        "published": _published(scorer),
        "legal mass": {
            decision: scorer.legal_mass(messages(State(decision)), decision) for decision in DECISIONS
        },
    }


def log_loss(folder: Path, records: Path, part: Part) -> float:
    """Give the score by which a seed is chosen: log loss, averaged over the kinds of recorded decisions.

    Parameters
    ----------
    folder, records : Path
        The model and the records.
    part : {"test", "tune", "train"}
        Subjects to score.

    Returns
    -------
    float
        Nats; first decisions of seven kinds and later ones of three count alike.
    """
    scorer, people = Scorer(folder), read_records(records, part)
    means = []
    for decision in COLUMNS:
        shares = scorer.distributions([messages(State(decision))], decision)[0]
        means.append(-float(np.log(shares[people.first[decision]]).mean()))
    for decision, cases in people.later.items():
        means.append(float(losses(_told(scorer, cases, decision), cases).mean()))
    return float(np.mean(means))


def published_gap(folder: Path) -> float:
    """Give the largest gap between a share of cooperation in the dilemma and the published one."""
    rows = _published(Scorer(folder))
    return max(
        abs(row["mini"] - row["published"]) for name, row in rows.items() if name.startswith("cooperate")
    )


def _each(value: Callable[[str], float]) -> dict[str, float]:
    return {decision: value(decision) for decision in COLUMNS}


def _distance(scorer: Scorer, chats: Sequence[Chat], decision: str, human: Mapping[str, Floats]) -> float:
    """Average the distance over prompts, not the prompts' distributions: errors must not cancel."""
    return float(np.mean([w1(shares, human[decision]) for shares in scorer.distributions(chats, decision)]))


def _unseen(decision: str, stakes: Sequence[float]) -> list[Chat]:
    rng, state = np.random.default_rng(0), State(decision)
    return [
        messages(state, prose(state, rng, stake, unseen=True)) for stake in stakes for _ in range(_WORDINGS)
    ]


def _games(decision: str, stakes: Sequence[float]) -> list[Chat]:
    """Put the rules and questions of this project's games, which training does not know, behind the header."""
    name, _, stage = decision.partition(".")
    kind: Any = find_game(name)
    chats = []
    for stake in stakes:
        whole = int(stake) if name == "bomb_risk" else float(stake)
        game = kind(**{kind.stake_parameter: whole})
        seen = {"send": stake / 2} if decision == "trust.return" else {}
        for variant in range(wordings(game, stage)):
            text = (
                f"{instructions(game, game.decider(stage), stage, variant)} "
                f"{question(game, stage, seen, variant)}"
            )
            chats.append(messages(State(decision), text))
    return chats


def _prose_alone(decision: str) -> list[Chat]:
    rng = np.random.default_rng(0)
    return [messages(None, prose(State(decision), rng)) for _ in range(2 * _WORDINGS)]


def _split_half(people: Records, decision: str, repeats: int = 50) -> float:
    rng, values, size = np.random.default_rng(0), people.first[decision], SCALES[decision] + 1
    distances = []
    for _ in range(repeats):
        mixed = rng.permutation(values)
        halves = mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]
        shares = [np.bincount(half, minlength=size) / len(half) for half in halves]
        distances.append(w1(shares[0], shares[1]))
    return float(np.mean(distances))


def _told(scorer: Scorer, cases: Sequence[Case], decision: str) -> Floats:
    return scorer.distributions([messages(case.state) for case in cases], decision)


def _history(scorer: Scorer, train: Records, people: Records, decision: str) -> dict[str, float]:
    """Compare log loss in later rounds, in nats; ``gain se`` belongs to mini's lead on the repeat rule."""
    cases, known = people.later[decision], train.later[decision]
    shares = _told(scorer, cases, decision)
    own = losses(shares, cases)
    rules = {"marginal": marginal_rule, "repeat": repeat_rule, "spread": spread_rule}
    rivals = {name: losses(rule(known, decision)(cases), cases) for name, rule in rules.items()}
    truth = np.array([case.answer for case in cases])
    mean = shares @ np.arange(shares.shape[1])
    median = (np.cumsum(shares, axis=1) < 0.5).sum(axis=1)
    return {
        "rows": len(cases),
        **{name: float(loss.mean()) for name, loss in rivals.items()},
        "mini": float(own.mean()),
        "gain se": float((rivals["repeat"] - own).std() / np.sqrt(len(cases))),
        "mean absolute error of the median": float(np.abs(median - truth).mean()),
        "correlation of the mean": float(np.corrcoef(mean, truth)[0, 1]),
    }


def _reaction(scorer: Scorer, people: Records) -> dict[str, float]:
    """Give the mean change of the number of boxes after each outcome, of people and of mini."""
    cases = people.later["bomb_risk.open"]
    mean = _told(scorer, cases, "bomb_risk.open") @ np.arange(SCALES["bomb_risk.open"] + 1)
    last = np.array([int(case.state.past[-1][0]) for case in cases])
    truth = np.array([case.answer for case in cases])
    result = {}
    for outcome in ("safe", "bomb"):
        rows = np.array([case.state.past[-1][1] == outcome for case in cases])
        result[f"people, {outcome}"] = float((truth - last)[rows].mean())
        result[f"mini, {outcome}"] = float((mean - last)[rows].mean())
    return result


def _minimum(scorer: Scorer, train: Records, people: Records) -> dict[str, float]:
    decision = "ultimatum.minimum"
    cases = people.later[decision]
    own = losses(_told(scorer, cases, decision), cases)
    table = losses(marginal_rule(train.later[decision], decision)(cases), cases)
    return {
        "rows": len(cases),
        "marginal": float(table.mean()),
        "mini": float(own.mean()),
        "gain se": float((table - own).std() / np.sqrt(len(cases))),
    }


def _acceptance(scorer: Scorer, human: Floats) -> dict[str, float]:
    """Compare P(minimum <= offer) with the human curve: mean and largest gap over offers 0 ... 100."""
    decision = "ultimatum.minimum"
    curve = np.cumsum(scorer.distributions([messages(State(decision))], decision)[0])
    gap = np.abs(curve - np.cumsum(human))
    return {"mean": float(gap.mean()), "largest": float(gap.max())}


def _real_stakes(scorer: Scorer, records: Path, train: Records) -> dict[str, dict[str, float]]:
    """Compare with people who divided other stakes, in per cent; the table is that of stake 100."""
    decision, grid = "dictator.give", np.arange(101)
    result = {}
    for stake, given in read_other_stakes(records).items():
        shares = scorer.distributions(_unseen(decision, (stake,)), decision).mean(axis=0)
        result[str(stake)] = {
            "rows": len(given),
            "people": float(given.mean()),
            "mini": float(shares @ grid),
            "w1 of mini": float(wasserstein_distance(grid, given, shares)),
            "w1 of table": float(wasserstein_distance(grid, given, train.marginal(decision))),
        }
    return result


def _published(scorer: Scorer) -> dict[str, dict[str, float]]:
    """Compare with the published figures that stand in for records."""
    dilemma, guess = "prisoners_dilemma.choose", "beauty_contest.guess"
    states = {"first round": State(dilemma)}
    for own, other in COOPERATE:
        states[f"after {own}, {other}"] = State(dilemma, 2, 5, ((own, other),))
    result = {
        f"cooperate, {name}": {
            "published": float(published(state)[0]),
            "mini": float(scorer.distributions([messages(state)], dilemma)[0, 0]),
        }
        for name, state in states.items()
    }
    grid = np.arange(SCALES[guess] + 1)
    moments = []
    for shares in (published(State(guess)), scorer.distributions([messages(State(guess))], guess)[0]):
        mean = float(shares @ grid)
        moments.append((mean, float(np.sqrt(shares @ grid**2 - mean**2))))
    for name, index in (("guess, mean", 0), ("guess, standard deviation", 1)):
        result[name] = {"published": moments[0][index], "mini": moments[1][index]}
    return result
