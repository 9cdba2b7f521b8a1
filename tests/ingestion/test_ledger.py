"""The ledger: what goes in comes out, all of it or nothing, and no other file is taken for one."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexes.passage import Kind, Role, Status
from ingestion.chunking import passages_of
from ingestion.database import SCHEMA_VERSION
from ingestion.document import Document, TextBuilder
from ingestion.errors import IngestionError
from ingestion.ledger import Known, Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
        yield ledger


def make_document(number: int = 1, *texts: str, kind: Kind = Kind.LITERATURE) -> Document:
    builder = TextBuilder()
    for text in texts or ("Aspirin helped.",):
        builder.add(text, Role.RECOMMENDATION, ("Results",))
    return Document(f"doc:{number}", kind, "Title", builder.text, tuple(builder.sections), year=2020)


def record(ledger: Ledger, document: Document, source: str = "a.xml") -> None:
    ledger.record(document, passages_of(document), source)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.builds(
        Document,
        document_id=st.text(min_size=1, max_size=20),
        kind=st.sampled_from(Kind),
        title=st.text(max_size=20),
        text=st.just("Aspirin — 😀."),
        sections=st.just(make_document(1, "Aspirin — 😀.").sections),
        year=st.none() | st.integers(1800, 2100),
        authors=st.lists(st.text(max_size=8), max_size=3).map(tuple),
        identifiers=st.dictionaries(st.sampled_from(["pmid", "doi"]), st.text(max_size=8)),
        status=st.sampled_from(Status),
        attributes=st.dictionaries(st.text(max_size=5), st.integers() | st.lists(st.text(max_size=3)), max_size=3),
    )
)
def test_documents_and_passages_come_back_equal(ledger: Ledger, document: Document) -> None:
    record(ledger, document)
    assert ledger.document(document.document_id) == document
    assert ledger.known(document.document_id) == Known(document.content_hash, "", "", "a.xml")
    for passage in passages_of(document):
        assert ledger.passage(passage.passage_id) == passage
    assert ledger.remove(document.document_id)


def test_what_is_not_there_is_none(ledger: Ledger) -> None:
    assert ledger.document("doc:1") is ledger.passage("doc:1#0") is ledger.known("doc:1") is None
    assert ledger.get_meta("signature") is None
    assert ledger.passage_ids("doc:1") == ledger.failures() == list(ledger.passages()) == []
    assert not ledger.remove("doc:1")
    assert not ledger.has_documents()
    assert ledger.counts() == dict.fromkeys(Kind, (0, 0))


def test_a_document_recorded_again_replaces_itself_and_its_passages(ledger: Ledger) -> None:
    record(ledger, make_document(1, "One.", "Two.", "Three."))
    record(ledger, make_document(1, "Only."), "b.xml")
    assert ledger.passage_ids("doc:1") == ["doc:1#0"]
    assert [passage.text for passage in ledger.passages()] == ["Only."]
    assert ledger.known("doc:1").source == "b.xml"  # type: ignore[union-attr]


def test_counts_are_by_kind_and_removing_takes_the_passages_along(ledger: Ledger) -> None:
    record(ledger, make_document(1, "One.", "Two."))
    record(ledger, make_document(2, kind=Kind.TRIAL))
    assert ledger.counts() == {Kind.GUIDELINE: (0, 0), Kind.LITERATURE: (1, 2), Kind.TRIAL: (1, 1)}
    assert ledger.remove("doc:1")
    assert ledger.counts()[Kind.LITERATURE] == (0, 0)
    assert ledger.passage("doc:1#0") is None
    assert ledger.has_documents()


def test_a_file_is_done_only_with_the_same_bytes_and_parser_and_until_it_is_started_again(ledger: Ledger) -> None:
    ledger.finish_file("a.xml", "sum", "parser-1", 3, 0)
    assert ledger.file_done("a.xml", "sum", "parser-1")
    assert not ledger.file_done("a.xml", "other", "parser-1")
    assert not ledger.file_done("a.xml", "sum", "parser-2")
    assert not ledger.file_done("b.xml", "sum", "parser-1")
    ledger.start_file("a.xml")
    assert not ledger.file_done("a.xml", "sum", "parser-1")


def test_failures_are_kept_until_their_file_has_been_read_again(ledger: Ledger) -> None:
    ledger.fail("b.xml", "pubmed:2", "malformed", "fetch it again")
    ledger.fail("b.xml", "", "truncated", "")
    ledger.fail("a.xml", "", "empty", "")
    ledger.fail("a.xml", "", "empty still", "")
    assert [(f.source, f.record, f.reason, f.mend) for f in ledger.failures()] == [
        ("a.xml", "", "empty still", ""),
        ("b.xml", "", "truncated", ""),
        ("b.xml", "pubmed:2", "malformed", "fetch it again"),
    ]
    ledger.start_file("b.xml")
    assert len(ledger.failures()) == 3  # a kill now loses none
    ledger.fail("b.xml", "", "truncated still", "", "pubmed")
    ledger.finish_file("b.xml", "sum", "parser-1", 3, 1)
    assert [(f.source, f.reason, f.kind, f.attempts) for f in ledger.failures()] == [
        ("a.xml", "empty still", "auto", 1),
        ("b.xml", "truncated still", "pubmed", 2),
    ]
    assert (ledger.problems("b.xml"), ledger.problems("c.xml")) == (1, 0)


def test_a_file_that_nothing_can_read_is_tried_again_and_not_done(ledger: Ledger) -> None:
    ledger.start_file("b.xml")
    ledger.finish_file("b.xml")
    assert not ledger.file_done("b.xml", "", "")


OF_LAYOUT_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE documents (
    document_id TEXT PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL, content_hash TEXT NOT NULL,
    source TEXT NOT NULL, body BLOB NOT NULL, updated TEXT NOT NULL
);
CREATE TABLE passages (
    passage_id TEXT PRIMARY KEY, document_id TEXT NOT NULL REFERENCES documents ON DELETE CASCADE, payload BLOB NOT NULL
);
CREATE INDEX passages_document ON passages (document_id);
CREATE TABLE files (
    path TEXT PRIMARY KEY, sha256 TEXT NOT NULL, parser TEXT NOT NULL, documents INTEGER NOT NULL, problems INTEGER NOT NULL, updated TEXT NOT NULL
);
CREATE TABLE failures (
    source TEXT NOT NULL, record TEXT NOT NULL, reason TEXT NOT NULL, mend TEXT NOT NULL, happened TEXT NOT NULL, PRIMARY KEY (source, record)
);
INSERT INTO failures VALUES ('a.xml', '', 'truncated', 'download it again', '2026-11-01');
PRAGMA user_version = 1;
"""


