"""One word put for its opposite never passes; the same said in other words does."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assistant.verification.checks import CHECKS, examine
from assistant.verification.evidence import Evidence
from assistant.verification.finding import Finding
from assistant.verification.wordlists import choices, sections
from assistant.verification.words import negations

TURNED = [
    ("Use NSAIDs in people with heart failure.", "Avoid NSAIDs in people with heart failure."),
    ("NSAIDs can be used in heart failure.", "In heart failure, clinicians should avoid NSAIDs."),
    ("NSAIDs should be used in heart failure.", "NSAIDs should be avoided in heart failure."),
    ("Breastfeeding women should take codeine.", "Breastfeeding women should avoid codeine."),
    ("Give metformin in acute kidney injury.", "Withhold metformin in acute kidney injury."),
    ("Vaccination should be given before recovery.", "Vaccination should be delayed until recovery."),
    ("Spironolactone can cause hypokalaemia.", "Spironolactone can cause hyperkalaemia."),
    ("Thiazides cause hypernatremia in older adults.", "Thiazides cause hyponatraemia in older adults."),
    ("Adrenaline should be given intravenously.", "Adrenaline should be given intramuscularly."),
    ("Give IV vancomycin for colitis.", "Give oral vancomycin for colitis."),
    ("Oral steroids are used in mild eczema.", "Topical steroids are used in mild eczema."),
    ("Aspirin is used for primary prevention.", "Aspirin is used for secondary prevention."),
    ("The target diastolic pressure is 130 mm Hg.", "The target systolic pressure is 130 mm Hg."),
    ("The test had a specificity of 95%.", "The test had a sensitivity of 95%."),
    ("A negative D-dimer confirms embolism.", "A negative D-dimer rules out embolism."),
    ("Receptor-negative breast cancer is treated so.", "Receptor-positive breast cancer is treated so."),
    ("Metformin is the second-line treatment.", "Metformin is the first-line treatment."),
    ("The right internal mammary artery was tied.", "The left internal mammary artery was tied."),
    ("Give alteplase after 4.5 hours of onset.", "Give alteplase within 4.5 hours of onset."),
    ("Varenicline reduced cravings in non-smokers.", "Varenicline reduced cravings in smokers."),
    ("Stable angina is treated in hospital.", "Unstable angina is treated in hospital."),
    ("Post-operative antibiotics reduce infection.", "Preoperative antibiotics reduce infection."),
    ("We suggest routine use of albumin.", "We suggest against routine use of albumin."),
    ("Ibuprofen eases chronic gout.", "Ibuprofen eases acute gout."),
    ("Lower gastrointestinal bleeding was seen.", "Upper gastrointestinal bleeding was seen."),
    ("Treat distal vein thrombosis.", "Treat proximal vein thrombosis."),
    ("The minimum dose is 4 g.", "The maximum dose is 4 g."),
]
ALIKE = [
    ("NSAIDs should be avoided in heart failure.", "Avoid NSAIDs in heart failure."),
    ("Do not use NSAIDs in heart failure.", "Avoid NSAIDs in heart failure."),
    ("NSAIDs should be avoided in heart failure.", "NSAIDs should not be used in heart failure."),
    ("Avoid aspirin in children under 16.", "Do not give aspirin to children under 16."),
    ("Spironolactone can cause hyperkalemia.", "Spironolactone can cause hyperkalaemia."),
    ("Adrenaline should be given IM.", "Adrenaline should be given intramuscularly."),
    ("Intravenous and oral iron were alike.", "Oral and intravenous iron were alike."),
    ("The specificity was 80% and the sensitivity 95%.", "The sensitivity was 95% and the specificity 80%."),
    ("Metformin is the first line treatment.", "Metformin is the first-line treatment."),
    ("Take it prior to breakfast.", "Take it before breakfast."),
    ("Give alteplase within 4.5 hours after onset.", "Give alteplase within 4.5 hours of onset."),
    ("Surgery should be delayed until 6 weeks after infection.", "Delay surgery until 6 weeks after infection."),
    ("Benefits lasted 10 years after it was stopped.", "It was stopped after 5 years; benefits lasted 10 years."),
    ("Offer oral as well as inhaled steroids.", "Offer inhaled as well as oral steroids."),
]


def faults(claim: str, quote: str) -> dict[str, Finding]:
    return {name: found for name, found in examine(claim, Evidence(quote)).items() if found.fault}


@pytest.mark.parametrize(("claim", "quote"), TURNED)
def test_a_word_put_for_its_opposite_contradicts(claim: str, quote: str) -> None:
    found = faults(claim, quote)
    assert any(each.contradicts for each in found.values()), found
    assert faults(quote, claim), "and the other way round"


@pytest.mark.parametrize(("claim", "quote"), ALIKE)
def test_the_same_in_other_words_is_left_alone(claim: str, quote: str) -> None:
    assert not faults(claim, quote).keys() & {"opposites", "polarity", "direction"}


def test_the_words_are_named() -> None:
    found = CHECKS["opposites"]("Oral iron raised haemoglobin.", Evidence("Intravenous iron raised haemoglobin."))
    assert found.text == "the claim says “Oral” where the source says “Intravenous”"


def test_the_two_words_must_stand_beside_the_same() -> None:
    quote = "Oral iron raised haemoglobin; fluids were given to patients who bled, by the intravenous route."
    assert not CHECKS["opposites"]("Oral iron raised haemoglobin.", Evidence(quote)).fault
    assert CHECKS["opposites"]("Intravenous iron raised haemoglobin.", Evidence(quote)).fault


def test_sides_that_have_changed_places_are_found() -> None:
    quote = "Systolic pressure fell by 5 mm Hg and diastolic pressure rose a little."
    assert CHECKS["opposites"]("Diastolic pressure fell by 5 mm Hg.", Evidence(quote)).fault


@given(st.data())
def test_any_two_words_of_a_set_contradict_in_one_frame(data: st.DataObject) -> None:
    every = sections("opposites.txt")
    line = data.draw(st.sampled_from([*every["denial"], *every["opposite"]]))
    one, other = data.draw(st.permutations([choices(part) for part in line.split(">")]))[:2]
    said, there = data.draw(st.sampled_from(one)), data.draw(st.sampled_from(other))
    assume("*" not in said + there)  # a beginning is no word
    assume(not negations(f"{said} {there}"))  # what denies besides is looked at by other checks
    claim, quote = (f"Zibotentan {word} zoledronate was looked at." for word in (said, there))
    assert CHECKS["opposites"](claim, Evidence(quote)).contradicts


@given(st.text(max_size=120))
def test_any_text_is_at_one_with_itself(text: str) -> None:
    assert not CHECKS["opposites"](text, Evidence(text)).fault
    assert not CHECKS["substitution"](text, Evidence(text)).text


def test_another_kind_of_the_same_is_a_fault_where_the_rest_is_repeated() -> None:
    quote = "Patients with tubercular meningitis were given dexamethasone for six weeks."
    found = CHECKS["substitution"]("Patients with cryptogenic meningitis were given dexamethasone for six weeks.", Evidence(quote))  # fmt: skip
    assert (found.fault, found.contradicts) == (True, False)
    assert "cryptogenic" in found.text


def test_the_only_word_that_is_changed_is_a_fault_and_one_of_several_is_noted() -> None:
    quote = "Stem cells can differentiate into all three germ layers of the embryo."
    one = CHECKS["substitution"](
        "Stem cells can differentiate into all three germ layers of the plant.", Evidence(quote)
    )
    assert (one.fault, one.contradicts) == (True, False)
    claim = "Stem cells can differentiate into all three germ tissues of the plant."
    several = CHECKS["substitution"](claim, Evidence(quote))
    assert (several.score, several.fault) == (0.5, False)
    assert not CHECKS["substitution"](claim, Evidence(quote, context="Tissues of a plant")).text


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("Aspirin lowered deaths in adults with stroke.", "Aspirin reduced deaths in adults with stroke."),
        ("Dose reduction is advised in renal impairment.", "Dose reduction is recommended in renal impairment."),
        ("Ibuprofen eases pain in adults with gout.", "Ibuprofen relieves pain in adults with gout."),
        ("Stem cells have the capacity to divide in vitro.", "Stem cells have the ability to divide in vitro."),
        ("A crucial role of iron was shown in women.", "A critical role of iron was shown in women."),
        ("Paracetamol relieved pain in adults with gout.", "Acetaminophen relieved pain in adults with gout."),
    ],
)
def test_synonyms_are_no_substitution(claim: str, quote: str) -> None:
    assert not CHECKS["substitution"](claim, Evidence(quote)).text
