"""Two sources that say opposite things of the same are shown as such; two that do not are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.verification.conflicts import Stated, conflicts
from indexes.passage import Kind, Passage


def stated(text: str, number: int, year: int, level: str = "2", title: str = "A trial") -> Stated:
    name = f"pubmed:{number}"
    return Stated(
        text, Passage(f"{name}#0", name, Kind.LITERATURE, text, 0, len(text), title, year=year, evidence_level=level)
    )


OLD = stated("In 1,200 adults with atrial fibrillation, digoxin increased mortality.", 1, 2005)
NEW = stated("Digoxin reduced mortality among 340 patients with atrial fibrillation.", 2, 2019, "1")


def people(passage: Passage) -> int | None:
    """What the appraisal of each study counts; of others nothing."""
    return {"pubmed:1": 1200, "pubmed:2": 340}.get(passage.document_id)


class ByWords:
    """A judge for whom "increased" and "reduced" contradict each other, and which notes what it was asked."""

    def __init__(self, *, one_way: bool = False) -> None:
        self.asked: list[tuple[str, str]] = []
        self._one_way = one_way

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        self.asked += pairs
        against = [
            ("increased" in claim and "reduced" in evidence)
            or (not self._one_way and "reduced" in claim and "increased" in evidence)
            for claim, evidence in pairs
        ]
        return np.array([[0.02, 0.95, 0.03] if each else [0.5, 0.1, 0.4] for each in against])


def test_a_conflict_says_date_design_and_size_the_newer_first() -> None:
    (conflict,) = conflicts([OLD, NEW], ByWords(), people)
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
    assert [each.text for each in conflicts([NEW, OLD], ByWords(), people)] == [conflict.text]


def test_both_directions_must_be_judged_contradictory() -> None:
    assert conflicts([OLD, NEW], ByWords(one_way=True), people) == []


@pytest.mark.parametrize(
    "other",
    [
        "Digoxin reduced hospital admission in atrial fibrillation.",
        "Metoprolol reduced mortality in atrial fibrillation.",
    ],
)
def test_what_is_about_something_else_is_not_even_judged(other: str) -> None:
    judge = ByWords()
    assert conflicts([OLD, stated(other, 3, 2010)], judge, people) == []
    assert judge.asked == []


def test_what_agrees_is_no_conflict() -> None:
    assert (
        conflicts([OLD, stated("Digoxin increased mortality in atrial fibrillation.", 3, 2010)], ByWords(), people)
        == []
    )


def test_one_document_does_not_contradict_itself() -> None:
    same = stated("Digoxin reduced mortality in atrial fibrillation.", 1, 2005)
    assert conflicts([OLD, same], ByWords(), people) == []


def test_no_size_is_given_that_the_appraisal_does_not_give() -> None:
    other = stated("Digoxin reduced mortality among 9,999 patients with atrial fibrillation.", 3, 2020)
    (conflict,) = conflicts([OLD, other], ByWords(), people)
    assert "1,200 people" in conflict.text
    assert conflict.text.count(" people,") + conflict.text.count(" people says") == 1
