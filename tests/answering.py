"""A chat server whose answers a test writes: a function from the request to the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from badserver import BadServer, Handler, serving

Answer = Callable[[dict[str, Any]], "str | tuple[str, str] | int"]
"""From the request to an answer, to an answer with its finish reason, or to an HTTP status with a complaint."""


@contextmanager
def answering(answer: Answer) -> Iterator[BadServer]:
    """Run a server while a test lasts."""

    class Answering(Handler):
        def answer(self, asked: dict[str, Any], earlier: int) -> None:
            said = answer(asked)
            if isinstance(said, int):
                self.fail(said, "response_format: json_schema is not supported here")
            else:
                self.reply(*((said,) if isinstance(said, str) else said))

    with serving(Answering) as server:
        server.usage = (100, 5)
        yield server
