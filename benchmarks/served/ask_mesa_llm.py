"""mesa-llm: a model with one agent a prompt, all of which step at the same time.

`enable_automatic_parallel_stepping` makes `shuffle_do` step all agents at once.  There is no setting for how many
requests are in flight.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from clock import measured


def ask(url: str, prompts: Sequence[str], in_flight: int) -> list[str]:
    """Step all agents once; each sends its prompt by its own language model and keeps the answer."""
    from mesa import Model
    from mesa_llm.llm_agent import LLMAgent
    from mesa_llm.parallel_stepping import enable_automatic_parallel_stepping
    from mesa_llm.reasoning.cot import CoTReasoning

    os.environ["OPENAI_API_KEY"] = "none"
    os.environ["OPENAI_BASE_URL"] = os.environ["OPENAI_API_BASE"] = url

    class Player(LLMAgent):
        answer = ""

        async def astep(self) -> None:
            reply = await self.llm.agenerate(self.step_prompt)
            self.answer = reply.choices[0].message.content

        def step(self) -> None:
            self.answer = self.llm.generate(self.step_prompt).choices[0].message.content

    class Game(Model):
        parallel_stepping = True

        def step(self) -> None:
            self.agents.shuffle_do("step")

    enable_automatic_parallel_stepping()
    game = Game()
    players = [Player(game, CoTReasoning, llm_model="openai/model", step_prompt=prompt) for prompt in prompts]
    for player in players:
        player.memory.display = False
    game.step()
    return [player.answer for player in players]


if __name__ == "__main__":
    measured(ask, ["mesa-llm", "mesa", "litellm"])
