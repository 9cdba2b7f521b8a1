"""How far evidence goes, and what the reader is warned of."""

from __future__ import annotations

import pytest

from assistant.appraisal import level_rank, retraction_warnings, source_warnings, usable
from indexes.passage import Kind, Passage, Status


def passage(number: int = 1, status: Status = Status.CURRENT, kind: Kind = Kind.LITERATURE) -> Passage:
    return Passage(
        f"d:{number}#0", f"d:{number}", kind, "Text.", 0, 5, f"Title {number}", status=status, evidence_level="2"
    )


def test_the_order_of_evidence() -> None:
    order = ["guideline", "1", "2", "3", "4", "5", "registration", "unknown"]
    assert [level_rank(level) for level in order] == list(range(len(order)))
    assert level_rank("anything else") > level_rank("unknown")


def test_only_retracted_work_may_carry_nothing() -> None:
    assert [status for status in Status if not usable(passage(status=status))] == [Status.RETRACTED]


def test_a_retracted_document_is_named_once() -> None:
    found = [passage(1, Status.RETRACTED), passage(2), passage(1, Status.RETRACTED)]
    (warning,) = retraction_warnings(found)
    assert (warning.kind, warning.document_id) == ("retracted", "d:1")
    assert "Title 1" in warning.text


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (Status.CORRECTED, "corrected"),
        (Status.CONCERN, "expression_of_concern"),
        (Status.SUPERSEDED, "superseded"),
        (Status.DRAFT, "draft"),
    ],
)
def test_each_status_has_its_warning_once_a_document(status: Status, kind: str) -> None:
    (warning,) = source_warnings([passage(status=status), passage(status=status)], {})
    assert (warning.kind, warning.document_id) == (kind, "d:1")


def test_what_is_current_needs_no_warning() -> None:
    assert source_warnings([passage(), passage(2, kind=Kind.GUIDELINE)], {}) == []


def test_a_successor_is_named_and_hides_no_other_warning() -> None:
    (warning,) = source_warnings([passage(status=Status.SUPERSEDED)], {"d:1": "d:9"})
    assert "d:9" in warning.text
    both = source_warnings([passage(status=Status.DRAFT)], {"d:1": "d:9"})
    assert [warning.kind for warning in both] == ["draft", "superseded"]
    assert "draft" in both[0].text
    assert "d:9" in both[1].text


def test_what_was_read_by_ocr_is_to_be_checked_against_the_page() -> None:
    (warning,) = source_warnings([passage(1), passage(1), passage(2)], {}, scanned={"d:1"})
    assert (warning.kind, warning.document_id) == ("ocr", "d:1")
    assert "check doses and numbers against the page" in warning.text


def test_a_registration_is_no_result() -> None:
    (warning,) = source_warnings([passage(kind=Kind.TRIAL)], {})
    assert warning.kind == "preliminary"
