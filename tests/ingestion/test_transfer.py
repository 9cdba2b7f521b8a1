"""A library moves between machines and engines in one file, whole or not at all, and nothing is embedded anew."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hashed_embedder import HashedEmbedder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from local_collections import local_collections
from native import article, guideline, pubmed_xml, study

from indexes import lexical
from indexes.errors import IncompatibleIndexError
from indexes.passage import Kind, Passage
from indexes.searcher import Searcher
from ingestion.errors import ArchiveError
from ingestion.export_file import IDS, LEDGER, MANIFEST, VECTORS
from ingestion.home import Home
from ingestion.ledger import Ledger
from ingestion.library import Library
from ingestion.pipeline import ingest_files, remove_document, retry_failures
from ingestion.transfer import STAGING, export_library, import_library

QUERIES = ["aspirin strokes adults", "statin", "metformin"]


def quiet(*_: object) -> None:
    """Where progress goes that nobody watches."""


@contextmanager
def opened(home: Path, kind: str = "edge", embedder: HashedEmbedder | None = None) -> Iterator[Library]:
    """A library on the embedded engine, or on the client's own imitation of a server (kept in `home`, as a server keeps its own)."""
    embedder = embedder or HashedEmbedder()
    if kind == "edge":
        with Library.open(home, purpose="a test", embedder=embedder) as library:
            yield library
        return
    with (
        local_collections(home) as place,
        Library.of(Home(home, Ledger(home / "ledger.sqlite"), place), embedder) as library,
    ):
        yield library


def export(library: Library, target: Path) -> Path:
    export_library(library, target, quiet)
    return target


def take_in(home: Path, source: Path, kind: str = "edge", embedder: HashedEmbedder | None = None) -> None:
    with opened(home, kind, embedder) as library:
        import_library(library, source, quiet, embedder=library.searcher.embedder)


def fill(library: Library, folder: Path, articles: int = 40) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "a.xml").write_text(
        pubmed_xml(*(article(n, f"Aspirin prevented {n} strokes.") for n in range(1, articles)))
    )
    (folder / "b.json").write_text(study("NCT00000001"))
    (folder / "c.md").write_text(guideline("Lipids", "Offer a statin to adults.", "Review every year."))
    (folder / "bad.xml").write_text("")
    ingest_files(library, [folder])


