"""What a question takes for granted, and the sources that deny it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from assistant.answer import Answer
from assistant.answer import Warning as AnswerWarning
from assistant.planning.premises import premise_of
from assistant.service import Assistant


@pytest.mark.parametrize(
    ("question", "premise"),
    [
        (
            "Why does spironolactone increase mortality in heart failure?",
            "spironolactone increase mortality in heart failure",
        ),
        ("How much does empagliflozin cut admissions?", "empagliflozin cut admissions"),
        ("Since aspirin prevents cancer, what dose should adults take?", "aspirin prevents cancer"),
        # What is said of one patient is no statement of evidence.
        ("As a 65-year-old man with atrial fibrillation, should I take aspirin?", ""),
        ("Given that my patient has type 2 diabetes, which drug is best?", ""),
        ("What explains that statins cause dementia?", "statins cause dementia"),
        ("Does aspirin prevent cancer?", ""),
        ("As of 2019, is aspirin advised?", ""),
        ("Why?", ""),
    ],
)
def test_what_is_taken_for_granted(question: str, premise: str) -> None:
    assert premise_of(question) == premise


@given(st.text(max_size=120))
def test_a_premise_is_words_of_the_question(question: str) -> None:
    assert premise_of(question) in question


class Verifier:
    """A trained verifier that finds the same in every pair, and notes what it was asked."""

    def __init__(self, contradiction: float) -> None:
        self.asked: list[tuple[str, str]] = []
        self._said = [(1 - contradiction) / 2, contradiction, (1 - contradiction) / 2]

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        self.asked += pairs
        return np.array([self._said] * len(pairs)).reshape(-1, 3)


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Verifier]:
    def install(contradiction: float) -> Verifier:
        verifier = Verifier(contradiction)
        monkeypatch.setattr("assistant.workflow.load_neural", lambda: verifier)
        monkeypatch.setattr("assistant.workflow.conflicts", lambda *_: [])
        return verifier

    return install


def corrections(answer: Answer) -> list[AnswerWarning]:
    return [warning for warning in answer.warnings if warning.kind == "premise"]


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("Why does spironolactone increase mortality in severe heart failure?", "saves lives"),
        ("Why is aspirin recommended for primary prevention in adults over 60?", "Do not start"),
        ("How much does long-term aspirin lower the risk of gastrointestinal bleeding?", "raises"),
    ],
)
def test_a_wrong_premise_is_corrected_first_in_the_words_of_the_source(
    assistant: Assistant, verified: Callable[[float], Verifier], question: str, word: str
) -> None:
    verified(0.9)
    answer = asyncio.run(assistant.ask(question))
    quote = answer.claims[0].citations[0].quote
    assert word in quote
    assert any(quote in warning.text for warning in corrections(answer))


def test_rules_alone_correct_nobody(assistant: Assistant, verified: Callable[[float], Verifier]) -> None:
    question = "Why does spironolactone increase mortality in severe heart failure?"
    verifier = verified(0.1)
    assert not corrections(asyncio.run(assistant.ask(question)))
    assert verifier.asked
    assert all(premise == premise_of(question) for premise, _ in verifier.asked)


@pytest.mark.parametrize(
    "question",
    [
        "Why does spironolactone reduce mortality in severe heart failure?",
        "How much does empagliflozin cut heart failure admissions or CV death in type 2 diabetes?",
        "Does spironolactone increase mortality in severe heart failure?",  # asks, and takes nothing for granted
    ],
)
def test_a_true_premise_or_none_is_not_even_judged(
    assistant: Assistant, verified: Callable[[float], Verifier], question: str
) -> None:
    verifier = verified(0.9)
    answer = asyncio.run(assistant.ask(question))
    assert answer.claims
    assert not corrections(answer)
    assert not verifier.asked
