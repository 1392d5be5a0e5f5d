"""Be.FM, the behavioural foundation models: LoRA adapters on open base models, trained on human play.

Found in this order: a server that the user configured (``GAMESIM_BEFM_URL``, speaking OpenAI's protocol);
weights on this machine (the Hugging Face cache, or folders given as ``@base=...@adapter=...``); otherwise, in
`play` alone, the bundled stand-in `mini`, which says so.  Nothing is downloaded unless asked for.

Every adapter is put on the base it was trained on, explicitly: the published adapter files name a path of
their authors' cluster.  Sampling settings are those of the model cards and the public leaderboard.
"""

import os
from dataclasses import dataclass
from typing import Any

from gamesim.elicit import ModelPolicy
from gamesim.errors import GamesimError, unknown
from gamesim.models import Sampling
from gamesim.needs import ready
from gamesim.policy import Policy, Setting

URL_VARIABLE = "GAMESIM_BEFM_URL"
STAMP = "unverified port: not yet checked on this machine against the published figures"


@dataclass(frozen=True)
class Release:
    """One published model."""

    base: str
    sampling: Sampling


RELEASES = {
    "befm/BeFM1.5-4B": Release("Qwen/Qwen3-4B-Instruct-2507", Sampling(0.6, 20, 0.95, 64)),
    "befm/BeFM1.5-70B": Release("meta-llama/Llama-3.3-70B-Instruct", Sampling(0.6, 0, 0.9, 64)),
    "befm/Be.FM-8B": Release("meta-llama/Llama-3.1-8B-Instruct", Sampling(0.7, 0, 1.0, 256)),
    "befm/Be.FM-70B": Release("meta-llama/Llama-3.1-70B-Instruct", Sampling(0.7, 0, 1.0, 256)),
}


@dataclass(frozen=True)
class Befm(ModelPolicy):
    """Be.FM, language models trained on human play, by the name of their release.

    Parameters
    ----------
    release : str
        Which published model.
    base, adapter : str
        Folders or ids to take instead of the published ones.
    structured, reask
        As in `ModelPolicy`; off, since the model learnt one bracketed answer to a single turn.
    personas : bool
        As in `ModelPolicy`; off, since nobody has shown that persona texts make it play like such people.
    """

    release: str = "befm/BeFM1.5-4B"
    base: str = ""
    adapter: str = ""
    structured: str = "off"
    reask: int = 0
    personas: bool = False

    trained_on = ("moblab",)

    def default_sampling(self) -> Sampling:
        """Give the published settings of the release."""
        return self._release().sampling

    def prepare(self, setting: Setting) -> Policy:
        """Find the model, or let the stand-in play where that is allowed."""
        if url := os.environ.get(URL_VARIABLE):
            return self.opening(f"openai:{self.release}", setting, base_url=url)
        base, adapter = self.base or self._release().base, self.adapter or self.release
        missing = self._missing(base, adapter, setting)
        if not missing:
            return self.opening(f"hf:{base}+{adapter}", setting)
        if setting.standin is not None and not (self.base or self.adapter):
            return ready(setting.standin(self.release), setting)
        commands = " && ".join(f"hf download {name}" for name in missing)
        raise GamesimError(
            f"befm: {' and '.join(missing)} not on this machine; get them with: {commands} (or add --download), "
            f"or name a server in {URL_VARIABLE}"
        )

    def describe(self) -> dict[str, Any]:
        """Add the stamp that stays until the port is checked."""
        return super().describe() | {"stamp": STAMP}

    def notes(self) -> list[str]:
        """Say that this port is unverified."""
        return [*super().notes(), f"befm ({self.release}): {STAMP}"]

    def _release(self) -> Release:
        if self.release not in RELEASES:
            raise unknown("release", self.release, RELEASES, where="befm")
        return RELEASES[self.release]

    @staticmethod
    def _missing(base: str, adapter: str, setting: Setting) -> list[str]:
        from gamesim.models.files import find_folder

        missing = []
        for name, what in ((base, "base model"), (adapter, "adapter")):
            try:
                find_folder(name, download=setting.download, what=what)
            except GamesimError:
                if setting.download:
                    raise
                missing.append(name)
        return missing
