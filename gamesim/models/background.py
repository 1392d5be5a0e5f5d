"""An event loop in a thread of its own, so that asynchronous work hides behind plain calls.

It also runs where a loop is running already, as in a notebook.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["Background"]

T = TypeVar("T")


class Background:
    """A daemon thread with an event loop, started at once."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._loop, name="gamesim-remote", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it still runs, and in this process: threads do not survive a fork."""
        return self._process == os.getpid() and self._thread.is_alive()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end and give the result; what interrupts the wait cancels the work."""
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """Run one last thing, then end the loop and its thread.

        Parameters
        ----------
        last : coroutine
            Such as the closing of connections.
        """
        if not self.alive:
            last.close()
            return

        async def end() -> None:
            try:
                await last
            finally:
                self.loop.stop()

        asyncio.run_coroutine_threadsafe(end(), self.loop)
        # The collector may call this in the very thread that is to end.
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=5)

    def _loop(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
