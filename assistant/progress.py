"""What a reader sees while an answer is being made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.answer import Claim


@dataclass(frozen=True, slots=True)
class Progress:
    """One step begun or done, in words for the reader; `step` is its name in the answer's trace."""

    step: str
    text: str


@dataclass(frozen=True, slots=True)
class ToolCalled(Progress):
    """A tool has been run, with these arguments, and so many passages were found."""

    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    hits: int = 0


@dataclass(frozen=True, slots=True)
class ClaimReady(Progress):
    """A sentence whose citations are whole and hold; nothing else of a draft is ever told. The answer orders and may still drop sentences."""

    claim: Claim | None = None


Tell = Callable[[Progress], None]
