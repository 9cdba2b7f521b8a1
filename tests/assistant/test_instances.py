"""A question for a class of drugs, put with the member that a sentence names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from assistant.composing.instances import LESS, MOST, meanings, reworded
from assistant.composing.vectors import SentenceVectors
from assistant.planning.rules import plan
from indexes.embedding import Vectors

QUESTION = "Warfarin or a DOAC in atrial fibrillation?"


@pytest.mark.parametrize(
    ("question", "sentence", "narrower"),
    [
        (QUESTION, "Dabigatran beats warfarin.", "Warfarin or a Dabigatran in atrial fibrillation?"),
        (QUESTION, "DOACs such as dabigatran beat warfarin.", QUESTION),
        (QUESTION, "Aspirin is not enough.", QUESTION),
        ("apixaban in AF", "Anticoagulants prevent strokes.", "apixaban in AF"),  # the class never stands for a member
        ("Do beta-blockers help?", "Carvedilol saves lives.", "Do Carvedilol help?"),
    ],
)
def test_a_class_is_replaced_by_the_member_that_the_sentence_names(question: str, sentence: str, narrower: str) -> None:
    assert reworded(plan(question), sentence) == (narrower, LESS if narrower != question else 0.0)


@pytest.mark.parametrize(
    ("question", "sentence", "same"),
    [
        (
            "Does she need a Pap test?",
            "Screening for cervical cancer starts at 21.",
            "Does she need a Screening for cervical cancer?",
        ),
        (
            "Who needs PrEP?",
            "Preexposure prophylaxis (PrEP) is for those at risk.",
            "Who needs Preexposure prophylaxis?",
        ),  # which an embedder knows better
        ("Who needs PrEP?", "PrEP is for those at risk.", "Who needs PrEP?"),
        ("Is a heart attack fatal?", "Myocardial infarction kills.", "Is a Myocardial infarction fatal?"),
        ("Is a heart attack fatal?", "A heart attack kills.", "Is a heart attack fatal?"),
        (
            "Is a heart attack fatal?",
            "An infarction of the brain kills.",
            "Is a heart attack fatal?",
        ),  # which may be another
    ],
)
def test_a_thing_is_called_by_the_name_that_the_sentence_has_for_it(question: str, sentence: str, same: str) -> None:
    assert reworded(plan(question), sentence) == (same, 0.0)


class Known:
    """An embedder to which a question is the first axis where it names the drug, else the second; sentences are the first axis."""

    name, dimension = "known", 2

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return np.tile(np.array([1.0, 0.0], np.float32), (len(texts), 1))

    def embed_query(self, text: str) -> Vectors:
        self.asked.append(text)
        return np.array([1.0, 0.0] if "DOAC" not in text else [0.0, 1.0], np.float32)


def test_a_sentence_on_a_member_is_as_near_as_to_the_question_for_it_but_for_a_little() -> None:
    embedder = Known()
    vectors = SentenceVectors(embedder)
    texts = ["Dabigatran beats warfarin.", "Aspirin is not enough."]
    found = meanings(plan(QUESTION), texts, vectors.sentences(texts), vectors)
    assert found.tolist() == pytest.approx([1.0 - LESS, 0.0])


def test_only_so_many_questions_more_are_embedded_and_each_once() -> None:
    embedder = Known()
    vectors = SentenceVectors(embedder)
    statins = ("Rosuvastatin", "Atorvastatin", "Simvastatin", "Pravastatin", "Lovastatin", "Fluvastatin")
    texts = [f"{drug} prevents strokes." for drug in (*statins, *statins)]
    meanings(plan("Do statins or a DOAC prevent strokes?"), texts, vectors.sentences(texts), vectors)
    assert len(embedder.asked) == len(set(embedder.asked)) == MOST + 1


def test_a_combination_is_no_other_name_of_what_it_holds() -> None:
    assert reworded(plan("tenofovir in pregnancy"), "TDF/FTC may be used in pregnancy.") == (
        "tenofovir in pregnancy",
        0.0,
    )
    assert reworded(plan("tenofovir in pregnancy"), "TDF may be used in pregnancy.") == ("TDF in pregnancy", 0.0)
