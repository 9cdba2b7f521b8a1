"""What may identify a person is noticed, and ordinary clinical questions are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.guardrails.identifiers import looks_identifying


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Send it to jane.doe+ward@trust.nhs.example please", "email"),
        ("Her number is (415) 555-2671", "phone"),
        ("call +44 20 7946 0958 about the result", "phone"),
        ("tel: 020 7946 0958", "phone"),
        ("SSN 123-45-6789, on warfarin", "social_security_number"),
        ("MRN: 00482913, AF, which anticoagulant?", "record_number"),
        ("hospital number H-482913 with sepsis", "record_number"),
        ("NHS no. 485-777-3456", "record_number"),
        ("card 4111 1111 1111 1111", "account_number"),
        ("DOB 12/03/1950, stroke", "date"),
        ("born on 12 March 1950", "date"),
        ("admitted with sepsis on March 3, 2024", "date"),
        ("Mr Zimmermann has atrial fibrillation", "name"),
        ("Which statin for Mrs. O'Neill?", "name"),
        ("The patient, John Smith, has gout", "name"),
        ("Patient John Smith is on warfarin", "name"),
        ("John Smith, 54-year-old with gout", "name"),
        ("her name is Zelda", "name"),
        ("lives at 12 Long Acre Road", "address"),
        ("sent from SW1A 1AA", "address"),
        ("Springfield, IL 62701", "address"),
    ],
)
def test_what_may_identify_is_found_by_kind(text: str, kind: str) -> None:
    assert kind in looks_identifying(text)


@pytest.mark.parametrize(
    "question",
    [
        "What is the first-line treatment of hypertension in a 54-year-old man with type 2 diabetes?",
        "Does aspirin 75-100 mg lower the risk of stroke?",
        "Is MS Contin safe with an eGFR of 25 mL/min/1.73 m2?",
        "MR imaging or CT for suspected appendicitis?",
        "How is the Patient Health Questionnaire scored in patients with Heart Failure?",
        "What did NCT02651584 (PMID: 12169073, doi 10.1056/NEJMoa1905239) find?",
        "What did the 2020 ACC/AHA guideline published on 17 December 2020 change?",
        "Born preterm at 28 weeks: when to give surfactant?",
        "Vitamin B12 1000 mcg for 12 weeks, then T4 5 days later?",
        "BP 140/90 on 3 occasions, 24/7 monitoring, ratio 1/2/3",
        "In Patients With Atrial Fibrillation, Is Apixaban Better Than Warfarin?",
        "Wells score 4.5, HR 100-110, SpO2 92-94%, platelets 150 000 000 000/L",
    ],
)
def test_ordinary_questions_hold_none(question: str) -> None:
    assert looks_identifying(question) == ()


@given(st.text(alphabet="aA1 .,-/@()+:\n", max_size=400))
def test_no_text_takes_long_or_breaks_it(text: str) -> None:
    kinds = looks_identifying(text)
    assert len(set(kinds)) == len(kinds)
