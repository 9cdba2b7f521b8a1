"""Where words and numbers stand in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tasks.spans import find_number, find_words

TEXT = "We randomised 19,114 adults to  Aspirin (HR 0·95, 95% CI 0.83–1.08)."


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("19114", "19,114"),
        ("adults to aspirin", "adults to  Aspirin"),
        ("HR 0.95", "HR 0·95"),
        ("0.83-1.08", "0.83–1.08"),
        ("19,11", None),
        ("9114", None),
        ("83", None),
        ("spirin", None),
        ("", None),
        ("warfarin", None),
    ],
)
def test_words(words: str, found: str | None) -> None:
    span = find_words(words, TEXT)
    assert (TEXT[slice(*span)] if span else None) == found


@pytest.mark.parametrize(
    ("number", "found"), [(19114, "19,114"), (0.95, "0·95"), (95, "95"), (83, None), (1.08, "1.08")]
)
def test_numbers(number: float, found: str | None) -> None:
    span = find_number(number, TEXT)
    assert (TEXT[slice(*span)] if span else None) == found


@given(st.text(max_size=40), st.text(max_size=40), st.text(alphabet="abc 0123.,-", min_size=1, max_size=12))
def test_what_is_found_is_there(before: str, after: str, words: str) -> None:
    text = before + words + after
    if span := find_words(words, text):
        said = "".join(c for c in text[slice(*span)].casefold() if c.isalnum())
        assert said == "".join(c for c in words.casefold() if c.isalnum())
