"""What a caller may ask for: looked at before anything is searched, so that nothing is found without a reason."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from enum import StrEnum
from numbers import Integral, Real
from typing import TypeVar

from indexes.errors import UnusableQueryError
from indexes.lexical import tokens

E = TypeVar("E", bound=StrEnum)
_TOLD = 40  # characters of a value that a message repeats

_HALF = re.compile("[\ud800-\udfff]")  # a surrogate by itself, which no text that was read rightly has


def check_words(query: str) -> None:
    """Raises `UnusableQueryError` unless the query is text, with a word that says what it is about: something is near to any words at all.

    The message never repeats the query, which may hold what identifies a patient.
    """
    if half := _HALF.search(query):
        raise UnusableQueryError(
            f"The query has half a character in it (U+{ord(half[0]):04X}, character {half.start() + 1}) and is no text. "
            "Leave that out, or read the query as UTF-8 where it comes from."
        )
    if not tokens(query):
        raise UnusableQueryError(
            "The query is empty or has small words only: it names no drug, condition or test. Say what it is about."
        )


def member(name: str, given: object, known: type[E]) -> E:
    """The value of a filter as a member of what is known. Raises `UnusableQueryError`."""
    try:
        return known(str(given))
    except ValueError as error:
        raise _wrong(name, given, f"one of: {', '.join(known)}") from error


def words(name: str, given: object) -> frozenset[str]:
    """The values of a filter, each of them words. Raises `UnusableQueryError`, also for a text in the place of a set: its letters are no values."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise _wrong(name, given, f"a set, such as frozenset({{{str(given)[:_TOLD]!r}}})")
    found = frozenset(given)
    for value in found:
        if not isinstance(value, str) or not value.replace("_", " ").strip():
            raise _wrong(name, value, "words")
    return found


def check_year(name: str, given: object) -> None:
    """Raises `UnusableQueryError` unless it is a year, or `None`."""
    if given is not None and (not isinstance(given, Integral) or isinstance(given, bool)):
        raise _wrong(name, given, "a year, such as 2015")


def check_age(given: object, oldest: float) -> None:
    """Raises `UnusableQueryError` unless it is an age in years, or `None`: what is no number is neither above nor below any limit."""
    is_number = isinstance(given, Real) and not isinstance(given, bool) and math.isfinite(given)
    if given is not None and not (is_number and 0 <= given <= oldest):  # type: ignore[operator]
        raise _wrong("age", given, f"a number of years from 0 to {oldest:.0f}")


def _wrong(name: str, given: object, allowed: str) -> UnusableQueryError:
    return UnusableQueryError(f"The filter {name} cannot be {str(given)[:_TOLD]!r}. It may be {allowed}.")
