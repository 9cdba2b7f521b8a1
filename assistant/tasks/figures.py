"""The figures in a text, in one spelling."""

from __future__ import annotations

import re
from collections import Counter

_FIGURE = re.compile(r"(?<![\w.·])(?:\d{1,3}(?:,\d{3})+|\d+)?(?:[.·]\d+)?(?!\d)")


def figures(text: str) -> Counter[str]:
    """How often each figure stands in a text: `1,200` is `1200`, `.74` and `0·74` are `0.74`, `16.30` is `16.3`."""
    found: Counter[str] = Counter()
    for match in _FIGURE.finditer(text):
        raw = match.group().replace(",", "").replace("·", ".")
        if raw in {"", "."}:
            continue
        whole, _, fraction = raw.partition(".")
        fraction = fraction.rstrip("0")
        found[(whole.lstrip("0") or "0") + (f".{fraction}" if fraction else "")] += 1
    return found
