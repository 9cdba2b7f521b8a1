"""A line is what its heading says, whatever a claim makes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Citation
from assistant.verification import verify
from assistant.verification.evidence import Evidence
from assistant.verification.headings import check_headings
from indexes.passage import Kind, Part, Passage, Role


def under(*headings: str, quote: str) -> Evidence:
    return Evidence(quote=quote, headings=headings)


@pytest.mark.parametrize(
    ("claim", "quote", "heading"),
    [
        ("Aspirin can be used in peptic ulcer.", "Aspirin: peptic ulcer", "Adverse reactions and cautions"),
        ("Treatment includes aspirin in peptic ulcer.", "Aspirin: peptic ulcer", "Contraindications"),
        ("Doxycycline is recommended in pregnancy.", "Doxycycline: pregnancy", "Contraindications"),
        ("Symptoms of malaria include hypoglycaemia.", "Hypoglycaemia", "Complications"),
        ("Hypoglycaemia is a common symptom of malaria.", "Hypoglycaemia", "Complications"),
        ("Complications of malaria include typhoid fever.", "Typhoid fever", "Differential diagnosis"),
        ("Causes of malaria include typhoid fever.", "Typhoid fever", "Differential diagnosis"),
        ("Treatment of malaria includes fever.", "Fever and chills", "Clinical features"),
        ("Quinine is a contraindication.", "Quinine 10 mg/kg", "Treatment"),
        ("Mortality fell.", "Mortality at 30 days", "Primary outcomes"),
    ],
)
def test_a_claim_that_makes_something_else_of_a_line_is_refused(claim: str, quote: str, heading: str) -> None:
    found = check_headings(claim, under(heading, "Malaria", quote=quote))
    assert found.fault, claim
    assert heading in found.text or "planned" in found.text


@pytest.mark.parametrize(
    ("claim", "quote", "heading"),
    [
        ("Aspirin should be avoided in peptic ulcer.", "Aspirin: peptic ulcer", "Adverse reactions and cautions"),
        ("Paracetamol may be given in pregnancy.", "Paracetamol may be given in pregnancy", "Cautions"),
        ("Complications of malaria include hypoglycaemia.", "Hypoglycaemia", "Complications"),
        ("A side effect of quinine is tinnitus.", "Quinine: tinnitus", "Adverse reactions"),
        ("Treatment of malaria includes quinine.", "Quinine 10 mg/kg", "Drug"),
        ("Treatment is rest.", "Rest should be advised as treatment", "Supportive measures"),
        ("Symptoms of malaria include fever.", "Symptoms include fever and chills", "Diagnosis"),
        ("The primary outcome was mortality at 30 days.", "Mortality at 30 days", "Primary outcomes"),
        ("Mortality fell.", "Mortality fell by a third.", "Results"),
    ],
)
def test_a_claim_that_says_what_the_heading_says_is_left_alone(claim: str, quote: str, heading: str) -> None:
    assert check_headings(claim, under(heading, "Malaria", quote=quote)).score == 1.0, claim


def test_a_line_of_cautions_is_never_shown_as_a_use() -> None:
    text = "Peptic ulcer"
    passage = Passage(
        "guideline:g#0", "guideline:g", Kind.GUIDELINE, text, 0, len(text), "Aspirin", ("Contraindications",),
        parts=(Part(0, len(text), Role.BODY, "Contraindications"),),
    )  # fmt: skip
    quote = Citation(
        passage_id="guideline:g#0", document_id="guideline:g", quote=text, start=0, end=len(text), support=0.0
    )
    verdict = verify("Peptic ulcer can be treated: it is indicated.", [(quote, passage)])
    assert "the source lists this under “Contraindications”" in verdict.faults
    assert not verdict.supported


@given(st.text(max_size=120), st.text(max_size=80), st.lists(st.text(max_size=30), max_size=3))
def test_any_words_are_read_without_failing(claim: str, quote: str, headings: list[str]) -> None:
    assert check_headings(claim, under(*headings, quote=quote)).score in (0.0, 1.0)
