"""Any language model: local weights, with or without an adapter, or a server that speaks OpenAI's protocol."""

from dataclasses import dataclass

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

    def prepare(self, setting: Setting) -> ModelPolicy:
        """Open the model."""
        return self.opening(self.model_name, setting)
