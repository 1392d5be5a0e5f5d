"""EDSL: a question with one scenario a prompt, run locally."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence

from clock import measured


def ask(url: str, prompts: Sequence[str], in_flight: int) -> list[str]:
    """Run all scenarios by ``Jobs.run``, with at most `max_concurrency` at once and a new cache.

    Its pace is bounded by requests and tokens a minute as well, 60 and 100,000 unless told: both are lifted.
    """
    from edsl import Cache, Model, QuestionFreeText, Scenario, ScenarioList

    model = Model("model", service_name="openai_compatible", base_url=url, rpm=10**9, tpm=10**12)
    question = QuestionFreeText(question_name="choice", question_text="{{ scenario.prompt }}")
    scenarios = ScenarioList([Scenario({"prompt": prompt}) for prompt in prompts])
    results = (
        question.by(scenarios)
        .by(model)
        .run(
            disable_remote_inference=True,
            offload_execution=False,
            disable_remote_cache=True,
            cache=Cache(),
            max_concurrency=in_flight,
            progress_bar=False,
        )
    )
    return list(results.select("answer.choice").to_list())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["OPENAI_COMPATIBLE_API_KEY"] = "none"
        measured(ask, ["edsl", "openai"])
