"""Whether words of a text hold a value, and as what: what does not stand in its quote is no value."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from assistant.tasks.spans import Span, find_number, find_words
from assistant.tasks.structure.schema import Leaf

_DENIED = re.compile(
    r"\b(?:no|not|non|denies|denied|without|negative|never|absent|none|isn['’]t|doesn['’]t|false)\b", re.IGNORECASE
)
_LONGEST_NUMBER = 1e15


@cache
def labels() -> Mapping[str, Mapping[str, Any]]:
    """What `labels.toml` says."""
    content: dict[str, dict[str, Any]] = tomllib.loads(
        files("assistant.tasks.structure").joinpath("labels.toml").read_text(encoding="utf-8")
    )
    return content


def names_of(leaf: Leaf) -> tuple[str, ...]:
    """What a text may call the value: its property's name and title, and what notes write for them."""
    known = labels()["names"]
    named = (name for own in leaf.names for name in (own, *known.get(own.lower(), ())))
    return tuple(dict.fromkeys(named))


def words_for(value: str) -> Sequence[str]:
    """The words that stand for a value of an enum: itself, and what the data file has for it."""
    return tuple(dict.fromkeys((value, value.replace("_", " "), *labels()["values"].get(value.lower(), ()))))


def held(leaf: Leaf, value: Any, quote: str) -> tuple[Any, Span] | None:
    """The value as the schema has it, and where the quote holds it; `None` where it does not, or the schema does not allow it.

    A string stands there word for word, a number in some spelling, a value of an enum by a word that stands for it. That something is so or not so
    is held by words that name it, which deny it where it is not.
    """
    if leaf.kind == "boolean":
        return _held_truth(leaf, value, quote)
    if leaf.kind in {"number", "integer"}:
        number = _as_number(leaf, value)
        span = None if number is None else find_number(number, quote)
        return (number, span) if number is not None and span and leaf.allows(number) else None
    if not isinstance(value, str) or not leaf.allows(value):
        return None
    for words in words_for(value) if leaf.enum else (value,):
        if span := find_words(words, quote):
            return (value if leaf.enum else quote[slice(*span)]), span
    return None


def _held_truth(leaf: Leaf, value: Any, quote: str) -> tuple[bool, Span] | None:
    if not isinstance(value, bool):
        return None
    for name in names_of(leaf):
        if span := find_words(name, quote):
            return (value, span) if bool(_DENIED.search(quote)) is not value else None
    return None


def _as_number(leaf: Leaf, value: Any) -> float | int | None:
    if isinstance(value, str):
        try:
            value = float(value.replace(",", ""))
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LONGEST_NUMBER:
        return None
    if leaf.kind == "integer":
        return int(value) if value == int(value) else None
    return int(value) if value == int(value) else value
