"""Human choices read from whole sessions told as text (the Psych-201 format of Binz et al. 2026)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gamesim.errors import GamesimError

_ROUND = re.compile(r"## Round (\d+)(?: of \d+)?:")
_OWN = re.compile(r"You contributed <<(\d+) coins?>>")
_OTHER = re.compile(r"^[A-Z]+ contributed (\d+) coins?\.", re.MULTILINE)


def online_contributions(records: Path) -> pd.DataFrame:
    """Read own and others' contributions from the transcripts of online public goods games.

    Only sessions in which any whole amount could be contributed are read; the endowment is 20 in all of them.

    Returns
    -------
    DataFrame
        One row a subject and round: UserID, Round, own (0 to 20), others (mean of the other members; NaN
        when none is left), opt_in (coins start in the private fund), chat.
    """
    path = records / "psych201" / "alsobay2025publicGoodsGame.sample.jsonl.gz"
    if not path.is_file():
        raise GamesimError(f"human records: {path} is missing")
    rows: list[dict[str, Any]] = []
    for person in pd.read_json(path, lines=True).to_dict("records"):
        rules, _, play = str(person["text"]).partition("# GAME STARTS")
        if "any integer amount" not in rules or "amount of 20 coins" not in rules:
            continue
        parts = _ROUND.split(play)
        for number, text in zip(parts[1::2], parts[2::2], strict=True):
            own = _OWN.search(text)
            if own is None:
                break  # the person left; nothing after this is a sequence
            others = [int(amount) for amount in _OTHER.findall(text)]
            rows.append(
                {
                    "UserID": f"{person['experiment']}/{person['participant']}",
                    "Round": int(number),
                    "own": int(own.group(1)),
                    "others": float(np.mean(others)) if others else np.nan,
                    "opt_in": "in your private fund" in rules,
                    "chat": "You can communicate" in rules,
                }
            )
    return pd.DataFrame(rows)
