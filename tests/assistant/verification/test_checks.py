"""Each check, on what it is there to find and on what it must leave alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.verification.checks import CHECKS, examine
from assistant.verification.evidence import Evidence

FOUND = [
    (
        "bindings",
        "Deaths were 9% with the drug and 5% with placebo.",
        "Deaths were 5% with the drug and 9% with placebo.",
    ),
    ("entities", "Edoxaban prevents stroke.", "Apixaban prevents stroke."),
    ("entities", "Anticoagulants prevent stroke.", "Apixaban prevents stroke."),
    ("entities", "Apixaban prevents pneumonia.", "Apixaban prevents stroke."),
    ("direction", "Aspirin increased mortality.", "Aspirin reduced mortality."),
    ("direction", "Aspirin reduced survival.", "Aspirin reduced mortality."),
    ("direction", "Aspirin reduced bleeding.", "There was no significant difference in bleeding with aspirin."),
    ("direction", "The USPSTF recommends screening adults.", "The USPSTF recommends against screening adults."),
    ("direction", "Ticagrelor was superior to clopidogrel.", "Ticagrelor was noninferior to clopidogrel."),
    ("direction", "Aspirin is effective in migraine.", "Aspirin is ineffective in migraine."),
    ("polarity", "Aspirin was not given to the patients.", "Aspirin was given to the patients."),
    ("polarity", "Aspirin was given to the patients.", "Aspirin was not given to the patients."),
    (
        "comparison",
        "Bleeding was more common with apixaban than with warfarin.",
        "Bleeding was more common with warfarin than with apixaban.",
    ),
    ("comparison", "Warfarin was superior to apixaban.", "Apixaban was superior to warfarin."),
    (
        "comparison",
        "Warfarin was noninferior to apixaban in stroke.",
        "Apixaban was noninferior to warfarin in stroke.",
    ),
    ("strength", "Aspirin prevents colorectal cancer.", "Aspirin may prevent colorectal cancer."),
    ("strength", "Clinicians should screen older adults.", "Clinicians may consider screening older adults."),
    ("strength", "Statins should be given to adults over 75.", "Statins should be considered in adults over 75."),
    ("strength", "Clinicians must give acupuncture.", "Clinicians can offer acupuncture."),
    ("strength", "Give a statin to adults with CKD.", "Consider a statin in adults with CKD."),
    ("strength", "Aspirin prevents stroke.", "We aimed to determine whether aspirin prevents stroke."),
    ("causation", "Coffee reduces the risk of stroke.", "Coffee was associated with a lower risk of stroke."),
    ("setting", "Metformin slows tumour growth.", "Metformin slowed tumour growth in mice."),
    ("people", "Raloxifene prevents fractures in adults.", "Raloxifene prevents fractures in postmenopausal women."),
    ("people", "Statins help patients.", "Statins help patients with coronary disease."),
    ("people", "All patients benefited from statins.", "Patients benefited from statins."),
    ("people", "The drug worked in men.", "The drug worked in women."),
    ("people", "The drug lowered mortality.", "In a post hoc subgroup of diabetics, the drug lowered mortality."),
    ("standing", "The panel advises a daily aspirin.", "In 2009, the panel recommended a daily aspirin."),
    ("terms", "?", "Apixaban prevents stroke."),
]
LEFT_ALONE = [
    (
        "bindings",
        "Deaths were 9% with placebo and 5% with the drug.",
        "Deaths were 5% with the drug and 9% with placebo.",
    ),
    ("entities", "Eliquis prevents CVA.", "Apixaban prevents stroke."),
    ("entities", "Paracetamol eases pain.", "Acetaminophen eases pain."),
    ("direction", "Aspirin lowered mortality.", "Aspirin reduced mortality."),
    ("direction", "Aspirin increased survival.", "Aspirin reduced mortality."),
    ("direction", "Mortality did not differ.", "There was no significant difference in mortality."),
    ("direction", "The USPSTF does not recommend screening adults.", "The USPSTF recommends against screening adults."),
    ("direction", "More than 50 patients died.", "Fewer patients died; more than 50 patients died in all."),
    ("polarity", "Mortality was similar in both groups.", "There was no difference in mortality between the groups."),
    (
        "comparison",
        "Bleeding was less common with apixaban than with warfarin.",
        "Bleeding was more common with warfarin than with apixaban.",
    ),
    ("strength", "Aspirin may prevent colorectal cancer.", "Aspirin may prevent colorectal cancer."),
    ("strength", "Bleeding was more likely with warfarin.", "Bleeding was more likely with warfarin."),
    ("strength", "Consider a statin in adults over 75.", "Statins should be considered in adults over 75."),
    ("strength", "Give a statin to adults with CKD.", "Offer a statin to adults with CKD; consider ezetimibe."),
    (
        "causation",
        "Coffee was linked with a lower risk of stroke.",
        "Coffee was associated with a lower risk of stroke.",
    ),
    ("setting", "Metformin slowed tumour growth in mice.", "Metformin slowed tumour growth in mice."),
    ("people", "Statins help patients with CHD.", "Statins help patients with coronary heart disease."),
    (
        "people",
        "Raloxifene prevents fractures in postmenopausal women.",
        "Raloxifene prevents fractures in postmenopausal women.",
    ),
    ("standing", "In 2009 a daily aspirin was advised.", "In 2009, the panel recommended a daily aspirin."),
    ("standing", "The panel once advised a daily aspirin.", "In 2009, the panel recommended a daily aspirin."),
    ("standing", "The panel advises aspirin.", "In 2009 the panel recommended aspirin, and it continues to do so."),
    ("terms", "Acetaminophen eases pain", "Paracetamol eases pain"),
]


@pytest.mark.parametrize(("check", "claim", "quote"), FOUND)
def test_a_fault_is_found_and_said_in_words(check: str, claim: str, quote: str) -> None:
    finding = CHECKS[check](claim, Evidence(quote))
    assert finding.fault
    assert finding.score == 0
    assert finding.text


@pytest.mark.parametrize(("check", "claim", "quote"), LEFT_ALONE)
def test_what_says_the_same_is_left_alone(check: str, claim: str, quote: str) -> None:
    finding = CHECKS[check](claim, Evidence(quote))
    assert not finding.fault, finding


def test_the_title_may_name_condition_and_group_but_no_drug() -> None:
    under = Evidence("It reduced hospital admission by 20%.", context="Dapagliflozin in heart failure")
    assert not CHECKS["entities"]("It reduced hospital admission by 20% in heart failure.", under).fault
    assert CHECKS["entities"]("Dapagliflozin reduced hospital admission by 20%.", under).fault


def test_a_record_indexed_as_of_animals_is_not_clinical() -> None:
    assert CHECKS["setting"]("Metformin slowed growth.", Evidence("Metformin slowed growth.", animal=True)).fault


@given(st.text(min_size=1, max_size=100))
def test_any_text_is_at_one_with_itself(text: str) -> None:
    assert {name for name, found in examine(text, Evidence(text)).items() if found.fault} <= {"terms", "setting"}