def contents(library: Library) -> tuple[object, ...]:
    """What a reader could tell libraries apart by: passages, failures, and ranked hits with their scores."""
    hits = [
        [(hit.passage, round(hit.scores.dense or 0, 5), round(hit.scores.lexical or 0, 3)) for hit in found]
        for found in (library.searcher.search(query, 50) for query in QUERIES)
    ]
    ordered = [sorted(row, key=lambda hit: hit[0].passage_id) for row in hits]
    passages = sorted(library.ledger.passages(), key=lambda passage: passage.passage_id)
    assert library.searcher.engine.count() == len(passages)
    return passages, library.ledger.failures(), library.ledger.counts(), ordered


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A small exported library."""
    with opened(tmp_path / "first") as library:
        fill(library, tmp_path / "files")
        return export(library, tmp_path / "library.zip")


@pytest.mark.parametrize("there", ["edge", "server"])
@pytest.mark.parametrize("here", ["edge", "server"])
def test_a_library_is_the_same_after_a_move_between_any_engines(tmp_path: Path, here: str, there: str) -> None:
    with opened(tmp_path / "here", here) as library:
        fill(library, tmp_path / "files")
        before = contents(library)
        export(library, tmp_path / "library.zip")
        assert contents(library) == before
    embedder = HashedEmbedder()
    take_in(tmp_path / "there", tmp_path / "library.zip", there, embedder)
    assert embedder.embedded == []
    with opened(tmp_path / "there", there, embedder) as library:
        assert contents(library) == before
        assert ingest_files(library, [tmp_path / "files"]).files_unchanged == 3  # and it knows what it has read
    assert embedder.embedded == []
    assert list((tmp_path / "there").glob(f"{STAGING}*")) == []
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("library.zip.")]


def test_the_file_can_be_read_without_citewell(exported: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(exported) as members:
        manifest = json.loads(members.read(MANIFEST))
        for name, member in manifest["members"].items():
            assert hashlib.sha256(members.read(name)).hexdigest() == member["sha256"]
        rows = np.load(io.BytesIO(members.read(VECTORS)), allow_pickle=False)
        ids = [json.loads(line) for line in members.read(IDS).splitlines()]
        (tmp_path / "copy.sqlite").write_bytes(members.read(LEDGER))
    assert rows.shape == (manifest["passages"], manifest["dimension"]) == (len(ids), 32)
    with closing(Ledger(tmp_path / "copy.sqlite")) as ledger:
        for identifier, row in zip(ids, rows, strict=True):
            passage = ledger.passage(identifier)
            assert passage
            np.testing.assert_allclose(row, HashedEmbedder().embed_query(passage.embedding_text), atol=1e-6)


def test_what_the_index_has_lost_or_replaced_is_embedded_for_the_export(tmp_path: Path) -> None:
    embedder = HashedEmbedder()
    with opened(tmp_path / "here", embedder=embedder) as library:
        fill(library, tmp_path / "files")
        before = contents(library)
        lost, other = list(library.ledger.passages())[:2]
        library.searcher.engine.delete([lost.passage_id])
        library.searcher.index([replace(other, text="Something else.")])
        embedder.embedded.clear()
        export(library, tmp_path / "library.zip")
        assert sorted(embedder.embedded) == sorted([lost.embedding_text, other.embedding_text])
    take_in(tmp_path / "there", tmp_path / "library.zip")
    with opened(tmp_path / "there") as library:
        assert contents(library) == before


def test_an_empty_library_moves_too(tmp_path: Path) -> None:
    with opened(tmp_path / "here") as library:
        export(library, tmp_path / "library.zip")
    take_in(tmp_path / "there", tmp_path / "library.zip")
    with opened(tmp_path / "there") as library:
        assert not library.ledger.has_documents()


def test_nothing_is_ever_overwritten(exported: Path, tmp_path: Path) -> None:
    with opened(tmp_path / "first") as library:
        before = contents(library)
        with pytest.raises(ArchiveError, match="is not overwritten"):
            export(library, exported)
        with pytest.raises(ArchiveError, match=r"holds documents.*--into"):
            import_library(library, exported, quiet, embedder=HashedEmbedder())
        assert contents(library) == before


def test_what_another_embedder_made_is_refused(exported: Path, tmp_path: Path) -> None:
    with pytest.raises(
        IncompatibleIndexError, match=r"embedder hashed, and other is asked for.*CITEWELL_EMBEDDER=hashed"
    ):
        take_in(tmp_path / "there", exported, embedder=HashedEmbedder("other"))


def test_points_of_another_library_in_the_same_collection_are_not_mixed_with(exported: Path, tmp_path: Path) -> None:
    with opened(tmp_path / "there", "server") as library:
        stray = library.place.open(library.version.model_copy(update={"number": 2}))
        Searcher(stray, HashedEmbedder()).index([Passage("x:1#0", "x:1", Kind.LITERATURE, "Salt.", 0, 5, title="")])
        with pytest.raises(ArchiveError, match=r"1 passages that are not of.*CITEWELL_QDRANT_COLLECTION"):
            import_library(library, exported, quiet, embedder=HashedEmbedder())


def test_progress_rises_to_the_end(exported: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    with opened(tmp_path / "there") as library:
        import_library(library, exported, lambda *stand: told.append(stand), embedder=HashedEmbedder())
    assert [step for step, *_ in told] == sorted((step for step, *_ in told), reverse=True)  # Verifying, then Importing
    for step in ("Verifying", "Importing"):
        done = [(done, total) for name, done, total in told if name == step]
        assert done == sorted(done)
        assert done[-1][0] == done[-1][1]


# damaged and hostile files


def untouched(home: Path, embedder: HashedEmbedder | None = None) -> None:
    """The library in `home` is as empty as before, and can be used."""
    with opened(home, embedder=embedder) as library:
        assert not library.ledger.has_documents()
        assert library.searcher.engine.count() == 0
    assert list(home.glob(f"{STAGING}*")) == []


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_cut_or_altered_file_is_refused_before_anything_is_written(
    exported: Path, tmp_path: Path, data: st.DataObject
) -> None:
    whole = exported.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    cut = data.draw(st.booleans())
    bad = tmp_path / "bad.zip"
    bad.write_bytes(whole[:at] if cut else whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
    home = tmp_path / "there"
    shutil.rmtree(home, ignore_errors=True)
    told = ""
    try:
        take_in(home, bad)
    except ArchiveError as error:
        told = str(error)
    if told:
        assert str(bad) in told
        untouched(home)
    else:  # a byte that no reader heeds, such as a date of a ZIP member
        assert not cut
        with opened(tmp_path / "first") as one, opened(home) as other:
            assert contents(one) == contents(other)


def rewrite(
    source: Path, target: Path, change: Callable[[dict[str, bytes]], None], compression: int = zipfile.ZIP_STORED
) -> Path:
    """A copy with other members and a manifest that fits them, as somebody would make it who means harm."""
    with zipfile.ZipFile(source) as members:
        content = {name: members.read(name) for name in members.namelist()}
    manifest = json.loads(content.pop(MANIFEST))
    change(content)
    for name in manifest["members"]:
        body = content.get(name, b"")
        manifest["members"][name] = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    with zipfile.ZipFile(target, "w", compression) as members:
        for name, body in content.items():
            members.writestr(name, body)
        members.writestr(MANIFEST, json.dumps(manifest))
    return target


def in_ledger(*statements: str) -> Callable[[dict[str, bytes]], None]:
    def change(content: dict[str, bytes]) -> None:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(
                bytes([*content[LEDGER][:18], 1, 1, *content[LEDGER][20:]])
            )  # not WAL: it is in memory
            for statement in statements:
                connection.execute(statement)
            connection.commit()
            content[LEDGER] = connection.serialize()

    return change


def with_rows(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[dict[str, bytes]], None]:
    def changed(content: dict[str, bytes]) -> None:
        out = io.BytesIO()
        np.save(out, change(np.load(io.BytesIO(content[VECTORS]))))
        content[VECTORS] = out.getvalue()

    return changed


def with_member(name: str, body: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda content: content.update({name: body})


PASSAGE: Any = Passage("pubmed:1#0", "pubmed:1", Kind.LITERATURE, "Aspirin prevented 1 strokes.", 0, 28, "Study 1")


def with_payload(body: bytes) -> Callable[[dict[str, bytes]], None]:
    packed = zlib.compress(body, 9).hex()
    return in_ledger(f"UPDATE passages SET payload = x'{packed}' WHERE passage_id = 'pubmed:1#0'")  # noqa: S608


HOSTILE = {
    "a path that leads out": (with_member("../../evil", b"x"), "do not belong"),
    "a member too many": (with_member("index/segments", b"x"), "do not belong"),
    "no ledger": (lambda content: content.pop(LEDGER), "missing"),
    "a ledger that is none": (with_member(LEDGER, b"dear diary " * 100), "no database"),
    "a trigger": (
        in_ledger("CREATE TRIGGER t AFTER DELETE ON meta BEGIN DELETE FROM documents; END"),
        "more than tables",
    ),
    "a view": (in_ledger("CREATE VIEW v AS SELECT 1"), "more than tables"),
    "passages without vectors": (in_ledger("DELETE FROM passages WHERE passage_id = 'pubmed:1#0'"), "number of passages"),
    "vectors of other passages": (
        in_ledger("UPDATE passages SET passage_id = 'pubmed:1#7' WHERE passage_id = 'pubmed:1#0'"),
        "not of the same passages",
    ),
    "a passage that is none": (in_ledger("UPDATE passages SET payload = x'00' WHERE passage_id = 'pubmed:1#0'"), "cannot be read"),
    "a check that computes": (in_ledger("CREATE TABLE e (a CHECK (length(hex(zeroblob(400000000))) > 1))"), "more than tables"),
    "a column that computes": (in_ledger("CREATE TABLE e (a, b AS (hex(zeroblob(400000000))))", "INSERT INTO e VALUES (1)"), "more than tables"),
    "an index that computes": (in_ledger("CREATE INDEX e ON meta (upper(value))"), "more than tables"),
    "a check in one of our tables": (
        in_ledger("DROP TABLE failures", "CREATE TABLE failures (source TEXT NOT NULL, CHECK (length(hex(zeroblob(400000000))) > 1))"),
        "more than tables",
    ),
    "a later layout": (in_ledger("PRAGMA user_version = 77"), "layout of another Citewell"),
    "a layout that is none": (in_ledger("PRAGMA user_version = -3"), "layout of another Citewell"),
    "a layout that it has not": (in_ledger("PRAGMA user_version = 1"), "brought to this layout"),
    "a kind that is none": (in_ledger("UPDATE documents SET kind = 'evil'"), "no known kind"),
    "passages of nothing": (in_ledger("PRAGMA foreign_keys = OFF", "DELETE FROM documents"), "passages of no document"),
    "a deep passage": (with_payload(b"[" * 100_000), "cannot be read"),
    "a bomb of a passage": (with_payload(b" " * 200_000_000), "cannot be read"),
    "a passage without text": (with_payload(json.dumps(replace(PASSAGE, text=5).to_payload()).encode()), "cannot be read"),
    "a passage of no year": (with_payload(json.dumps(replace(PASSAGE, year="x").to_payload()).encode()), "cannot be read"),
    "a head of brackets": (with_member(VECTORS, b"\x93NUMPY\x01\x00\x76\x00" + b"(" * 117 + b"\n"), "damaged"),
    "a head of quotes": (with_member(VECTORS, b"\x93NUMPY\x01\x00\x76\x00" + b"{'descr': '''".ljust(117) + b"\n"), "damaged"),
    "another library's ledger": (in_ledger("UPDATE meta SET value = replace(value, 'hashed', 'x')"), "another library"),
    "a ranking of nonsense": (
        in_ledger("UPDATE meta SET value = json_set(value, '$.ranking.depth', 1000000000000) WHERE key = 'index.version.1'"),
        "nothing usable of its index",
    ),
    "no numbers": (with_rows(lambda rows: rows * np.float32("nan")), "length 1"),
    "long vectors": (with_rows(lambda rows: rows * 2), "length 1"),
    "double precision": (with_rows(lambda rows: rows.astype("<f8")), "what the manifest says"),
    "fewer rows": (with_rows(lambda rows: rows[1:]), "what the manifest says"),
    "columns first": (with_rows(np.asfortranarray), "what the manifest says"),
    "pickled objects": (with_member(VECTORS, b"\x93NUMPY\x01\x00\x76\x00" + b"{'descr': '|O'}".ljust(117) + b"\n"), "damaged"),
    "fewer identifiers": (lambda content: content.update({IDS: content[IDS].split(b"\n", 1)[1]}), "fewer passages"),
    "identifiers that are none": (with_member(IDS, b"7\n" * 50), "no identifier"),
    "the same passage twice": (
        lambda content: content.update({IDS: b"\n".join([content[IDS].split(b"\n")[0]] * 2 + content[IDS].split(b"\n")[2:])}),
        "twice",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "told"), HOSTILE.values(), ids=HOSTILE)
def test_a_file_made_to_harm_is_refused_and_changes_nothing(
    exported: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None], told: str
) -> None:
    bad = rewrite(exported, tmp_path / "bad.zip", change)
    with pytest.raises(ArchiveError, match=told) as error:
        take_in(tmp_path / "there", bad)
    assert str(bad) in str(error.value)
    untouched(tmp_path / "there")
    assert not (tmp_path.parent / "evil").exists()


def test_vectors_of_another_dimension_than_the_embedders_replace_nothing(exported: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="32 numbers each, hashed makes 48"):
        take_in(tmp_path / "there", exported, embedder=HashedEmbedder(dimension=48))
    untouched(tmp_path / "there", HashedEmbedder(dimension=48))


@pytest.mark.parametrize("left", ["7", "[" * 50_000, '["pubmed:1#0"]'])
def test_a_run_that_was_under_way_in_the_ledger_is_over(exported: Path, tmp_path: Path, left: str) -> None:
    under_way = in_ledger(f"INSERT INTO unfinished VALUES ('pubmed:1', '{left}')")  # noqa: S608
    bad = rewrite(exported, tmp_path / "bad.zip", under_way)
    take_in(tmp_path / "there", bad)
    with opened(tmp_path / "first") as one, opened(tmp_path / "there") as other:
        assert contents(one) == contents(other)


def test_a_failure_at_a_path_that_is_none_is_retried(exported: Path, tmp_path: Path) -> None:
    bad = rewrite(exported, tmp_path / "bad.zip", in_ledger("UPDATE failures SET source = '/tmp/a' || char(0) || 'b'"))
    take_in(tmp_path / "there", bad)
    with opened(tmp_path / "there") as library:
        (failure,) = retry_failures(library).failures
    assert "no such file" in failure[2]


def test_the_ledger_of_an_earlier_citewell_is_taken(exported: Path, tmp_path: Path) -> None:
    earlier = in_ledger(
        "DROP TABLE identifiers",
        "DROP TABLE excluded",
        "DROP TABLE touched",
        "DELETE FROM meta",
        f"INSERT INTO meta VALUES ('signature', 'hashed+{lexical.VERSION}')",  # noqa: S608 - our own words
        "DROP TABLE holders",
        "CREATE INDEX documents_guidelines ON documents (source) WHERE kind = 'guideline'",
        "DROP INDEX documents_not_current",
        "ALTER TABLE documents DROP COLUMN status",
        "PRAGMA user_version = 2",
    )
    take_in(tmp_path / "there", rewrite(exported, tmp_path / "earlier.zip", earlier))
    with opened(tmp_path / "first") as one, opened(tmp_path / "there") as other:
        assert contents(one) == contents(other)
    with opened(tmp_path / "there") as library:  # whose tables have their columns in another order now
        again = export(library, tmp_path / "again.zip")
    take_in(tmp_path / "third", again)


def test_what_was_removed_for_good_stays_out_after_a_move(tmp_path: Path) -> None:
    with opened(tmp_path / "here") as library:
        fill(library, tmp_path / "files", 3)
        remove_document(library, "pubmed:1", for_good=True)
        export(library, tmp_path / "library.zip")
    take_in(tmp_path / "there", tmp_path / "library.zip")
    (tmp_path / "files" / "a.xml").write_text(pubmed_xml(article(1, "Other words."), article(2, "Other words.")))
    with opened(tmp_path / "there") as library:
        report = ingest_files(library, [tmp_path / "files"])
        assert (report.excluded, report.changed, library.ledger.known("pubmed:1")) == (1, 1, None)


def test_a_table_of_contents_that_would_fill_the_memory_is_not_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as members:
        for number in range(2000):
            members.writestr(f"{number}", b"")
    with pytest.raises(ArchiveError, match="do not belong there"):
        take_in(tmp_path / "there", tmp_path / "bad.zip")


def test_a_bomb_is_not_unpacked(exported: Path, tmp_path: Path) -> None:
    bad = rewrite(exported, tmp_path / "bad.zip", with_member(IDS, b"0" * 50_000_000), zipfile.ZIP_DEFLATED)
    assert bad.stat().st_size < 1_000_000
    with pytest.raises(ArchiveError, match="is packed"):
        take_in(tmp_path / "there", bad)
    untouched(tmp_path / "there")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"dear diary", None])
def test_what_is_no_export_is_told(tmp_path: Path, content: bytes | None) -> None:
    bad = tmp_path / "bad.zip"
    if content is not None:
        bad.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"bad\.zip"):
        take_in(tmp_path / "there", bad)


def test_any_other_zip_file_is_no_export(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as members:
        members.writestr("letter.txt", "Dear colleague")
    with pytest.raises(ArchiveError, match="no exported library"):
        take_in(tmp_path / "there", tmp_path / "bad.zip")


def test_a_later_format_asks_for_a_later_citewell(exported: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(exported) as old, zipfile.ZipFile(tmp_path / "new.zip", "w") as new:
        for name in old.namelist():
            body = old.read(name)
            new.writestr(name, body.replace(b'"format": 1', b'"format": 2') if name == MANIFEST else body)
    with pytest.raises(ArchiveError, match="Update Citewell"):
        take_in(tmp_path / "there", tmp_path / "new.zip")


# kills

KILLED = """
import os, signal, sys
sys.path[:0] = {path!r}
from pathlib import Path
from hashed_embedder import HashedEmbedder
from indexes.engines.edge import EdgeEngine
from ingestion import transfer
from ingestion.library import Library

