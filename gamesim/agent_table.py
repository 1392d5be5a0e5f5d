"""A table of agents: which agent, with which parameters, is who; a row an agent, in a file or in Python."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gamesim.catalog import find_agent
from gamesim.design import Design
from gamesim.errors import GamesimError, unknown
from gamesim.game import Game
from gamesim.network import Network
from gamesim.parameters import Parameter, Rule
from gamesim.policy import Policy
from gamesim.population import KEYBOARD, Cast, check_size, members_of
from gamesim.spec import Item, parse, parse_one
from gamesim.streams import Floats, Ints
from gamesim.tables import MISSING, column_names, read_csv, read_text

Given = str | Path | Mapping[str, float] | pd.DataFrame
"""How agents may be given: as on the command line, as shares, or as a table."""

AGENT, NAME, SEAT = "agent", "name", "seat"
ENDING = ".csv"


@dataclass(frozen=True, eq=False)
class AgentTable:
    """Agents who are listed one by one, the same in every session.

    Parameters
    ----------
    written : str
        What was given, as a record shows it.
    source : str
        Where they are listed, for errors.
    about : mapping
        What a record must know.
    columns : mapping from name to sequence of str
        Cells without blanks around them.
    rows : sequence of str
        What each row is called in errors.
    """

    written: str
    source: str
    about: Mapping[str, Any]
    columns: Mapping[str, Sequence[str]]
    rows: Sequence[str]

    def __len__(self) -> int:
        return len(self.rows)

    def at_keyboard(self) -> bool:
        """Tell whether somebody is asked at the keyboard."""
        return KEYBOARD in self.columns[AGENT]

    def sized(self, design: Design) -> Design:
        """Give the design with the number of agents of the table; refuse what the table says itself."""
        if design.n not in (None, len(self)):
            raise GamesimError(
                f"{self.source}: has {len(self)} rows, one an agent, but n = {design.n}; leave n out"
            )
        if design.seat:
            raise GamesimError(
                f"{self.source}: seat = {design.seat}, but the table says who takes which seat; write it into its "
                f"column {SEAT}"
            )
        if design.placement != Design.placement:
            raise GamesimError(
                f"{self.source}: placement = {design.placement}, but the table says who is on which node; leave one of "
                "them out"
            )
        if design.roles == "random" and self._filled(SEAT):
            raise GamesimError(
                f"{self.source}: roles = random, but the column {SEAT} gives roles; leave one of them out"
            )
        return dataclasses.replace(design, n=len(self))

    def by_agent(self, network: Network | None) -> AgentTable:
        """Put the rows in the order of the agents, which is that of the nodes of a network."""
        if network is not None and network.n != len(self):
            raise GamesimError(
                f"{self.source}: has {len(self)} rows, but the network {network.name} has {network.n} nodes; write one "
                "row a node"
            )
        if not self._filled(NAME):
            return self
        names = network.names if network is not None and network.names else [""] * len(self)
        numbers = {name.strip() or str(number): number for number, name in enumerate(names)}
        if len(numbers) < len(self):
            raise GamesimError(
                f"{self.source}: column {NAME}: a node of the network is called like the number of an agent that "
                "joins, or like another node; rename it, or leave the column out"
            )
        what = "node" if any(names) else "agent"
        row_of: dict[int, int] = {}
        for row, name in enumerate(self.columns[NAME]):
            where = self._cell(row, NAME)
            if name not in numbers and network is None:
                raise GamesimError(
                    f"{where}: without --network names are the numbers of agents, 0 to {len(self) - 1}, not {name!r}"
                )
            if name not in numbers:
                raise unknown(what, name, numbers, where=where)
            first = row_of.setdefault(numbers[name], row)
            if first != row:
                raise GamesimError(f"{where}: {name!r} stands in {self.rows[first]} already")
        order = [row_of[number] for number in range(len(self))]
        columns = {name: [cells[row] for row in order] for name, cells in self.columns.items()}
        return dataclasses.replace(self, columns=columns, rows=[self.rows[row] for row in order])

    @cached_property
    def _kinds(self) -> tuple[list[str], Ints]:
        """Tell the distinct agents, as they first appear, and which of them every row has: (n,) int."""
        place: dict[str, int] = {}
        of = [place.setdefault(text, len(place)) for text in self.columns[AGENT]]
        return list(place), np.array(of, dtype=np.int64)

    def items(self) -> tuple[Item, ...]:
        """Give the policies: one for each text of the column of agents, with the parameters of its rows.

        Raises
        ------
        GamesimError
            Naming row, column and value of the first mistake.
        """
        texts, of = self._kinds
        order, ends = np.argsort(of, kind="stable"), np.cumsum(np.bincount(of, minlength=len(texts)))
        rows = np.split(order, ends[:-1])
        found = []
        for text, own in zip(texts, rows, strict=True):
            with self._at(self._cell(int(own[0]), AGENT)):
                item = parse_one(text)
                found.append((item, find_agent(item.agent), own))
        self._check_columns([kind for _, kind, _ in found])
        items = []
        for item, kind, own in found:
            options = {**item.options, **self._parameters(item, kind, own)}
            with self._at(self._cell(int(own[0]), AGENT)):
                kind.from_options(options)
            items.append(dataclasses.replace(item, options=options))
            if item.agent == KEYBOARD and len(own) > 1:
                raise GamesimError(
                    f"{self._cell(int(own[1]), AGENT)}: {KEYBOARD} stands in {self.rows[own[0]]} already, and one "
                    "person is at the keyboard"
                )
        return tuple(items)

    def cast(self, game: Game, sessions: int, seed: int, on_network: bool) -> Cast:
        """Let everybody take the seat that the table gives, or one at random, the same in every session.

        Parameters
        ----------
        game : Game
            Whose roles they are.
        sessions, seed : int
        on_network : bool
            Whether groups are formed on a network, so that there need not be whole groups.
        """
        if not on_network:
            with self._at(self.source):
                check_size(game, len(self))
        if seats := self._filled(SEAT):
            members = self._seated(game, seats, on_network)
        else:
            members = members_of(game, len(self), seed, scattered=True)
        return Cast(len(self), sessions, members, np.tile(self._kinds[1], sessions))

    def _seated(self, game: Game, seats: Sequence[str], on_network: bool) -> dict[str, Ints]:
        roles = list(dict.fromkeys(game.roles))
        for row, seat in enumerate(seats):
            if seat not in roles:
                raise unknown("seat", seat, roles, where=self._cell(row, SEAT))
        held = np.array(seats)
        members = {role: np.flatnonzero(held == role) for role in roles}
        groups = len(self) // len(game.roles)
        for role, agents in members.items():
            where = f"{self.source}, column {SEAT}: {game.name}"
            if on_network and not len(agents):
                raise GamesimError(f"{where} needs somebody as {role}, but nobody is")
            if not on_network and len(agents) != (wanted := groups * game.seats_of(role)):
                raise GamesimError(
                    f"{where} needs {wanted} of {len(self)} agents as {role}, but {len(agents)} are"
                )
        return members

    def _check_columns(self, kinds: Sequence[type[Policy]]) -> None:
        """Refuse a column that is an option of none of the agents."""
        known = dict.fromkeys(name for kind in kinds for name in kind.option_fields())
        for name in self._given():
            if name not in known:
                raise unknown("column", name, [AGENT, NAME, SEAT, *known], where=self.source)

    def _given(self) -> Iterator[str]:
        """Name the columns of parameters."""
        return (name for name in self.columns if name not in (AGENT, NAME, SEAT))

    def _parameters(self, item: Item, kind: type[Policy], rows: Ints) -> dict[str, Parameter]:
        """Give the parameters of a policy, from its rows."""
        personal = kind.personal_fields()
        found = {}
        for name in self._given():
            cells = self.columns[name]
            filled = [row for row in rows.tolist() if cells[row] not in MISSING]
            if not filled:
                continue
            where = f"{self._cell(filled[0], name)}: {cells[filled[0]]!r}"
            if name not in kind.option_fields():
                raise GamesimError(
                    f"{where}, but {item.label} has no parameter {name!r} (parameters: "
                    f"{', '.join(sorted(personal)) or 'none'}); leave the cell empty"
                )
            if name not in personal or personal[name].metadata.get("rule", Rule()).shared:
                raise GamesimError(
                    f"{where}, but {name} is the same for all agents of a policy; write "
                    f"{item.label}@{name}={cells[filled[0]]} into the column {AGENT}"
                )
            if name in item.options:
                raise GamesimError(f"{where}, but {item.label} gives {name} too; leave one of them out")
            numbers = self._numbers(name, rows, personal[name])
            found[name] = Parameter.listed(f"column {name} of {self.written} ({self._hash})", rows, numbers)
        return found

    def _numbers(self, name: str, rows: Ints, field: dataclasses.Field[Any]) -> Floats:
        """Read the cells of some rows; an empty one is what the agent has by itself."""
        cells, default = self.columns[name], field.default
        usual = default.value if isinstance(default, Parameter) and not default.varies else None
        rule = field.metadata.get("rule", Rule())
        numbers = np.empty(len(rows))
        for place, row in enumerate(rows.tolist()):
            if cells[row] in MISSING:
                if usual is None:
                    raise GamesimError(
                        f"{self._cell(row, name)}: is empty, and there is no one number for it; fill it in"
                    )
                numbers[place] = usual
                continue
            try:
                numbers[place] = float(cells[row])
            except ValueError:
                numbers[place] = math.nan
            if math.isnan(numbers[place]):
                raise GamesimError(
                    f"{self._cell(row, name)}: {cells[row]!r} is not a number{_hint(name, cells[row])}"
                )
        if not rule.allows(numbers).all():
            place = int(np.flatnonzero(~rule.allows(numbers))[0])
            rule.check(self._cell(int(rows[place]), name), Parameter.constant(numbers[place]))
        return numbers

    def _filled(self, name: str) -> Sequence[str]:
        """Give a column that is filled in every row or in none; nothing where it is not there."""
        cells = self.columns.get(name, ())
        if any(cells) and not all(cells):
            row = next(row for row, cell in enumerate(cells) if not cell)
            raise GamesimError(f"{self._cell(row, name)}: is empty; fill it in every row or in none")
        return cells if any(cells) else ()

    @property
    def _hash(self) -> str:
        return str(self.about["sha256"])[:16]

    def _cell(self, row: int, column: str) -> str:
        return f"{self.rows[row]}, column {column}"

    @staticmethod
    @contextmanager
    def _at(where: str) -> Iterator[None]:
        """Say where a mistake stands."""
        try:
            yield
        except GamesimError as error:
            raise GamesimError(f"{where}: {error}") from None


def open_table(given: object) -> AgentTable | None:
    """Read a table of agents; None where agents are given in another way.

    Raises
    ------
    GamesimError
        Naming file and line of the first thing that is no table of agents.
    """
    if isinstance(given, pd.DataFrame):
        return _of_frame(given)
    if isinstance(given, Path):
        if given.suffix.lower() != ENDING:
            raise GamesimError(f"agents = {given}: a table of agents ends in {ENDING}")
        return _of_file(str(given), given)
    if not isinstance(given, str) or ENDING not in given.lower():
        return None
    if given.lower().endswith(ENDING) and os.path.isfile(given):
        return _of_file(given, Path(given))
    item, *others = parse(given)
    alone = not (others or item.options or item.seat) and item.weight is None
    if not alone or not item.agent.lower().endswith(ENDING):
        return None
    return _of_file(given, Path(item.agent))


def at_keyboard(agents: str) -> bool:
    """Tell whether somebody is asked at the keyboard, by what stands behind ``--agents``."""
    table = open_table(agents)
    if table is not None:
        return table.at_keyboard()
    return any(item.agent == KEYBOARD for item in parse(agents))


def _of_file(written: str, path: Path) -> AgentTable:
    text, sha256 = read_text(path)
    table = read_csv(str(path), text)
    if not table.names:
        raise GamesimError(f"{path}: is empty; expected a line of column names and one line an agent")
    rows = [f"{path}, line {line}" for line in table.lines]
    return _of_cells(written, str(path), {"file": str(path), "sha256": sha256}, table.names, table.rows, rows)


def _of_frame(frame: pd.DataFrame) -> AgentTable:
    names = [str(name) for name in frame.columns]
    cells = [[_text(cell) for cell in row] for row in frame.astype(object).itertuples(index=False, name=None)]
    sha256 = hashlib.sha256(json.dumps([names, cells]).encode()).hexdigest()
    rows = [f"agents, row {row}" for row in range(1, len(cells) + 1)]
    about = {"given": "in Python", "sha256": sha256}
    return _of_cells("a table given in Python", "agents", about, names, cells, rows)


def _of_cells(
    written: str,
    source: str,
    about: Mapping[str, Any],
    names: Sequence[str],
    cells: Sequence[Sequence[str]],
    rows: Sequence[str],
) -> AgentTable:
    names = column_names(source, names)
    if AGENT not in names:
        near = difflib.get_close_matches(AGENT, [name.lower() for name in names], n=1)
        hint = f"; is it {names[[name.lower() for name in names].index(near[0])]!r}?" if near else ""
        raise GamesimError(
            f"{source}: has no column {AGENT!r}, which says who plays{hint} (columns: {', '.join(names)})"
        )
    if not cells:
        raise GamesimError(f"{source}: holds no agents; expected one row an agent")
    columns = {name: [row[place].strip() for row in cells] for place, name in enumerate(names)}
    for row, agent in enumerate(columns[AGENT]):
        if not agent:
            raise GamesimError(
                f"{rows[row]}, column {AGENT}: is empty; expected an agent such as tit_for_tat"
            )
    return AgentTable(written, source, {**about, "agents": len(rows), "columns": names}, columns, rows)


def _text(cell: object) -> str:
    """Write a cell of a DataFrame as it would stand in a file."""
    if cell is None or cell is pd.NA or cell != cell:
        return ""
    if isinstance(cell, float | np.floating):
        return str(int(cell)) if float(cell).is_integer() else repr(float(cell))
    return str(cell)


def _hint(name: str, cell: str) -> str:
    """Say how what is no number should be written."""
    try:
        return f" (write {float(cell.replace(',', '.')):g})"
    except ValueError:
        return f"; write a distribution behind the agent: AGENT@{name}={cell}" if "(" in cell else ""
