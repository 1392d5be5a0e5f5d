"""Ask a language model for decisions, in one of three ways that are recorded for each decision.

``probabilities``: every legal answer is scored with its end, the probabilities are renormalised once over the
legal ones, and what was lost in that (the legal mass) is kept.  ``sample``: each agent's answer is drawn, read, and
recorded as it came.  ``verbalized``: the model states the distribution of a population once for each distinct
situation, and every agent is one quantile of it for the whole session.
"""

from gamesim.elicit.policy import ModelPolicy
from gamesim.elicit.questions import Question, Variants

__all__ = ["ModelPolicy", "Question", "Variants"]
