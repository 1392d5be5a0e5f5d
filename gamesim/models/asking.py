"""One batch on its way to the servers: retries, deadlines, and when to stop asking.

Every row ends with a completion.  A row that was not sent, or not sent again, since nothing could succeed any more
says so and why: its error begins with ``stopped:``, and it may be asked again another time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gamesim.errors import GamesimError
from gamesim.models import STOPPED, Completion, Gate, OnReply, Prompt
from gamesim.models.faults import Fault
from gamesim.models.pacing import Lane, Lanes, pause

__all__ = ["FAILED_IN_ROW", "Asking", "Patience"]

FAILED_IN_ROW = 20
"""So many rows in a row that got no answer, each after all its attempts, end the batch."""

_AWAY = 5.0


@dataclass(frozen=True)
class Patience:
    """How long to wait for one answer.

    Parameters
    ----------
    timeout : float
        Seconds without a sign of life after which an attempt is given up.
    connect : float
        Seconds to connect.
    retries : int
        Further attempts after a failure that may pass.  Being told to wait does not count as one.
    deadline : float
        Seconds from the first attempt after which a row gets no further time.
    """

    timeout: float = 120.0
    connect: float = 10.0
    retries: int = 3
    deadline: float = 600.0


Send = Callable[[Any, Prompt, int], Awaitable[Completion]]
"""One attempt: server, prompt and seed in; raises what the client library raises."""


class Asking:
    """A batch while it is asked.

    Parameters
    ----------
    send : callable
        One attempt.
    judge : callable
        Tells what a failed attempt at a server means.
    lanes : Lanes
        Ways to the servers.
    patience : Patience
        For each row.
    answered : bool
        Whether these servers are known to answer.
    on_reply : callable, optional
        Called with row and completion as each arrives.
    gate : Gate, optional
        May hold requests back.
    """

    def __init__(
        self,
        send: Send,
        judge: Callable[[Exception, Any], Fault],
        lanes: Lanes,
        patience: Patience,
        *,
        answered: bool,
        on_reply: OnReply | None,
        gate: Gate | None,
    ) -> None:
        self.answered = answered
        self._send, self._judge, self._lanes, self._patience = send, judge, lanes, patience
        self._on_reply, self._gate = on_reply, gate
        self._stop = ""
        self._broken: Exception | None = None
        self._failed_in_row = 0
        self._settled = asyncio.Event()

    async def ask(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> list[Completion]:
        """Ask every row once.

        Returns
        -------
        list of Completion
            One a row.

        Raises
        ------
        Exception
            What `on_reply` raised, once everything under way has come back.
        """
        result: list[Completion | None] = [None] * len(prompts)

        async def row(index: int, lane: Lane) -> None:
            done = await self._row(lane, prompts[index], seeds[index])
            result[index] = done
            self._hand_over(index, done)

        async with asyncio.TaskGroup() as group:
            for index in range(len(prompts)):
                lane = await self._admitted(index)
                if lane is None:
                    break
                group.create_task(row(index, lane))
        if self._broken is not None:
            raise self._broken
        left = _stopped(self._stop)
        return [left if done is None else done for done in result]

    async def _admitted(self, index: int) -> Lane | None:
        """Wait for a place in a lane and for the gate; none if the batch has stopped."""
        loop = asyncio.get_running_loop()
        while not self._stop:
            # Looked at afresh now and then: what is under way may have shown that there is no hope.
            lane = await self._lanes.enter(loop.time() + min(1.0, self._seconds_left()))
            if self._stop or (lane is None and self._seconds_left() > 0):
                self._leave(lane)
                continue
            try:
                if (self._gate is None or self._gate.admit(index)) and lane is not None:
                    return lane
            except GamesimError as reason:
                self._stop = str(reason)
            self._leave(lane)
            if not self._stop:
                await self._another_settled()
        return None

    async def _another_settled(self) -> None:
        """Wait for a row to come back; not for long, since others may use the same gate."""
        self._settled.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self._settled.wait()

    def _leave(self, lane: Lane | None) -> None:
        if lane is not None:
            self._lanes.leave(lane)

    def _seconds_left(self) -> float:
        return float("inf") if self._gate is None else max(0.0, self._gate.seconds_left())

    async def _row(self, lane: Lane, prompt: Prompt, seed: int) -> Completion:
        """Attempt until there is an answer, no attempt left or no time left."""
        loop = asyncio.get_running_loop()
        patience = self._patience
        end = loop.time() + patience.deadline
        failures = told_to_wait = 0
        earlier: Fault | None = None
        while True:
            if self._stop and failures + told_to_wait:
                self._leave(lane)
                return _stopped(self._stop)
            sent = loop.time()
            try:
                async with asyncio.timeout_at(end) as limit:
                    done = await self._send(lane.server, prompt, seed)
            except Exception as error:  # one bad answer must not lose the others
                fault = self._judge(error, lane.server)
                self._slow_down(lane, fault, sent)
            else:
                lane.answered(sent, loop.time())
                self._lanes.leave(lane)
                self.answered, self._failed_in_row = True, 0
                return done
            if limit.expired() and earlier is not None:
                # What the server itself said tells more than that the last attempt was cut short here.
                fault = earlier
            earlier = fault
            if fault.kind == "filtered":
                return Completion("", finish="refused", error=fault.text)
            if fault.kind == "rate limit":
                told_to_wait += 1
            else:
                failures += 1
            wait = pause(failures + told_to_wait, fault.wait)
            spent = failures > patience.retries or loop.time() + wait >= end
            if fault.passing and (self._stop or wait >= self._seconds_left()):
                why = self._stop or "no time left"
                return _stopped(why if str(fault) in why else f"{why}; {fault}")
            if not fault.passing or spent:
                return self._lost(fault)
            await asyncio.sleep(wait)
            place = await self._lanes.enter(loop.time() if self._stop else end)
            if place is None:
                return _stopped(self._stop) if self._stop else self._lost(fault)
            lane = place

    def _slow_down(self, lane: Lane, fault: Fault, sent: float) -> None:
        now = asyncio.get_running_loop().time()
        if fault.overload:
            wait = fault.wait or 0.0
            lane.pushed_back(sent, now, wait if wait < self._patience.deadline else 0.0)
        elif fault.kind == "unreachable" and len(self._lanes.lanes) > 1:
            # Else the server that is away, being idle, would draw all requests from those that are there.
            lane.hold(now, _AWAY)
        self._lanes.leave(lane)

    def _lost(self, fault: Fault) -> Completion:
        """Word the end of a row without an answer, and see whether the others have hope."""
        # A server that refuses one prompt after the other and has answered none refuses the settings.
        self._failed_in_row += fault.passing or (fault.kind == "request" and not self.answered)
        if fault.hopeless(self.answered):
            self._halt(str(fault))
            return _stopped(str(fault))
        if fault.wait is not None and fault.wait >= self._patience.deadline:
            self._halt(f"told to wait {fault.wait:.0f} s, longer than the deadline; {fault}")
        elif self._failed_in_row >= FAILED_IN_ROW:
            self._halt(f"{FAILED_IN_ROW} requests in a row got no answer, the last: {fault}")
        return Completion("", finish="error", error=str(fault))

    def _halt(self, reason: str) -> None:
        self._stop = self._stop or reason
        self._lanes.wake()

    def _hand_over(self, index: int, done: Completion) -> None:
        if done.finish == "error" and self._gate is not None:
            self._gate.give_up(index)
        if self._on_reply is not None:
            try:
                self._on_reply(index, done)
            except Exception as error:  # reported once what is under way has come back
                self._broken = self._broken or error
                self._halt("a reply could not be stored")
        self._settled.set()


def _stopped(reason: str) -> Completion:
    return Completion("", finish="error", error=f"{STOPPED}{reason}")
