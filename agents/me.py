"""You, at the keyboard: reads what a model would read, asks, and asks again until the answer is legal."""

import sys
from dataclasses import dataclass

import numpy as np

from gamesim.actions import ActionSpace, Choice, Text, plain
from gamesim.errors import GamesimError
from gamesim.observation import Observations
from gamesim.policy import Decisions, Policy, Setting
from gamesim.prompt import SILENT, texts
from gamesim.reading import Reading, read_answer, read_message
from gamesim.streams import Floats


def _hints(space: ActionSpace, decider: int) -> tuple[str, str]:
    """Say in short what may be typed, and what it must be."""
    if isinstance(space, Text):
        most = f"at most {space.max_chars} characters"
        return f"{most}; Enter alone says nothing", f"a message of {most}"
    if isinstance(space, Choice):
        options = " or ".join(space.shown)
        return options, options
    range_ = _range(space.support(decider))
    return range_, f"a {'whole ' if space.step == 1 else ''}number from {range_}"


def _read(line: str, obs: Observations, decider: int) -> Reading:
    if isinstance(obs.space, Text):
        return read_message(line or SILENT, obs.space, obs.messages)
    return read_answer(line, obs.space, decider)


def _range(values: Floats) -> str:
    steps = (
        f" in steps of {plain(values[1] - values[0])}"
        if len(values) > 1 and values[1] - values[0] != 1
        else ""
    )
    return f"{plain(values[0])} to {plain(values[-1])}{steps}"


@dataclass(frozen=True)
class Me(Policy):
    """A person at the terminal, in one seat."""

    speaks = True
    asked_for_links = True
    heeds_reputation = True

    def prepare(self, setting: Setting) -> "Me":
        """Refuse to wait for answers that cannot come."""
        if not sys.stdin.isatty():
            raise GamesimError("me: there is no terminal to answer at; start gamesim from one")
        return self

    def decide(self, obs: Observations) -> Decisions:
        """Ask for every row, one after the other."""
        written, row = texts(obs)
        answers = [self._ask(written[i].user, obs, decider) for decider, i in enumerate(row)]
        return Decisions(
            np.array([reading.action for reading, _, _ in answers]),
            "keyboard",
            attempts=np.array([attempts for _, attempts, _ in answers]),
            read_as=[reading.read_as for reading, _, _ in answers],
            wording=np.zeros(len(obs), dtype=np.int64),
            reply=np.arange(len(obs)),
            replies=[
                {
                    "decision": obs.decision,
                    "policy": "me",
                    "round": obs.round,
                    "user": written[i].user,
                    "raw": raw,
                }
                for i, (_, _, raw) in zip(row, answers, strict=True)
            ],
        )

    @staticmethod
    def _ask(text: str, obs: Observations, decider: int) -> tuple[Reading, int, str]:
        body, _, _ = text.rpartition("\n")
        hint, legal = _hints(obs.space, decider)
        sys.stdout.write(f"\nYou are the {obs.role.replace('_', ' ')}.\n{body}\n")
        attempts = 0
        while True:
            attempts += 1
            sys.stdout.write(f"[{hint}] > ")
            sys.stdout.flush()
            line = sys.stdin.readline()
            if not line:
                raise GamesimError("me: the input ended before the game did")
            reading = _read(line.strip(), obs, decider)
            if not np.isnan(reading.action):
                return reading, attempts, line.strip()
            sys.stdout.write(f"That is not a legal answer: it must be {legal}.\n")
