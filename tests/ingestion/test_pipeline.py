"""Files in, library out: nothing twice, nothing lost, and what is bad stops nothing else."""

from __future__ import annotations

import gzip
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hashed_embedder import HashedEmbedder
from native import article, deletion, guideline, pubmed_xml, study
from qdrant_client import QdrantClient

from indexes.engines import point_id
from indexes.engines.qdrant import QdrantEngine
from indexes.errors import LibraryInUseError
from indexes.filters import Filters
from indexes.passage import Passage, Status
from indexes.searcher import Mode, Searcher
from ingestion import reading, report, sources
from ingestion.document import Item, Problem
from ingestion.errors import UnknownDocumentError, UnknownKindError
from ingestion.ledger import Ledger
from ingestion.library import Library
from ingestion.pipeline import ingest_files, remove_document, retry_failures
from ingestion.places import Folders
from ingestion.report import Progress, Report
from ingestion.versions import new_version

EMPTY_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
BAD = {
    "b-empty.xml": (b"", "empty"),
    "b-truncated.xml.gz": (gzip.compress(pubmed_xml(*map(article, range(1, 200))).encode())[:-20], "truncated"),
    "b-unfinished.xml": (pubmed_xml(article(70)).removesuffix("</PubmedArticleSet>\n").encode(), "truncated"),
    "b-malformed.xml": (pubmed_xml(article(71), article(72, "<b>open"), article(73)).encode(), "malformed"),
    "b-no-study.json": (b'{"protocolSection": {"identificationModule": {"nctId": "NCT1"}}}', "NCT1"),
    "b-no-text.pdf": (EMPTY_PDF, "no text"),
    "b-headings-only.md": (guideline("Nothing").encode(), "no text"),
}
GOOD = {
    "a.xml": pubmed_xml(article(1), article(2)),
    "c.json": study("NCT00000001"),
    "d/e.md": guideline("Lipids", "Offer a statin to adults.", "Review every year."),
}
GOOD_DOCUMENTS = {"pubmed:1", "pubmed:2", "nct:NCT00000001", "guideline:who/lipids@2024"}


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good file of each kind."""
    for name, content in GOOD.items():
        write(tmp_path / "files", name, content)
    return tmp_path / "files"


def held(library: Library) -> dict[str, list[str]]:
    """Each document's passages by ledger; the index must hold exactly the same."""
    found: dict[str, list[str]] = {}
    passages = list(library.ledger.passages())
    for passage in passages:
        found.setdefault(passage.document_id, []).append(passage.text)
    by_point = {point_id(passage.passage_id): passage for passage in passages}
    assert library.searcher.engine.count() == len(passages)
    assert library.searcher.engine.passages(list(by_point)) == by_point
    return found


def found(library: Library, words: str) -> set[str]:
    return {hit.passage.document_id for hit in library.searcher.search(words, 100, Filters(), Mode.BM25)}


def failed(report: Report) -> dict[str, list[str]]:
    """File name to what the user is told of it."""
    told: dict[str, list[str]] = {}
    for file, record, reason, mend in report.failures:
        told.setdefault(Path(file).name, []).append(f"{record} {reason} {mend}")
    return told


# what a run does


def test_every_kind_of_file_is_found_in_folders_and_becomes_searchable(library: Library, folder: Path) -> None:
    report = ingest_files(library, [folder])
    assert (report.added, report.changed, report.unchanged, report.deleted) == (4, 0, 0, 0)
    assert (report.files, report.files_unchanged, report.skipped, report.failures) == (3, 0, [], [])
    assert held(library).keys() == GOOD_DOCUMENTS
    assert report.passages == library.searcher.engine.count()
    assert found(library, "statin") == {"guideline:who/lipids@2024"}


def test_a_second_run_does_nothing_and_embeds_nothing(library: Library, folder: Path, embedder: HashedEmbedder) -> None:
    ingest_files(library, [folder])
    before, asked = held(library), len(embedder.embedded)
    report = ingest_files(library, [folder])
    assert report == Report(files_unchanged=3)
    assert held(library) == before
    assert len(embedder.embedded) == asked > 0


def test_a_file_written_anew_with_the_same_content_embeds_nothing(
    library: Library, folder: Path, embedder: HashedEmbedder
) -> None:
    ingest_files(library, [folder])
    asked = len(embedder.embedded)
    write(folder, "a.xml", GOOD["a.xml"] + "\n")
    write(folder, "copy.json", GOOD["c.json"])
    report = ingest_files(library, [folder])
    assert (report.files, report.unchanged, report.added, report.changed) == (2, 3, 0, 0)
    assert len(embedder.embedded) == asked


def test_a_changed_document_replaces_its_passages_and_drops_those_it_no_longer_has(
    library: Library, folder: Path
) -> None:
    ingest_files(library, [folder])
    write(folder, "d/e.md", guideline("Lipids", "Offer ezetimibe to adults."))
    report = ingest_files(library, [folder])
    assert (report.changed, report.added, report.passages) == (1, 0, 1)
    assert held(library)["guideline:who/lipids@2024"] == ["Offer ezetimibe to adults."]
    assert found(library, "statin") == set()
    assert found(library, "ezetimibe") == {"guideline:who/lipids@2024"}


