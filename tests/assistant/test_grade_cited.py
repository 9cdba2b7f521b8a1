"""The grade that is shown beside a sentence is that of the sentence, and of no other of its row or paragraph."""

from __future__ import annotations

import pytest

from assistant.answer import Citation, Claim
from assistant.checking import graded
from assistant.drafts import Checked
from assistant.evidence import RecommendationView, grade_cited
from indexes.passage import Kind, Part, Passage, Role
from ingestion.sources.recommendations import grade_of

A = "Screen adults aged 50 to 75 years (A recommendation)."
B = "Screen adults aged 45 to 49 years (B recommendation)."
NEITHER = "Colonoscopy is one of the ways."


def paragraph(*sentences: str) -> Passage:
    text = " ".join(sentences)
    part = Part(0, len(text), Role.RECOMMENDATION, grade=grade_of(text), strength="recommended", certainty="high")
    return Passage(
        "guideline:x/y@1#0", "guideline:x/y@1", Kind.GUIDELINE, text, 0, len(text), "Screening", parts=(part,)
    )


@pytest.mark.parametrize(("sentence", "grade"), [(A, "A recommendation"), (B, "B recommendation"), (NEITHER, None)])
def test_where_several_are_printed_a_sentence_bears_its_own(sentence: str, grade: str | None) -> None:
    passage = paragraph(A, B, NEITHER)
    start = passage.text.index(sentence)
    assert grade_cited(passage, start, sentence) == grade
    view = RecommendationView.cited(passage, start, sentence)
    assert (view.grade, view.strength, view.certainty) == (grade, None, None)  # they are said of all grades together
    claim = Claim(
        text=sentence,
        support=1.0,
        citations=[Citation.model_construct(start=start, end=start + len(sentence), quote=sentence)],
        findings=[],
    )
    found = graded(Checked(claim, (passage,))).claim.findings
    assert found == ([f"Grade: {grade}"] if grade else [])


def test_one_grade_is_that_of_all_sentences_of_its_paragraph() -> None:
    passage = paragraph(A, NEITHER)
    assert grade_cited(passage, passage.text.index(NEITHER), NEITHER) == "A recommendation"
    assert RecommendationView.cited(passage, 0, A).strength == "recommended"


def test_a_semicolon_in_a_grade_makes_no_two_of_it() -> None:
    text = "We recommend dapagliflozin (strong recommendation; low certainty evidence)."
    part = Part(0, len(text), Role.RECOMMENDATION, grade="strong recommendation; low certainty evidence")
    passage = Passage("guideline:x/y@1#0", "guideline:x/y@1", Kind.GUIDELINE, text, 0, len(text), "T", parts=(part,))
    assert grade_cited(passage, 0, text) == "strong recommendation; low certainty evidence"
