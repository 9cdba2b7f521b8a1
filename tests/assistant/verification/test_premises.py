"""What a question takes for granted, and the sources that deny it."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("Why does spironolactone increase mortality in severe heart failure?", "saves lives"),
        ("Why is aspirin recommended for primary prevention in adults over 60?", "Do not start"),
        ("How much does long-term aspirin lower the risk of gastrointestinal bleeding?", "raises"),
    ],
)
def test_a_wrong_premise_is_corrected_first_with_its_citation(assistant: Assistant, question: str, word: str) -> None:
    answer = asyncio.run(assistant.ask(question))
    first = answer.claims[0]
    assert word in first.text
    said = [warning for warning in answer.warnings if warning.kind == "premise"]
    assert any(first.text in warning.text and warning.document_id == first.citations[0].document_id for warning in said)


@pytest.mark.parametrize(
    "question",
    [
        "Why does spironolactone reduce mortality in severe heart failure?",
        "How much does empagliflozin cut heart failure admissions or CV death in type 2 diabetes?",
        "Does spironolactone increase mortality in severe heart failure?",  # asks, and takes nothing for granted
    ],
)
def test_a_true_premise_or_none_is_left_alone(assistant: Assistant, question: str) -> None:
    answer = asyncio.run(assistant.ask(question))
    assert answer.claims
    assert not [warning for warning in answer.warnings if warning.kind == "premise"]