def test_a_withdrawn_article_leaves_the_library(library: Library, folder: Path) -> None:
    ingest_files(library, [folder])
    write(folder, "update.xml", pubmed_xml(article(3), deletion(1, 99)))
    report = ingest_files(library, [folder])
    assert (report.added, report.deleted) == (1, 1)
    assert held(library).keys() == GOOD_DOCUMENTS - {"pubmed:1"} | {"pubmed:3"}
    assert library.ledger.document("pubmed:1") is None
    assert ingest_files(library, [folder]).added == 0


def test_an_article_without_abstract_is_kept_though_there_is_nothing_to_quote(library: Library, tmp_path: Path) -> None:
    path = write(tmp_path, "a.xml", pubmed_xml(article(1, "")))
    assert ingest_files(library, [path]).added == 1
    assert library.ledger.document("pubmed:1")
    assert held(library) == {}


def test_more_documents_than_a_batch(library: Library, tmp_path: Path) -> None:
    path = write(tmp_path, "many.xml", pubmed_xml(*map(article, range(1, 101))))
    assert ingest_files(library, [path]).added == 100
    assert len(held(library)) == 100


def test_progress_rises_to_the_end(library: Library, folder: Path) -> None:
    write(folder, "many.xml", pubmed_xml(*map(article, range(1, 101))))
    told: list[Progress] = []
    ingest_files(library, [folder], on_progress=told.append)
    done = [progress.done_bytes for progress in told]
    assert done == sorted(done)
    assert done[-1] == told[-1].total_bytes == sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    assert {progress.file for progress in told} == {"a.xml", "c.json", "e.md", "many.xml"}


@pytest.mark.parametrize("name", ["many.xml", "many.xml.gz"])
def test_progress_rises_within_a_long_file(library: Library, tmp_path: Path, name: str) -> None:
    chance = random.Random(1)  # noqa: S311 - what cannot be compressed away, where nobody reads it
    padding = (f"<GrantList>{chance.getrandbits(8000):x}</GrantList></Article>" for _ in range(1200))
    records = (article(n).replace("</Article>", more) for n, more in enumerate(padding, 1))
    content = pubmed_xml(*records).encode()
    path = write(tmp_path, name, gzip.compress(content, 1) if name.endswith("gz") else content)
    told: list[Progress] = []
    ingest_files(library, [path], on_progress=told.append)
    done = [progress.done_bytes for progress in told]
    assert done == sorted(done)
    assert done[-1] == path.stat().st_size
    assert len(set(done)) > 2


# the same again


def test_a_file_is_read_once_however_often_it_is_named(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "link.xml").symlink_to(folder / "a.xml")
    monkeypatch.chdir(folder)
    report = ingest_files(library, [folder, Path("a.xml"), folder / "a.xml", Path("link.xml")])
    assert (report.files, report.added, report.unchanged) == (3, 4, 0)
    assert ingest_files(library, [Path("a.xml")]).files_unchanged == 1  # done under its full name


def test_the_same_identifier_twice_in_a_file_ends_with_the_last_word(library: Library, tmp_path: Path) -> None:
    path = write(tmp_path, "a.xml", pubmed_xml(article(1, "First draft."), article(1, "Final version.")))
    report = ingest_files(library, [path])
    assert held(library) == {"pubmed:1": ["Final version."]}
    assert (report.added, report.replaced) == (1, [])


def test_of_two_files_with_the_same_document_the_last_wins_and_the_report_says_so(
    library: Library, tmp_path: Path
) -> None:
    first = write(tmp_path, "files/1.xml", pubmed_xml(article(1, "Old words.")))
    second = write(tmp_path, "files/2.xml", pubmed_xml(article(1, "New words.")))
    report = ingest_files(library, [tmp_path / "files"])
    assert held(library) == {"pubmed:1": ["New words."]}
    assert (report.added, report.changed) == (1, 1)
    assert report.replaced == [("pubmed:1", str(first), str(second))]
    assert ingest_files(library, [tmp_path / "files"]) == Report(files_unchanged=2)


# bad input


@pytest.mark.parametrize(("name", "content", "told"), [(name, *rest) for name, rest in BAD.items()], ids=BAD)
def test_a_bad_file_in_the_middle_stops_nothing_and_is_named_with_the_mend(
    library: Library, folder: Path, name: str, content: bytes, told: str
) -> None:
    write(folder, name, content)
    report = ingest_files(library, [folder])
    assert held(library).keys() >= GOOD_DOCUMENTS
    ((file, messages),) = failed(report).items()
    assert file == name
    (message,) = messages
    assert told in message
    assert ";" in message or "fetch" in message or "download" in message  # the mend
    (kept,) = library.ledger.failures()
    assert (kept.source, kept.record, kept.reason, kept.mend) == report.failures[0]


def test_all_of_them_together_stop_nothing_either(library: Library, folder: Path) -> None:
    for name, (content, _) in BAD.items():
        write(folder, name, content)
    report = ingest_files(library, [folder, folder / "missing.xml"])
    assert failed(report).keys() == {*BAD, "missing.xml"}
    assert held(library).keys() >= GOOD_DOCUMENTS | {"pubmed:70", "pubmed:71", "pubmed:73"}


