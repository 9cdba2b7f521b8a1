"""Where a claim that else repeats its quote differs from it, word by word: there the smallest change tells."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from assistant.verification.words import words

REPEATS = (
    0.7  # likeness of the word sequences (twice the shared words over all of them) from which a claim repeats its quote
)


@dataclass(frozen=True, slots=True)
class Change:
    """The numbers of the words of the quote (`old`) in whose place those of the claim (`new`) stand."""

    old: tuple[int, ...]
    new: tuple[int, ...]


@lru_cache(maxsize=4096)
def changes(claim: str, quote: str) -> tuple[Change, ...]:
    """The changes in order; none where the claim does not repeat the quote, or only a part of it."""
    source, said = [word.text for word in words(quote)], [word.text for word in words(claim)]
    aligned = SequenceMatcher(None, source, said, autojunk=False)
    if aligned.real_quick_ratio() < REPEATS or aligned.quick_ratio() < REPEATS or aligned.ratio() < REPEATS:
        return ()
    return tuple(
        Change(tuple(range(low, high)), tuple(range(start, end)))
        for kind, low, high, start, end in aligned.get_opcodes()
        if kind != "equal"
    )
