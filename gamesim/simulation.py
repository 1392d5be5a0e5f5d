"""The round loop: a Mesa model whose step is one round of all groups in all sessions."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

import mesa
import numpy as np
from mesa.agent import AgentSet
from numpy.typing import NDArray

from gamesim.accounts import Accounts
from gamesim.actions import ActionSpace, Text, cooperation
from gamesim.answers import Answers, checked
from gamesim.errors import GamesimError, faults_of
from gamesim.game import Game, Play, Stage
from gamesim.groups import Groups, Seats
from gamesim.linking import wanted, wishes
from gamesim.matching import Scene, find_matching, formed
from gamesim.meeting import PARTNER, STRANGER, kind_of
from gamesim.memory import Memory
from gamesim.messages import SILENCE, Messages
from gamesim.neighbours import Neighbours
from gamesim.network import Network
from gamesim.observation import Apart, Observations
from gamesim.players import Player
from gamesim.policy import Decisions, Policy
from gamesim.population import Cast
from gamesim.record import Recorder
from gamesim.reputation import Reputation
from gamesim.rewiring import Offers, Rewiring, changes, figures
from gamesim.sheet import Sheet
from gamesim.society import ALONE, Calendar, Moment, Society
from gamesim.streams import Floats, Ints


class Simulation(mesa.Model):
    """All sessions of a run, in lockstep; one step is one round.

    Parameters
    ----------
    game : Game
        The rules.
    cast : Cast
        Who holds which role, and which policy decides for whom.
    policies : sequence of Policy
        What decides, ready to play.
    labels : sequence of str
        Their names in tables.
    rounds : int
        How many rounds are announced.
    matching : str
        How groups are formed.
    network : Network, optional
        Who is next to whom in each session.
    society : Society, optional
        Who may revise a choice, how long a game lasts, what neighbours see.
    rewiring : Rewiring, optional
        How the network changes between rounds.
    seed : int
        Every draw of the run follows from it.
    recorder : Recorder
        Keeps what is decided.
    run : str
        Name of the run, for its table.
    """

    steps: int
    """Rounds played so far."""

    def __init__(
        self,
        game: Game,
        cast: Cast,
        policies: Sequence[Policy],
        labels: Sequence[str],
        *,
        rounds: int = 1,
        matching: str = STRANGER.name,
        network: Network | None = None,
        society: Society = ALONE,
        rewiring: Rewiring | None = None,
        seed: int = 0,
        recorder: Recorder | None = None,
        run: str = "",
    ) -> None:
        super().__init__(rng=seed)
        self.game = game
        self.cast = cast
        self.policies = list(policies)
        self.labels = list(labels)
        self.rounds = rounds
        self.matching = matching
        self.match = find_matching(matching)
        self.network = None if network is None else network.copies(cast.sessions)
        self.society = society
        self.rewiring = rewiring
        changes = rewiring is not None and network is not None and not rewiring.idle(network)
        self._rewiring_known = rewiring.name if rewiring and changes else ""
        heeded = any(policy.heeds_reputation for policy in policies)
        level = society.reputation if heeded else "none"
        self.reputation = Reputation(level, game, cast.n * cast.sessions)
        self.seed = seed
        self.calendar = Calendar(rounds, society, seed)
        self.recorder = recorder or Recorder(people=cast.people)
        self._accounts = Accounts(game, cast.n * cast.sessions)
        self._standing = self.wealth
        self._begun_on = self.network
        self._memory = Memory(game, cast, policies, society, partial(cast.persons, seed))
        self._sheet = Sheet(self.recorder, cast, labels, run)
        self.messages = Messages()
        """The words of everything that was said."""
        self.last: Play | None = None
        """The last round."""
        self._actions: dict[str, Floats] = {}
        self._space: mesa.discrete_space.Network | None = None
        self._placed_on: Network | None = None
        self.groups_played = 0
        self.groups_void = 0
        self._made = False

    @property
    def plays(self) -> list[Play]:
        """The past rounds of the game that somebody may still look at, oldest first."""
        return self._memory.plays

    @property
    def wealth(self) -> Floats:
        """What every agent earned so far, in game units: (N,) float; void groups pay nothing."""
        return self._accounts.wealth

    @property
    def agents(self) -> AgentSet:
        """All players as a Mesa AgentSet, made when first looked at."""
        if not self._made:
            self._made = True
            role_of = {int(a): role for role, members in self.cast.members.items() for a in members}
            for number in range(self.cast.n * self.cast.sessions):
                Player(self, number, role_of[number % self.cast.n])
        return self._all_agents

    @property
    def agents_by_type(self) -> dict[type[mesa.Agent], AgentSet]:
        """All players, as Mesa keeps them by class."""
        return {Player: self.agents}

    @property
    def agent_types(self) -> list[type[mesa.Agent]]:
        """The classes of the players."""
        return list(self.agents_by_type)

    @property
    def space(self) -> mesa.discrete_space.Network | None:
        """The networks of all sessions as a Mesa space, a cell a player; made when looked at, None without them."""
        if self.network is not self._placed_on and self.network is not None:
            self._placed_on = self.network
            self._space = mesa.discrete_space.Network(self.network.to_networkx(), random=self.random)
            for player in self.agents:
                player.cell = self._space[player.number]
        return self._space

    def actions(self, stage: str = "") -> Floats:
        """Give what everybody did in the last round: (sessions * n,) float, by number; NaN where nothing was decided.

        Who decides for several groups separately stands there with the mean; of messages it is the number of
        characters, as in the table.

        Parameters
        ----------
        stage : str
            The first one unless given.
        """
        name = self.game.stage(stage or self.game.stages[0].name).name
        if name not in self._actions:
            self._actions[name] = np.full(len(self.wealth), np.nan)
            if self.last is not None:
                seats, done = self.last.seats(self.game.decider(name)), self.last.decided[name]
                done = self.messages.length(done) if name in self.game.talks else done
                self._actions[name] = seats.by_agent(done, len(self.wealth)).copy()
        return self._actions[name]

    def step(self) -> None:
        """Play one round.

        Raises
        ------
        GamesimError
            When all rounds have been played.
        """
        if self.steps > len(self.calendar):
            self.steps = len(self.calendar)  # Mesa counts before a step is made
            raise GamesimError(f"all {len(self.calendar)} rounds have been played; set rounds for more")
        when = self.calendar.at(self.steps)
        if when.round == 1:
            self._memory.begin()
            self._begun_on = self.network
        if when.round == 1 or not self.society.lasting:
            self._standing = self.wealth.copy()
        meeting = when.supergame if self.society.lasting else self.steps
        number = self.steps
        groups = self._grouped(meeting)
        whose = next(iter(groups.seats.values())).whose
        play = Play(
            self.game,
            groups,
            lambda agents: self.cast.draws(self.seed, number, "chance", agents, whose),
            self.messages,
        )
        answers = {}
        for stage in self.game.stages:
            answers[stage.name] = self._ask(stage, play)
        void = self._accounts.settle(play)
        self.last, self._actions = play, {}
        self.running = self.steps < len(self.calendar)
        self._memory.add(play)
        spaces = {name: obs.space for name, (_, obs) in answers.items()}
        self.reputation.learn(play, spaces)
        self.groups_played += len(groups)
        self.groups_void += void
        for stage in self.game.stages:
            answer, obs = answers[stage.name]
            self._sheet.add(when, stage, play, answer, obs)
        if self.rewiring is not None and self.network is not None:
            self._change(self.rewiring, self.network, when, play, spaces)

    def _grouped(self, meeting: int) -> Groups:
        """Form the groups of this round."""
        present = self._present(self.rewiring) if self.rewiring is not None else None
        # Pairs stay together for a game of several rounds, whatever becomes of the links meanwhile.
        stays = self.society.lasting and kind_of(self.matching).lasting
        network = self._begun_on if stays else self.network
        scene = Scene(self.game, self.cast, meeting, self.seed, network, self._standing, present)
        return formed(self.match, scene, self.steps)

    def _present(self, rewiring: Rewiring) -> Ints | None:
        return rewiring.present(self.cast.n, self.cast.sessions, self.steps)

    def _change(
        self,
        rewiring: Rewiring,
        network: Network,
        when: Moment,
        play: Play,
        spaces: Mapping[str, ActionSpace],
    ) -> None:
        """Keep the figures of the network on which the round was played, and change it if another follows."""
        cooperated = np.full(network.n, np.nan)
        for name, actions in play.decided.items():
            if name in self.game.talks:
                continue
            share = play.seats(self.game.decider(name)).by_agent(
                cooperation(spaces[name], actions), network.n
            )
            cooperated = np.where(np.isnan(share), cooperated, share)
        known = figures(network, self.cast.sessions, cooperated, self._present(rewiring))
        if self.steps < len(self.calendar):
            self.network = rewiring.changed(
                network, self.cast.sessions, self.seed, self.steps, partial(self._wanted, play)
            )
        self.recorder.network_round(
            when.supergame, when.round, known | changes(network, self.network or network, self.cast.sessions)
        )

    def _wanted(self, play: Play, offers: Offers, error: float) -> Floats:
        """Ask who decides about a link after a round whether they want it."""
        stage = self.game.stages[0]

        def decide(index: int, obs: Observations, other: Floats, linked: NDArray[np.bool_]) -> Floats:
            policy = self.policies[index]
            with faults_of(type(policy), "link"):
                return wishes(
                    policy,
                    self._memory.known_to(index, obs),
                    other,
                    linked,
                    error,
                    partial(self._linking, index),
                )

        obs, done = self._observe(stage, play), play.decided[stage.name]
        address = (self.seed, 0, self.steps, "link")
        return wanted(offers, obs, done, self.cast, address, decide)

    def _ask(self, stage: Stage, play: Play) -> tuple[Answers, Observations]:
        """Ask all deciders of a stage, each policy once."""
        obs = self._observe(stage, play)
        answers = Answers(len(obs))
        revising = self._revising(stage, obs)
        if revising is not None:
            kept = np.flatnonzero(~revising)
            answers.put(kept, Decisions(self._last(stage, obs)[kept], "kept"), None)
            play.keep(obs.role, ~revising)
        if len(self.policies) == 1 and not obs.seen and revising is None:
            self._put(answers, None, 0, obs)
        else:
            askable = (
                ~np.any([np.isnan(values) for values in obs.seen.values()], axis=0) if obs.seen else True
            )
            askable = askable if revising is None else askable & revising
            policy_of = self.cast.policy[obs.agent]
            for index in range(len(self.policies)):
                rows = np.flatnonzero((policy_of == index) & askable)
                if len(rows):
                    self._put(answers, rows, index, obs.take(rows))
        play.decide(stage.name, answers.actions)
        return answers, obs

    def _last(self, stage: Stage, obs: Observations) -> Floats:
        """Give what each decider did in the round before: (D,) float."""
        return cast(Floats, obs.past.recent(1).own(stage.name)[0])

    def _revising(self, stage: Stage, obs: Observations) -> NDArray[np.bool_] | None:
        """Tell who decides anew in this round, where not all do: (D,) bool."""
        if self.society.update == "synchronous" or not self.plays:
            return None
        begun = self.calendar.at(self.steps).supergame
        may = self.society.revising(self.steps, begun, self.seed, self.cast.n, self.cast.sessions)[obs.agent]
        return may | np.isnan(self._last(stage, obs))

    def _put(self, answers: Answers, rows: Ints | None, index: int, obs: Observations) -> None:
        decisions = self._answered(index, obs)
        answers.put(rows, decisions, self._sheet.reply(obs, index, decisions))

    def _linking(self, index: int, obs: Observations) -> Decisions:
        decisions = self._answered(index, obs)
        self._sheet.reply(obs, index, decisions)
        return decisions

    def _answered(self, index: int, obs: Observations) -> Decisions:
        policy = self.policies[index]
        if isinstance(obs.space, Text) and not policy.speaks:
            return Decisions(np.full(len(obs), SILENCE), "silent")
        if self.cast.subjects is not None and policy.reads_personas:
            obs = dataclasses.replace(obs, subjects=self.cast.subjects.take(obs.agent))
        with faults_of(type(policy), "decide"):
            decisions = policy.decide(self._memory.known_to(index, obs))
        return checked(policy, obs, decisions)

    def _observe(self, stage: Stage, play: Play) -> Observations:
        role = self.game.decider(stage.name)
        seats = play.seats(role)
        deciders = seats.deciders
        earlier = [name for name in play.decided if self.game.decider(name) == role]
        when = self.calendar.at(self.steps)
        return Observations(
            game=self.game,
            stage=stage.name,
            role=role,
            round=when.round,
            rounds=when.announced,
            agent=deciders,
            space=stage.space(self.game, _known(play)),
            seen=play.shown(stage),
            past=self._memory.past(role, deciders, seats.whose),
            draws=self.cast.draws(self.seed, self.steps, stage.name, deciders, seats.whose),
            person=self.cast.persons(self.seed, deciders),
            matching=self._matching_known,
            rewiring=self._rewiring_known,
            own={name: play.decided[name] for name in earlier},
            neighbours=None
            if self.network is None
            else Neighbours(
                self.network, deciders, self.plays[-1] if self.plays else None, role, self.society.neighbours
            ),
            continuation=self.society.continuation,
            lasting=self.society.lasting,
            update=self.society.update,
            known=self.reputation.known(play, role),
            apart=self._apart(seats),
            messages=self.messages,
        )

    @property
    def _matching_known(self) -> str:
        """How groups are formed as players live it: a session of one group has the same people in every round."""
        alone = self.network is None and self.cast.n == len(self.game.roles)
        return PARTNER.name if alone else self.matching

    def _apart(self, seats: Seats) -> Apart | None:
        """Name the group of each seat as its agent does, where agents decide for each of several."""
        network = self.network
        if seats.whose is None or network is None:
            return None
        if self.rewiring is not None:
            # Who is whose first or second neighbour changes with the network; numbers within the session stay.
            name = seats.whose % self.cast.n + 1
        else:
            name = network.rank(seats.agent, seats.whose) + 1
        sizes = np.broadcast_to(np.asarray(seats.sizes), seats.groups)[seats.group()]
        return Apart(np.where(seats.whose == seats.agent, 0, name), sizes)


def _known(play: Play) -> Play:
    """Give the play with missing actions as zeros, for working out what is legal; such rows are never asked."""
    if not any(np.isnan(values).any() for values in play.decided.values()):
        return play
    known = Play(play.game, play.groups, play.chance_draws, play.messages)
    known.decided = {name: np.nan_to_num(values) for name, values in play.decided.items()}
    return known
