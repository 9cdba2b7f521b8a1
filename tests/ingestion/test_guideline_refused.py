"""Shapes that hold words of guidelines and cannot be cited are refused with a reason, and what is no guideline is not taken for one."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ingestion.errors import SourceError, UnknownKindError
from ingestion.sources import find_parser
from ingestion.sources.guideline_refused import RefusedGuidelines


def test_a_database_is_refused_with_the_way_on(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE page (text TEXT)")
    database.close()
    parser = find_parser(path)
    with pytest.raises(SourceError, match=r"is a database.*; export its pages as HTML or Markdown") as error:
        list(parser.parse(path))
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('[{"title": "Fever", "node_id": "0000", "page_index": 1, "text": "A\\nB"}]', "index of pages"),
        ("<div xmlns=\"http://www.w3.org/1999/xhtml\">\n {% include page.html topic='Fever' %}</div>", "template"),
    ],
)
def test_an_index_of_pages_and_an_unrendered_template_are_refused(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "file"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=reason):
        list(find_parser(path).parse(path))


def test_a_file_of_another_shape_is_not_refused() -> None:
    parser = RefusedGuidelines()
    for head in (b"", b"SQLite", b'{"node_id": 1}', b"<div>{% include x %}</div>", b'{"protocolSection": {}}'):
        assert not parser.recognises(Path("x"), head)


def test_nothing_of_the_genuine_folders_is_taken_for_a_guideline_that_is_none(data_dir: Path) -> None:
    """Each file by its parser: read off by eye once, so that a change of what is recognised is seen."""
    root = data_dir / "ingest/guidelines"
    taken: dict[str, int] = {}
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        if not path.stat().st_size:
            continue
        try:
            name = find_parser(path).name
        except UnknownKindError:
            continue
        assert path.stem.lower() not in {
            "readme",
            "license",
            "changelog",
            "changes",
            "metadata",
            "registry",
            "testing",
        }, path
        if "EPUB" not in name and "DOCX" not in name:
            taken[name] = taken.get(name, 0) + 1
    assert taken == {
        "guideline (PDF)": 11,
        "guideline by condition (JSON)": 270,
        "guideline in a shape that cannot be cited": 21,
        "USPSTF JSON (Prevention TaskForce API)": 2,
        "guideline (Markdown)": 2,
        "guideline tables (XLSX)": 4,
    }
