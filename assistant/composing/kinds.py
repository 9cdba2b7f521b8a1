"""Kinds of what a question asks for, which are not each other: a loading dose is no maintenance dose, and what is given first is no second line.

`kinds.toml` has for each the words by which it is asked for, and those by which a text speaks of it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files


def lacking_kinds(question: str, text: str) -> Iterator[str]:
    """The kinds that a question asks for and the text does not speak of."""
    for name, (asked, told) in _kinds().items():
        if asked.search(question) and not told.search(text):
            yield name


@cache
def _kinds() -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    read = tomllib.loads(files(__package__).joinpath("kinds.toml").read_text(encoding="utf-8"))
    return {
        name.replace("_", " "): (
            re.compile(rf"\b(?:{kind['asked']})\b", re.IGNORECASE),
            re.compile(rf"\b(?:{kind['told']})", re.IGNORECASE),
        )
        for name, kind in read.items()
    }
