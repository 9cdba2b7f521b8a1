"""Posted results become arms with their figures, whichever way they are laid out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from posted_results import INTERVENTIONS, OUTCOME, PAGE, RESPONSE, TABLE, report_of

from assistant.verification.registry.report import Count, header_of, read_report


def test_a_page_of_two_trials_has_the_arms_of_both() -> None:
    report = report_of(PAGE)
    assert [(arm.trial, arm.number) for arm in report.arms] == [("primary", 1), ("primary", 2), ("secondary", 1)]
    assert report.counts_events
    assert not report.measures
    assert report.arms[0].total == Count(12, 50)
    assert report.arms[1].events["nausea"] == Count(6, 60)
    assert report.arms[2].at_risk == 20


def test_a_footnotes_mark_is_no_digit_of_the_count() -> None:
    report = report_of(PAGE)
    assert report.arms[1].events["febrile neutropenia"] == Count(1, 60)  # "[1]21/60 (1.67%)"


def test_a_table_has_its_arms_side_by_side() -> None:
    report = report_of(TABLE)
    assert [arm.title for arm in report.arms] == ["Apixaban 5 mg", "Warfarin", "Arm C: no treatment"]
    assert report.arms[1].events == {
        "major bleeding": Count(24, 410), "rash with no itching": Count(0, 410), "infection - other": Count(5, 410),
    }  # fmt: skip
    assert header_of(TABLE) == TABLE.splitlines()[0]


def test_an_outcome_measure_has_its_figures_with_unit_and_limits() -> None:
    report = report_of(OUTCOME)
    assert report.measure == "Progression-free survival"
    first = report.arms[0]
    assert (first.title, first.unit, first.analysed) == ("Capecitabine", "months", 100)
    assert (first.figures[0].value, first.figures[0].limits) == (6.2, (5.0, 7.4))
    rows = report_of(RESPONSE)
    assert [(figure.name, figure.value) for figure in rows.arms[0].figures] == [
        ("Complete response", 4.0), ("Partial response", 10.0), ("No response", 26.0),
    ]  # fmt: skip


def test_a_table_of_an_outcome_measure_counts_who_was_analysed() -> None:
    report = read_report(
        "Time Frame | 2 years\nArm/Group Title | A | B\nParticipants | 10 | 12\nmonths | 8.6 (7.2 to 9.3) | 5.6 (1.1)"
    )
    assert report is not None
    assert [(arm.analysed, arm.figures[0].value) for arm in report.arms] == [(10, 8.6), (12, 5.6)]
    assert report.arms[0].figures[0].limits == (7.2, 9.3)


def test_interventions_are_arms_with_their_words() -> None:
    report = report_of(INTERVENTIONS)
    assert [arm.text.split(":")[0] for arm in report.arms] == [
        "Capecitabine",
        "Placebo",
        "Trastuzumab given IV over 30 minutes",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Aspirin reduced mortality.",
        "Deaths were 9/100 with the drug.",
        "A | B\nC | D",
        "Primary trial results were posted.\nResults 1 and 2",
    ],
)
def test_what_is_no_report_is_none(text: str) -> None:
    assert read_report(text) is None


def test_figures_without_end_are_none() -> None:
    assert not report_of(f"Adverse Events 1:\nNausea {'9' * 5000}/{'9' * 5000}").counts_events


@given(st.text(max_size=300))
def test_any_text_is_read_or_left(text: str) -> None:
    for laid_out in (text, f"Adverse Events 1:\n{text}", f"Results 1:\n{text}", f"Arm/Group Title | A | B\n{text}"):
        report = read_report(laid_out)
        assert report is None or all(count.affected >= 0 for arm in report.arms for count in arm.events.values())
