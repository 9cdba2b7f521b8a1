"""Every figure of the claim occurs in the quote, as often."""

from __future__ import annotations

import re
from collections import Counter

from assistant.answer import Citation
from assistant.verification.finding import Finding
from indexes.passage import Passage

_NUMBER = re.compile(r"(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d+)?(?:[.·]\d+)?(?![\d])")


def numbers(text: str) -> Counter[str]:
    """The figures in a text, in one spelling: `1,200` is `1200`, `.74` and `0·74` are `0.74`, `16.30` is `16.3`."""
    found: Counter[str] = Counter()
    for match in _NUMBER.finditer(text):
        raw = match.group().replace(",", "").replace("·", ".")
        if not raw or raw == ".":
            continue
        whole, _, fraction = raw.partition(".")
        fraction = fraction.rstrip("0")
        found[(whole.lstrip("0") or "0") + (f".{fraction}" if fraction else "")] += 1
    return found


def check_numbers(claim: str, citation: Citation, passage: Passage) -> Finding:  # noqa: ARG001
    """1 where the quote has every figure of the claim as often, else 0: a wrong figure is no small fault, and "6 of 6" is not "5 of 6"."""
    missing = numbers(claim) - numbers(citation.quote)
    if missing:
        return Finding(0.0, f"not in the quoted words: {', '.join(sorted(missing))}")
    return Finding(1.0)