def test_what_stands_before_the_break_of_a_truncated_file_is_kept(library: Library, tmp_path: Path) -> None:
    path = write(tmp_path, "a.xml", pubmed_xml(*map(article, range(1, 101)))[:-1500])
    report = ingest_files(library, [path])
    assert failed(report).keys() == {"a.xml"}
    assert held(library).keys() == {f"pubmed:{n}" for n in range(1, report.added + 1)}
    assert report.added > 90


def test_a_malformed_record_is_named_and_its_neighbours_are_kept(library: Library, tmp_path: Path) -> None:
    path = write(tmp_path, "a.xml", BAD["b-malformed.xml"][0])
    report = ingest_files(library, [path])
    assert [(file, record) for file, record, _, _ in report.failures] == [(str(path), "pubmed:72")]
    assert held(library).keys() == {"pubmed:71", "pubmed:73"}


@pytest.mark.parametrize("name", ["missing.xml", "x" * 300, "below/a.xml/a.xml"])
def test_a_path_that_leads_nowhere_is_named(library: Library, tmp_path: Path, name: str) -> None:
    report = ingest_files(library, [tmp_path / name])
    assert str(tmp_path / name) in report.failures[0][2]
    assert "check" in report.failures[0][2]


def test_files_of_unknown_kind_are_passed_over_in_folders_and_named_when_asked_for(
    library: Library, folder: Path
) -> None:
    notes = write(folder, "notes.txt", "call the ward")
    report = ingest_files(library, [folder])
    assert (report.skipped, report.failures) == ([str(notes)], [])
    report = ingest_files(library, [notes])
    assert report.skipped == []
    assert "not recognised" in report.failures[0][2]
    assert "--kind" in report.failures[0][2]


def test_a_kind_that_does_not_exist_is_refused_with_those_that_do(library: Library, folder: Path) -> None:
    with pytest.raises(UnknownKindError, match=r"'papers'.*auto, pubmed, pmc, trials, guideline"):
        ingest_files(library, [folder], kind="papers")
    assert held(library) == {}


def test_only_files_of_the_kind_that_is_given_are_read(library: Library, folder: Path) -> None:
    ingest_files(library, [folder], kind="trials")
    assert held(library).keys() == {"nct:NCT00000001"}


def test_failures_are_forgotten_after_a_good_run(library: Library, folder: Path) -> None:
    bad = write(folder, "b.xml", pubmed_xml(article(8))[:-40])
    ingest_files(library, [folder])
    assert [failure.source for failure in library.ledger.failures()] == [str(bad)]
    ingest_files(library, [folder])  # the same again is no better
    assert len(library.ledger.failures()) == 1
    write(folder, "b.xml", pubmed_xml(article(8)))
    assert ingest_files(library, [folder]).failures == []
    assert library.ledger.failures() == []
    assert "pubmed:8" in held(library)


@pytest.mark.parametrize("damaged", ["", pubmed_xml(article(1, "Changed."))[:-10]], ids=["empty", "truncated"])
def test_a_file_put_back_as_it_was_is_read_again(library: Library, folder: Path, damaged: str) -> None:
    ingest_files(library, [folder])
    before = held(library)
    write(folder, "a.xml", damaged)
    assert len(ingest_files(library, [folder]).failures) == 1
    write(folder, "a.xml", GOOD["a.xml"])
    assert ingest_files(library, [folder]).failures == []
    assert library.ledger.failures() == []
    assert held(library) == before


# folders as they are


def test_hidden_files_are_passed_over_unless_named(library: Library, folder: Path) -> None:
    hidden = write(folder, ".cache/x.xml", pubmed_xml(article(5)))
    write(folder, ".y.xml", pubmed_xml(article(6)))
    report = ingest_files(library, [folder])
    assert held(library).keys() == GOOD_DOCUMENTS
    assert report.skipped == []
    ingest_files(library, [hidden])
    assert held(library).keys() == GOOD_DOCUMENTS | {"pubmed:5"}


def test_links_in_a_circle_and_links_to_nowhere_end_nothing(library: Library, folder: Path) -> None:
    (folder / "circle").symlink_to(folder)
    (folder / "d" / "up").symlink_to("..")
    (folder / "self.xml").symlink_to("self.xml")
    (folder / "gone.xml").symlink_to("nowhere.xml")
    report = ingest_files(library, [folder])
    assert (report.files, report.failures) == (3, [])
    report = ingest_files(library, [folder / "self.xml", folder / "gone.xml"])
    assert failed(report).keys() == {"self.xml", "gone.xml"}


def test_pipes_are_not_waited_for(library: Library, folder: Path) -> None:
    os.mkfifo(folder / "pipe.xml")
    assert ingest_files(library, [folder]).failures == []
    report = ingest_files(library, [folder / "pipe.xml"])
    assert "not a regular file" in report.failures[0][2]


