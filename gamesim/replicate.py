"""Run replications and print what came out as Markdown: ``python -m gamesim.replicate [NAME ...] [--small]``."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from gamesim.catalog import names
from gamesim.errors import GamesimError, unknown
from gamesim.replication import LARGE, SMALL, Replication

HEAD = """# Published results, played again

Each table puts published results of a paper beside those of gamesim. Intervals are 95 % over independent sessions: of
means of sessions by Student's t, of the share of sessions in which something happened by Wilson. The former are not
cut: where what is averaged is itself a share, of cooperators say, they may pass 0 or 1.
*open* means that the interval covers both answers. Seed {seed}, size {size}; this page is written by

```
{command}
```"""


def replicate(name: str, size: str, seed: int) -> Replication:
    """Run one replication.

    Raises
    ------
    ModuleNotFoundError
        For a name that does not exist.
    """
    found = importlib.import_module(f"gamesim.experiments.{name}").run(size, seed)
    assert isinstance(found, Replication)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is named on the command line, or everything."""
    parser = argparse.ArgumentParser(
        prog="python -m gamesim.replicate", description=(__doc__ or "").replace("``", "")
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which of: {', '.join(names('experiments'))}"
    )
    parser.add_argument("--small", action="store_true", help="seconds instead of minutes; proves little")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    size = SMALL if given.small else LARGE
    command = "make replications" if size == LARGE and not given.names else "python -m gamesim.replicate"
    try:
        for name in given.names:
            if name not in names("experiments"):
                raise unknown("replication", name, names("experiments"))
        print(HEAD.format(seed=given.seed, size=size, command=command))
        for name in given.names or names("experiments"):
            print(f"\n{replicate(name, size, given.seed)}", flush=True)
    except GamesimError as error:
        print(f"gamesim: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
