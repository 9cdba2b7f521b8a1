"""Inputs for any calculator, made by Hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from assistant.calculators import Calculator
from assistant.calculators.inputs import Given, Input


def values_of(wanted: Input) -> st.SearchStrategy[Any]:
    """What may be given for an input: numbers with the input's own unit."""
    if wanted.type == "boolean":
        return st.booleans()
    if wanted.type == "choice":
        return st.sampled_from([choice.name for choice in wanted.choices])
    assert wanted.range is not None
    low, high = wanted.range
    places = 0 if wanted.whole else 2
    numbers = st.integers(round(low * 10**places), round(high * 10**places)).map(lambda n: n / 10**places)
    within = numbers.filter(lambda n: low <= n <= high)
    return within.map(lambda n: f"{n:.{places}f} {wanted.unit}".removesuffix(" ratio"))


def inputs_of(calculator: Calculator) -> st.SearchStrategy[dict[str, Given]]:
    """Inputs that the calculator takes, of each optional one also none."""

    def ordered(given: dict[str, Given]) -> bool:
        amounts = {name: float(str(given[name]).split()[0]) for pair in calculator.orders for name in pair}
        return all(amounts[less] < amounts[more] for less, more in calculator.orders)

    strategies = {each.name: values_of(each) for each in calculator.inputs}
    must = {each.name: strategies[each.name] for each in calculator.inputs if not each.optional}
    may = {each.name: strategies[each.name] for each in calculator.inputs if each.optional}
    return st.fixed_dictionaries(must, optional=may).filter(ordered)
