"""Two sources that say opposite things of the same are shown as such; two that do not are not."""

from __future__ import annotations

import pytest

from assistant.verification.conflicts import Stated, conflicts, size_of
from indexes.passage import Kind, Passage


def stated(text: str, number: int, year: int, level: str = "2", title: str = "A trial") -> Stated:
    name = f"pubmed:{number}"
    return Stated(
        text, Passage(f"{name}#0", name, Kind.LITERATURE, text, 0, len(text), title, year=year, evidence_level=level)
    )


OLD = stated("In 1,200 adults with atrial fibrillation, digoxin increased mortality.", 1, 2005)
NEW = stated("Digoxin reduced mortality among 340 patients with atrial fibrillation.", 2, 2019, "1")


def test_a_conflict_says_date_design_and_size_the_newer_first() -> None:
    (conflict,) = conflicts([OLD, NEW])
    assert (conflict.one, conflict.other) == (NEW, OLD)
    for part in (
        "Digoxin and mortality",
        "2019",
        "level 1",
        "340 people",
        "2005",
        "level 2",
        "1,200 people",
        "reduced",
        "increased",
    ):
        assert part in conflict.text, part
    assert [each.text for each in conflicts([NEW, OLD])] == [conflict.text]


@pytest.mark.parametrize(
    "other",
    [
        "Digoxin increased mortality in atrial fibrillation.",
        "Digoxin reduced hospital admission in atrial fibrillation.",
        "Metoprolol reduced mortality in atrial fibrillation.",
        "Digoxin was given to patients with atrial fibrillation.",
    ],
)
def test_what_agrees_or_is_about_something_else_is_no_conflict(other: str) -> None:
    assert conflicts([OLD, stated(other, 3, 2010)]) == []


def test_one_document_does_not_contradict_itself() -> None:
    assert conflicts([OLD, stated("Digoxin reduced mortality in atrial fibrillation.", 1, 2005)]) == []


def test_no_difference_contradicts_a_difference() -> None:
    none = stated("Digoxin did not increase mortality in patients with atrial fibrillation.", 4, 2015)
    assert len(conflicts([OLD, none])) == 1


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("We randomised 1,200 adults.", 1200),
        ("(n = 45)", 45),
        ("Of 90 screened patients, 60 patients took part.", 90),
        ("It was 12%.", None),
    ],
)
def test_the_size_of_a_study_is_read(text: str, size: int | None) -> None:
    assert size_of(text) == size
