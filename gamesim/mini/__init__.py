"""The bundled tiny behavioural model and the script that trains it.

`gamesim.mini.header` says what is decided; `gamesim.mini.train`, `gamesim.mini.evaluate` and
`gamesim.mini.release` need torch and are imported only by those who train.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gamesim.mini.header import DECISIONS, SCALES, State, answers, header, messages

__all__ = ["DECISIONS", "SCALES", "WEIGHTS", "State", "answers", "header", "messages"]

WEIGHTS: Final = Path(__file__).parent / "weights"
"""The shipped model folder: AutoModelForCausalLM and AutoTokenizer load it."""
