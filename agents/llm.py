"""Any language model: local weights, with or without an adapter, or a server that speaks OpenAI's protocol."""

from dataclasses import dataclass
from typing import Any

from gamesim.elicit import ModelPolicy
from gamesim.policy import Setting


@dataclass(frozen=True)
class Llm(ModelPolicy):
    """A language model: ``hf:BASE``, ``hf:BASE+ADAPTER`` or ``openai:NAME``.

    Parameters
    ----------
    model_name : str
        Kind and name of the model.
    """

    model_name: str = ""

    @property
    def called(self) -> str:
        """Kind and name of the model."""
        return self.model_name

    def describe(self) -> dict[str, Any]:
        """Add that nobody here knows what the model was trained on."""
        return super().describe() | {"trained_on_known": False}

    def prepare(self, setting: Setting) -> ModelPolicy:
        """Open the model."""
        return self.opening(self.model_name, setting)
