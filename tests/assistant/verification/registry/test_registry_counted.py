"""Claims on a table of adverse events are read by counting."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from posted_results import OUTCOME, PAGE, TABLE, reading_of

from assistant.verification.registry.event_names import names

ON_THE_PAGE = [
    (True, "More patients in cohort 1 of the primary trial than in cohort 2 had nausea."),
    (False, "There were more cases of nausea in cohort 2 of the primary trial than in cohort 1."),
    (True, "A higher percentage of patients in the secondary trial had nausea than in cohort 1 of the primary trial."),
    (False, "The primary trial and the secondary trial recorded the same number of cases of nausea."),
    (True, "There were 2 more cases of nausea in cohort 1 of the primary trial than in cohort 2."),
    (True, "Cohort 2 of the primary trial had four times as many skin infections as cohort 1."),
    (True, "The most common adverse event in the primary trial was nausea."),
    (False, "The most common adverse event in the primary trial was anaemia."),
    (True, "No cases of anaemia were recorded in cohort 1 of the primary trial."),
    (False, "There were no cases of anemia in cohort 2 of the primary trial."),
    (True, "Cases of anaemia were only observed in cohort 2 of the primary trial."),
    (False, "A total of 20 patients in the primary trial had nausea."),
    (True, "A total of 14 patients in the primary trial had nausea."),
    (True, "At least 14 patients in the primary trial experienced nausea."),
    (False, "More than 20% of patients in the primary trial experienced nausea."),
    (True, "Less than a quarter of patients in cohort 1 of the primary trial had an adverse event."),
    (False, "The majority of patients in the primary trial suffered adverse events."),
    (True, "All cases of anaemia in the primary trial occurred in cohort 2."),
    (True, "The primary trial and the secondary trial record only 1 of the same adverse events."),
    (False, "The primary trial and the secondary trial did not share any of the same adverse events."),
    (True, "One patient in the secondary trial had pneumonia, whereas none did in the primary trial."),
    (False, "The primary trial recorded cases of pneumonia, but the secondary trial did not."),
    (True, "The primary trial had a total of 110 patients across both its cohorts."),
    (True, "Patients in both the primary trial and the secondary trial suffered from nausea."),
    (True, "Not a single patient in the secondary trial had anaemia."),
    (True, "The highest number of cases of any adverse event in the secondary trial was 5."),
    (True, "5 patients in the primary trial had an infection."),
]


@pytest.mark.parametrize(("true", "claim"), ON_THE_PAGE)
def test_a_claim_is_counted_out(true: bool, claim: str) -> None:
    reading = reading_of(claim, PAGE)
    assert reading is not None
    assert reading.true is true


@pytest.mark.parametrize(
    ("true", "claim"),
    [
        (True, "A higher proportion of patients had major bleeding with Warfarin than with Apixaban 5 mg."),
        (False, "Major bleeding was more common in the Apixaban 5 mg group than in the Warfarin group."),
        (True, "No patient in the Warfarin group had rash with no itching."),
        (False, "No patient in the Apixaban 5 mg group had rash with no itching."),
        (True, "At least 12 patients in the Apixaban 5 mg group had major bleeding."),
        (True, "There were fewer cases of major bleeding in the Arm C: no treatment group than in the Warfarin group."),
    ],
)
def test_arms_are_named_by_their_titles(true: bool, claim: str) -> None:
    reading = reading_of(claim, TABLE)
    assert reading is not None
    assert (reading.true, reading.sure) == (true, True)


@pytest.mark.parametrize(
    "claim",
    [
        "Toothache was more common in cohort 1 of the primary trial than in cohort 2.",
        "One patient in the primary trial had toothache.",
        "No cases of toothache were recorded in the primary trial.",
    ],
)
def test_of_an_event_that_no_row_names_nothing_is_sure(claim: str) -> None:
    reading = reading_of(claim, PAGE)
    assert reading is None or not reading.sure


@pytest.mark.parametrize(
    "claim",
    [
        "Major bleeding occurred in 12 patients with Apixaban 5 mg and in 24 with Warfarin.",
        "Warfarin is an anticoagulant.",
        "",
    ],
)
def test_what_is_not_counted_is_left_to_the_other_checks(claim: str) -> None:
    reading = reading_of(claim, TABLE)
    assert reading is None or not reading.sure


COUNTS = st.integers(0, 40)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_comparisons_are_right_whatever_the_counts(one: int, two: int, other_one: int, other_two: int) -> None:
    assume(one != two)
    text = f"Arm/Group Title | Ticagrelor | Clopidogrel\nDyspnoea | {one}/50 | {two}/50\nHeadache | {other_one}/50 | {other_two}/50"
    for claim, true in (
        ("Dyspnoea was more common with Ticagrelor than with Clopidogrel.", one > two),
        ("Fewer patients had dyspnoea in the Ticagrelor group than in the Clopidogrel group.", one < two),
        (f"At least {one} patients in the Ticagrelor group had dyspnoea.", True),
        (f"At least {two + 1} patients in the Clopidogrel group had dyspnoea.", False),
        ("No patient in the Ticagrelor group had headache.", other_one == 0),
        ("The majority of patients in the Clopidogrel group had headache.", other_two > 25),
    ):
        reading = reading_of(claim, text)
        assert reading is not None, claim
        assert (reading.true, reading.sure) == (true, True), claim


@pytest.mark.parametrize(
    "claim",
    [
        "The majority of patients in the Warfarin group had an adverse event.",
        "No adverse events were reported in the Warfarin group.",
        "More patients had adverse events in the Warfarin group than in the Apixaban 5 mg group.",
        "More than 10% of patients in the Warfarin group had adverse events.",
    ],
)
def test_how_many_had_any_event_is_not_known_where_no_total_is_given(claim: str) -> None:
    assert reading_of(claim, TABLE) is None


@pytest.mark.parametrize(
    ("sure", "claim"),
    [
        (False, "The most common adverse event in the Warfarin group was major bleeding."),
        (True, "The most common adverse event in the Warfarin group was infection - other."),
        (False, "No adverse event in the Warfarin group occurred more than 30 times."),
        (False, "No patients in the Warfarin group had chest pain."),
    ],
)
def test_a_table_may_be_part_of_one(sure: bool, claim: str) -> None:
    reading = reading_of(claim, TABLE)
    assert reading is not None
    assert reading.sure is sure
    assert reading.true is not sure  # what is wrong of a part is wrong


def test_a_blank_is_no_zero() -> None:
    text = "Arm/Group Title | Drug | Placebo\nNausea | 3/10 | 1/10\nRash | 2/10 | "
    reading = reading_of("No patient in the Placebo group had rash.", text)
    assert reading is None or not reading.sure


def test_an_event_is_not_taken_for_the_one_named_beside_it() -> None:
    found = names("Low platelet counts and fever were seen.", ["pyrexia", "thrombocytopenia"]).found
    assert [sorted(each.rows) for each in found] == [["thrombocytopenia"], ["pyrexia"]]


WORDS = [
    "primary trial",
    "secondary trial",
    "cohort 1",
    "cohort 2",
    "both cohorts",
    "nausea",
    "anaemia",
    "low platelet count",
    "more",
    "fewer",
    "than",
    "at least",
    "no",
    "not",
    "half",
    "a third",
    "1/3",
    "-one",
    "-2",
    "12",
    "5%",
    "99999999999999999999",
    "twice",
    "patients",
    "cases",
    "of",
    "in",
    "adverse events",
    "most common",
    "same",
    "only",
    "all",
    "kinds",
    "whereas",
    ",",
    ".",
    "(",
    "median",
    "months",
    "longer",
    "the",
]


@given(st.lists(st.sampled_from(WORDS), max_size=20), st.sampled_from([PAGE, TABLE, OUTCOME]))
def test_no_claim_is_too_odd(words: list[str], text: str) -> None:
    reading = reading_of(" ".join(words), text)
    assert reading is None or reading.how
