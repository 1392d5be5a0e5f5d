"""The answers of several policies to one stage, put together in the order of the rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gamesim.actions import Amount, Text
from gamesim.columns import Coded, Column
from gamesim.errors import GamesimError
from gamesim.messages import Messages
from gamesim.observation import Observations
from gamesim.policy import OK, SKIPPED, STATUSES, Decisions, Policy
from gamesim.streams import Floats, Ints
from gamesim.subjects import People, Subjects, Words


class Answers:
    """Columns of the decision table that come from policies.

    Parameters
    ----------
    rows : int
        Number of deciders, D.  Rows that nobody answers are ``skipped``.
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._actions: Floats | None = None
        self._parts: list[tuple[Ints | None, Decisions, int | Ints | None]] = []

    @property
    def actions(self) -> Floats:
        """Actions so far: (D,) float, NaN where nobody answered."""
        if self._actions is None:
            self._actions = np.full(self.rows, np.nan)
        return self._actions

    def put(self, rows: Ints | None, decisions: Decisions, reply: int | Ints | None) -> None:
        """Take the answers of one policy for some rows, or for all when `rows` is None."""
        if rows is None:
            self._actions = decisions.actions
        else:
            self.actions[rows] = decisions.actions
        self._parts.append((rows, decisions, reply))

    def columns(self) -> dict[str, Column]:
        """Give the columns, missing where a policy has nothing to say."""
        return {
            "action": self.actions,
            "status": self._coded([_status(each) for _, each, _ in self._parts], STATUSES[SKIPPED]),
            "elicitation": self._coded([each.elicitation for _, each, _ in self._parts], None),
            "read_as": self._coded([each.read_as for _, each, _ in self._parts], None),
            "wording": self._numbers([each.wording for _, each, _ in self._parts], -1),
            "option_order": self._coded([each.option_order for _, each, _ in self._parts], None),
            "attempts": self._numbers(
                [1 if each.attempts is None else each.attempts for _, each, _ in self._parts], 0
            ),
            "probability": self._numbers([each.probability for _, each, _ in self._parts], np.nan),
            "legal_mass": self._numbers([each.legal_mass for _, each, _ in self._parts], np.nan),
            "reply": self._numbers([reply for _, _, reply in self._parts], -1),
        }

    def _numbers(self, values: Sequence[Any], missing: float) -> Column:
        """Put one number or array a part together; a single part that answers all rows is taken as it is."""
        if all(value is None for value in values):
            return None
        if len(self._parts) == 1 and self._parts[0][0] is None:
            single: Column = values[0]
            return single
        whole = np.full(self.rows, missing)
        if not np.isnan(missing):
            whole = whole.astype(np.int64)
        for (rows, _, _), value in zip(self._parts, values, strict=True):
            if value is not None:
                whole[rows] = value
        return whole

    def _coded(self, values: Sequence[str | Sequence[str] | None], missing: str | None) -> Column:
        """Put one word or sequence of words a part together."""
        if all(value is None for value in values) and missing is None:
            return None
        if len(self._parts) == 1 and self._parts[0][0] is None and isinstance(values[0], str):
            return values[0]
        names: list[str] = [] if missing is None else [missing]
        codes = np.full(self.rows, -1 if missing is None else 0, dtype=np.int32)
        for (rows, _, _), value in zip(self._parts, values, strict=True):
            if value is None:
                continue
            words = np.array([value] if isinstance(value, str) else value, dtype=object)
            distinct, place = np.unique(words, return_inverse=True)
            for word in distinct:
                if word and word not in names:
                    names.append(word)
            into = np.array([names.index(word) if word else -1 for word in distinct])
            codes[slice(None) if rows is None else rows] = into[place.ravel()]
        return Coded(codes, names)


def _status(decisions: Decisions) -> str | list[str]:
    if decisions.status is None:
        return STATUSES[OK]
    return [STATUSES[code] for code in decisions.status]


def checked(policy: Policy, obs: Observations, decisions: Decisions) -> Decisions:
    """Refuse answers that are no answers: too few, illegal, or missing without saying why.

    Amounts are given as the space itself has them, so that the same amount is the same number whoever names it.
    """
    name, space = policy.agent_name(), obs.space
    if len(decisions.actions) != len(obs):
        raise GamesimError(
            f"{name}: decide returned {len(decisions.actions)} actions for {len(obs)} deciders"
        )
    listed = not space.varies and not isinstance(space, Text)
    if decisions.status is None and decisions.distribution is not None and listed:
        # What was drawn from legal actions is legal.
        possible = decisions.distribution.values[..., (decisions.distribution.probabilities > 0).any(axis=0)]
        if space.contains(possible).all() and np.array_equal(space.nearest(possible), possible):
            return decisions
    if isinstance(space, Text):
        legal = obs.messages.legal(decisions.actions, space.max_chars)
        what = f"a message of at most {space.max_chars} characters, entered with obs.messages.enter(text)"
    else:
        legal, what = space.contains(decisions.actions), "a legal action"
    wrong = ~legal if decisions.status is None else legal != (decisions.status == OK)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise GamesimError(
            f"{name}: {obs.decision}: {decisions.actions[row]} is not {what}, and not marked so"
        )
    if isinstance(space, Amount):
        return replace(decisions, actions=np.where(legal, space.nearest(decisions.actions), np.nan))
    return decisions


def trait_columns(subjects: Subjects) -> dict[str, Column]:
    """Put who decided into columns, one a trait."""
    nobody = subjects.row < 0
    return {
        f"x_{name}": Coded(np.where(nobody, -1, column.codes[subjects.row]), column.values)
        if isinstance(column, Words)
        else np.where(nobody, np.nan, column[subjects.row])
        for name, column in People.of(subjects.people).traits.items()
    }


def seen_column(obs: Observations) -> Coded | None:
    """Write what each row saw as JSON, each distinct text once."""
    if not obs.seen:
        return None
    table = np.column_stack(list(obs.seen.values()))
    distinct, row = np.unique(table, axis=0, return_inverse=True)
    said = {*obs.game.talks, *obs.game.said_names}

    def known(name: str, value: float) -> Any:
        if np.isnan(value):
            return None
        return obs.messages.record(value) if name in said else value

    texts = [
        json.dumps({name: known(name, float(v)) for name, v in zip(obs.seen, values, strict=True)})
        for values in distinct
    ]
    return Coded(row.ravel(), texts)


def message_columns(codes: Floats, messages: Messages) -> dict[str, Column]:
    """Put messages into columns: how many characters each has, and its words."""
    distinct, row = np.unique(codes[~np.isnan(codes)], return_inverse=True)
    place = np.full(len(codes), -1, dtype=np.int32)
    place[~np.isnan(codes)] = row.ravel()
    words = [messages.text(code) for code in distinct.tolist()]
    return {"action": messages.length(codes), "label": Coded(place, words)}
