"""Words that the library has never seen: what they were perhaps meant to be is offered, and another drug never."""

from __future__ import annotations

import asyncio

import pytest

from assistant.misspelt import perhaps_meant
from assistant.service import Assistant

FOUND = ["Differential diagnoses of malaria", "Give hydralazine or vincristine; piles are haemorrhoids."]


@pytest.mark.parametrize(
    ("question", "unknown", "meant"),
    [
        ("diffrential diagnosis of malaria", ["diffrential"], "differential diagnosis of malaria"),
        ("tretment of hypertention", ["tretment", "hypertention"], "treatment of hypertension"),
        ("haemorroids", ["haemorroids"], "haemorrhoids"),
        ("warfrin and alcohol", ["warfrin"], "warfarin and alcohol"),
    ],
)
def test_a_slip_is_offered_as_it_is_spelt(question: str, unknown: list[str], meant: str) -> None:
    assert perhaps_meant(question, unknown, FOUND) == meant


@pytest.mark.parametrize(
    "word", ["prednisone", "vinblastine", "hydroxizine", "dopamine", "zilebesiran", "zibosis", "tia"]
)
def test_a_word_that_may_be_another_drug_or_anything_else_is_left(word: str) -> None:
    assert perhaps_meant(f"{word} in adults", [word], FOUND) is None


def test_many_words_that_are_unknown_are_no_slips() -> None:
    words = ["diffrential", "diagnossis", "malariaa", "tretment", "hypertenssion", "haemorroids"]
    assert perhaps_meant(" ".join(words), words, FOUND) is None
    assert perhaps_meant(" ".join(words[:2]), words[:2], FOUND) is not None


def test_a_refusal_says_what_was_perhaps_meant_and_answers_nothing(assistant: Assistant) -> None:
    answer = asyncio.run(assistant.ask("Should adults over 60 start aspirn to prevent cardiovascular disease?"))
    assert answer.abstained
    assert not answer.claims
    assert "nothing on: aspirn" in (answer.reason or "")
    assert "start aspirin to prevent" in (answer.reason or "")
