"""When two sentences say the same, so that one of them is enough: near in meaning, in nearly the same words, with the same figures."""

from __future__ import annotations

import re

from assistant.composing.candidates import without_references
from assistant.planning.rules import Plan
from assistant.planning.terms import content_of
from assistant.verification.opposed import opposed
from indexes.lexical import tokens

DUPLICATE = 0.92
"""Cosine from which two sentences may say the same."""
SAME_WORDS = 0.7  # … and do, when they share this much of their words: "severe" and "non-severe" are close in meaning
_FIGURE = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def says_the_same(plan: Plan, one: str, other: str) -> bool:
    """Whether two sentences share most of their content words (Jaccard index), all figures, and all that they hold of what the question names: of two
    risks, and of chlamydia and gonorrhea, each has a recommendation of its own. What the one says and the other denies is a disagreement."""
    texts = [without_references(text) for text in (one, other)]
    if opposed(*texts):
        return False
    if len({frozenset(float(figure.replace(",", "")) for figure in _FIGURE.findall(text)) for text in texts}) > 1:
        return False
    if len({frozenset(term for term in plan.terms if term.occurs_in(content_of(text))) for text in texts}) > 1:
        return False
    a, b = (set(tokens(text)) for text in texts)
    return len(a & b) >= SAME_WORDS * len(a | b)
