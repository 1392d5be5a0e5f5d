"""Numbers of an agent that may differ from person to person: ``0.85``, ``lognormal(-0.8,0.9)``, a column of a file.

What a person has is drawn once and kept through the whole session, whatever else is drawn::

    value = number | family "(" number {"," number} ")"

======================  ======================================================
family                  its numbers
======================  ======================================================
``normal(m,s)``         mean and standard deviation
``lognormal(m,s)``      those of the logarithm
``uniform(a,b)``        bounds
``beta(a,b)``           shapes
``gamma(k,t)``          shape and scale: the mean is k * t
``exponential(t)``      mean
``choice(a,b,...)``     equally likely values; one written twice is twice as likely
======================  ======================================================
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from gamesim.actions import plain
from gamesim.errors import GamesimError, unknown
from gamesim.observation import Observations
from gamesim.streams import Draws, Floats, Ints
from gamesim.tables import column_names, read_csv, read_text

_WRITTEN = re.compile(r"([A-Za-z]\w*)\s*\((.*)\)$", re.DOTALL)
FILES = (".csv", ".toml")


def _normal(u: Floats, mean: float, sd: float) -> Floats:
    from scipy.special import ndtri

    return mean + sd * ndtri(u)


def _beta(u: Floats, a: float, b: float) -> Floats:
    from scipy.special import betaincinv

    quantiles: Floats = betaincinv(a, b, u)
    return quantiles


def _gamma(u: Floats, shape: float, scale: float) -> Floats:
    from scipy.special import gammaincinv

    quantiles: Floats = np.multiply(gammaincinv(shape, u), scale, dtype=np.float64)
    return quantiles


@dataclass(frozen=True)
class Family:
    """A family of distributions.

    Parameters
    ----------
    names : tuple of str
        What its numbers are.
    positive : tuple of str
        Which of them must be above 0.
    quantiles : callable
        From u, (D,) float on (0, 1), and the numbers to values: (D,) float.
    """

    names: tuple[str, ...]
    positive: tuple[str, ...]
    quantiles: Callable[..., Floats]


FAMILIES = {
    "normal": Family(("mean", "sd"), ("sd",), _normal),
    "lognormal": Family(("mean", "sd"), ("sd",), lambda u, mean, sd: np.exp(_normal(u, mean, sd))),
    "uniform": Family(("low", "high"), (), lambda u, low, high: low + (high - low) * u),
    "beta": Family(("a", "b"), ("a", "b"), _beta),
    "gamma": Family(("shape", "scale"), ("shape", "scale"), _gamma),
    "exponential": Family(("mean",), ("mean",), lambda u, mean: -mean * np.log1p(-u)),
}


@dataclass(frozen=True)
class Parameter:
    """A number of an agent, the same for all persons, drawn for each, or given to each.

    Parameters
    ----------
    written : str
        As it was written; what records and lists show.
    numbers : tuple of float
        The number itself, those of the family, or the values to choose from.
    family : str
        One of `FAMILIES`, ``"choice"``, ``"file"``, ``"agents"``, or nothing for a number.
    key : str
        What the draws are for. Parameters with equal keys are drawn together: one row of a file is one person.
    agents : tuple of int
        Whose each of the numbers is, by number within a session, in rising order; empty where they are drawn.
    """

    written: str
    numbers: tuple[float, ...]
    family: str = ""
    key: str = ""
    agents: tuple[int, ...] = ()

    def __str__(self) -> str:
        return self.written

    @classmethod
    def constant(cls, value: float) -> Parameter:
        """Make a number that is the same for all."""
        return cls(f"{value:g}", (float(value),))

    @classmethod
    def listed(cls, written: str, agents: Ints, numbers: Floats) -> Parameter:
        """Give each of some agents, (A,) int in rising order, a number of its own: (A,) float."""
        return cls(written, tuple(numbers.tolist()), "agents", agents=tuple(agents.tolist()))

    @classmethod
    def read(cls, where: str, value: Any, key: str) -> Parameter:
        """Read a number or a distribution.

        Parameters
        ----------
        where : str
            What it is for, as it should stand in an error.
        value : object
            Text or a number.
        key : str
            Name of the parameter, under which it is drawn.

        Raises
        ------
        GamesimError
            For an unknown family, or numbers that it does not take.
        """
        text = str(value).strip()
        match = _WRITTEN.match(text)
        if match is None:
            number = _number(where, text)
            if math.isnan(number):
                raise GamesimError(f"{where} = {text!r} is not a number")
            return cls(f"{number:.12g}", (number,))
        family = match[1].lower()
        if family not in (*FAMILIES, "choice"):
            raise unknown("distribution", family, (*FAMILIES, "choice"), where=where)
        numbers = tuple(_number(where, each.strip()) for each in match[2].split(","))
        if not all(math.isfinite(number) for number in numbers):
            raise GamesimError(f"{where} = {text}: its numbers must be finite")
        if family != "choice":
            names = FAMILIES[family].names
            if len(numbers) != len(names):
                raise GamesimError(f"{where} = {text}: write {family}({','.join(names)})")
            for name, number in zip(names, numbers, strict=True):
                if name in FAMILIES[family].positive and number <= 0:
                    raise GamesimError(f"{where} = {text}: {name} must be above 0")
            if family == "uniform" and numbers[0] > numbers[1]:
                raise GamesimError(f"{where} = {text}: low must not be above high")
        return cls(text.replace(" ", ""), numbers, family, key)

    @property
    def varies(self) -> bool:
        """Whether it differs from person to person."""
        return bool(self.family)

    @property
    def value(self) -> float:
        """The number, where it is the same for all."""
        if self.varies:
            raise TypeError(f"{self.written} differs from person to person")
        return self.numbers[0]

    def of(self, obs: Observations) -> Floats:
        """Give everybody's value: (D,) float."""
        return self.of_persons(obs.person)

    def of_persons(self, person: Draws) -> Floats:
        """Give the value of persons by their draws: (D,) float."""
        if not self.varies:
            return np.full(len(person.agent), self.numbers[0])
        if self.agents:
            agents, numbers = self._listed
            return numbers[np.searchsorted(agents, person.agent)]
        return self.quantiles(person.uniform(self.key))

    @cached_property
    def _listed(self) -> tuple[Ints, Floats]:
        return np.array(self.agents), np.array(self.numbers)

    def quantiles(self, u: Floats) -> Floats:
        """Invert the distribution function: (D,) float on [0, 1) to (D,) float."""
        if not self.varies:
            return np.full(len(u), self.numbers[0])
        if self.family in FAMILIES:
            # Half a unit in the last place away from 0 and 1, where some quantiles are infinite.
            return FAMILIES[self.family].quantiles(np.clip(u, 2.0**-54, 1 - 2.0**-53), *self.numbers)
        values = np.array(self.numbers)
        return cast(Floats, values[np.floor(u * len(values)).astype(np.int64)])

    def bounds(self) -> tuple[float, float]:
        """Give the least and the largest value that anybody can have."""
        if self.family in FAMILIES:
            with np.errstate(divide="ignore"):
                low, high = FAMILIES[self.family].quantiles(np.array([0.0, 1.0]), *self.numbers)
            return float(low), float(high)
        return min(self.numbers), max(self.numbers)


