"""What a word that the library has never seen was perhaps meant to be. It is offered, and never looked up instead: a drug's name one letter off is
another drug's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from assistant.planning.terms import drugs_in
from assistant.planning.vocabulary import known_words, looks_like_a_drug

ALIKE, ALIKE_DRUG = 0.83, 0.9
"""Share of the letters of two words that they have in common, in order (Ratcliff and Obershelp). "dobutamine" and "dopamine" share .89."""
MOST = 5  # unknown words: a question with more is in another language, or none
_WORD = re.compile(r"[^\W\d_]{5,}")  # of shorter words too many are alike


def perhaps_meant(question: str, unknown: Sequence[str], texts: Iterable[str]) -> str | None:
    """The question with each unknown word as what was found, or the vocabulary, spells it; `None` where nothing is as near as a slip of the hand.

    A word that is a drug's by its form, or that the vocabulary has, is no slip; the first letter is taken to be right.
    """
    words = {word.casefold() for text in texts for word in _WORD.findall(text)} | known_words()
    odd = list(dict.fromkeys(part for name in unknown for part in _WORD.findall(name)))
    meant = question
    for word in odd if len(odd) <= MOST else ():
        if word.casefold() in known_words() or looks_like_a_drug(word):
            continue
        alike = sorted(each for each in words - {word.casefold()} if each[0] == word[0].casefold())
        near = get_close_matches(word.casefold(), alike, n=1, cutoff=ALIKE)
        if near and (not drugs_in(near[0]) or get_close_matches(word.casefold(), near, cutoff=ALIKE_DRUG)):
            meant = re.sub(rf"\b{re.escape(word)}\b", near[0], meant)
    return meant if meant != question else None
