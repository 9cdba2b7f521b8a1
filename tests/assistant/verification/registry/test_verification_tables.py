"""What a trial's tables count is neither shown otherwise nor taken for what it is not."""

from __future__ import annotations

from posted_results import OUTCOME, PAGE, TABLE

from assistant.verification.evidence import Evidence
from assistant.verification.features import read
from assistant.verification.tables import check_tables, table_values


def test_what_is_counted_otherwise_is_a_fault() -> None:
    found = check_tables("Major bleeding was more common with Apixaban 5 mg than with Warfarin.", Evidence(TABLE))
    assert found.fault
    assert found.contradicts
    assert "counts say otherwise" in found.text
    assert not check_tables(
        "Major bleeding was more common with Warfarin than with Apixaban 5 mg.", Evidence(TABLE)
    ).text


def test_a_row_is_read_under_the_heads_of_its_passage() -> None:
    row = TABLE.splitlines()[1]
    wrong = "Major bleeding was more common with Apixaban 5 mg than with Warfarin."
    assert check_tables(wrong, Evidence(row, passage=TABLE)).fault
    assert not check_tables(wrong, Evidence(row, passage=row)).text  # no head tells which figure is whose


def test_measured_figures_only_lower_the_support() -> None:
    found = check_tables("Survival was longer in cohort 1 of the primary trial than in cohort 2.", Evidence(OUTCOME))
    assert found.contradicts
    assert not found.fault


def test_what_is_not_sure_is_no_fault() -> None:
    found = check_tables("One patient in the primary trial had toothache.", Evidence(PAGE))
    assert not found.fault


def test_the_model_sees_what_was_counted() -> None:
    right, wrong = (
        f"More patients in cohort {n} of the primary trial had nausea than in cohort {m}." for n, m in ((1, 2), (2, 1))
    )
    assert table_values(right, Evidence(PAGE))["counted"] == 1.0
    assert table_values(wrong, Evidence(PAGE))["counted"] == -1.0
    assert read(wrong, Evidence(PAGE)).values["counted"] == -1.0
    assert set(table_values("Aspirin reduces mortality.", Evidence("Aspirin reduced mortality.")).values()) == {0.0}
