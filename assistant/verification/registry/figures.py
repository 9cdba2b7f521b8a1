"""Figures and bounds as claims on a report give them: "one patient", "not a single case", "at least 12", "more than a third"."""

from __future__ import annotations

import re
from functools import lru_cache

from assistant.verification.wordlists import alternation, choices, sections

TESTS = ("ge", "gt", "le", "lt")
"""The bounds, as `comparators.txt` names them."""
_EQUAL = 1e-9


@lru_cache(maxsize=1)
def _words() -> dict[str, float]:
    """Words for numbers, `no` and `a single` among them."""
    told = {word: float(value) for word, value in (line.split() for line in sections("number_words.txt")["number"])}
    return told | {"one": 1.0, "no": 0.0, "a single": 1.0, "a couple": 2.0, "a dozen": 12.0}


@lru_cache(maxsize=1)
def number_pattern() -> str:
    """A figure, in digits or words, as a regular expression without groups."""
    longest = sorted((word for word in _words() if word != "no"), key=len, reverse=True)
    return rf"(?:\d[\d,]{{0,12}}(?:\.\d{{1,6}})?|{'|'.join(longest)})"


def number(text: str) -> float:
    """The value of what `number_pattern` matches, with or without a minus; of "a" and "an", 1."""
    text = text.strip().lower()
    plain = text.removeprefix("-")
    value = 1.0 if plain in {"a", "an"} else _words().get(plain)
    if value is None:
        value = float(plain.replace(",", ""))
    return -value if plain != text else value


@lru_cache(maxsize=4)
def bound_pattern(figure: str) -> re.Pattern[str]:
    """Words of `comparators.txt` that stand before a figure; the group that is named `ge`, `gt`, `le` or `lt` says which bound they are."""
    told = sections("comparators.txt")
    parts = []
    for test in TESTS:
        words = alternation(choice for line in told[f"{test} before"] for choice in choices(line))
        parts.append(f"(?P<{test}>{words})")
    return re.compile(rf"(?:{'|'.join(parts)})\s*{figure}")


def test_of(match: re.Match[str]) -> str:
    """Which bound a match of `bound_pattern` is."""
    return next(test for test in TESTS if match[test] is not None)


def holds(have: float, test: str, value: float) -> bool:
    """Whether a figure keeps to a bound; to `=` where it is the value itself."""
    known = {"lt": have < value, "gt": have > value, "ge": have >= value, "le": have <= value}
    return known.get(test, abs(have - value) < _EQUAL)
