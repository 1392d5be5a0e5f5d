"""What is every agent's own: the options of its policy that differ from person to person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from gamesim.policy import Policy
from gamesim.population import Cast


def persons(cast: Cast, policies: Sequence[Policy], labels: Sequence[str], seed: int) -> pa.Table | None:
    """Give what every agent has, as its policy finds it.

    Parameters
    ----------
    cast : Cast
        Who plays which policy.
    policies : sequence of Policy
        Ready to play.
    labels : sequence of str
        Their names in tables.
    seed : int
        Of the run.

    Returns
    -------
    pyarrow.Table or None
        One row an agent: session, agent, policy, and each option that differs from person to person in any policy,
        missing where the agent's policy has no such option.  None where no option differs.
    """
    options = [policy.parameters() for policy in policies]
    varying = dict.fromkeys(name for each in options for name, value in each.items() if value.varies)
    if not varying:
        return None
    number = np.arange(cast.n * cast.sessions)
    session, agent = np.divmod(number, cast.n)
    draws = cast.persons(seed, number)
    own = {name: np.full(len(agent), np.nan) for name in varying}
    for index, each in enumerate(options):
        rows = np.flatnonzero(cast.policy == index)
        for name in varying.keys() & each.keys():
            own[name][rows] = each[name].of_persons(draws.take(rows))
    names = list(dict.fromkeys(labels))
    code = np.array([names.index(label) for label in labels])[cast.policy]
    policy = pa.DictionaryArray.from_arrays(code, names).cast(pa.string())
    numbers = {name: pa.array(values, from_pandas=True) for name, values in own.items()}
    return pa.table({"session": session, "agent": agent, "policy": policy, **numbers})