transfer.BATCH = 10
calls = 0

def dying(method, at):
    def call(*arguments):
        global calls
        calls += 1
        if calls == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return method(*arguments)
    return call

rename = Path.replace

def dying_rename(path, target):
    ledger = path.name == "ledger.sqlite"
    if ledger and {at} == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    result = rename(path, target)
    if ledger:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

if {where!r} == "batch":
    EdgeEngine.upsert = dying(EdgeEngine.upsert, {at})
else:
    Path.replace = dying_rename

home = Path({home!r})
with Library.open(home, purpose="a test", embedder=HashedEmbedder()) as library:
    transfer.import_library(library, Path({source!r}), lambda *_: None, embedder=library.searcher.embedder)
"""


@pytest.mark.parametrize(("where", "at"), [("batch", 1), ("batch", 3), ("rename", 1), ("rename", 2)])
def test_an_import_that_is_killed_leaves_the_target_empty_or_whole_and_the_next_one_completes_it(
    exported: Path, tmp_path: Path, where: str, at: int
) -> None:
    home = tmp_path / "there"
    script = KILLED.format(path=sys.path, home=str(home), source=str(exported), where=where, at=at)
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL
    embedder = HashedEmbedder()
    with opened(tmp_path / "first") as library:
        before = contents(library)
    with opened(home, embedder=embedder) as library:
        if library.ledger.has_documents():
            assert (where, at) == ("rename", 2)
            assert contents(library) == before
            return
        assert library.searcher.engine.count() == 0
    assert len(list(home.glob(f"{STAGING}*"))) == 1
    take_in(home, exported, embedder=embedder)
    with opened(home, embedder=embedder) as library:
        assert contents(library) == before
    assert embedder.embedded == []
    assert list(home.glob(f"{STAGING}*")) == []


def test_an_import_that_broke_off_goes_on_where_it_was(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.transfer.BATCH", 10)
    home, stored = tmp_path / "there", []

    def stop(step: str, done: int, total: int) -> None:
        if step == "Importing" and done == 20:
            raise KeyboardInterrupt

    for kind in ("edge", "server"):
        with pytest.raises(KeyboardInterrupt), opened(home / kind, kind) as library:
            import_library(library, exported, stop, embedder=HashedEmbedder())
        with opened(home / kind, kind) as library:
            assert not library.ledger.has_documents()
            engine = type(library.searcher.engine)
            with monkeypatch.context() as patch:
                upsert = engine.upsert
                patch.setattr(
                    engine,
                    "upsert",
                    lambda self, passages, *rest, up=upsert: (stored.extend(passages), up(self, passages, *rest))[1],
                )
                import_library(library, exported, quiet, embedder=HashedEmbedder())
        with opened(home / kind, kind) as library:
            assert library.searcher.engine.count() == library.ledger.passage_count() == len(stored) + 20
        stored.clear()


def test_an_export_that_is_stopped_leaves_no_file(tmp_path: Path) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with opened(tmp_path / "here") as library:
        fill(library, tmp_path / "files")
        with pytest.raises(KeyboardInterrupt):
            export_library(library, tmp_path / "library.zip", stop)
    assert {path.name for path in tmp_path.iterdir()} == {"files", "here"}
