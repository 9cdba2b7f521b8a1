"""An input of a calculator, and reading what was given for it: a number with or without its unit, yes or no, one of several choices."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pydantic import ConfigDict

from assistant.calculators.conditions import Value
from assistant.calculators.units import Unit, convert, find_unit, units_of

Given = bool | int | float | str
"""What a caller may give for an input: `True`, `1.2`, `"1.2 mg/dL"`, `"yes"`, `"female"`."""

LONGEST = 64  # characters of a value: nothing longer is a number, a unit or a choice
DECIMALS = 9
"""That a number has: its result's identifier names it with these, and must compute the same again."""
BEYOND = 1e9  # no quantity of a patient is larger in any unit
YES, NO = frozenset({"yes", "y", "true", "1"}), frozenset({"no", "n", "false", "0"})
_NUMBER = re.compile(r"([+-]?[0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several answers. `points` is what it counts in a score."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    label: str
    points: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """What a number within a range counts in a score. `label` says the range in words."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    at: str
    points: float
    label: str


@dataclass(frozen=True, slots=True)
class Input:
    """An input.

    A number has a `unit`, the one of `quantity` in which the formula and every range are written; outside `range` it is refused, outside
    `usual` it is used with a warning. `whole` refuses fractions; `decimals` rounds to what the source's table is written in.
    `say` is the phrase for it within a sentence. What it counts in a score: `points` for a yes, `steps` for a number, the choices' own points.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    label: str
    type: Literal["number", "boolean", "choice"]
    say: str = ""
    quantity: str = ""
    unit: str = ""
    range: tuple[float, float] | None = None
    why_range: str = ""
    usual: tuple[float, float] | None = None
    why_usual: str = ""
    whole: bool = False
    decimals: int | None = None
    choices: tuple[Choice, ...] = ()
    points: float | None = None
    steps: tuple[Step, ...] = ()
    optional: bool = False

    @property
    def phrase(self) -> str:
        """Its name within a sentence."""
        return self.say or self.label[0].lower() + self.label[1:]

    @property
    def limits(self) -> str:
        """Its range in words: "18 to 120 years"."""
        low, high = self.range or (0.0, 0.0)
        return f"{low:g} to {high:g} {self.unit}".removesuffix(" ratio")

    @property
    def unit_names(self) -> tuple[str, ...]:
        """The units it may be given in, its own first; none for what is no number."""
        if self.type != "number":
            return ()
        return (self.unit, *(unit.name for unit in units_of(self.quantity) if unit.name != self.unit))


@dataclass(frozen=True, slots=True)
class Used:
    """An input as the formula used it. `given` is how it was given where that was another unit or another precision, else empty;
    `said` is a choice in words; `derived` is what nobody gave and an equation made of the others."""

    name: str
    phrase: str
    value: Value
    unit: str = ""
    given: str = ""
    derived: bool = False
    said: str = ""

    @property
    def words(self) -> str:
        """It and its value in words: "creatinine 1.19907 mg/dL (given as 106 µmol/L)"."""
        if isinstance(self.value, bool):
            return f"{self.phrase}: {'yes' if self.value else 'no'}"
        if isinstance(self.value, str):
            return f"{self.phrase}: {self.said}"
        unit = "" if self.unit == "ratio" else self.unit
        number = f"{self.value:.6g}{unit}" if unit == "%" else f"{self.value:.6g} {unit}".strip()
        return f"{self.phrase} {number}" + (f" (given as {self.given})" if self.given else "")

    @property
    def written(self) -> str:
        """It as a caller would give it, in full: reading this again gives an equal one."""
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        return self.value if isinstance(self.value, str) else self.given or f"{decimal(self.value)} {self.unit}".strip()


def decimal(number: float) -> str:
    """A number in figures, never with an exponent, as `read` takes it."""
    return f"{number:.{DECIMALS}f}".rstrip("0").rstrip(".")


def read(wanted: Input, given: Given) -> Used:
    """The input as it is to be used. Raises `ValueError` with the mend, in which nothing that was given is repeated."""
    if isinstance(given, str) and len(given) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters; {_how(wanted)}")
    if wanted.type == "boolean":
        return Used(wanted.name, wanted.phrase, _yes_or_no(wanted, given))
    if wanted.type == "choice":
        choice = _choice(wanted, given)
        return Used(wanted.name, wanted.phrase, choice.name, said=choice.label)
    return _number(wanted, given)


def _how(wanted: Input) -> str:
    if wanted.type == "boolean":
        return "write yes or no"
    if wanted.type == "choice":
        return f"write one of {', '.join(choice.name for choice in wanted.choices)}"
    names = [name for name in wanted.unit_names if name != "ratio"]
    return f"write a number in {' or '.join(names)}" if names else "write a number"


def _yes_or_no(wanted: Input, given: Given) -> bool:
    if isinstance(given, bool):
        return given
    word = str(given).strip().casefold()
    if word not in YES | NO:
        raise ValueError(f"is neither yes nor no; {_how(wanted)}")
    return word in YES


def _choice(wanted: Input, given: Given) -> Choice:
    word = "" if isinstance(given, bool) else str(given).strip().casefold()
    for choice in wanted.choices:
        if word == choice.name.casefold():
            return choice
    raise ValueError(f"is none of its choices; {_how(wanted)}")


def _number(wanted: Input, given: Given) -> Used:
    written = given.strip() if isinstance(given, str) else _plain(given)
    match = _NUMBER.fullmatch(written)
    if match is None:
        raise ValueError(f"is no number; {_how(wanted)}")
    number = float(match[1]) if isinstance(given, str) else round(float(given), DECIMALS)
    if match[2].startswith((",", ".", "'")):
        raise ValueError("has a comma or a thousands separator; write the number with a decimal point, as in 1.2")
    own = find_unit(wanted.quantity, wanted.unit)
    if own is None:
        raise ValueError(f"is declared in {wanted.unit}, of which {wanted.quantity} knows nothing")
    unit = find_unit(wanted.quantity, match[2]) if match[2] else _unit_meant(wanted, number, own)
    if unit is None:
        raise ValueError(f"has a unit that is not known for it; {_how(wanted)}")
    value = convert(number, unit, own)
    if not _within(wanted, value):
        why = f": {wanted.why_range}" if wanted.why_range else "; check the number and its unit"
        raise ValueError(f"must be {wanted.limits}{why}")
    if wanted.whole and value != int(value):
        raise ValueError("must be a whole number")
    rounded = value if wanted.decimals is None else round(value, wanted.decimals)
    same = unit == own and rounded == value
    return Used(wanted.name, wanted.phrase, rounded, wanted.unit, "" if same else f"{decimal(number)} {unit.name}")


def _plain(given: bool | int | float) -> str:
    """A number as it would be written; empty for what cannot be one of a patient's."""
    return "" if isinstance(given, bool) or not abs(given) < BEYOND else f"{given:f}"


def _unit_meant(wanted: Input, number: float, own: Unit) -> Unit:
    """A number without a unit is in the input's own unit where it makes sense in that one only. Raises `ValueError` where it may be another."""
    others = [unit for unit in units_of(wanted.quantity) if convert(1.0, unit, own) != 1.0]
    possible = [unit.name for unit in others if _within(wanted, convert(number, unit, own))]
    if possible:
        own_too = f"{wanted.unit} or " if _within(wanted, number) else ""
        units = " or ".join(wanted.unit_names)
        raise ValueError(
            f"needs its unit, {units}: without one the number may be {own_too}{' or '.join(possible)} (it must be {wanted.limits})"
        )
    return own


def _within(wanted: Input, value: float) -> bool:
    return wanted.range is not None and wanted.range[0] <= value <= wanted.range[1]