def test_a_ledger_of_an_older_layout_is_brought_up_to_date_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    document = replace(make_document(), status=Status.RETRACTED, identifiers={"doi": "10.1/ABC", "pmid": "1"})
    with closing(sqlite3.connect(path)) as old:
        old.executescript(OF_LAYOUT_1)
        body = zlib.compress(json.dumps(document.to_json()).encode())
        old.execute("INSERT INTO documents VALUES ('doc:1', 'literature', 'Title', 'old', 'a.xml', ?, '')", (body,))
        old.commit()
    for _ in range(2):
        with closing(Ledger(path)) as ledger:
            assert ledger.document("doc:1") == document
            assert ledger.known("doc:1") == Known("old", "", "", "a.xml")
            assert [(f.reason, f.kind, f.attempts) for f in ledger.failures()] == [("truncated", "auto", 1)]
            assert [each.status for each in ledger.listed(status=Status.RETRACTED)] == ["retracted"]
            assert ledger.statuses()[Kind.LITERATURE][Status.RETRACTED] == 1
            assert ledger.has_status(Status.RETRACTED)
            assert not ledger.has_status(Status.DRAFT)
            assert ledger.identified("10.1/abc") == ledger.identified("1") == ["doc:1"]
    with closing(Ledger(path)) as ledger:
        record(ledger, document)


def test_everything_survives_closing(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
        record(ledger, make_document())
        ledger.set_meta("signature", "x")
        ledger.set_meta("signature", "y")
    with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
        assert ledger.document("doc:1") == make_document()
        assert ledger.get_meta("signature") == "y"


def test_every_commit_waits_for_the_disk_so_that_a_power_cut_takes_none_back(ledger: Ledger) -> None:
    """In WAL only FULL (2) and EXTRA (3) do: https://www.sqlite.org/pragma.html#pragma_synchronous."""
    assert ledger._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert ledger._connection.execute("PRAGMA synchronous").fetchone()[0] >= 2


class UndoneError(Exception):
    """What happens in the middle of a transaction."""


def record_and_fail(ledger: Ledger, *documents: Document) -> None:
    with ledger.transaction():
        for document in documents:
            with ledger.transaction():
                record(ledger, document)
        raise UndoneError


def commit_what_cannot_be(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger._connection.execute("PRAGMA defer_foreign_keys = ON")  # so that the commit itself is refused
        ledger._connection.execute("INSERT INTO passages VALUES ('p', 'no such document', x'')")


def test_a_transaction_that_fails_leaves_nothing_of_itself_nor_of_those_within(ledger: Ledger) -> None:
    record(ledger, make_document(1, "Before."))
    with pytest.raises(UndoneError):
        record_and_fail(ledger, make_document(1, "After."), make_document(2))
    assert [passage.text for passage in ledger.passages()] == ["Before."]
    record(ledger, make_document(3))  # and the ledger goes on
    assert ledger.document("doc:3")


def test_a_commit_that_fails_is_rolled_back_and_the_ledger_goes_on(ledger: Ledger) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        commit_what_cannot_be(ledger)
    record(ledger, make_document(1))
    with pytest.raises(UndoneError):
        record_and_fail(ledger, make_document(2))
    assert ledger.document("doc:1")
    assert ledger.document("doc:2") is None


def test_two_threads_write_without_mixing_their_transactions(ledger: Ledger) -> None:
    def write(first: int) -> None:
        for number in range(first, first + 40, 2):
            record(ledger, make_document(number))
            with pytest.raises(UndoneError):
                record_and_fail(ledger, make_document(number + 1))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, (0, 100)))
    kept = {f"doc:{number}" for number in (*range(0, 40, 2), *range(100, 140, 2))}
    assert {passage.document_id for passage in ledger.passages()} == kept


