"""How a question asks, by its form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.planning.asking import Asks, Effect, asks, effect_of


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Do statins cause cancer?", {Asks.YES_NO}),
        ("Rate or rhythm control in atrial fibrillation: is there a difference in mortality?", {Asks.YES_NO}),
        ("In adults over 70, does aspirin prevent heart attacks?", {Asks.YES_NO}),
        ("Should I screen smokers for COPD?", {Asks.YES_NO, Asks.GUIDANCE}),
        ("Can I taper opioids quickly?", {Asks.YES_NO, Asks.GUIDANCE}),
        ("How often should a 50-year-old woman have a mammogram?", {Asks.FIGURE, Asks.GUIDANCE}),
        ("Who should be tested for HIV?", {Asks.PEOPLE, Asks.GUIDANCE}),
        ("Which test is better in someone who had BCG?", set()),
        ("What is the effect of sertraline on weight?", {Asks.EFFECT}),
        ("chlorthalidone vs amlodipine heart failure", set()),
        ("statin 80 year old", {Asks.NOTE}),
    ],
)
def test_the_form_of_a_question_tells_what_it_asks_for(question: str, expected: set[Asks]) -> None:
    assert asks(question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "Compared with placebo, what was the effect of tiotropium on time to first exacerbation?",
            Effect("tiotropium", "placebo", "time to first exacerbation"),
        ),
        (
            "What is the effect of losartan on stroke compared with atenolol?",
            Effect("losartan", "atenolol", "stroke"),
        ),
        ("How does smoking affect bone density?", Effect("smoking", "", "bone density")),
        ("Which drug is best for stroke?", None),
    ],
)
def test_an_effect_is_taken_apart(question: str, expected: Effect | None) -> None:
    assert effect_of(question) == expected


@given(st.text(max_size=300))
def test_any_text_can_be_asked(text: str) -> None:
    assert asks(text) <= set(Asks)
    effect = effect_of(text)
    assert effect is None or effect.outcome in text
