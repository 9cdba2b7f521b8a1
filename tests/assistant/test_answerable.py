"""The decision to answer: a probability that grows with each likeness, and bars below which nothing is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assistant.composing.answerable import Answerability, decision_for, shipped

Share = st.floats(0, 1)


@given(Share, Share, Share, Share)
def test_more_likeness_never_makes_an_answer_less_likely(
    meaning: float, coverage: float, passage: float, more: float
) -> None:
    model = shipped()
    before = model.probability(meaning, coverage, passage)
    assert 0 <= before <= 1
    assert model.probability(max(meaning, more), coverage, passage) >= before
    assert model.probability(meaning, max(coverage, more), passage) >= before
    assert model.probability(meaning, coverage, max(passage, more)) >= before


def test_a_sentence_that_names_nothing_of_the_question_is_no_answer() -> None:
    model = shipped()
    assert model.answers(0.95, 1.0, 0.95)
    assert not model.answers(0.95, model.min_coverage - 0.01, 0.95)
    assert not model.answers(0.6, 1.0, 0.6)


def test_with_an_embedder_that_was_not_calibrated_only_what_names_everything_answers() -> None:
    assert decision_for(shipped().embedder)(0.9, 0.8, 0.9)
    other = decision_for("another-embedder")
    assert not other(0.9, 0.8, 0.9)
    assert other(0.7, 1.0, 0.6)


def test_coefficients_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValidationError, match="bar"):
        Answerability(
            embedder="e",
            intercept=0,
            meaning=1,
            coverage=1,
            passage=1,
            bar=1.5,
            bar_in_full=0.5,
            meaning_in_full=0.8,
            min_coverage=0.3,
        )
