"""How many requests are in flight, and when the next may go.

Each server is a lane.  A lane starts modestly, doubles while everything is answered, halves when the server
pushes back (429, a time-out, an overload) and then grows by one request a round.  Where the server says how
long to wait, its lane waits.  All of it lives in one event loop, so there are no locks.
"""

from __future__ import annotations

import asyncio
import datetime
import email.utils
import random
import re
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["START", "Lane", "Lanes", "pause", "wait_asked", "wait_until_refill"]

START, MOST = 8, 256
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 20.0
_UNIT = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Lane:
    """The way to one server.

    Parameters
    ----------
    server : object
        What the holder of a place in the lane uses.
    fixed : int, optional
        Most requests in flight, once and for all; adaptive unless given.
    slow : float
        Seconds a request; an adaptive lane does not grow while answers take longer than this.
    """

    def __init__(self, server: Any, fixed: int | None = None, slow: float = 30.0) -> None:
        self.server, self.fixed, self.slow = server, fixed, slow
        self.limit = float(START if fixed is None else fixed)
        self.in_flight = 0
        self.paused_until = 0.0
        self._took = 0.0
        self._cut_at = self._full_at = 0.0

    def room(self, now: float) -> float:
        """Give how many more may go, 0 during a pause."""
        return max(0.0, int(self.limit) - self.in_flight) if now >= self.paused_until else 0.0

    def answered(self, sent: float, now: float) -> None:
        """Grow, if the lane was full since the request was sent and the server is quick."""
        if self.in_flight >= int(self.limit):
            self._full_at = now
        self._took += 0.1 * (now - sent - self._took)
        if self.fixed is None and self._full_at >= sent and self._took < self.slow:
            self.limit = min(MOST, self.limit + (1.0 if not self._cut_at else 1.0 / self.limit))

    def pushed_back(self, sent: float, now: float, wait: float = 0.0) -> None:
        """Halve, once for all that were in flight together, and wait as long as the server asks."""
        self.hold(now, wait)
        if self.fixed is None and sent >= self._cut_at:
            self.limit = max(1.0, self.limit / 2)
            self._cut_at = now

    def hold(self, now: float, wait: float) -> None:
        """Send nothing for a while."""
        self.paused_until = max(self.paused_until, now + wait)


class Lanes:
    """Lanes that share a load: the emptiest goes first."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self.lanes = lanes
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self, until: float) -> Lane | None:
        """Take a place in a lane, waiting for one if need be.

        Parameters
        ----------
        until : float
            Time of the loop at which to give up.

        Returns
        -------
        Lane or None
            To be left by `leave`; None if there was no place in time.
        """
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            lane = max(self.lanes, key=lambda lane: lane.room(now))
            if lane.room(now) > 0:
                lane.in_flight += 1
                return lane
            if now >= until:
                return None
            later = min((one.paused_until for one in self.lanes if one.paused_until > now), default=until)
            place: asyncio.Future[None] = loop.create_future()
            self._waiting.append(place)
            alarm = loop.call_at(min(later, until), _wake, place)
            try:
                await place
            finally:
                alarm.cancel()
                if place in self._waiting:
                    self._waiting.remove(place)

    def leave(self, lane: Lane) -> None:
        """Give a place back."""
        lane.in_flight -= 1
        now = asyncio.get_running_loop().time()
        room = sum(one.room(now) for one in self.lanes)
        while self._waiting and room > 0:
            _wake(self._waiting.popleft())
            room -= 1

    def wake(self) -> None:
        """Let all who wait look again."""
        while self._waiting:
            _wake(self._waiting.popleft())


def _wake(place: asyncio.Future[None]) -> None:
    if not place.done():
        place.set_result(None)


def pause(failures: int, asked: float | None) -> float:
    """Give the seconds to wait before the next attempt: growing, with jitter, never less than was asked for."""
    longest = min(_LONGEST_PAUSE, _SHORTEST_PAUSE * 2.0 ** min(failures - 1, 10))
    wait = random.uniform(longest / 2, longest)
    if asked is None or wait > asked:
        return wait
    return asked + random.uniform(0, 0.1 * asked)


def wait_asked(headers: Mapping[str, str]) -> float | None:
    """Read ``Retry-After`` (seconds or a date) or ``retry-after-ms``."""
    if re.fullmatch(r"\d+(\.\d+)?", milliseconds := headers.get("retry-after-ms", "").strip()):
        return float(milliseconds) / 1000
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    try:
        when = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.UTC)
    return max(0.0, when.timestamp() - time.time())


def wait_until_refill(headers: Mapping[str, str]) -> float:
    """Read off the rate-limit headers how long nothing is left: 0 where something is or nothing is said."""
    wait = 0.0
    for kind in ("requests", "tokens"):
        if headers.get(f"x-ratelimit-remaining-{kind}", "").strip() == "0":
            wait = max(wait, _seconds(headers.get(f"x-ratelimit-reset-{kind}", "")))
    return wait


def _seconds(text: str) -> float:
    """Read 1s, 6m0s, 20ms or a bare number of seconds; anything else is 0."""
    text = text.strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", text)
    if "".join(number + unit for number, unit in parts) != text:
        return 0.0
    return sum(float(number) * _UNIT[unit] for number, unit in parts)
