"""Sentence boundaries with offsets, for chunks that end at sentences and for quotes that are whole ones."""

from __future__ import annotations

import re
from functools import lru_cache

import sentencex

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_UNUSUAL_SPACE = re.compile(r"[^\S \n]")
# Not a sentence yet: an abbreviation that the library's English list lacks, an open bracket or sign, the bare number or letter of an item.
_UNFINISHED = re.compile(
    r"(?:\b(?:vs|approx|ca|resp|incl|excl|max|min|subsp|spp|cf|eq|wk|mo|yr|hr)\.|[([<≤≥=±–-])\s*$|^\(?(?:\d{1,2}(?:\.\d{1,2})*|[a-z]|[ivx]{2,4})[.)]$",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def sentence_spans(text: str, language: str = "en") -> tuple[tuple[int, int], ...]:
    """Start and end (characters) of each sentence in `text`, without surrounding white space, in order.

    Line breaks inside a paragraph do not end a sentence; a blank line always does.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for blank in [*_BLANK_LINE.finditer(text), None]:
        spans += _paragraph_spans(text, start, blank.start() if blank else len(text), language)
        start = blank.end() if blank else start
    return tuple(spans)


def _paragraph_spans(text: str, first: int, last: int, language: str) -> list[tuple[int, int]]:
    """The sentences of the paragraph at `text[first:last]`."""
    spans: list[tuple[int, int]] = []
    # sentencex 1.0.32 panics at a single letter before a space that is no ASCII ("vitamin A\u2009."); one space for another keeps the offsets
    paragraph = _UNUSUAL_SPACE.sub(" ", text[first:last])
    for boundary in sentencex.get_sentence_boundaries(language, paragraph):
        start, end = boundary["start_index"], boundary["end_index"]
        piece = paragraph[start:end]
        start += first + len(piece) - len(piece.lstrip())
        end += first - (len(piece) - len(piece.rstrip()))
        if start >= end:
            continue
        if spans and _continues(text, spans[-1], start):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def _continues(text: str, last: tuple[int, int], start: int) -> bool:
    """Whether what starts at `start` belongs to the sentence before it."""
    before = text[last[0] : last[1]]
    return bool(_UNFINISHED.search(before)) or (text[start].islower() and not before.endswith(("?", "!")))
