"""Questions that ask several things: cut only where each part stands alone, and answered part by part."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import workflow
from assistant.conversation.parts import MOST, parts_of
from assistant.drafts import Checked, Draft, Failed
from assistant.service import Assistant


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "Does tiotropium reduce exacerbations in COPD and does it reduce mortality?",
            ("Does tiotropium reduce exacerbations in COPD?", "Does tiotropium reduce mortality in COPD?"),
        ),
        (
            "Should adults over 60 start aspirin? What is the bleeding risk?",
            ("Should adults over 60 start aspirin?", "What is the bleeding risk of aspirin in adults over 60?"),
        ),
        (
            "Is warfarin safe in pregnancy and what is the dose of heparin in pregnancy?",
            ("Is warfarin safe in pregnancy?", "What is the dose of heparin in pregnancy?"),
        ),
    ],
)
def test_each_part_stands_alone(question: str, parts: tuple[str, ...]) -> None:
    assert parts_of(question) == parts


@pytest.mark.parametrize(
    "question",
    [
        "Does the combination of ACE inhibitors and ARBs reduce mortality?",
        "Is it known when and how to start statins?",
        "Rate or rhythm control in atrial fibrillation: is there a difference in mortality?",
        # What "it" stands for is not certain, or the part names nothing: the question stays whole.
        "What is the dose of apixaban in atrial fibrillation and when should it be reduced?",
        "Who should be screened and when?",
        "Is it? Is it? Is it?",
        # "and" within a clause is no new question.
        "Should women who have lupus and are pregnant take hydroxychloroquine?",
        "Is aspirin beneficial in patients who have diabetes and are over 60 with hypertension?",
        "Which anticoagulants are used in atrial fibrillation and are safe in kidney disease?",
        "Which patients had a stroke and should take warfarin?",
        "Which diuretics lower blood pressure and do not worsen gout?",
    ],
)
def test_a_question_stays_whole_where_its_parts_would_not_stand_alone(question: str) -> None:
    assert parts_of(question) == ()


@given(st.text(max_size=200))
def test_any_words_are_cut_into_few_parts_or_none(words: str) -> None:
    assert len(parts_of(words)) in {0, *range(2, MOST + 1)}


def test_the_part_that_nothing_answers_is_named(assistant: Assistant) -> None:
    question = (
        "Does spironolactone reduce mortality in severe heart failure? How is gout treated in severe heart failure?"
    )
    answer = asyncio.run(assistant.ask(question))
    assert not answer.abstained
    assert "spironolactone" in " ".join(claim.text for claim in answer.claims)
    assert answer.unanswered == ["How is gout treated in severe heart failure?"]


def test_where_nothing_is_answered_it_is_an_abstention(assistant: Assistant) -> None:
    answer = asyncio.run(assistant.ask("Does colchicine help in gout? Is allopurinol safe in gout?"))
    assert answer.abstained
    assert (answer.claims, answer.unanswered) == ([], [])


def test_a_part_whose_sentences_all_fail_the_check_is_named(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "Does spironolactone reduce mortality in severe heart failure? Does empagliflozin cut heart failure admissions in type 2 diabetes?"
    whole = asyncio.run(assistant.ask(question))
    assert whole.unanswered == []
    plain = workflow.check

    def fails(draft: Draft, *given: Any) -> Checked | Failed:
        return Failed(draft, ("does not hold",)) if "empagliflozin" in draft.part else plain(draft, *given)

    monkeypatch.setattr(workflow, "check", fails)
    answer = asyncio.run(assistant.ask(question))
    assert answer.claims
    assert answer.unanswered == ["Does empagliflozin cut heart failure admissions in type 2 diabetes?"]