def test_of_several_openers_of_a_new_file_each_gets_the_ledger_or_is_told_to_try_again(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"

    def opened(_: int) -> bool:
        try:
            Ledger(path).close()
        except IngestionError as error:
            return str(error) == f"{path} is being written by another process. Try again."
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(opened, range(8)))
    with closing(Ledger(path)) as one, closing(Ledger(path)) as other:
        record(one, make_document())
        assert other.document("doc:1") == make_document()


@pytest.mark.parametrize("sort", ["text", "folder", "another program's database"])
def test_what_is_no_ledger_is_refused_and_left_as_it_is(tmp_path: Path, sort: str) -> None:
    path = tmp_path / "ledger.sqlite"
    if sort == "text":
        path.write_text("dear diary " * 100)
    elif sort == "folder":
        path.mkdir()
    else:
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE documents (anything)")
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(IngestionError, match="move it away and ingest again") as error:
        Ledger(path)
    assert str(path) in str(error.value)
    if sort == "text":
        assert path.read_bytes() == before


def test_a_ledger_of_another_version_is_refused_with_the_way_on(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(path).close()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(
        IngestionError, match=f"layout {SCHEMA_VERSION + 1}, this one reads {SCHEMA_VERSION}.*CITEWELL_HOME"
    ) as error:
        Ledger(path)
    assert str(path) in str(error.value)


def test_a_damaged_page_is_told_with_the_mend(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with closing(Ledger(path)) as ledger:
        ledger.set_meta("signature", "x" * 20_000)
    data = bytearray(path.read_bytes())
    for at in range(4096, len(data), 4096):
        data[at : at + 64] = b"\xff" * 64
    path.write_bytes(data)
    with closing(Ledger(path)) as ledger, pytest.raises(IngestionError, match="move it away and ingest again"):
        ledger.get_meta("signature")


def test_a_listing_is_in_the_order_of_identifiers_and_follows_the_documents(ledger: Ledger) -> None:
    for number, status in ((2, Status.CURRENT), (1, Status.RETRACTED), (3, Status.DRAFT)):
        record(ledger, replace(make_document(number), status=status), source=f"/in/{number}.xml")
    assert [each.document_id for each in ledger.listed()] == ["doc:1", "doc:2", "doc:3"]
    assert [each.document_id for each in ledger.listed(after="doc:1", limit=1)] == ["doc:2"]
    assert [each.document_id for each in ledger.listed(status=Status.CURRENT)] == ["doc:2"]
    assert [each.document_id for each in ledger.listed(kind=Kind.LITERATURE, status=Status.DRAFT)] == ["doc:3"]
    record(ledger, make_document(1), source="/other/1.xml")
    assert [each.document_id for each in ledger.listed(source="/in")] == ["doc:2", "doc:3"]
    assert ledger.listed(status=Status.RETRACTED) == []
    assert ledger.listed()[0].passages == 1
    ledger.remove("doc:3")
    assert not any(number for of_kind in ledger.statuses().values() for number in of_kind.values())


def test_what_is_not_in_force_is_counted_without_reading_every_document(ledger: Ledger) -> None:
    with closing(sqlite3.connect(ledger.path)) as raw:
        for query in (
            "SELECT kind, status, COUNT(*) FROM documents WHERE status <> 'current' GROUP BY status, kind",
            "SELECT body FROM documents WHERE status = 'draft' AND status <> 'current'",
        ):
            (plan,) = raw.execute(f"EXPLAIN QUERY PLAN {query}")
            assert "documents_not_current" in plan[3]


@pytest.mark.parametrize("path", ["/in/a", "/in/a/"])
def test_failures_of_a_file_or_folder_are_forgotten_and_no_neighbours(ledger: Ledger, path: str) -> None:
    for source in ("/in/a", "/in/a/1.xml", "/in/a/deep/2.xml", "/in/ab/3.xml", "/in/a.xml", "/in/%/4.xml"):
        ledger.fail(source, "", "truncated", "download it again")
    assert ledger.forget_failures(path) == 3 - path.endswith("/")
    assert ledger.forget_failures("/in/%") == 1
    assert {"/in/ab/3.xml", "/in/a.xml"} <= {failure.source for failure in ledger.failures()}


def test_who_cannot_write_since_another_process_does_is_told(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ledger._connection.execute("PRAGMA busy_timeout = 10")
        with pytest.raises(IngestionError, match=r"another process\. Try again"):
            ledger.forget_failures("/in")
    assert ledger.forget_failures("/in") == 0
