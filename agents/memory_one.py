"""Any strategy that looks at the last round alone, by its four probabilities (Nowak & Sigmund 1990)."""

from dataclasses import dataclass

from gamesim.behaviour.strategies import Response
from gamesim.observation import Observations
from gamesim.parameters import Parameter, personal
from gamesim.streams import Floats


@dataclass(frozen=True)
class MemoryOne(Response):
    """Cooperates with a probability for each outcome of the last round (Nowak & Sigmund 1990).

    ``memory_one@cc=1@cd=0@dc=1@dd=0@start=1`` is tit for tat. Unless given, each is one half; people's own table is in
    ``human_kernel``.

    Parameters
    ----------
    cc : Parameter
        Probability of cooperating after both cooperated.
    cd : Parameter
        After only oneself cooperated.
    dc : Parameter
        After only the other did.
    dd : Parameter
        After both defected.
    start : Parameter
        Probability of cooperating in the first round.
    error
        As in `Strategy`.
    """

    cc: Parameter = personal(0.5, least=0, most=1)
    cd: Parameter = personal(0.5, least=0, most=1)
    dc: Parameter = personal(0.5, least=0, most=1)
    dd: Parameter = personal(0.5, least=0, most=1)
    start: Parameter = personal(0.5, least=0, most=1)

    fitted = dict.fromkeys(("cc", "cd", "dc", "dd", "start"), (0.0, 1.0)) | {"error": (0.0, 0.5)}

    def plan(self, obs: Observations) -> tuple[Floats | float, ...]:
        """Give the five probabilities."""
        return self.cc.of(obs), self.cd.of(obs), self.dc.of(obs), self.dd.of(obs), self.start.of(obs)
