"""Who wants to be linked with whom: a rule gives a probability, who reads is asked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from gamesim.actions import ActionSpace, Choice
from gamesim.errors import GamesimError
from gamesim.game import Game, Play, stage
from gamesim.meeting import Kind, kind_of
from gamesim.observation import Observations
from gamesim.past import Past
from gamesim.policy import Decisions, Policy
from gamesim.population import Cast
from gamesim.prompt import instructions
from gamesim.rewiring import Offers, Strategic
from gamesim.streams import Draws, Floats

YES, NO = 0.0, 1.0


@dataclass(frozen=True, eq=False)
class LinkChoice(Game):
    """The question whether to be linked with another player of a game from now on."""

    played: ClassVar[Game]
    """The game that is played along the links, for a group of the reader's size; each question has its own."""
    kind: ClassVar[Kind]
    """How groups follow from the links."""

    roles = ("player",)
    rules: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "player": (
            "{told} {meaning} {changes} You may be asked about one person or several, or about nobody. More rounds may "
            "follow.",
        )
    }
    ask: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "link": (
            "In the last round you decided {own} and earned {earned} in all{void}; the other person decided {other}. "
            "{linked} Do you want to be linked with this person from now on, yes or no?",
        )
    }

    @classmethod
    def of(cls, played: Game, kind: Kind) -> LinkChoice:
        """Ask about a game, its options called as in its rules, and a matching."""
        game = cls(currency=played.currency)
        object.__setattr__(game, "played", played)
        object.__setattr__(game, "kind", kind)
        space = played.space_at_most(played.stages[0].name)
        words: dict[str, tuple[str, ...]] = {
            "linked": ("You are not linked with this person now.", "You are linked with this person now."),
            "void": ("", ", since somebody made no decision, so that the round did not count"),
        }
        if isinstance(space, Choice):
            words |= {"own": space.shown, "other": space.shown}
        elif space.unit == "money":
            object.__setattr__(game, "money_names", ("own", "other"))
        object.__setattr__(game, "words", words)
        return game

    @stage(by="player")
    def link(self, play: Play) -> ActionSpace:
        """Say yes or no."""
        return Choice(("yes", "no"))

    def facts(self) -> Mapping[str, float | str]:
        """Tell the rules of the game, what a link means, and how links change."""
        return {
            "told": instructions(self.played, self.played.roles[0], self.played.stages[0].name),
            "meaning": self.kind.link.format(elsewhere=self.played.elsewhere()),
            "changes": Strategic.told,
        }

    def sized(self, size: int) -> Game:
        """Ask about the game of a group of another size."""
        return LinkChoice.of(self.played.sized(size), self.kind)

    def elsewhere(self) -> str:
        """Say nothing of groups of another size: what a link means does."""
        return ""


def wanted(
    offers: Offers,
    obs: Observations,
    actions: Floats,
    cast: Cast,
    address: tuple[int | str, ...],
    decide: Callable[[int, Observations, Floats, NDArray[np.bool_]], Floats],
) -> Floats:
    """Ask every policy once about all links that its agents decide about.

    Parameters
    ----------
    offers : Offers
        R pairs.
    obs : Observations
        All who played, after the round: D deciders.
    actions : (D,) float
        What they did.
    cast : Cast
        Who decides for whom.
    address : tuple
        Of the draws, which belong to the pairs.
    decide : callable
        From a policy's number, some deciders, what the others did last and whether they are linked now, to what they
        want.

    Returns
    -------
    (R,) float
        As from `wishes`; NaN where the decider sat the round out.
    """
    agents = cast.n * cast.sessions
    row, last = np.full(agents, -1), np.full(agents, np.nan)
    row[obs.agent], last[obs.agent] = np.arange(len(obs)), actions
    result = np.full(len(offers.decider), np.nan)
    policy_of = np.where(row[offers.decider] < 0, -1, cast.policy[offers.decider])
    for index in np.unique(policy_of[policy_of >= 0]).tolist():
        mine = np.flatnonzero(policy_of == index)
        decider, other = offers.decider[mine], offers.other[mine]
        draws = Draws(address, decider // cast.n, offers.code[mine])
        deciding = dataclasses.replace(obs.take(row[decider]), draws=draws)
        result[mine] = decide(index, deciding, last[other], offers.linked[mine])
    return result


def wishes(
    policy: Policy,
    obs: Observations,
    other: Floats,
    linked: NDArray[np.bool_],
    error: float,
    ask: Callable[[Observations], Decisions],
) -> Floats:
    """Find out which links a policy wants.

    Parameters
    ----------
    policy : Policy
        Who decides.
    obs : Observations
        R deciders, after the round; draws belong to the pair.
    other : (R,) float
        What the other did last.
    linked : (R,) bool
        Whether the two are linked now.
    error : float
        Probability that what a rule decides comes out the other way; who is asked errs by itself.
    ask : callable
        Puts a question to the policy.

    Returns
    -------
    (R,) float
        1 for a link, 0 for none, NaN where things stay as they are: nothing is known of the other, or there is no
        readable answer.
    """
    if policy.asked_for_links:
        wanted = np.full(len(obs), np.nan)
        known = np.flatnonzero(~np.isnan(other) & ~np.isnan(obs.own[obs.stage]))
        if len(known):
            actions = ask(_question(obs.take(known), other[known], linked[known])).actions
            wanted[known] = np.where(np.isnan(actions), np.nan, (actions == YES).astype(np.float64))
        return wanted
    probability = np.asarray(policy.link(obs, other, linked), dtype=np.float64)
    known_probability = probability[~np.isnan(probability)]
    if probability.shape != (len(obs),) or ((known_probability < 0) | (known_probability > 1)).any():
        raise GamesimError(
            f"{policy.agent_name()}: link must return {len(obs)} probabilities from 0 to 1, one for each pair"
        )
    probability = probability * (1 - error) + (1 - probability) * error
    drawn = (obs.draws.uniform("link") < probability).astype(np.float64)
    return np.where(np.isnan(probability), np.nan, drawn)


def _question(obs: Observations, other: Floats, linked: NDArray[np.bool_]) -> Observations:
    """Put the question whether to be linked in the form of every other decision."""
    game = LinkChoice.of(obs.game, kind_of(obs.matching))
    earned = obs.past.recent(1).earned()[0]
    return dataclasses.replace(
        obs,
        game=game,
        stage="link",
        role="player",
        round=1,
        rounds=1,
        space=game.space_at_most("link"),
        seen={
            "own": obs.own[obs.stage],
            "earned": np.nan_to_num(earned),
            "void": np.isnan(earned).astype(np.float64),
            "other": other,
            "linked": linked.astype(np.float64),
        },
        past=Past((), "player", obs.agent),
        own={},
        neighbours=None if obs.neighbours is None else dataclasses.replace(obs.neighbours, shown="nothing"),
        continuation=0.0,
        known={},
    )
