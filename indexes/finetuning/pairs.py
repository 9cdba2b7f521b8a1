"""Training pairs: a query and a text that answers it, with texts that look as if they did."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    """A query, a text that answers it, texts that do not, the hardest first, and the name of the data it comes from."""

    query: str
    positive: str
    negatives: tuple[str, ...] = ()
    source: str = ""


def pairs_digest(pairs: Iterable[Pair]) -> str:
    """Sixteen hexadecimal digits that identify pairs in their order."""
    digest = hashlib.sha256()
    for pair in pairs:
        for part in (pair.query, pair.positive, *pair.negatives):
            digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
        digest.update(b"\1")
    return digest.hexdigest()[:16]
