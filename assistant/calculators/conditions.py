"""When a rule of a data file holds: ranges of numbers (">= 65, < 75"), and conditions over several inputs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

Value = bool | float | str
"""What an input is: yes or no, a number in the input's own unit, or the name of a choice."""
Values = Mapping[str, Value]
Condition = Mapping[str, bool | str]
"""Each input named is so: `true`, the name of a choice, or within a range of numbers."""

_COMPARISON = re.compile(r"(<=|>=|<|>)\s*(-?[0-9]+(?:\.[0-9]+)?)")


@dataclass(frozen=True, slots=True)
class Interval:
    """A range of numbers, open at each end unless that end belongs to it."""

    low: float = -math.inf
    high: float = math.inf
    with_low: bool = False
    with_high: bool = False

    @classmethod
    def parse(cls, text: str) -> Interval:
        """The range of one or two comparisons. Raises `ValueError` where it is not written so, or nothing lies in it."""
        low, high, with_low, with_high = -math.inf, math.inf, False, False
        for part in text.split(","):
            match = _COMPARISON.fullmatch(part.strip())
            if match is None:
                raise ValueError(f"{text!r} is no range: write comparisons such as '>= 65, < 75'")
            sign, bound = match[1], float(match[2])
            if sign.startswith(">"):
                low, with_low = bound, sign == ">="
            else:
                high, with_high = bound, sign == "<="
        if low > high or (low == high and not (with_low and with_high)):
            raise ValueError(f"nothing lies in the range {text!r}")
        return cls(low, high, with_low, with_high)

    def __contains__(self, value: float) -> bool:
        above = value >= self.low if self.with_low else value > self.low
        below = value <= self.high if self.with_high else value < self.high
        return above and below


@lru_cache(maxsize=4096)
def interval(text: str) -> Interval:
    """`Interval.parse`, remembered: data files are read once and asked often."""
    return Interval.parse(text)


def holds(alternatives: Sequence[Condition], values: Values) -> bool:
    """Whether one of the alternatives is met in all its parts. An input that was not given meets nothing."""
    return any(all(_meets(values.get(name), wanted) for name, wanted in each.items()) for each in alternatives)


def _meets(value: Value | None, wanted: bool | str) -> bool:
    if isinstance(value, float) and isinstance(wanted, str):
        return value in interval(wanted)
    return value == wanted
