"""Cited documents that found different effects of the same on the same are told apart from those that agree or compare with something else."""

from __future__ import annotations

import pytest

from assistant.answer import Citation, Claim
from assistant.drafts import Checked
from assistant.planning.asking import Effect
from assistant.planning.premises import effect_asked
from assistant.verdicts.disagreeing import disagreeing
from indexes.passage import Kind, Passage

FELL = "Blood pressure was significantly lower with yoga than with usual care (P < 0.001)."
SAME = "There was no significant difference in blood pressure between yoga and usual care (P = 0.61)."
QUESTION = "Does yoga reduce blood pressure compared with usual care?"


def claim(quote: str, number: int, title: str = "Yoga: a trial") -> Checked:
    document = f"pubmed:{number}"
    passage = Passage(f"{document}#0", document, Kind.LITERATURE, quote, 0, len(quote), title)
    citation = Citation(
        passage_id=passage.passage_id, document_id=document, quote=quote, start=0, end=len(quote), support=1.0
    )
    return Checked(Claim(text=quote, support=1.0, citations=[citation]), (passage,))


def test_two_documents_that_found_different_effects_are_named() -> None:
    claims = [claim(FELL, 1), claim(SAME, 2)]
    about, pairs = disagreeing(QUESTION, claims)
    assert about == "the effect of yoga on blood pressure"
    assert pairs == [(claims[0], claims[1])]


@pytest.mark.parametrize(
    ("question", "claims"),
    [
        (QUESTION, [claim(FELL, 1), claim(FELL, 2)]),
        (QUESTION, [claim(SAME, 1), claim(SAME, 2)]),
        (QUESTION, [claim(FELL, 1), claim(SAME, 1)]),  # one document says two things
        (QUESTION, [claim(FELL, 1), claim("Yoga is good for the soul.", 2)]),
        (QUESTION, [claim(FELL, 1), claim(SAME.replace("yoga", "stretching"), 2, "Stretching: a trial")]),
        (QUESTION, [claim(FELL, 1), claim(SAME.replace("usual care", "amlodipine"), 2)]),  # another comparison
        (QUESTION.replace("usual care", "pilates"), [claim(FELL, 1), claim(SAME.replace("usual care", "pilates"), 2)]),
        (QUESTION, [claim(FELL, 1), claim(SAME, 2, "Yoga: a study in mice")]),
        ("What is yoga?", [claim(FELL, 1), claim(SAME, 2)]),
        (QUESTION, []),
    ],
)
def test_documents_that_agree_or_are_on_something_else_are_not(question: str, claims: list[Checked]) -> None:
    assert disagreeing(question, claims)[1] == []


@pytest.mark.parametrize(
    ("question", "effect"),
    [
        (QUESTION, Effect("yoga", "usual care", "blood pressure")),
        ("Is mortality lower with apixaban than with warfarin?", Effect("apixaban", "warfarin", "mortality")),
        ("Why does yoga reduce blood pressure in adults?", Effect("yoga", "", "blood pressure")),
        ("What was the effect of yoga on blood pressure?", Effect("yoga", "", "blood pressure")),
        ("Is yoga safe?", None),
        ("Who should be screened?", None),
    ],
)
def test_the_effect_that_a_question_is_on(question: str, effect: Effect | None) -> None:
    assert effect_asked(question) == effect
