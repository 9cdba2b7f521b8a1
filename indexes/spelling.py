"""British and American spellings of one word, made one: "oesophageal haemorrhage" finds "esophageal hemorrhage"."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

_SHORTEST = 5  # letters: shorter words have no spelling of their own, and a rule would hit by chance


@lru_cache(maxsize=1)
def _rules() -> tuple[tuple[re.Pattern[str], str], ...]:
    lines = files("indexes").joinpath("spelling.txt").read_text(encoding="utf-8").splitlines()
    return tuple(
        (re.compile(found), instead)
        for found, instead in (line.split("\t") for line in lines if line and not line.startswith("#"))
    )


def american(word: str) -> str:
    """The American spelling of a lower-case English word; any other word as it is."""
    if len(word) < _SHORTEST or not word.isalpha():
        return word
    for found, instead in _rules():
        word = found.sub(instead, word)
    return word
