"""What may carry a claim at all, and the order of what may."""

from __future__ import annotations

from indexes.passage import Passage, Status
from ingestion.design import LEVELS

IN_FORCE = frozenset({Status.CURRENT, Status.CORRECTED})
"""What is neither a draft, superseded, under concern nor retracted."""


def level_rank(level: str) -> int:
    """The place of an evidence level, 0 the strongest. Unknown levels come last."""
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def usable(passage: Passage) -> bool:
    """Whether the passage may carry a claim: retracted work never does."""
    return passage.status is not Status.RETRACTED
