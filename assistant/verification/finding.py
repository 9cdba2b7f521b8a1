"""What a check says of a claim and the words it cites."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """How far claim and quote agree in one respect, and in words what is amiss.

    `score` is in [0, 1], 1 where nothing is amiss; `text` is empty then. A `fault` keeps the claim from being shown, whatever any model thinks of it;
    what is no fault only lowers its support. `contradicts`: the quote says the opposite, where else it just does not say it.
    """

    score: float
    text: str = ""
    fault: bool = False
    contradicts: bool = False


FINE = Finding(1.0)
"""Nothing is amiss, or the check has nothing to compare."""
