"""Regimens in lists of drugs: a drug's own lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.composing.regimens import asks_of_a_drug_alone, is_on, regimens
from assistant.planning.rules import plan
from assistant.planning.terms import drugs_in

LIST = "Amoxicillin: 500 mg every 8 hours\nChild: 250 mg\nThen half of it\nGentamicin\nAdult: 5 mg/kg\nRest"


def told(drug: str) -> list[str]:
    return [LIST[start:end] for start, end in regimens(LIST, drugs_in(drug))]


def test_a_regimen_is_the_drugs_line_and_those_that_go_on_with_it() -> None:
    assert told("amoxicillin") == ["Amoxicillin: 500 mg every 8 hours\nChild: 250 mg\nThen half of it"]
    assert told("gentamicin") == ["Gentamicin\nAdult: 5 mg/kg"]
    assert told("metronidazole") == []


@given(st.lists(st.sampled_from(["Amoxicillin 1 g", "Child: 250 mg", "Gentamicin", "Rest", ""]), max_size=8))
def test_regimens_are_whole_lines_that_begin_with_the_drug(lines: list[str]) -> None:
    items = "\n".join(lines)
    found = [items[start:end] for start, end in regimens(items, drugs_in("amoxicillin"))]
    assert len(found) == lines.count("Amoxicillin 1 g")
    assert all(set(each.split("\n")) <= {*lines} and each.startswith("Amoxicillin 1 g") for each in found)


def test_a_line_is_on_the_drug_that_it_begins_with() -> None:
    assert is_on("Phenytoin - Adult: 15 mg/kg", drugs_in("phenytoin"))
    assert not is_on("Valproate may be given where, of all drugs, phenytoin fails", drugs_in("phenytoin"))


@pytest.mark.parametrize(
    ("question", "alone"),
    [
        ("loading dose of phenytoin", True),
        ("phenytoin dose", True),
        ("What is the maximum daily dose of paracetamol in adults?", True),
        ("phenytoin dose in status epilepticus", False),
        ("eclampsia magnesium sulphate dose", False),
        ("side effects of phenytoin", True),
        ("side effects of phenytoin in pregnancy", True),
        ("phenytoin for seizures", False),
        ("dose", False),
    ],
)
def test_a_drug_is_asked_about_alone_where_nothing_says_for_what(question: str, *, alone: bool) -> None:
    assert asks_of_a_drug_alone(plan(question)) is alone
