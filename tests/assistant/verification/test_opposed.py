"""Sentences that contradict each other in the same words are no duplicates, and are told as a conflict whatever they are about."""

from __future__ import annotations

import pytest

from assistant.verification.conflicts import Stated, conflicts
from assistant.verification.opposed import flatly_opposed, opposed
from indexes.passage import Kind, Passage

OPPOSED = [
    ("Fish oil reduced death after a heart attack.", "Fish oil did not reduce death after a heart attack."),
    ("Vitamin E lowered mortality in older adults.", "Vitamin E raised mortality in older adults."),
    ("Very early physiotherapy improved disability after stroke.", "Very early physiotherapy worsened disability after stroke."),
    ("Hip protectors prevented hip fractures in care homes.", "Hip protectors did not prevent hip fractures in care homes."),
    ("CT screening should be offered to smokers.", "CT screening should not be offered to smokers."),
]  # fmt: skip
ALIKE = [
    ("Statins lower stroke in adults with diabetes.", "Statins lower the rate of stroke in adults with diabetes."),
    ("Aspirin reduced stroke but not death.", "Aspirin reduced stroke."),
    ("It helped.", "It did not help."),  # nobody knows what
    ("Aspirin does not prevent colds in adults.", "Statins prevent stroke in older people."),
]


def stated(text: str, number: int) -> Stated:
    passage = Passage(
        f"pubmed:{number}#0", f"pubmed:{number}", Kind.LITERATURE, text, 0, len(text), "A trial", year=2000 + number
    )
    return Stated(text, passage)


@pytest.mark.parametrize(("one", "other"), OPPOSED)
def test_opposite_findings_are_a_conflict_without_any_model(one: str, other: str) -> None:
    assert opposed(one, other)
    assert flatly_opposed(one, other)
    found = conflicts([stated(one, 1), stated(other, 2)], lambda pairs: None, lambda passage: None)
    assert [each.documents for each in found] == [frozenset({"pubmed:1", "pubmed:2"})]
    assert found[0].text.startswith("Sources disagree")
    assert one in found[0].text
    assert other in found[0].text


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_what_is_alike_or_on_other_things_is_none(one: str, other: str) -> None:
    assert not flatly_opposed(one, other)
    assert conflicts([stated(one, 1), stated(other, 2)], lambda pairs: None, lambda passage: None) == []


@pytest.mark.parametrize(("one", "other"), OPPOSED)
def test_one_document_does_not_disagree_with_itself(one: str, other: str) -> None:
    assert conflicts([stated(one, 1), stated(other, 1)], lambda pairs: None, lambda passage: None) == []
