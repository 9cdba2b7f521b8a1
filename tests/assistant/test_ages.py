"""Ages: read from questions as people type them, and compared with the ranges that sources give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.planning.ages import age_ranges, asked_age, covers, in_words


@pytest.mark.parametrize(
    ("question", "age"),
    [
        ("How often should a 50-year-old woman have a mammogram?", 50),
        ("statin in 15 year old with familial hypercholesterolemia", 15),
        ("82 yo with AF, anticoagulate?", 82),
        ("statin age >75 primary prevention", 76),
        ("Should healthy adults over 60 start aspirin?", 61),
        ("My patient is 55, smokes and has a 12% ten-year cardiovascular risk", 55),
        ("Should low-risk adults of 45 take aspirin?", 45),
        ("a patient of 80 kg", None),
        ("aspirin 81 mg daily", None),
        ("mortality at 30 days after infarction", None),
        ("tamoxifen for 10 years or 5 years", None),
        ("INR of 2.5 on warfarin", None),
        ("dose of paracetamol for a 6-month-old", 0.5),
        ("18 month old with croup", 1.5),
        ("vitamin A dose for infant 9 months", 0.75),
        ("co-amoxiclav dose under 3 months", 2 / 12),
        ("ivermectin under 5 years", 4),
        ("children under 5 with fever", 4),
        ("lung CT 48 y smoker 30 pack years", 48),
        ("prednisolone for 3 months", None),
        ("amoxicillin for a child 5 days", None),
        ("opioids for pain lasting under 3 months", None),
        ("statin with a life expectancy under 2 years", None),
        ("ceftriaxone for a 10 days old baby", 10 / 365),
    ],
)
def test_the_age_a_question_is_about(question: str, age: float | None) -> None:
    assert asked_age(question) == pytest.approx(age)


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("Offer women from 40 to 74 years of age a mammogram.", [(40, 74)]),
        ("Prescribe a statin to adults aged 40 to 75 years who smoke.", [(40, 75)]),
        ("Do not start aspirin in adults of 60 years or older.", [(60, 120)]),
        ("Screen adults 45 to 49 years old as well.", [(45, 49)]),
        ("Women younger than 40 years were left out.", [(0, 40)]),
        ("After 5 to 10 years of treatment the risk fell by 30 to 40%.", []),
        ("Only fluoxetine from age 8 years, and escitalopram for ages 12 to 17.", [(12, 17), (8, 120)]),
        ("Data of patients from 10 years of follow-up.", []),
        ("Screen women 24 years or younger and women 25 years or older at risk.", [(25, 120), (0, 24)]),
        ("Women aged <25 years are at highest risk.", [(0, 25)]),
        ("Offer it to adults ≥65 years.", [(65, 120)]),
        ("Screening should be discontinued after age 85 years.", [(85, 120)]),
        ("Screen starting at age 50 years and continuing until age 75 years.", [(50, 75)]),
        ("Offer the vaccine up to 26 years of age.", [(0, 26)]),
        ("Screening before age 21 does harm.", [(0, 21)]),
        ("Benefit lasted up to 10 years after screening.", []),
    ],
)
def test_the_ages_a_source_speaks_of(text: str, ranges: list[tuple[int, int]]) -> None:
    assert age_ranges(text) == [pytest.approx(each, abs=1 / 300) for each in ranges]


def test_a_range_covers_its_ends_and_nothing_beyond() -> None:
    text = "Offer women from 40 to 74 years of age a mammogram."
    assert [covers(text, age) for age in (39, 40, 74, 75)] == [False, True, True, False]
    assert covers("Offer a mammogram.", 50) is None


def test_where_something_starts_says_not_until_when() -> None:
    assert [covers("Screen starting at age 45 years.", age) for age in (44, 45, 90)] == [False, None, None]
    text = "Screening adults aged 50 to 75 years goes on, now starting at age 45."
    assert [covers(text, age) for age in (44, 47, 60, 90)] == [False, True, True, False]


def test_words_for_those_beyond_a_range_hold_for_them() -> None:
    text = "Screen adults 15 to 65 years old, and also younger adolescents and older adults whose risk is increased."
    assert [covers(text, age) for age in (13, 40, 70)] == [True, True, True]
    assert [covers("Screen adults 15 to 65 years old.", age) for age in (13, 40, 70)] == [False, True, False]


def test_months_are_no_years_and_a_label_is_a_range() -> None:
    assert covers("Children aged 18 to 30 months may be screened.", 2) is None
    assert [covers("6 - 12 years: 1 - 2 tablets", age) for age in (5, 8, 13)] == [False, True, False]


DOXYCYCLINE = "Doxycycline: Adult: 200 mg once daily for 5 days, Child: 12 - 18 years, 200 mg on first day"
PARACETAMOL = "Adults: 1 g three times daily; Child: 1 - 5 years 120 mg; 6 - 12 years 250 mg; 12 - 16 years 500 mg"


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        (DOXYCYCLINE, {5: False, 11: False, 12: True, 30: True}),
        (PARACETAMOL, {0: False, 4: True, 9: True, 17: False, 40: True}),
        ("Child: 3 months - 5 years: 10 mg", {0.1: False, 0.5: True, 4: True, 8: False, 30: False}),
        ("1 - 3 months: 30 mg; 3-12 months: up to 120 mg", {0.1: True, 0.5: True, 2: False}),
        ("Infants under 3 months should not be given it", {0.1: True, 0.5: False}),
        ("Child over 2 years: 400 mg", {1: False, 3: True}),
        ("Child over 50 kg: as adults; 13 and above: as adults", {0.2: False, 14: True}),
        ("Child under 2 years: half a tablet", {1.5: True, 2: False}),
        ("Pain that lasted less than 3 months", {0.1: None, 40: None}),
        ("Symptoms went on for over 6 months, treatment for 6 months to 2 years", {5: None, 40: None}),
        ("Salbutamol (Child under 18 months): 1.25 mg", {1: True, 10: False}),
        ("Given for 3 - 6 months, and over 5 years 20% relapsed", {1: None, 30: None}),
        ("Adult: 500 mg every 4 - 6 hours for 5 - 7 days", {6: None, 30: None}),
        ("Treatment goes on for 2 - 3 years, then stop", {30: None}),
    ],
)
def test_lines_of_doses_are_for_the_ages_that_they_name(text: str, covered: dict[float, bool | None]) -> None:
    assert {age: covers(text, age) for age in covered} == covered


@pytest.mark.parametrize(
    ("age", "words"),
    [(52, "age 52"), (1, "age 1"), (1.5, "age 18 months"), (2 / 12, "age 2 months"), (10 / 365, "age 10 days")],
)
def test_an_age_in_words(age: float, words: str) -> None:
    assert in_words(age) == words


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    asked_age(text)
    assert all(0 <= low <= high <= 120 for low, high in age_ranges(text) if low)
