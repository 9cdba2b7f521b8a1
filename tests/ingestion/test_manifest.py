"""A manifest says what the files do not, and a bad one is named and stops nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from native import article, guideline, pubmed_xml

from indexes.passage import Status
from ingestion.document import Document
from ingestion.library import Library
from ingestion.manifest import NAME
from ingestion.pipeline import ingest_files

MANIFEST = """
["dengue.md"]
issuer = "World Health Organization"
title = "Dengue in adults"
version = 2009
date = 2009-11-21
status = "superseded"
superseded_by = "guideline:who/arboviral-diseases@2025"
licence = "CC BY-NC-SA 3.0 IGO"
url = "https://example.org/dengue"

["regional/*.md"]
issuer = "MoH"
supersedes = ["guideline:who/old@2001"]
"""


def document(library: Library, identifier: str) -> Document:
    found = library.ledger.document(identifier)
    assert found
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "regional").mkdir(parents=True)
    (folder / "dengue.md").write_text(guideline("Untitled export", "Give fluids."))
    (folder / "regional" / "malaria.md").write_text(guideline("Malaria", "Test first."))
    (folder / NAME).write_text(MANIFEST)
    return folder


def test_a_guideline_is_what_the_manifest_says_it_is(library: Library, folder: Path) -> None:
    report = ingest_files(library, [folder])
    assert (report.added, report.skipped, report.failures) == (2, [], [])
    dengue = document(library, "guideline:who/dengue-in-adults@2009")
    assert (dengue.title, dengue.publisher, dengue.date, dengue.year) == ("Dengue in adults", "WHO", "2009-11-21", 2009)
    assert (dengue.status, dengue.superseded_by) == (Status.SUPERSEDED, "guideline:who/arboviral-diseases@2025")
    assert (dengue.licence, dengue.url) == ("CC BY-NC-SA 3.0 IGO", "https://example.org/dengue")
    assert document(library, "guideline:moh/malaria@2024").attributes["supersedes"] == ["guideline:who/old@2001"]
    assert ingest_files(library, [folder]).files_unchanged == 2


def test_an_entry_that_changes_makes_its_file_be_read_again_and_no_other(library: Library, folder: Path) -> None:
    ingest_files(library, [folder])
    (folder / NAME).write_text(MANIFEST.replace("version = 2009", "version = '2009-rev2'"))
    report = ingest_files(library, [folder])
    assert (report.files, report.files_unchanged, report.added, report.deleted) == (1, 1, 1, 1)
    assert document(library, "guideline:who/dengue-in-adults@2009-rev2")
    assert library.ledger.document("guideline:who/dengue-in-adults@2009") is None


def test_a_manifest_that_is_named_stands_for_its_files_and_misses_those_that_are_gone(
    library: Library, folder: Path
) -> None:
    (folder / "unlisted.md").write_text(guideline("Unlisted", "Do nothing."))
    (folder / "dengue.md").unlink()
    report = ingest_files(library, [folder / NAME])
    assert [Path(failure[0]).name for failure in report.failures] == ["dengue.md"]
    assert (report.added, library.ledger.document("guideline:who/unlisted@2024")) == (1, None)


def test_a_pattern_means_files_and_no_hidden_ones(library: Library, folder: Path) -> None:
    (folder / "below").mkdir()
    (folder / "below" / "asthma.md").write_text(guideline("Asthma", "Offer an inhaler."))
    (folder / ".draft.md").write_text(guideline("Draft", "Do nothing."))
    (folder / NAME).write_text('["*"]\nissuer = "MoH"\n')
    report = ingest_files(library, [folder / NAME])
    assert (report.added, report.failures) == (3, [])
    assert document(library, "guideline:moh/asthma@2024")


def test_a_draft_that_has_a_successor_stays_a_draft(library: Library, folder: Path) -> None:
    """It never was in force."""
    path = folder / "dengue.md"
    path.write_text(path.read_text().replace("---\n", "---\nstatus: draft\n", 1))
    (folder / NAME).write_text('["dengue.md"]\nsuperseded_by = "guideline:who/final@2025"\n')
    ingest_files(library, [path])
    (found,) = library.ledger.listed()
    assert (found.status, found.superseded_by) == ("draft", "guideline:who/final@2025")


def test_a_file_named_alone_has_its_manifest_too(library: Library, folder: Path) -> None:
    ingest_files(library, [folder / "dengue.md"])
    assert document(library, "guideline:who/dengue-in-adults@2009")


def test_a_file_is_the_same_guideline_however_it_is_named(library: Library, folder: Path) -> None:
    ingest_files(library, [folder])
    (folder / "regional" / "malaria.md").write_text(guideline("Malaria", "Test twice."))
    report = ingest_files(library, [folder / "regional" / "malaria.md"])
    assert (report.changed, report.added, report.deleted) == (1, 0, 0)
    assert document(library, "guideline:moh/malaria@2024").text == "Test twice."
    assert ingest_files(library, [folder / "regional"]).files_unchanged == 1


def test_articles_and_trials_are_left_as_their_registry_has_them(library: Library, folder: Path) -> None:
    (folder / "a.xml").write_text(pubmed_xml(article(1)))
    (folder / NAME).write_text('["a.xml"]\nissuer = "Me"\n')
    ingest_files(library, [folder / "a.xml"])
    assert document(library, "pubmed:1").publisher == "Trials"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('["dengue.md"]\nisuer = "WHO"\n', "isuer"),
        ('["dengue.md"]\nstatus = "gone"\n', "status"),
        ('["dengue.md"]\ndate = "last year"\n', "date"),
        ('["dengue.md"\n', "TOML"),
        ('dengue = "WHO"\n', "dengue"),
        ('["../../etc/passwd"]\nissuer = "x"\n', "outside"),
        ('["/etc/passwd"]\nissuer = "x"\n', "outside"),
        ("\x00\xff", "TOML"),
        ("a = " + "[" * 20_000, "nested too deeply"),
        ("a = " + "{a=" * 5_000, "nested too deeply"),
        (".".join("a" * 100_000) + " = 1", "line 1 has more than 64 dots"),
        ('["a\\u0000.md"]\ntitle = "x"\n', "no file's name"),
        ("".join(f'["{n}.md"]\n' for n in range(10_001)), "more than 10,000 entries"),
    ],
)
def test_a_bad_manifest_is_named_with_the_mend_and_its_files_stay_as_they_are(
    library: Library, folder: Path, text: str, told: str
) -> None:
    ingest_files(library, [folder])
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / NAME).write_text('["*.md"]\nissuer = "ECDC"\n')
    (folder / "elsewhere" / "mpox.md").write_text(guideline("Mpox", "Isolate."))
    (folder / NAME).write_bytes(text.encode("latin-1"))
    report = ingest_files(library, [folder])
    ((file, _, reason, _),) = report.failures
    assert Path(file).name == NAME
    assert told in reason
    assert "are left as they are" in reason
    assert (report.added, report.changed, report.deleted) == (1, 0, 0)  # what has a manifest of its own
    assert document(library, "guideline:who/dengue-in-adults@2009").status is Status.SUPERSEDED
    assert ingest_files(library, [folder / "dengue.md"]).failures == report.failures
    (folder / NAME).write_text(MANIFEST)
    report = ingest_files(library, [folder])
    assert (report.failures, report.files_unchanged) == ([], 3)
    assert library.ledger.failures() == []


def test_a_name_in_a_manifest_that_is_no_file_is_told_with_its_folder(library: Library, folder: Path) -> None:
    (folder / NAME).write_text(MANIFEST.replace('"dengue.md"', '"denque.md"'))
    report = ingest_files(library, [folder])
    ((file, _, reason, _),) = report.failures
    assert Path(file).name == NAME
    assert "'denque.md'" in reason
    assert "regional" not in reason  # a pattern may be there for files to come
    assert report.added == 2
    assert ingest_files(library, [folder / "dengue.md"]).failures == []
    (folder / NAME).write_text(MANIFEST)
    assert ingest_files(library, [folder]).failures == []
    assert library.ledger.failures() == []
