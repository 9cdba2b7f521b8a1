"""What sort of query it is, and what a description says of the patient."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.passage import Facets, Sex
from indexes.queries import Patient, QueryKind, kind_of, patient_in

WOMAN = (
    "A 58-year-old African-American woman presents to the ER with episodic pressing chest pain that began two days earlier "
    "for the first time in her life. She is known to have hypertension and obesity."
)


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("Is sertraline safe after a heart attack?", QueryKind.QUESTION),
        ("how to treat multiple sclerosis with diet", QueryKind.QUESTION),
        ("0-dimensional biomaterials lack inductive properties.", QueryKind.KEYWORDS),  # no small word stands in it
        ("1 in 5 million in UK have abnormal PrP positivity.", QueryKind.CLAIM),
        ("apixaban stroke prevention", QueryKind.KEYWORDS),
        ("ddt", QueryKind.KEYWORDS),
        (WOMAN, QueryKind.PATIENT),
        (
            "A group of service workers is preparing a trip to a region where malaria is common, and three are pregnant. "
            * 3,
            QueryKind.PATIENT,
        ),
        ("Which trials are open to a 58-year-old woman?", QueryKind.QUESTION),
        ("", QueryKind.KEYWORDS),
    ],
)
def test_queries_are_told_apart_by_their_form(query: str, kind: QueryKind) -> None:
    assert kind_of(query) is kind


@pytest.mark.parametrize(
    ("description", "age", "sex"),
    [
        (WOMAN, 58, Sex.FEMALE),
        ("A 6-month-old boy with fever", 0.5, Sex.MALE),
        ("An 85 year old man whose daughter recalls a fall", 85, Sex.MALE),
        ("3-week-old infant", 3 / 52, None),
        ("Her 60-year-old husband", 60, Sex.MALE),
        ("72 yo M with dyspnea", 72, Sex.MALE),
        ("45F, smoker", 45, Sex.FEMALE),
        ("A 45 M, smoker", 45, Sex.MALE),
        ("A 2.5-year-old girl", 2.5, Sex.FEMALE),
        ("Chest pain for 12 weeks", None, None),
        ("The patient has a fever of 102 F and cannot walk 50 m", None, None),
        ("Admitted with a 102 F fever, 71 years old", 71, None),
    ],
)
def test_age_and_sex_are_read(description: str, age: float | None, sex: Sex | None) -> None:
    found = patient_in(description)
    assert found.age == pytest.approx(age)
    assert found.sex is sex


def test_limits_keep_out_and_silence_does_not() -> None:
    women = Facets(sex=Sex.FEMALE, min_age=18, max_age=65)
    assert Patient(40, Sex.FEMALE).may_enter(women)
    assert not Patient(40, Sex.MALE).may_enter(women)
    assert not Patient(17, Sex.FEMALE).may_enter(women)
    assert not Patient(66, Sex.FEMALE).may_enter(women)
    assert Patient().may_enter(women)
    assert Patient(3, Sex.MALE).may_enter(Facets())
    assert Patient(3, Sex.MALE).may_enter(Facets(sex=Sex.ALL, min_age=0, max_age=200))


@given(st.text(max_size=300))
def test_any_text_is_of_some_sort(query: str) -> None:
    assert kind_of(query) in QueryKind
    age = patient_in(query).age
    assert age is None or age >= 0
