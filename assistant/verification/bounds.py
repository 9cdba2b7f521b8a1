"""What bounds a figure: "at least", "or older", ≥. The words are in `comparators.txt`."""

from __future__ import annotations

import re
from functools import lru_cache

from assistant.verification.wordlists import alternation, choices, lowered, sections

_NO_BOUND = "eq"


def bound_of(text: str, start: int, end: int) -> str:
    """The bound of the figure between the places: the longest words right before or right after it say it."""
    before, after = lowered(text[max(0, start - 32) : start]), lowered(text[end : end + 24])
    best = (0, "")
    for pattern, bound in _bounds():
        match = pattern.search(before) if pattern.pattern.endswith("$") else pattern.match(after)
        if match:
            best = max(best, (len(match[0].strip()), bound))
    return "" if best[1] == _NO_BOUND else best[1]


@lru_cache(maxsize=1)
def _bounds() -> tuple[tuple[re.Pattern[str], str], ...]:
    patterns = []
    for section, lines in sections("comparators.txt").items():
        bound, side = section.split()
        words = alternation(choice for line in lines for choice in choices(line))
        patterns.append(
            (
                re.compile(
                    rf"(?:{words})\s*(?:age\s+|the age of\s+|of\s+)?$"
                    if side == "before"
                    else rf"^\s*(?:of age\s+)?(?:{words})"
                ),
                bound,
            )
        )
    return tuple(patterns)
