"""inspect_ai: a task with one sample a prompt and the solver `generate`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence

from clock import measured


def ask(url: str, prompts: Sequence[str], in_flight: int) -> list[str]:
    """Evaluate the task with a fixed number of connections; as many samples are under way at once.

    The log goes to a temporary folder, and samples are not written to it in real time.
    """
    from inspect_ai import Task, eval
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.solver import generate

    dataset = MemoryDataset([Sample(input=prompt, id=row + 1) for row, prompt in enumerate(prompts)])
    with tempfile.TemporaryDirectory() as folder:
        (log,) = eval(
            Task(dataset=dataset, solver=generate()),
            model="openai-api/local/model",
            model_base_url=url,
            max_connections=in_flight,
            max_tokens=64,
            temperature=1.0,
            display="none",
            log_dir=folder,
            log_realtime=False,
        )
        if log.error is not None:
            raise RuntimeError(log.error.message)
        samples = sorted(log.samples or [], key=lambda sample: sample.id)
        return [sample.output.completion for sample in samples]


if __name__ == "__main__":
    os.environ["LOCAL_API_KEY"] = "none"
    measured(ask, ["inspect_ai", "openai"])
