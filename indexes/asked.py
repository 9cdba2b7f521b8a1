"""What a caller may ask for: looked at before anything is searched, so that nothing is found without a reason."""

from __future__ import annotations

import re

from indexes.errors import UnusableQueryError
from indexes.lexical import tokens

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
