"""What a reader sees while an answer is being made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One step begun or done, in words for the reader; `step` is its name in the answer's trace."""

    step: str
    text: str
