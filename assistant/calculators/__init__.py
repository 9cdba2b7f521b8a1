"""Clinical calculators: published scores and equations as data files, computed exactly, and cited like evidence.

To add one, write `data/<name>.toml`; an equation is a function and a line of `EQUATIONS` in `equations.py` besides.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from pydantic import TypeAdapter

from assistant.calculators.calculator import Calculator
from assistant.calculators.inputs import LONGEST, Given
from assistant.calculators.result import Result
from assistant.errors import NotFoundError

__all__ = ["Calculator", "Given", "Result", "calculate", "calculators", "find_calculator"]


@lru_cache(maxsize=1)
def calculators() -> Mapping[str, Calculator]:
    """Every calculator, by name."""
    adapter = TypeAdapter(Calculator)
    found = sorted((path for path in files(__package__).joinpath("data").iterdir()), key=lambda path: path.name)
    read = [adapter.validate_python(tomllib.loads(path.read_text(encoding="utf-8"))) for path in found]
    return {calculator.name: calculator for calculator in read}


def find_calculator(name: str) -> Calculator:
    """The calculator of that name, written with hyphens or underscores. Raises `NotFoundError`, which suggests the nearest."""
    known = calculators()
    key = name[:LONGEST].strip().casefold().replace("-", "_")
    if key in known:
        return known[key]
    near = difflib.get_close_matches(key, known, 3, 0.5)
    meant = f" Perhaps {' or '.join(near)} is meant." if near else ""
    raise NotFoundError(f"There is no calculator of that name.{meant} To see them all: citewell calculate --list")


def calculate(name: str, given: Mapping[str, Given]) -> Result:
    """The result of that calculator for these inputs. Raises `NotFoundError` and `CalculatorError`."""
    return find_calculator(name).calculate(given)
