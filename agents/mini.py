"""The bundled tiny model: a real Llama of a third of a million weights, trained from scratch on human records.

It is not Be.FM.  It is there so that a machine without weights still plays through the genuine path, with a
human-like distribution that depends on history.  What it plays, plays as the nearest thing it learnt, or
refuses is the table `CONTRACT`; amounts are scaled to the stakes outside the model.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gamesim.distribution import spread
from gamesim.elicit import ModelPolicy, Question, Variants
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.mini import WEIGHTS
from gamesim.mini.header import MEMORY, SCALES, State, answers, messages
from gamesim.models import Prompt, Sampling
from gamesim.observation import Observations
from gamesim.policy import Setting
from gamesim.prompt import instructions, question
from gamesim.streams import Floats, Ints


@dataclass(frozen=True)
class Clause:
    """What mini does with one decision.

    Parameters
    ----------
    decision : str
        The decision, as in tables.
    plays : str
        What it learnt.
    nearest : str
        What it plays as the nearest thing it learnt, and says so.
    refuses : str
        What it refuses.
    fits : callable
        From a game to whether it is not refused.
    departs : callable
        From a setting to whether the nearest thing is played.
    """

    decision: str
    plays: str
    nearest: str = ""
    refuses: str = ""
    fits: Callable[[Any], bool] = lambda game: True
    departs: Callable[[Setting], bool] = lambda setting: False


def _repeated(setting: Setting) -> bool:
    return setting.rounds > 1


def _moblab_dilemma(game: Any) -> bool:
    payoffs = np.array([game.reward, game.punishment]) - game.sucker
    spread = game.temptation - game.sucker
    return spread > 0 and bool(np.allclose(payoffs / spread, [4 / 7, 3 / 7]))


CONTRACT = (
    Clause("dictator.give", "any stake, any number of rounds, with its own past gifts"),
    Clause(
        "ultimatum.offer",
        "any stake, one round",
        "later rounds as first rounds",
        departs=_repeated,
    ),
    Clause(
        "ultimatum.minimum",
        "any stake, one round; with both_roles, knowing its own offer",
        "later rounds as first rounds",
        departs=_repeated,
    ),
    Clause(
        "ultimatum.answer",
        "nothing",
        "accepts as often as its minimum would: the strategy method's thresholds, not live answers",
        departs=lambda setting: True,
    ),
    Clause(
        "trust.send",
        "any stake, factor 3, one round",
        "later rounds as first rounds",
        "another factor than 3",
        fits=lambda game: game.factor == 3,
        departs=_repeated,
    ),
    Clause(
        "trust.return",
        "half of the stake sent, factor 3, one round",
        "other amounts sent by the share of the pot returned; later rounds as first rounds",
        "another factor than 3",
        fits=lambda game: game.factor == 3,
        departs=lambda setting: True,
    ),
    Clause(
        "public_goods.contribute",
        "nothing but a third round, any stake, groups of 4, mpcr 0.5",
        "every round as a third round, without its past",
        "another group size or mpcr",
        fits=lambda game: game.group_size == 4 and game.mpcr == 0.5,
        departs=lambda setting: True,
    ),
    Clause(
        "bomb_risk.open",
        "100 boxes, any number of rounds, with its own past and whether the bomb was opened",
        "another number of boxes by share",
        departs=lambda setting: getattr(setting.game, "boxes", 100) != 100,
    ),
    Clause(
        "prisoners_dilemma.choose",
        "payoffs in the proportions 0, 300, 400, 700; from published figures: the share that cooperates in a "
        "first round and the memory-one table of second rounds",
        "rounds after the second as second rounds",
        "other payoffs",
        fits=_moblab_dilemma,
        departs=lambda setting: setting.rounds > 2,
    ),
    Clause(
        "beauty_contest.guess",
        "p = 2/3, one round; from a published mean and standard deviation alone",
        "another number of players or highest number by share; later rounds as first rounds",
        "another p than 2/3",
        fits=lambda game: abs(game.p - 2 / 3) < 1e-9,
        departs=lambda setting: (
            _repeated(setting)
            or getattr(setting.game, "group_size", 100) != 100
            or getattr(setting.game, "highest", 100) != 100
        ),
    ),
)


@dataclass(frozen=True)
class Mini(ModelPolicy):
    """The bundled tiny model, trained on human records; it is not Be.FM.

    Parameters
    ----------
    weights : str
        Folder of a model that ``gamesim mini train`` wrote, instead of the bundled one.
    wording : str
        Which of the equivalent texts it reads; ``vary`` for all of them, which costs as many times more.
    """

    weights: str = ""
    wording: str = "0"
    order: str = "0"
    personas: bool = False

    speaks = False
    trained_on = ("moblab", "behaviorbench")
    asked_for_links = False

    def default_sampling(self) -> Sampling:
        """Sample as trained: at temperature 1, without truncation."""
        return Sampling(max_new_tokens=8)

    def prepare(self, setting: Setting) -> "Mini":
        """Refuse what it never learnt; then open the model."""
        for stage in setting.decisions():
            clause = _clause(setting.game, stage)
            if clause is None or not clause.fits(setting.game):
                why = clause.refuses if clause else "it learnt nothing like it"
                who = (
                    f"{self.stand_in_for} is not on this machine, and its stand-in mini"
                    if self.stand_in_for
                    else "mini"
                )
                raise GamesimError(
                    f"{who} refuses {setting.game.name}.{stage}: {why}"
                    + (" (docs/mini.md has the table; --require-weights says how to get the model)")
                )
        if self.elicit in ("sample", "verbalized"):
            raise GamesimError(
                f"mini@elicit={self.elicit}: mini answers on its own scale, so only probabilities are read"
            )
        if self.order != "0":
            raise GamesimError(f"mini@order={self.order}: mini reads options in one order alone, which is 0")
        ready = self.opening(f"hf:{self.weights or WEIGHTS}", setting)
        departures = [
            f"mini: {clause.decision}: plays {_relevant(clause.nearest, setting)}"
            for stage in setting.decisions()
            if (clause := _clause(setting.game, stage)) is not None and clause.departs(setting)
        ]
        object.__setattr__(ready, "_departures", departures)
        return ready

    def notes(self) -> list[str]:
        """Say for whom it stands in, and what it plays as the nearest thing it learnt."""
        standing = (
            [
                f"{self.stand_in_for} is not on this machine: the bundled stand-in mini plays, which is not Be.FM"
            ]
            if self.stand_in_for
            else []
        )
        return standing + super().notes() + list(getattr(self, "_departures", []))

    def describe(self) -> dict[str, Any]:
        """Add that it is never scored for likeness on the records it was trained on."""
        return super().describe() | {"scored_in_sample": False}

    def questions(self, obs: Observations, variants: Variants, form: str) -> tuple[list[Question], Ints]:
        """Ask on mini's own scale, with a header that tells the state of the game."""
        stage = "minimum" if obs.stage == "answer" else obs.stage
        first, situation = obs.situations
        pairs, row = np.unique(np.column_stack([situation, variants.wording]), axis=0, return_inverse=True)
        decision = f"{obs.game.name}.{stage}"
        legal = answers(decision)
        asked = []
        for where, variant in pairs:
            decider = int(first[where])
            seen = {name: float(values[decider]) for name, values in obs.seen.items()}
            prose = (
                f"{instructions(obs.game, obs.role, obs.stage, int(variant))} "
                f"{question(obs.game, obs.stage, seen, int(variant))}"
            )
            system, user = messages(self._state(obs, decision, decider), prose)
            actions = obs.space.support(decider)
            stands_for: Floats | None
            if obs.stage == "answer":
                stands_for = _accepting(obs, seen)
            else:
                stands_for = spread(len(legal), len(actions)) if decision in SCALES else None
            asked.append(
                Question(
                    Prompt(user["content"], system["content"]),
                    obs.space.take(np.array([decider])),
                    tuple(f"[{answer}]" for answer in legal),
                    actions,
                    stands_for,
                )
            )
        return asked, row.ravel().astype(np.int64)

    @staticmethod
    def _state(obs: Observations, decision: str, decider: int) -> State:
        """Tell mini what it learnt to read: its own past where records have sequences, its own offer."""
        one = obs.take(np.array([decider]))
        past: tuple[tuple[int | str, str | None], ...] = ()
        also: tuple[tuple[str, int], ...] = ()
        if decision == "dictator.give":
            past = tuple((_canonical(obs, decision, own), None) for own in _valid(one.past.own("give")))
        elif decision == "bomb_risk.open":
            own, exploded = one.past.own("open")[:, 0], one.past.told("exploded")[:, 0]
            past = tuple(
                (_canonical(obs, decision, boxes), "bomb" if bomb else "safe")
                for boxes, bomb in zip(own, exploded, strict=True)
                if not np.isnan(boxes)
            )
        elif decision == "prisoners_dilemma.choose":
            names = answers(decision)
            own, other = one.past.own("choose")[:, 0], one.past.told("other")[:, 0]
            past = tuple(
                (names[int(mine)], names[int(theirs)])
                for mine, theirs in zip(own, other, strict=True)
                if not np.isnan(mine + theirs)
            )
        if decision == "ultimatum.minimum" and "offer" in one.own and not np.isnan(one.own["offer"][0]):
            also = (("ultimatum.offer", _canonical(obs, "ultimatum.offer", one.own["offer"][0])),)
        # Only decisions with a memory are played in rounds; the public good is on record in its third alone.
        alone = 3 if decision == "public_goods.contribute" else 1
        round, rounds = (obs.round, obs.rounds) if decision in MEMORY else (alone, alone)
        return State(decision, round, rounds, past, also)


def _relevant(nearest: str, setting: Setting) -> str:
    """Leave out what is said of later rounds where there are none."""
    parts = nearest.split("; ")
    return "; ".join(part for part in parts if setting.rounds > 1 or not part.startswith("later rounds"))


def _clause(game: Game, stage: str) -> Clause | None:
    return next((each for each in CONTRACT if each.decision == f"{game.name}.{stage}"), None)


def _valid(values: Floats) -> list[float]:
    return [float(value) for value in values[:, 0] if not np.isnan(value)]


def _canonical(obs: Observations, decision: str, action: float) -> int:
    """Put an action of the game on mini's scale."""
    whole = float(obs.game.space_at_most(decision.partition(".")[2]).support()[-1])
    return int(np.floor(action / whole * SCALES[decision] + 0.5))


def _accepting(obs: Observations, seen: dict[str, float]) -> Floats:
    """Turn minima into answers: accepted when the offer is at least the minimum."""
    scale = SCALES["ultimatum.minimum"]
    whole = float(obs.game.space_at_most("offer").support()[-1])
    accepts = (np.arange(scale + 1) <= seen["offer"] / whole * scale + 1e-9).astype(np.float64)
    return np.column_stack([1 - accepts, accepts])
