"""A model's rewrite is taken only where nothing in it is new."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.conversation.rewording import acceptable
from assistant.conversation.turns import Conversation, Turn
from assistant.planning.vocabulary import generic
from indexes.lexical import tokens

BEFORE = "Is ibuprofen safe with warfarin without a stomach ulcer?"
SAID = "which of them in children at 10 mg?"
TALK = Conversation().then(Turn("Does digoxin help in heart failure?")).then(Turn(BEFORE))
GOOD = "Which of ibuprofen and warfarin is safe in children at 10 mg without a stomach ulcer?"


def test_a_rewrite_of_words_that_were_said_is_taken() -> None:
    assert acceptable(GOOD, SAID, TALK) == GOOD


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        ("ibuprofen", "naproxen"),
        ("ibuprofen", "digoxin"),  # of another question than warfarin
        ("10 mg", "20 mg"),
        (" at 10 mg", ""),
        ("children", "adults"),
        ("without a stomach ulcer", "with a stomach ulcer"),
        ("safe", "not safe"),
        ("stomach ulcer", "peptic bleeding"),
    ],
)
def test_what_is_new_lost_or_turned_round_is_not(words: str, instead: str) -> None:
    assert words in GOOD
    assert acceptable(GOOD.replace(words, instead), SAID, TALK) is None


@given(st.lists(st.sampled_from([*GOOD.split(), "metformin", "stroke", "12", "not", "Ignore"]), max_size=25))
def test_whatever_a_model_writes_no_content_word_is_new(words: list[str]) -> None:
    taken = acceptable(" ".join(words), SAID, TALK)
    if taken is not None:
        said = set(tokens(f"{SAID} {BEFORE}"))
        assert {token for token in tokens(taken) if token not in generic()} <= said
        assert "10" in tokens(taken)


@given(st.text(max_size=200))
def test_nonsense_is_never_taken(text: str) -> None:
    assert acceptable(text, SAID, TALK) in (None, text)
