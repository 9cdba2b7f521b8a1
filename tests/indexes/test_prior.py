"""The weight of evidence: level, age and standing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from passages import make_passage

from indexes.passage import Status
from indexes.prior import prior

PASSAGE = make_passage(1, "Aspirin prevents stroke", year=2020)


def of(**changes: object) -> float:
    return prior(replace(PASSAGE, **changes), 2026)  # type: ignore[arg-type]


def test_a_stronger_design_weighs_more() -> None:
    weights = [of(evidence_level=level) for level in ("1", "2", "3", "unknown", "4", "registration", "5")]
    assert weights == sorted(weights, reverse=True)
    assert of(evidence_level="guideline") == of(evidence_level="1")


def test_newer_weighs_more_and_the_undated_little() -> None:
    assert of(year=2026) > of(year=2020) > of(year=1990) > 0
    assert of(year=2027) == of(year=2026), "a year ahead is no better than now"
    assert of(year=None) < of(year=2020)


def test_what_no_longer_stands_weighs_less_and_the_retracted_nothing() -> None:
    assert of() > of(status=Status.DRAFT) > of(status=Status.SUPERSEDED) > of(status=Status.RETRACTED) == 0
    assert of(status=Status.CORRECTED) == of()


@given(
    st.sampled_from(["guideline", "1", "2", "3", "4", "5", "registration", "unknown", "?"]),
    st.none() | st.integers(-500, 9999),
    st.sampled_from(Status),
)
def test_a_weight_is_between_0_and_1(level: str, year: int | None, status: Status) -> None:
    assert 0 <= of(evidence_level=level, year=year, status=status) <= 1
