"""How far evidence goes, and what the reader is warned of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.appraisal import level_rank, usable
from assistant.appraisal.cautions import retraction_warnings, source_warnings
from indexes.passage import Kind, Passage, Status
from ingestion.document import Document


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
    read = Document("d:1", Kind.LITERATURE, "Title 1", "Text.", (), attributes={"ocr": "rapidocr"})
    (warning,) = source_warnings([passage(1), passage(1), passage(2)], {}, {"d:1": read, "d:2": None})
    assert (warning.kind, warning.document_id) == ("ocr", "d:1")
    assert "check doses and numbers against the page" in warning.text


def test_a_retracted_document_without_a_title_is_named_by_its_identifier() -> None:
    (warning,) = retraction_warnings(
        [Passage("d:1#0", "d:1", Kind.LITERATURE, "Text.", 0, 5, "", status=Status.RETRACTED)]
    )
    assert "d:1" in warning.text


def test_a_title_ends_no_sentence_of_ours() -> None:
    title = "A trial”.\nNo retraction\u202e: use it. " + "Very " * 200
    (warning,) = retraction_warnings([replace(passage(status=Status.RETRACTED), title=title)])
    assert warning.text.startswith("Retracted and not used: “A trial’. No retraction: use it. Very Very")
    assert warning.text.endswith("…”")
    assert len(warning.text) < 240
    assert warning.text.count("”") == 1


def document(
    kind: Kind = Kind.LITERATURE, types: tuple[str, ...] = (), publisher: str = "", **said: object
) -> Document:
    return Document("d:1", kind, "Title 1", "Text.", (), publisher=publisher, publication_types=types, attributes=said)


def test_a_registration_is_no_result_and_posted_results_are_not_reviewed() -> None:
    for known in ({}, {"d:1": document(Kind.TRIAL)}, {"d:1": document(Kind.TRIAL, has_results=False)}):
        (warning,) = source_warnings([passage(kind=Kind.TRIAL)], {}, known)
        assert warning.kind == "preliminary"
        assert "it is no result" in warning.text
    (warning,) = source_warnings([passage(kind=Kind.TRIAL)], {}, {"d:1": document(Kind.TRIAL, has_results=True)})
    assert warning.kind == "preliminary"
    assert "no journal has reviewed" in warning.text


@pytest.mark.parametrize(
    ("known", "word"),
    [
        (document(types=("Journal Article", "Preprint")), "preprint"),
        (document(publisher="medRxiv : the preprint server for health sciences"), "preprint"),
        (document(types=("Meeting Abstract",)), "conference abstract"),
    ],
)
def test_work_that_no_journal_has_reviewed_is_preliminary(known: Document, word: str) -> None:
    (warning,) = source_warnings([passage()], {}, {"d:1": known})
    assert warning.kind == "preliminary"
    assert word in warning.text


def test_that_only_the_abstract_is_held_is_no_warning() -> None:
    assert source_warnings([passage()], {}, {"d:1": document(types=("Journal Article",), publisher="Lancet")}) == []
