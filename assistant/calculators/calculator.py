"""A clinical calculator: inputs, points or an equation, bands, and where all of it comes from."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pydantic import ConfigDict

from assistant.calculators.conditions import Condition, Values, holds
from assistant.calculators.equations import EQUATIONS
from assistant.calculators.inputs import LONGEST, Given, Input, Used, read
from assistant.calculators.result import Interpretation, Points, Result
from assistant.calculators.sources import Source
from assistant.calculators.units import DIGITS
from assistant.errors import CalculatorError


@dataclass(frozen=True, slots=True)
class Rule:
    """What an item counts where one of the alternatives of `when` is met. `label` says why it counted."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    when: tuple[Condition, ...]
    points: float
    label: str


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a score: the first of its rules that is met counts; where none is, it counts nothing."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    label: str
    rules: tuple[Rule, ...]

    def count(self, values: Values) -> Points:
        """What it counts for these inputs."""
        for rule in self.rules:
            if holds(rule.when, values):
                return Points(self.name, rule.label, rule.points)
        return Points(self.name, self.label, 0.0)


@dataclass(frozen=True, slots=True)
class Derived:
    """A number that rules read and nobody gives: an equation of inputs, such as PaO2/FiO2."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    label: str
    equation: str
    unit: str

    def use(self, used: Sequence[Used]) -> Used:
        """The number that follows from these inputs."""
        value = _solve(self.equation, {each.name: each.value for each in used})
        return Used(self.name, self.label, float(f"{value:.{DIGITS}g}"), self.unit, derived=True)


@dataclass(frozen=True, slots=True)
class Band:
    """What a value within the range `value` means, for the inputs of `when`; the range reads the value as it is shown."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    value: str
    name: str
    meaning: str
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A worked value, and who worked it."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    inputs: Mapping[str, Given]
    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Calculator:
    """A calculator as its data file declares it: a score, the sum of its items' points, or an equation of `equations.py`.

    `formula` continues "The formula is"; `use` and `avoid` say for whom it is and is not; `limits` what a reader must know of the value.
    `constants` are the equation's tables of coefficients; `scale` is the least and the most that a score can be;
    of each pair in `orders` the first input must be below the second.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    title: str
    topic: str
    version: str
    purpose: str
    use: str
    avoid: str
    limits: tuple[str, ...]
    unit: str
    decimals: int
    formula: str
    source: Source
    inputs: tuple[Input, ...]
    examples: tuple[Example, ...]
    equation: str = ""
    constants: Mapping[str, Mapping[str, float]] | None = None
    items: tuple[Item, ...] = ()
    derived: tuple[Derived, ...] = ()
    scale: tuple[float, float] | None = None
    orders: tuple[tuple[str, str], ...] = ()
    bands: tuple[Band, ...] = ()
    bands_source: Source | None = None

    def calculate(self, given: Mapping[str, Given]) -> Result:
        """The result for these inputs, by name. Raises `CalculatorError`, which lists every input that is missing or wrong with its mend."""
        used, faults = self._read(given)
        amounts = {each.name: each.value for each in used if isinstance(each.value, float)}
        for less, more in self.orders:
            if less in amounts and more in amounts and not amounts[less] < amounts[more]:
                faults.append(f"{less} must be below {more}; perhaps they are exchanged")
        if faults:
            raise CalculatorError(self.title, faults)
        used += tuple(each.use(used) for each in self.derived)
        values = {each.name: each.value for each in used}
        points = tuple(item.count(values) for item in self.score_items())
        value = _rounded(sum(each.points for each in points) if points else self._solve(values), self.decimals)
        return Result(
            calculator=self.name,
            title=self.title,
            value=value,
            shown=_shown(value, self.decimals, self.unit),
            unit=self.unit,
            points=points,
            interpretation=self._interpret(value, values),
            inputs=used,
            warnings=tuple(self._warnings(values)),
            formula=self.formula,
            source=self.source,
            version=self.version,
        )

    def score_items(self) -> tuple[Item, ...]:
        """The items of a score: those that one input is by itself, then those that read several; none where an equation is solved."""
        return (*filter(None, map(_item_of, self.inputs)), *self.items)

    def schema(self) -> dict[str, Any]:
        """A JSON Schema (2020-12) of the inputs, with units, choices, ranges and an example each: what a tool-calling model is given."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.title,
            "description": f"{self.purpose} {self.use}",
            "type": "object",
            "additionalProperties": False,
            "properties": {each.name: self._property(each) for each in self.inputs},
            "required": [each.name for each in self.inputs if not each.optional],
        }

    def _read(self, given: Mapping[str, Given]) -> tuple[tuple[Used, ...], list[str]]:
        used, faults = [], []
        for wanted in self.inputs:
            if wanted.name not in given:
                if not wanted.optional:
                    faults.append(f"{wanted.name} is missing: {_wanted(wanted)}")
                continue
            try:
                used.append(read(wanted, given[wanted.name]))
            except ValueError as error:
                faults.append(f"{wanted.name} {error}")
        names = [each.name for each in self.inputs]
        for unknown in sorted(set(given) - set(names)):  # its name is not repeated: it may be anything
            near = difflib.get_close_matches(unknown[:LONGEST], names, 1)
            faults.append(
                f"one input is not known here; perhaps {near[0]} is meant"
                if near
                else f"one input is not known here; there are {', '.join(names)}"
            )
        return tuple(used), faults

    def _solve(self, values: Values) -> float:
        return _solve(self.equation, {**values, "constants": self.constants})

    def _interpret(self, value: float, values: Values) -> Interpretation | None:
        for band in self.bands:
            if holds(({"value": band.value},), {"value": value}) and (not band.when or holds(band.when, values)):
                return Interpretation(band.name, band.meaning, self.bands_source or self.source)
        return None

    def _warnings(self, values: Values) -> Iterator[str]:
        for each in self.inputs:
            value = values.get(each.name)
            if each.usual and isinstance(value, float) and not each.usual[0] <= value <= each.usual[1]:
                low, high = each.usual
                why = each.why_usual or "check the number and its unit"
                unit = "" if each.unit == "ratio" else f" {each.unit}"
                yield f"The {each.phrase} is outside {low:g} to {high:g}{unit}: {why}."

    def _property(self, wanted: Input) -> dict[str, Any]:
        example = next((e.inputs[wanted.name] for e in self.examples if wanted.name in e.inputs), None)
        described: dict[str, Any] = {
            "description": f"{wanted.label}. {_wanted(wanted)[0].upper()}{_wanted(wanted)[1:]}."
        }
        if wanted.type == "boolean":
            described |= {"type": "boolean"}
        elif wanted.type == "choice":
            described |= {"type": "string", "enum": [choice.name for choice in wanted.choices]}
        else:
            low, high = wanted.range or (None, None)
            described |= {"type": ["number", "string"], "minimum": low, "maximum": high}
        return described | ({} if example is None else {"examples": [example]})


