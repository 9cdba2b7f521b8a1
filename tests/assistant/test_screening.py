"""The first look at a question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import QuestionError
from assistant.guardrails.screening import MAX_CHARACTERS, screen


@pytest.mark.parametrize("question", ["", "   \n\t ", "\x00\x07", "\u200b"])
def test_an_empty_question_is_refused(question: str) -> None:
    with pytest.raises(QuestionError, match=r"empty|not a question"):
        screen(question)


@pytest.mark.parametrize("question", ["?", "42", "1234-5678-90", "a b c", "!!! ??? ...", "😷😷", "_ _ __"])
def test_what_has_no_word_is_no_question(question: str) -> None:
    with pytest.raises(QuestionError, match="not a question in words"):
        screen(question)


def test_length_is_limited_and_told() -> None:
    longest = ("statins " * MAX_CHARACTERS)[:MAX_CHARACTERS]
    assert screen(longest)
    with pytest.raises(QuestionError, match=r"50,000 characters; at most 4,000"):
        screen("x" * 50_000)
    with pytest.raises(QuestionError, match="4,001"):
        screen(longest + "s")


def test_white_space_and_control_characters_are_cleaned_and_letters_kept() -> None:
    assert screen("  Does\taspirin\r\n\r\nhelp? ") == "Does aspirin help?"
    assert screen("as\x00pirin \x1b[31mred\x1b[0m \x9b2Jclear") == "as pirin [31mred [0m 2Jclear"
    assert screen("cafe\u0301") == "café"
    assert screen("高血压怎么治?") == "高血压怎么治?"
    assert screen("β-blockers ≥ 140 µg") == "β-blockers ≥ 140 µg"


@given(st.text(st.characters(), max_size=200))
def test_screening_settles_and_leaves_nothing_that_cannot_be_written_down(text: str) -> None:
    try:
        screened = screen(text)
    except QuestionError:
        return
    assert screen(screened) == screened
    assert screened.encode("utf-8")
    assert screened == " ".join(screened.split())


@given(st.text("0123456789 .:;!?-_", min_size=12, max_size=60))
def test_an_error_never_repeats_the_question(text: str) -> None:
    with pytest.raises(QuestionError) as raised:
        screen(text)
    assert text.strip() == "" or text.strip() not in str(raised.value)


def test_a_long_question_is_not_repeated() -> None:
    with pytest.raises(QuestionError) as raised:
        screen("Jane Roe born 1950-01-01 " * 400)
    assert "Jane" not in str(raised.value)
    assert raised.value.__cause__ is None