def test_an_empty_folder_and_no_paths_at_all_are_nothing_to_do(library: Library, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert ingest_files(library, [tmp_path / "empty"]) == ingest_files(library, []) == Report()


# an index that was lost, a run that was killed


@pytest.mark.parametrize("lost", ["all", "part"])
def test_an_index_that_was_lost_is_made_again_from_the_ledger(tmp_path: Path, folder: Path, lost: str) -> None:
    home = tmp_path / "home"
    with Library.open(home, purpose="a test", embedder=HashedEmbedder()) as library:
        ingest_files(library, [folder])
        before = held(library)
        if lost == "part":
            library.searcher.engine.delete(["pubmed:1#0"])
    if lost == "all":
        (home / "index").rename(tmp_path / "moved away")
    with Library.open(home, purpose="a test", embedder=HashedEmbedder()) as library:
        assert ingest_files(library, [folder]).files_unchanged == 3
        assert held(library) == before
        assert found(library, "statin") == {"guideline:who/lipids@2024"}


def test_what_a_run_takes_out_at_this_moment_is_not_taken_for_lost(library: Library, folder: Path) -> None:
    """With a Qdrant server another process may open the library meanwhile."""
    ingest_files(library, [folder])
    engine = library.searcher.engine
    with library.writing():
        engine.delete(["pubmed:1#0"])  # and the ledger is told next
        library.restore()
        assert engine.passages([point_id("pubmed:1#0")]) == {}
    library.restore()
    assert engine.passages([point_id("pubmed:1#0")])


KILLED = """
import os, signal, sys
sys.path[:0] = {path!r}
from pathlib import Path
from hashed_embedder import HashedEmbedder
from ingestion.ledger import Ledger
from ingestion.library import Library
from ingestion.pipeline import ingest_files

calls = 0

def dying(method):
    def call(*arguments):
        global calls
        calls += 1
        if calls == {at}:
            os.kill(os.getpid(), signal.SIGKILL)
        return method(*arguments)
    return call

library = Library.open(Path({home!r}), purpose="a test", embedder=HashedEmbedder())
library.searcher.engine.flush = dying(library.searcher.engine.flush)
Ledger.record = dying(Ledger.record)
ingest_files(library, [Path({folder!r})])
"""


@pytest.fixture
def killed_run(tmp_path: Path) -> Callable[[Path, int], int]:
    """Ingests a folder in another process that is killed at one of its writes; its exit status."""

    def run(folder: Path, at: int) -> int:
        script = KILLED.format(path=sys.path, home=str(tmp_path / "home"), folder=str(folder), at=at)
        return subprocess.run([sys.executable, "-c", script], check=False).returncode

    return run


# Before the first write is safe in the index; between index and ledger; in the middle of a ledger's transaction; in a later batch.
@pytest.mark.parametrize("at", [1, 2, 20, 45])
def test_a_run_that_is_killed_loses_nothing_and_the_next_completes_it(
    tmp_path: Path, killed_run: Callable[[Path, int], int], at: int
) -> None:
    folder = tmp_path / "files"
    write(folder, "a.md", guideline("Lipids", "Offer a statin to adults."))
    with Library.open(tmp_path / "home", purpose="a test", embedder=HashedEmbedder()) as library:
        ingest_files(library, [folder])
    write(folder, "a.md", guideline("Lipids", "Offer ezetimibe.", "Review yearly."))
    write(folder, "b.xml", pubmed_xml(*map(article, range(1, 80))))

    assert killed_run(folder, at) == -signal.SIGKILL
    with Library.open(tmp_path / "home", purpose="a test", embedder=HashedEmbedder()) as library:
        assert library.ledger.document("guideline:who/lipids@2024")
        report = ingest_files(library, [folder])
        assert report.failures == []
        completed = held(library)
    with Library.open(tmp_path / "other", purpose="a test", embedder=HashedEmbedder()) as library:
        ingest_files(library, [folder])
        assert held(library) == completed
        assert len(completed) == 80


@pytest.mark.parametrize("at", [1, 2, 3])
def test_after_a_kill_the_index_says_what_the_ledger_says_even_if_nothing_is_run_again(
    tmp_path: Path, killed_run: Callable[[Path, int], int], at: int
) -> None:
    folder = tmp_path / "files"
    before = guideline("Lipids", "Offer a statin to adults.", "Stop smoking.")
    write(folder, "a.md", before)
    write(folder, "old.xml", pubmed_xml(article(500)))
    with Library.open(tmp_path / "home", purpose="a test", embedder=HashedEmbedder()) as library:
        ingest_files(library, [folder])
        kept = held(library)
    write(folder, "a.md", guideline("Lipids", "Offer ezetimibe.", "Offer a statin to adults.", "Review yearly."))
    write(folder, "b.xml", pubmed_xml(article(1), deletion(500)))
    assert killed_run(folder, at) == -signal.SIGKILL
    with Library.open(tmp_path / "home", purpose="a test", embedder=HashedEmbedder()) as library:
        assert held(library) == kept
        write(folder, "a.md", before.replace("Lipids", "Lipids "))  # the words are back as they were
        ingest_files(library, [folder / "a.md"])
        assert held(library) == kept
        for passage in library.ledger.passages():
            (best, *_) = library.searcher.search(passage.embedding_text, 5, mode=Mode.DENSE)
            assert best.passage == passage


def test_two_runs_do_not_write_at_once_and_the_second_is_told(library: Library, folder: Path) -> None:
    with library.writing(), pytest.raises(LibraryInUseError, match="Wait until it ends"):
        ingest_files(library, [folder])
    assert ingest_files(library, [folder]).added == len(GOOD_DOCUMENTS)


def test_a_file_whose_name_is_not_utf8_stops_nothing(library: Library, folder: Path) -> None:
    for name, content in ((b"b\xff.md", guideline("Names", "Offer names.")), (b"b\xfe.xml", "<PubmedArticleSet>")):
        Path(os.fsdecode(bytes(folder) + b"/" + name)).write_text(content)
    report = ingest_files(library, [folder])
    assert report.added == len(GOOD_DOCUMENTS) + 1
    assert [Path(file).name for file, *_ in report.failures] == ["b\ufffd.xml"]
    assert ingest_files(library, [folder]).added == 0


# failures read again, documents taken out


def test_a_retry_reads_failing_files_again_even_unchanged_and_no_other(library: Library, folder: Path) -> None:
    mended = write(folder, "bad.xml", BAD["b-empty.xml"][0])
    write(folder, "half.xml", BAD["b-malformed.xml"][0])
    first = ingest_files(library, [folder])
    assert failed(first).keys() == {"bad.xml", "half.xml"}
    mended.write_text(pubmed_xml(article(80)))
    report = retry_failures(library)
    assert (report.files, report.files_unchanged, report.added, report.unchanged) == (2, 0, 1, 2)
    assert failed(report).keys() == {"half.xml"}
    assert [Path(failure.source).name for failure in library.ledger.failures()] == ["half.xml"]
    (folder / "half.xml").write_text(pubmed_xml(article(72)))
    assert retry_failures(library).failures == library.ledger.failures() == []
    assert held(library).keys() == GOOD_DOCUMENTS | {"pubmed:80", "pubmed:71", "pubmed:72", "pubmed:73"}
    assert retry_failures(library) == Report()


def test_a_retry_of_a_file_that_is_gone_says_so(library: Library, tmp_path: Path) -> None:
    gone = write(tmp_path, "gone.xml", b"")
    ingest_files(library, [gone])
    gone.unlink()
    assert "no such file" in failed(retry_failures(library))["gone.xml"][0]
    assert retry_failures(library) == Report()  # there is nothing left to try


def test_a_mistyped_name_is_told_and_not_kept_for_ever(library: Library, tmp_path: Path) -> None:
    assert len(ingest_files(library, [tmp_path / "typo.xml"]).failures) == 1
    assert library.ledger.failures() == []


def test_a_retry_reads_a_file_as_what_the_user_said_it_is(library: Library, tmp_path: Path) -> None:
    odd = write(tmp_path, "odd.xml", b"<html>" + b"x" * 50)
    assert ingest_files(library, [odd], "pubmed").failures
    odd.write_text("<!-- " + "x" * 5000 + " -->" + pubmed_xml(article(9)))  # only a user can know what this is
    assert (retry_failures(library).added, library.ledger.failures()) == (1, [])
    assert "pubmed:9" in held(library)


def test_a_truncated_file_is_not_read_again_until_it_changes_or_is_retried(library: Library, tmp_path: Path) -> None:
    content, _ = BAD["b-truncated.xml.gz"]
    path = write(tmp_path, "t.xml.gz", content)
    first = ingest_files(library, [path])
    assert first.added > 0
    again = ingest_files(library, [path])
    assert (again.files, again.files_unchanged, again.failed_before, again.failures) == (0, 1, 1, [])
    assert retry_failures(library).unchanged == first.added
    assert [failure.attempts for failure in library.ledger.failures()] == [2]


def test_a_removed_document_is_found_no_more_until_its_file_is_ingested_again(library: Library, folder: Path) -> None:
    ingest_files(library, [folder])
    before = held(library)
    removed = remove_document(library, "guideline:who/lipids@2024")
    assert (removed.title, removed.passages, Path(removed.source).name) == ("Lipids", 2, "e.md")
    assert held(library) == {name: texts for name, texts in before.items() if name != removed.document_id}
    assert found(library, "statin") == set()
    report = ingest_files(library, [folder])
    assert (report.added, report.files, report.files_unchanged) == (1, 1, 2)
    assert held(library) == before


def test_what_is_removed_for_good_stays_out_of_every_file_until_it_is_admitted_again(
    library: Library, folder: Path, embedder: HashedEmbedder
) -> None:
    copy = write(folder, "copy.md", GOOD["d/e.md"])
    ingest_files(library, [folder])
    before, asked = held(library), len(embedder.embedded)
    for document_id in ("guideline:who/lipids@2024", "pubmed:1"):
        remove_document(library, document_id, for_good=True)
    rest = {name: texts for name, texts in before.items() if name in {"pubmed:2", "nct:NCT00000001"}}
    assert ingest_files(library, [folder]) == Report(files_unchanged=4)  # nor is anything read again for it
    write(folder, "a.xml", pubmed_xml(revised(1, "Other words.", "2025-01-01"), article(2)))
    write(folder, "later.xml", pubmed_xml(article(1)))
    write(folder, "d/e.md", guideline("Lipids", "Other words."))
    report = ingest_files(library, [folder])
    assert (report.excluded, report.added, report.unchanged, report.documents) == (3, 0, 1, 4)
    assert held(library) == rest
    assert len(embedder.embedded) == asked
    assert [
        (each.document_id, each.title, [Path(source).name for source in each.sources])
        for each in library.ledger.excluded()
    ] == [
        ("guideline:who/lipids@2024", "Lipids", ["copy.md", "e.md"]),
        ("pubmed:1", "Study 1", ["a.xml", "later.xml"]),
    ]

    assert library.ledger.readmit("pubmed:2") is None
    for document_id in ("guideline:who/lipids@2024", "pubmed:1"):
        assert library.ledger.readmit(document_id)
    copy.unlink()
    report = ingest_files(library, [folder])
    assert (report.added, report.excluded, library.ledger.excluded()) == (2, 0, [])
    assert held(library).keys() == before.keys()
    assert held(library)["guideline:who/lipids@2024"] == ["Other words."]


def test_an_edition_that_is_removed_for_good_supersedes_nothing_however_often_it_is_read(
    library: Library, folder: Path
) -> None:
    write(folder, "older.md", guideline("Lipids", "Offer niacin.").replace("2024", "2019"))
    ingest_files(library, [folder])
    older = library.ledger.document("guideline:who/lipids@2019")
    assert older
    assert older.superseded_by == "guideline:who/lipids@2024"
    remove_document(library, "guideline:who/lipids@2024", for_good=True)
    write(folder, "d/e.md", guideline("Lipids", "Other words."))
    ingest_files(library, [folder])
    older = library.ledger.document("guideline:who/lipids@2019")
    assert older
    assert (older.status, older.superseded_by) == (Status.CURRENT, None)


@pytest.mark.parametrize("identifier", ["pubmed:404", "pubmed:1#0", "", "\udcff"])
def test_a_document_that_is_not_there_cannot_be_removed(library: Library, folder: Path, identifier: str) -> None:
    ingest_files(library, [folder])
    with pytest.raises(UnknownDocumentError, match="Copy the identifier from a search") as error:
        remove_document(library, identifier)
    str(error.value).encode()
    assert held(library).keys() == GOOD_DOCUMENTS


def test_a_removal_that_is_killed_halfway_leaves_the_document_whole(
    tmp_path: Path, folder: Path, embedder: HashedEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    home = tmp_path / "killed"
    with Library.open(home, purpose="a test", embedder=embedder) as library:
        ingest_files(library, [folder])
        before = held(library)
        with monkeypatch.context() as patch:
            patch.setattr(library.ledger, "remove", killed)
            with pytest.raises(KeyboardInterrupt):
                remove_document(library, "pubmed:1")
    with Library.open(home, purpose="a test", embedder=embedder) as library:
        assert held(library) == before
        remove_document(library, "pubmed:1")
        assert held(library).keys() == GOOD_DOCUMENTS - {"pubmed:1"}


# what is written, and what need not be


def revised(number: int, abstract: str, when: str = "", extra: str = "") -> str:
    """An article with the day of its last revision and with notices."""
    record = article(number, abstract)
    date = when.split("-") if when else []
    stamp = "".join(f"<{tag}>{part}</{tag}>" for tag, part in zip(("Year", "Month", "Day"), date, strict=False))
    return record.replace("</PMID>", f"</PMID><DateRevised>{stamp}</DateRevised>" if when else "</PMID>", 1).replace(
        "</MedlineCitation>", extra + "</MedlineCitation>"
    )


RETRACTED = (
    '<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn"><RefSource>J</RefSource>'
    "</CommentsCorrections></CommentsCorrectionsList>"
)


def test_a_retraction_is_written_without_embedding_anything(
    library: Library, tmp_path: Path, embedder: HashedEmbedder
) -> None:
    path = write(tmp_path, "a.xml", pubmed_xml(article(1, "Aspirin helped."), article(2)))
    ingest_files(library, [path])
    asked = len(embedder.embedded)
    path.write_text(pubmed_xml(revised(1, "Aspirin helped.", extra=RETRACTED), article(2)))
    report = ingest_files(library, [path])
    assert (report.changed, report.relabelled, report.unchanged, report.passages) == (1, 1, 1, 0)
    assert len(embedder.embedded) == asked
    held(library)
    (hit,) = (hit for hit in library.searcher.search("aspirin", 10) if hit.passage.document_id == "pubmed:1")
    assert hit.passage.status is Status.RETRACTED
    assert hit.scores.dense is not None
    assert hit.scores.lexical is not None


def test_other_mesh_headings_are_searched_at_once_and_cost_no_embedding(
    library: Library, tmp_path: Path, embedder: HashedEmbedder
) -> None:
    path = write(tmp_path, "a.xml", pubmed_xml(article(1, "Aspirin helped.", "Myocardial Ischemia"), article(2)))
    ingest_files(library, [path])
    asked = len(embedder.embedded)
    path.write_text(pubmed_xml(article(1, "Aspirin helped.", "Cerebral Infarction"), article(2)))
    report = ingest_files(library, [path])
    assert (report.changed, report.unchanged) == (1, 1)
    assert len(embedder.embedded) == asked
    assert library.searcher.search("ischemia", mode=Mode.BM25) == []
    (hit,) = library.searcher.search("cerebral infarction", mode=Mode.BM25)
    assert hit.passage.facets.mesh == ("cerebral infarction",)
    (hit,) = (hit for hit in library.searcher.search("aspirin") if hit.passage.document_id == "pubmed:1")
    assert hit.scores.dense is not None


def test_an_older_record_never_replaces_a_newer_one_and_the_report_says_so(library: Library, tmp_path: Path) -> None:
    new = write(tmp_path, "new.xml", pubmed_xml(revised(1, "As corrected.", "2024-05-01")))
    old = write(tmp_path, "old.xml", pubmed_xml(revised(1, "As first said.", "2020-01-31"), article(2)))
    ingest_files(library, [new])
    report = ingest_files(library, [old])
    assert (report.outdated, report.added, report.changed) == (1, 1, 0)
    assert held(library)["pubmed:1"] == ["As corrected."]
    newest = write(tmp_path, "newest.xml", pubmed_xml(revised(1, "As retracted.", "2025-01-01")))
    assert ingest_files(library, [newest]).changed == 1
    assert ingest_files(library, [write(tmp_path, "undated.xml", pubmed_xml(revised(1, "Undated.")))]).changed == 1
    assert held(library)["pubmed:1"] == ["Undated."]  # nothing says that it is older


def test_abbreviations_are_known_by_what_most_documents_mean_and_go_with_their_documents(
    library: Library, tmp_path: Path
) -> None:
    heart = "Atrial fibrillation (AF) raises the risk of stroke."
    path = write(
        tmp_path, "a.xml", pubmed_xml(article(1, heart), article(2, heart), article(3, "Amniotic fluid (AF) was low."))
    )
    ingest_files(library, [path])
    assert library.ledger.long_forms("AF") == ["atrial fibrillation"]
    assert library.ledger.long_forms("XY") == []
    ingest_files(
        library, [write(tmp_path, "long.xml", pubmed_xml(article(4, "Atrial fibrillation was common in adults.")))]
    )
    found = {hit.passage.document_id for hit in library.searcher.search("AF", mode=Mode.BM25)}
    assert found == {"pubmed:1", "pubmed:2", "pubmed:3", "pubmed:4"}, "what it stands for is searched too"
    remove_document(library, "pubmed:1")
    assert library.ledger.long_forms("AF") == []  # one document alone may err


def test_of_a_new_edition_only_the_new_words_are_embedded(
    library: Library, tmp_path: Path, embedder: HashedEmbedder
) -> None:
    path = write(
        tmp_path, "lipids.md", guideline("Lipids", "Offer a statin.", "Measure lipids yearly.", "Stop smoking.")
    )
    ingest_files(library, [path])
    before = len(embedder.embedded)
    path.write_text(guideline("Lipids", "Offer ezetimibe first.", "Offer a statin.", "Measure lipids yearly."))
    assert ingest_files(library, [path]).changed == 1
    assert [text.splitlines()[-1] for text in embedder.embedded[before:]] == ["Offer ezetimibe first."]
    assert held(library) == {
        "guideline:who/lipids@2024": ["Offer ezetimibe first.", "Offer a statin.", "Measure lipids yearly."]
    }
    for passage in library.ledger.passages():  # each under its own vector, not its predecessor's
        (best, *_) = library.searcher.search(passage.embedding_text, 3, mode=Mode.DENSE)
        assert best.passage == passage


class Forgetful:
    """A Qdrant server's engine (in this process) that loses a passage once it was asked for."""

    def __init__(self) -> None:
        self._engine = QdrantEngine(QdrantClient(":memory:"), "forgetful", dimension=HashedEmbedder().dimension)
        self.loses = ""

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)

    def passages(self, point_ids: Sequence[str]) -> Mapping[str, Passage]:
        found = self._engine.passages(point_ids)
        self.lose()
        return found

    def lose(self) -> None:
        self._engine.delete([self.loses] if self.loses else [])
        self.loses = ""


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect")
def test_a_passage_that_the_index_loses_in_mid_run_is_embedded_again(
    tmp_path: Path, embedder: HashedEmbedder, folder: Path
) -> None:
    engine, article_file = Forgetful(), folder / "a.xml"
    lipids = write(folder, "l.md", guideline("Fats", "Offer a statin.", "Measure lipids yearly."))
    searcher = Searcher(engine, embedder)  # type: ignore[arg-type]
    with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
        version = new_version(1, "edge", embedder.name, embedder.dimension)
        library = Library(tmp_path, ledger, Folders(tmp_path), version, searcher)
        ingest_files(library, [folder])
        asked = len(embedder.embedded)

        engine.loses = "guideline:who/fats@2024#0"  # after it was found to say what the next edition says
        lipids.write_text(guideline("Fats", "Offer ezetimibe.", "Offer a statin.", "Measure lipids yearly."))
        assert ingest_files(library, [folder]).failures == []
        embedded = {text.splitlines()[-1] for text in embedder.embedded[asked:]}
        assert embedded == {"Offer ezetimibe.", "Offer a statin."}
        assert held(library)["guideline:who/fats@2024"][1] == "Offer a statin."

        engine.loses = "pubmed:1#0"
        engine.lose()
        article_file.write_text(
            pubmed_xml(revised(1, "Aspirin prevented strokes in adults.", extra=RETRACTED), article(2))
        )
        ingest_files(library, [folder])
        assert library.ledger.document("pubmed:1").status is Status.RETRACTED  # type: ignore[union-attr]
        held(library)


def test_what_on_progress_raises_ends_the_run_and_keeps_what_was_written(library: Library, tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.report.added > 400:
            raise StoppedError

    path = write(tmp_path, "many.xml", pubmed_xml(*map(article, range(1, 1001))))
    with pytest.raises(StoppedError):
        ingest_files(library, [path], on_progress=stop)
    kept = len(held(library))
    assert 0 < kept < 1000
    report = ingest_files(library, [path])
    assert (report.added, report.unchanged) == (1000 - kept, kept)


FULL_DISK = """
import resource, sys
sys.path[:0] = {path!r}
from pathlib import Path
from hashed_embedder import HashedEmbedder
from indexes.errors import RetrievalError
from ingestion.errors import IngestionError
from ingestion.library import Library
from ingestion.pipeline import ingest_files

with Library.open(Path({home!r}), purpose="a test", embedder=HashedEmbedder()) as library:
    resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
    try:
        ingest_files(library, [Path({folder!r})])
    except (RetrievalError, IngestionError) as error:
        print(error)
"""


@pytest.mark.parametrize("limit", [40_000, 400_000])
def test_a_full_disk_is_named_with_the_mend_and_loses_nothing(tmp_path: Path, folder: Path, limit: int) -> None:
    write(folder, "many.xml", pubmed_xml(*(article(n, f"Aspirin {n} " * 50) for n in range(1, 2001))))
    script = FULL_DISK.format(path=sys.path, home=str(tmp_path / "home"), folder=str(folder), limit=limit)
    told = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert "Free space on its disk" in told.stdout, told.stderr
    with Library.open(tmp_path / "home", purpose="a test", embedder=HashedEmbedder()) as library:
        ingest_files(library, [folder])
        assert len(held(library)) == len(GOOD_DOCUMENTS) + 1998


def test_a_file_that_fails_without_end_is_left_and_the_rest_goes_in(
    folder: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_PROBLEMS", 3)
    monkeypatch.setattr(report, "MOST", 2)
    endless = write(folder, "b.xml", pubmed_xml(*["<PubmedArticle/>"] * 20, article(99)))
    found = ingest_files(library, [folder])
    assert len(found.failures) == 2  # as many as a report keeps
    failures = [failure for failure in library.ledger.failures() if failure.source == str(endless)]
    assert [failure.record for failure in failures] == ["", "record 1", "record 2", "record 3"]
    assert "more than 3 records of it cannot be read" in failures[0].reason
    assert library.ledger.known("pubmed:99") is None
    assert all(library.ledger.known(document) for document in GOOD_DOCUMENTS)


class Faulty:
    """A parser with a fault that nobody foresaw."""

    name = kind = "faulty"
    version = 1
    suffixes = (".faulty",)

    def __init__(self, recognising: bool) -> None:
        self.recognising = recognising

    def recognises(self, path: Path, head: bytes) -> bool:
        if path.suffix == ".faulty" and self.recognising:
            raise KeyError(head)
        return path.suffix == ".faulty"

    def parse(self, path: Path) -> Iterator[Item]:
        yield Problem("record 1", "is odd", "look at it")
        raise KeyError(path.read_text())


@pytest.mark.parametrize("recognising", [True, False])
def test_a_fault_of_ours_stops_no_other_file_and_repeats_nothing_of_this_one(
    folder: Path, library: Library, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, recognising: bool
) -> None:
    monkeypatch.setattr(sources, "PARSERS", (Faulty(recognising), *sources.PARSERS))
    faulty = write(folder, "b.faulty", "Jane Roe, born 1950")
    found = ingest_files(library, [folder])
    assert all(library.ledger.known(document) for document in GOOD_DOCUMENTS)
    file, _, reason, _ = found.failures[-1]
    assert file == str(faulty)
    assert "Citewell itself failed on it (KeyError)" in reason
    assert "Jane" not in f"{found} {library.ledger.failures()} {caplog.text}"
    assert "in parse" in caplog.text or recognising


def test_a_failure_tells_no_more_of_a_file_than_names_it(folder: Path, library: Library) -> None:
    long = "JaneRoe" * 2000
    write(folder, "b.md", f"---\ntitle: T\nstatus: {long}\n---\n\n# T\n\nOffer a statin.\n")
    write(folder, "c.md", f"---\ntitle: !{long} x\n---\n\n# T\n\nOffer a statin.\n")
    write(folder, "d.xml", pubmed_xml(f"<PubmedArticle><PMID>5</PMID><{long}></PubmedArticle>", article(6)))
    failures = ingest_files(library, [folder]).failures
    write(folder, "citewell-manifest.toml", f'["x.md"]\n"{long}" = 1\n')
    failures += ingest_files(library, [folder]).failures
    assert len(failures) == 4
    assert max(len(reason) + len(mend) for *_, reason, mend in failures) < 2500
    assert len(max((failure.reason for failure in library.ledger.failures()), key=len)) < 2500
    assert next(reason for file, _, reason, _ in failures if file.endswith("b.md")).count("janeroe") < 7
