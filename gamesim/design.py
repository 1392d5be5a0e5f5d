"""The design of a run: all that is set beside the game and the agents, with the texts of the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Self

from gamesim.errors import GamesimError
from gamesim.meeting import listed

if TYPE_CHECKING:
    from pathlib import Path

    import networkx as nx

    from gamesim.network import Network
    from gamesim.personas import Given

WHO = "Who plays, and for how long"
HOW = "Who meets whom, when they decide and what they know"
MODELS = "Language models"


def setting(default: Any, section: str, help: str, *, name: str = "", metavar: str | None = None) -> Any:
    """Declare a setting; `name` is that of its option where it is not ``--the-setting``."""
    told = {"section": section, "help": help, "name": name, "metavar": metavar}
    return field(default=default, metadata=told)


LEAST = {"rounds": 1, "sessions": 1, "supergames": 1, "seed": 0}
# What a setting of each kind may be in Python; of other kinds those who read them say what is wrong.
_KINDS: dict[str, tuple[type, str]] = {
    "int": (Integral, "a whole number"),
    "float": (Real, "a number"),
    "bool": (bool, "true or false"),
    "str": (str, "a text"),
}


def _check(name: str, kinds: Sequence[str], value: Any, *, empty: bool) -> None:
    """Refuse a value of another kind than declared, and a text without any letter unless that may be."""
    if (value is None and "None" in kinds) or not all(kind in _KINDS or kind == "None" for kind in kinds):
        return
    kind, told = _KINDS[kinds[0]]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool) or value != value:
        raise GamesimError(f"{name} = {value!r} must be {told}")
    if value == "" and not empty:
        raise GamesimError(f"{name} is empty: leave it out, or say which")


@dataclass(frozen=True, kw_only=True)
class Design:
    """How a game is played: its society, its agents' number, the means of its models.

    `gamesim.play` says what each field means; its arguments, the options of ``gamesim play`` and
    `gamesim.GameModel` are these.

    Raises
    ------
    GamesimError
        For numbers that no run can have.
    """

    n: int | None = setting(None, WHO, "Number of agents a session; each game has its default.")
    sessions: int = setting(1, WHO, "Independent sessions, played side by side.")
    rounds: int = setting(1, WHO, "Rounds.")
    continuation: float = setting(0.0, WHO, "Probability that another round follows, instead of --rounds.")
    supergames: int | None = setting(
        None, WHO, "Games of --rounds or of chance length, one after another, with new groups."
    )
    seed: int = setting(0, WHO, "Every draw follows from it.")
    seat: str = setting("", WHO, "The seat that `me` takes; the first one unless given.")
    personas: Given | None = setting(
        None,
        WHO,
        "Who the agents are: a .csv or .toml with one person a row, or `bigfive` to draw them.",
        metavar="FILE",
    )
    matching: str | None = setting(None, HOW, listed())
    network: str | Path | Network | nx.Graph | None = setting(
        None,
        HOW,
        "Who is next to whom: a networkx generator such as watts_strogatz:n=400,k=6,p=0.1, lattice:side=100, "
        "karate_club, or a file.",
        metavar="SPEC",
    )
    placement: str = setting("random", HOW, "Which agents sit on which nodes: random, clustered or degree.")
    rewire: str | None = setting(
        None,
        HOW,
        "How the network changes between rounds: random:share=0.1, growth:m=2,attach=preferential, "
        "strategic:share=0.3,error=0.",
        metavar="SPEC",
    )
    roles: str = setting("fixed", HOW, "fixed for the session, or random: drawn anew in every round.")
    update: str = setting(
        "synchronous",
        HOW,
        "Who decides anew in a round: synchronous (all), sequential[:SHARE], death_birth[:SHARE]; one agent a session "
        "without SHARE.",
    )
    neighbours: str = setting(
        "earnings", HOW, "What neighbours see of each other: nothing, actions or earnings."
    )
    reputation: str = setting(
        "none", HOW, "What players know of those they meet: none, partner, image or list."
    )
    prompts: str | Path | None = setting(
        None, MODELS, "Prompt pack that language models read (see `gamesim prompts`).", metavar="DIR"
    )
    fixed_wording: bool = setting(
        False, MODELS, "All read one wording, options in one order; varied unless said."
    )
    require_weights: bool = setting(
        False, MODELS, "Refuse a stand-in for a model that is not on this machine."
    )
    download: bool = setting(False, MODELS, "Fetch weights that are not on this machine.")
    max_cost: float | None = setting(None, MODELS, "Stop before served models cost more US dollars.")
    max_tokens: float | None = setting(None, MODELS, "Stop before they read and write more tokens.")
    max_seconds: float | None = setting(
        None, MODELS, "Stop after 90s, 30m or 2h.", name="--max-time", metavar="TIME"
    )
    cache: bool = setting(True, MODELS, "Read and keep the answers of served models.")
    dry_run: bool = setting(
        False, MODELS, "Send nothing; say how many calls, tokens, dollars and seconds it takes."
    )

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            _check(each.name, str(each.type).split(" | "), value, empty=each.default == "")
            if isinstance(value, Integral) and not isinstance(value, bool):
                object.__setattr__(
                    self, each.name, int(value)
                )  # numpy's are written otherwise, and draws go by that
        for name, least in LEAST.items():
            if (value := getattr(self, name)) is not None and value < least:
                raise GamesimError(f"{name} = {value} must be at least {least}")
        if self.continuation and self.rounds > 1:
            raise GamesimError(
                f"rounds = {self.rounds} and continuation = {self.continuation:g}: chance decides how many rounds "
                "there are; leave one of them out"
            )
        if (self.supergames or 1) > 1 and self.rounds == 1 and not self.continuation:
            raise GamesimError(
                f"supergames = {self.supergames} needs games of several rounds: add --rounds 10, or --continuation 0.9 "
                "for games that end by chance"
            )

    @classmethod
    def among(cls, given: Mapping[str, Any]) -> tuple[Self, dict[str, Any]]:
        """Take the settings of the design out of keywords, and give the rest: the parameters of the game."""
        names = {each.name for each in fields(cls)}
        rest = {name: value for name, value in given.items() if name not in names}
        return cls(**{name: value for name, value in given.items() if name in names}), rest
