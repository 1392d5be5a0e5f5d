"""A game as a Mesa model: made from words, with reporters, for Mesa's own tools."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

import mesa
import numpy as np
import pandas as pd

from gamesim.agent_table import Given as Agents
from gamesim.design import Design
from gamesim.errors import GamesimError
from gamesim.game import Game
from gamesim.preparing import prepare
from gamesim.record import Recorder, Settings
from gamesim.simulation import Simulation

Reporter = str | Callable[[Any], Any]


class _Reports(mesa.DataCollector):
    """Reports of model and agents that Mesa's `batch_run` puts side by side.

    Before Mesa 3.4.1 it looks the reports of agents up by the place of those of the model, counted from 0, but finds
    them filed under the number of the round, counted from 1.
    """

    def collect(self, model: mesa.Model) -> None:
        super().collect(model)
        if self.agent_reporters and not hasattr(self, "_collection_steps"):
            self._agent_records[model.steps - 1] = self._agent_records.pop(model.steps)


class GameModel(Simulation):
    """A simulation that is made from the same words as a run, as Mesa's tools make models.

    Parameters
    ----------
    game, agents
        As `gamesim.play` takes them.
    seed : int, optional
        Every draw follows from it.  Unless given it is drawn, as models of Mesa do, so that iterations of a batch are
        independent; `settings` has the one that was drawn.
    rng : int, numpy Generator or SeedSequence, optional
        Mesa's other name for the seed, which is drawn from it where it is no number.
    model_reporters : mapping from name to reporter, optional
        What a `mesa.DataCollector` reports of the model after every round.
    agent_reporters : mapping from name to reporter, optional
        What it reports of every agent.
    **kwargs
        ``n``, ``rounds``, ``network`` and all else of a `gamesim.design.Design`, as `gamesim.play` explains it;
        parameters of the game.

    Attributes
    ----------
    settings : Settings
        What a record of the run would say, the notes among it.
    datacollector : mesa.DataCollector
        Filled after every round.

    Raises
    ------
    GamesimError
        For any mistake in the above.

    Examples
    --------
    >>> model = GameModel("dictator", "equal_split", n=4, model_reporters={"earned": lambda m: m.wealth.sum()})
    >>> model.run_model()
    >>> model.datacollector.get_model_vars_dataframe()["earned"].tolist()
    [200.0]
    """

    def __init__(
        self,
        game: str | Game,
        agents: Agents,
        *,
        seed: int | None = None,
        rng: int | np.random.Generator | np.random.SeedSequence | None = None,
        model_reporters: Mapping[str, Reporter] | None = None,
        agent_reporters: Mapping[str, Reporter] | None = None,
        **kwargs: Any,
    ) -> None:
        if seed is not None and rng is not None:
            raise GamesimError(
                f"seed = {seed} and rng = {rng} are two names of one number; leave one of them out"
            )
        if isinstance(rng, np.random.Generator | np.random.SeedSequence):
            rng = int(np.random.default_rng(rng).integers(2**48))
        if (given := rng if seed is None else seed) is None:
            given = secrets.randbits(48)
        prepared = prepare(game, agents, *Design.among({**kwargs, "seed": given}))
        super().__init__(**prepared.arguments(), recorder=Recorder(people=prepared.cast.people))
        self.settings: Settings = prepared.settings
        self.datacollector = _Reports(
            model_reporters=dict(model_reporters or {}), agent_reporters=dict(agent_reporters or {})
        )
        self._access = prepared.access

    @property
    def decisions(self) -> pd.DataFrame:
        """The decision table so far, as a run has it."""
        return self.recorder.table()

    def step(self) -> None:
        """Play one round and collect what is reported."""
        super().step()
        self.datacollector.collect(self)
        if not self.running:
            self._access.close()
