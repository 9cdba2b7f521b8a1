"""What a check says of a claim and a citation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A score in [0, 1], and in words what is amiss; empty words where nothing is."""

    score: float
    text: str = ""
