"""Who may take part in a trial: a criterion of exclusion carries no claim that lets people in, however many words they share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Citation
from assistant.verification import Verdict, verify
from assistant.verification.admission import compared, statements
from assistant.verification.evidence import Evidence
from indexes.passage import Kind, Part, Passage, Role
from ingestion.sources.criteria import EXCLUSION, INCLUSION


def criterion(text: str, side: str, number: int = 0) -> tuple[Citation, Passage]:
    passage = Passage(
        passage_id=f"nct:NCT00000001#{number}",
        document_id="nct:NCT00000001",
        kind=Kind.TRIAL,
        text=text,
        start=0,
        end=len(text),
        title="Salt trial",
        section=("Eligibility", side) if side else ("Eligibility",),
        parts=(Part(0, len(text), Role.ELIGIBILITY, side),),
    )
    quote = Citation(
        passage_id=passage.passage_id,
        document_id=passage.document_id,
        quote=text,
        start=0,
        end=len(text),
        support=0.0,
    )
    return quote, passage


def judged(claim: str, *cited: tuple[Citation, Passage]) -> Verdict:
    return verify(claim, cited)


LET_IN = (
    "Patients with {} can take part in the trial.",
    "People with {} are eligible for this study.",
    "{} is required for inclusion.",
    "The trial includes patients with {}.",
    "To take part, patients must have {}.",
    "{} is no reason for exclusion.",
    "Patients are eligible if they have {}.",
)
KEPT_OUT = (
    "Patients with {} cannot take part in the trial.",
    "People with {} are excluded from this study.",
    "{} is an exclusion criterion of the trial.",
    "The trial excludes patients with {}.",
    "Patients are not eligible if they have {}.",
    "Patients must not have {} to participate.",
    "Patients without {} are eligible.",
    "Patients can take part unless they have {}.",
)
CRITERIA = ("active hepatitis B", "cardiogenic shock", "a malignancy within 5 years", "treatment with warfarin")


@pytest.mark.parametrize("said", CRITERIA)
@pytest.mark.parametrize("form", LET_IN)
def test_a_claim_that_lets_in_is_carried_by_inclusion_alone(form: str, said: str) -> None:
    claim = form.format(said)
    assert judged(claim, criterion(said, INCLUSION)).supported, claim
    refused = judged(claim, criterion(said, EXCLUSION))
    assert refused.faults == ("the source lists this as a criterion of exclusion",), claim
    assert refused.label == "contradict"
    assert not refused.supported


@pytest.mark.parametrize("said", CRITERIA)
@pytest.mark.parametrize("form", KEPT_OUT)
def test_a_claim_that_keeps_out_is_carried_by_exclusion_alone(form: str, said: str) -> None:
    claim = form.format(said)
    assert judged(claim, criterion(said, EXCLUSION)).supported, claim
    assert not judged(claim, criterion(said, INCLUSION)).supported, claim


@pytest.mark.parametrize(
    ("claim", "text", "side"),
    [
        ("Patients under 18 years are excluded.", "Age ≥ 18 years", INCLUSION),
        ("Patients who had chemotherapy are excluded.", "No chemotherapy", INCLUSION),
        ("Patients with chemotherapy are excluded.", "Patients without chemotherapy", INCLUSION),
        ("Patients with a BMI of at most 40 kg/m2 can take part.", "BMI > 40 kg/m2", EXCLUSION),
        ("Children on warfarin cannot enrol.", "Children on warfarin should not be enrolled", EXCLUSION),
        ("Children on warfarin cannot enrol.", "Children on warfarin should not be enrolled", INCLUSION),
    ],
)
def test_the_same_said_the_other_way_round_is_carried(claim: str, text: str, side: str) -> None:
    assert judged(claim, criterion(text, side)).supported


@pytest.mark.parametrize(
    ("claim", "text", "side"),
    [
        ("Patients with a BMI above 40 kg/m2 can take part.", "BMI > 40 kg/m2", EXCLUSION),
        ("Patients under 18 years can take part.", "Age ≥ 18 years", INCLUSION),
        ("Patients with prior chemotherapy are eligible.", "No prior chemotherapy", INCLUSION),
        ("Patients with no prior chemotherapy are excluded.", "No prior chemotherapy", INCLUSION),
        ("Diabetes is allowed.", "Diabetes unless well controlled", EXCLUSION),
        ("The trial studies patients with cardiogenic shock.", "Cardiogenic shock", EXCLUSION),
        ("Cardiogenic shock was treated with salt.", "Cardiogenic shock", EXCLUSION),
    ],
)
def test_what_the_list_does_not_say_is_not_carried(claim: str, text: str, side: str) -> None:
    assert not judged(claim, criterion(text, side)).supported


def test_who_is_studied_is_carried_by_inclusion() -> None:
    assert judged(
        "The trial studies patients with cardiogenic shock.", criterion("Cardiogenic shock", INCLUSION)
    ).supported


def test_a_criterion_word_for_word_is_shown_as_it_is() -> None:
    assert judged("Cardiogenic shock", criterion("Cardiogenic shock", EXCLUSION)).support == 1.0


def test_each_clause_is_compared_with_its_own_criterion() -> None:
    both = criterion("Asthma since childhood", INCLUSION), criterion("Pregnancy or breastfeeding", EXCLUSION, 1)
    swapped = "Asthma since childhood is an exclusion criterion, but pregnancy or breastfeeding is allowed."
    assert "the source lists this as a criterion of inclusion" in judged(swapped, *both).faults
    right = "Asthma since childhood is required, but pregnancy or breastfeeding is not allowed."
    assert not any("criterion of" in fault for fault in judged(right, *both).faults)


def test_a_list_that_does_not_say_its_side_is_compared_by_words() -> None:
    claim = "Patients with asthma can take part."
    evidence = Evidence.of(*criterion("Asthma", ""))
    assert compared(claim, evidence).claim == claim


@given(st.text(max_size=200), st.text(min_size=1, max_size=80), st.booleans())
def test_any_words_are_compared_without_failing(claim: str, text: str, side: bool) -> None:
    list(statements(claim))
    assert compared(claim, Evidence(quote=text, criteria=((text, side),))).finding.score in (0.0, 1.0)


@given(st.sampled_from(LET_IN + KEPT_OUT), st.sampled_from(CRITERIA))
def test_a_claim_never_stands_on_both_lists(form: str, said: str) -> None:
    claim = form.format(said)
    assert [judged(claim, criterion(said, side)).supported for side in (INCLUSION, EXCLUSION)].count(True) == 1
