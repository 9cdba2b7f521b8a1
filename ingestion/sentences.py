"""Sentence boundaries with offsets, for chunks that end at sentences and for quotes that are whole ones."""

from __future__ import annotations

import re
from functools import lru_cache

import sentencex

# A full stop inside these is no sentence end, and the library's English list lacks them.
_UNFINISHED = re.compile(
    r"(?:\b(?:vs|approx|ca|resp|incl|excl|max|min|subsp|spp|cf|eq|wk|mo|yr|hr)\.|[([<≤≥=±–-])\s*$", re.IGNORECASE
)


@lru_cache(maxsize=4096)
def sentence_spans(text: str, language: str = "en") -> tuple[tuple[int, int], ...]:
    """Start and end (characters) of each sentence in `text`, without surrounding white space, in order.

    Line breaks inside a paragraph do not end a sentence; a blank line always does.
    """
    spans: list[tuple[int, int]] = []
    for boundary in sentencex.get_sentence_boundaries(language, text):
        start, end = boundary["start_index"], boundary["end_index"]
        piece = text[start:end]
        start += len(piece) - len(piece.lstrip())
        end -= len(piece) - len(piece.rstrip())
        if start >= end:
            continue
        if spans and _continues(text, spans[-1], start):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return tuple(spans)


def _continues(text: str, last: tuple[int, int], start: int) -> bool:
    """Whether what starts at `start` belongs to the sentence before it."""
    between = text[last[1] : start]
    if "\n\n" in between:
        return False
    if _UNFINISHED.search(text[last[0] : last[1]]):
        return True
    return text[start].islower() and not text[last[0] : last[1]].endswith(("?", "!"))