def _solve(equation: str, known: Mapping[str, Any]) -> float:
    """The equation, given of what is known the parameters it has: an input may be there for the bands only."""
    function = EQUATIONS[equation]
    return function(**{name: known[name] for name in inspect.signature(function).parameters})


def _wanted(wanted: Input) -> str:
    if wanted.type == "boolean":
        return "yes or no"
    if wanted.type == "choice":
        return "one of " + ", ".join(f"{choice.name} ({choice.label})" for choice in wanted.choices)
    names = [name for name in wanted.unit_names if name != "ratio"]
    units = f", with its unit ({' or '.join(names)})" if len(names) > 1 else ""
    return f"{'a whole number' if wanted.whole else 'a number'} from {wanted.limits}{units}"


def _item_of(wanted: Input) -> Item | None:
    """The item that an input is by itself; `None` where it counts nothing, or only together with others."""
    if wanted.type == "boolean" and wanted.points is not None:
        rules = [Rule(({wanted.name: True},), wanted.points, wanted.phrase)]
    elif wanted.type == "choice" and any(choice.points for choice in wanted.choices):
        rules = [Rule(({wanted.name: c.name},), c.points, f"{wanted.phrase}: {c.label}") for c in wanted.choices]
    elif wanted.steps:
        rules = [Rule(({wanted.name: step.at},), step.points, step.label) for step in wanted.steps]
    else:
        return None
    return Item(wanted.name, wanted.phrase, tuple(rules))


def _rounded(value: float, decimals: int) -> float:
    """Half away from zero, as laboratories round; twelve digits are kept of what binary fractions make of a half."""
    return float(Decimal(f"{value:.12g}").quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)) + 0.0  # never -0


def _shown(value: float, decimals: int, unit: str) -> str:
    if unit in ("", "points"):
        return f"{value:g}" if unit else f"{value:.{decimals}f}"
    return f"{value:.{decimals}f}{'' if unit == '%' else ' '}{unit}"
