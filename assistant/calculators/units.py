"""Units of clinical quantities and what they are worth in each other, from `units.toml`."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

DIGITS = 10  # that a converted value keeps: 100.4 °F is 38 °C, and not the last bit beyond it


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a quantity: `factor` is its worth in the quantity's first unit, `zero` what it reads where that one reads nought."""

    name: str
    factor: float
    zero: float = 0.0


def convert(value: float, unit: Unit, target: Unit) -> float:
    """A value of `unit` in `target`, both of one quantity."""
    if unit == target:
        return value
    return float(f"{(value - unit.zero) * unit.factor / target.factor + target.zero:.{DIGITS}g}")


def units_of(quantity: str) -> tuple[Unit, ...]:
    """The units in which a quantity may be given. Raises `KeyError` for a quantity that `units.toml` has not."""
    return tuple(_quantities()[quantity].values())


def find_unit(quantity: str, written: str) -> Unit | None:
    """The unit of that quantity that somebody wrote, in capitals or small letters and with µ or u; `None` where it has no such unit."""
    key, known = _key(written), _quantities()[quantity]
    return known.get(key) or known.get(_spellings().get(key, ""))


def _key(written: str) -> str:
    # The micro sign and the Greek letter become one, superscripts digits, and 10^9 is 10⁹.
    return "".join(unicodedata.normalize("NFKC", written).casefold().replace("^", "").split())


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("assistant.calculators").joinpath("units.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _quantities() -> Mapping[str, Mapping[str, Unit]]:
    return {
        quantity: {_key(name): _unit(name, worth) for name, worth in units.items()}
        for quantity, units in _table()["quantities"].items()
    }


@lru_cache(maxsize=1)
def _spellings() -> Mapping[str, str]:
    return {_key(other): _key(name) for name, others in _table()["spellings"].items() for other in others}


def _unit(name: str, worth: float | Mapping[str, float]) -> Unit:
    return Unit(name, **worth) if isinstance(worth, Mapping) else Unit(name, float(worth))
