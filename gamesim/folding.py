"""Names of agents, which may be long, in lines of a width."""

from __future__ import annotations

import re


def folded(name: str, width: int) -> str:
    """Break a name into lines where a part of it ends: after a comma, an underscore and the like, and before ``@``.

    Parameters
    ----------
    name : str
        Blanks at its beginning begin every line.
    width : int
        Of the longest line; a part that is longer is cut.
    """
    indent = name[: len(name) - len(name.lstrip())]
    lines: list[str] = [""]
    for part in re.split(r"(?<=[,_(=:/ ])(?=[^,])|(?=@)", name.strip()):
        if lines[-1] and len(indent + lines[-1] + part.rstrip()) > width:
            lines.append("")
        lines[-1] += part
        while len(indent + lines[-1]) > width:
            at = max(1, width - len(indent))
            lines[-1:] = [lines[-1][:at], lines[-1][at:]]
    return "\n".join(indent + line.rstrip() for line in lines if line)