def _number(where: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise GamesimError(f"{where} = {text!r} is neither a number nor a distribution") from None


@dataclass(frozen=True)
class Rule:
    """What an option of an agent that is a number may be.

    Parameters
    ----------
    least, most : float
        Closed bounds, within which whole distributions must lie.
    free : str
        Why it has neither bound.
    endless : bool
        Whether it may be infinite.
    whole : bool
        Whether it must be a whole number.
    shared : str
        Why it must be the same for all.
    """

    least: float = -math.inf
    most: float = math.inf
    free: str = ""
    endless: bool = False
    whole: bool = False
    shared: str = ""

    def __str__(self) -> str:
        if math.isfinite(self.least):
            bounds = (
                f"{plain(self.least)} to {plain(self.most)}"
                if math.isfinite(self.most)
                else f"at least {plain(self.least)}"
            )
        else:
            bounds = f"at most {plain(self.most)}" if math.isfinite(self.most) else "any number"
        return f"whole, {bounds}" if self.whole else bounds

    def allows(self, numbers: Floats) -> NDArray[np.bool_]:
        """Tell which numbers may be somebody's: (D,) bool."""
        allowed: NDArray[np.bool_] = (self.least <= numbers) & (numbers <= self.most)
        if not self.endless:
            allowed &= np.isfinite(numbers)
        if self.whole:
            allowed &= numbers == np.round(numbers)
        return allowed

    def check(self, where: str, parameter: Parameter) -> None:
        """Refuse a number that breaks the rule, and a distribution that can.

        Raises
        ------
        GamesimError
            Naming the rule.
        """
        if self.shared and parameter.varies:
            raise GamesimError(f"{where} = {parameter.written} must be one number: {self.shared}")
        if self.whole and (
            parameter.family in FAMILIES or not all(each.is_integer() for each in parameter.numbers)
        ):
            raise GamesimError(f"{where} = {parameter.written} must be whole, such as 2 or choice(0,1,1,2)")
        low, high = parameter.bounds()
        if low < self.least or high > self.most:
            verb = "can fall outside: it must be" if parameter.varies else "must be"
            raise GamesimError(f"{where} = {parameter.written} {verb} {self}")
        if not (parameter.varies or math.isfinite(parameter.value) or self.endless):
            raise GamesimError(f"{where} = {parameter.written} must be finite")


def personal(default: float, **rule: Any) -> Any:
    """Declare an option of an agent as a `Parameter`: its default, and the parameters of its `Rule`."""
    return ranged(Parameter.constant(default), **{"endless": math.isinf(default)} | rule)


def ranged(default: Any, **rule: Any) -> Any:
    """Declare an option of an agent that is a plain number: its default, and the parameters of its `Rule`."""
    return dataclasses.field(default=default, metadata={"rule": Rule(**rule)})


def read_file(where: str, file: str, known: Mapping[str, dataclasses.Field[Any]]) -> dict[str, Parameter]:
    """Read parameters that belong together: a row is a person, and everybody is dealt a row at random.

    Parameters
    ----------
    where : str
        What it is for, as it should stand in an error.
    file : str
        A CSV table whose columns are named after parameters, or a TOML file of equally long lists (a single number is
        the same for all).
    known : mapping from name to field
        The agent's parameters.

    Returns
    -------
    dict from name to Parameter

    Raises
    ------
    GamesimError
        Naming file, column and row.
    """
    path = Path(file)
    readers: dict[str, Callable[[Path], dict[str, list[Any]]]] = {".csv": _csv, ".toml": _toml}
    if path.suffix.lower() not in readers:
        raise GamesimError(f"{where} = {file}: must end in {' or '.join(FILES)}")
    if not path.is_file():
        raise GamesimError(f"{where} = {file}: there is no such file")
    try:
        columns = readers[path.suffix.lower()](path)
    except tomllib.TOMLDecodeError as error:
        raise GamesimError(f"{where} = {file}: cannot be read: {str(error).splitlines()[0]}") from error
    lengths = {len(values) for values in columns.values()}
    if not columns or 0 in lengths:
        raise GamesimError(f"{where} = {file}: holds no rows")
    if len(lengths) > 1:
        raise GamesimError(f"{where} = {file}: columns must be equally long, not {sorted(lengths)}")
    content = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    found = {}
    for name, values in columns.items():
        if name not in known:
            raise unknown("parameter", name, known, where=f"{where} = {file}")
        rule = known[name].metadata.get("rule", Rule())
        numbers = tuple(
            _cell(f"{where} = {file}, row {row}, {name}", value, rule) for row, value in enumerate(values, 1)
        )
        found[name] = Parameter(f"column {name} of {file} ({content})", numbers, "file", "file")
    return found


def _cell(where: str, value: Any, rule: Rule) -> float:
    number = _number(where, str(value).strip())
    if not math.isfinite(number):
        raise GamesimError(f"{where} = {value!r} is not a finite number")
    rule.check(where, Parameter.constant(number))
    return number


def _csv(path: Path) -> dict[str, list[Any]]:
    table = read_csv(str(path), read_text(path)[0])
    names = column_names(str(path), table.names)
    return {name: [row[column] for row in table.rows] for column, name in enumerate(names)}


def _toml(path: Path) -> dict[str, list[Any]]:
    written = tomllib.loads(read_text(path)[0])
    many = max((len(value) for value in written.values() if isinstance(value, list)), default=1)
    return {name: value if isinstance(value, list) else [value] * many for name, value in written.items()}
