"""Words of a claim that name nothing of their own, from `frames.txt`."""

from __future__ import annotations

from functools import lru_cache

from assistant.verification.wordlists import sections
from assistant.verification.words import stems


@lru_cache(maxsize=8)
def frame(section: str) -> frozenset[str]:
    """The words of a section and their stems."""
    told = [word for line in sections("registry/frames.txt")[section] for word in line.split()]
    return frozenset((*told, *(stem for word in told for stem in stems(word))))
