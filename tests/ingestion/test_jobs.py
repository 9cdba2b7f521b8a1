"""Jobs run one at a time in the background, can be stopped between batches, and outlive the process."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import pytest
from hashed_embedder import HashedEmbedder
from hypothesis import example, given
from hypothesis import strategies as st
from native import article, pubmed_xml

from indexes.errors import LibraryInUseError
from ingestion import jobs as module
from ingestion.errors import BusyError, IngestionError, QueueFullError, UnknownJobError, UnknownKindError
from ingestion.home import ledger_path
from ingestion.job import OVER, Stand, State, Work, jobs_folder
from ingestion.jobs import Jobs
from ingestion.library import Library
from ingestion.pipeline import ingest_files
from ingestion.places import Server
from ingestion.report import Report
from ingestion.uploads import MAX_NAME, Uploads, safe_name


class Gate(HashedEmbedder):
    """An embedder that waits, from its second batch on, until it is let through."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.waiting = threading.Event()
        self.batches = 0

    def embed_passages(self, texts):  # type: ignore[no-untyped-def]
        self.batches += 1
        if self.batches > 1:
            self.waiting.set()
            assert self.open.wait(60)
        return super().embed_passages(texts)


@contextmanager
def queue(library: Library) -> Iterator[Jobs]:
    jobs = Jobs(library, library.home / "jobs")
    jobs.start()
    try:
        yield jobs
    finally:
        jobs.stop()


def over(jobs: Jobs, job_id: str, deadline: float = 60) -> Stand:
    """The job, once it is over."""
    end = time.monotonic() + deadline
    while (stand := jobs.get(job_id)).job.state not in OVER:
        assert time.monotonic() < end, stand
        time.sleep(0.01)
    return stand


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Articles for several batches."""
    monkeypatch.setattr("ingestion.windows.WINDOW_PASSAGES", 32)
    path = tmp_path / "many.xml"
    path.write_text(pubmed_xml(*map(article, range(1, 201))))
    return path


def test_a_job_reads_its_files_and_keeps_its_report(library: Library, many: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.xml"
    bad.write_text("")
    with queue(library) as jobs:
        job = jobs.submit(Work.FILES, [many, bad])
        done = over(jobs, job.job_id).job
        assert done.state is State.DONE
        assert done.report
        assert (done.report.added, [failure[0] for failure in done.report.failures]) == (200, [str(bad)])
        assert done.created <= (done.started or "") <= (done.finished or "")
    with queue(library) as jobs:
        assert jobs.get(job.job_id).job == done  # after a restart
    assert library.searcher.engine.count() == library.ledger.passage_count() == 200


def test_failed_files_are_read_again_by_a_job(library: Library, tmp_path: Path) -> None:
    bad = tmp_path / "bad.xml"
    bad.write_text("")
    ingest_files(library, [bad])
    bad.write_text(pubmed_xml(article(1)))
    with queue(library) as jobs:
        report = over(jobs, jobs.submit(Work.RETRY).job_id).job.report
    assert report
    assert (report.added, report.failures, library.ledger.failures()) == (1, [], [])


def test_the_starter_library_is_a_job(library: Library) -> None:
    with queue(library) as jobs:
        report = over(jobs, jobs.submit(Work.STARTER).job_id).job.report
    assert report
    assert report.added > 100


def test_jobs_wait_their_turn_and_those_that_wait_are_cancelled_at_once(tmp_path: Path, many: Path) -> None:
    gate = Gate()
    with Library.open(tmp_path / "home", purpose="a test", embedder=gate) as library, queue(library) as jobs:
        first, second, third = (jobs.submit(Work.FILES, [many]).job_id for _ in range(3))
        assert gate.waiting.wait(60)
        running = jobs.get(first)
        assert (running.job.state, running.file) == (State.RUNNING, "many.xml")
        assert running.total_bytes == many.stat().st_size
        assert [stand.job.job_id for stand in jobs.all()] == [third, second, first]
        assert jobs.get(second).job.state is State.QUEUED
        assert jobs.cancel(second).job.state is State.CANCELLED
        with pytest.raises(BusyError, match="cancel it"), jobs.between_jobs():
            pass
        gate.open.set()
        report = over(jobs, third).job.report
        assert report
        assert report.files_unchanged == 1
        assert over(jobs, first).job.state is State.DONE
        assert jobs.cancel(first).job.state is State.DONE  # what is over stays as it is
        with jobs.between_jobs():
            pass


def test_a_job_that_is_cancelled_stops_between_batches_and_what_it_did_is_kept(tmp_path: Path, many: Path) -> None:
    gate = Gate()
    with Library.open(tmp_path / "home", purpose="a test", embedder=gate) as library, queue(library) as jobs:
        job = jobs.submit(Work.FILES, [many]).job_id
        assert gate.waiting.wait(60)
        assert jobs.cancel(job).job.state is State.RUNNING
        gate.open.set()
        cancelled = over(jobs, job).job
        assert cancelled.state is State.CANCELLED
        kept = library.ledger.passage_count()
        assert 0 < kept < 200
        assert library.searcher.engine.count() == kept
        assert cancelled.report
        assert cancelled.report.added >= kept  # what was read, of which the last batch was not written
        again = over(jobs, jobs.submit(Work.FILES, [many]).job_id).job
        assert again.report
        assert (again.report.unchanged, again.report.added) == (kept, 200 - kept)


def test_a_stop_ends_the_job_between_batches_and_the_next_start_completes_it(tmp_path: Path, many: Path) -> None:
    gate = Gate()
    with Library.open(tmp_path / "home", purpose="a test", embedder=gate) as library:
        with queue(library) as jobs:
            job, waits = jobs.submit(Work.FILES, [many]).job_id, jobs.submit(Work.RETRY).job_id
            assert gate.waiting.wait(60)
            stopping = threading.Thread(target=jobs.stop)
            stopping.start()
            while True:
                try:
                    jobs.check_room()
                except LibraryInUseError:
                    break
            gate.open.set()
            stopping.join(60)
            assert not stopping.is_alive()
            assert [jobs.get(each).job.state for each in (job, waits)] == [State.QUEUED, State.QUEUED]
            assert 0 < library.ledger.passage_count() < 200
        with queue(library) as jobs:
            assert over(jobs, waits).job.state is over(jobs, job).job.state is State.DONE
        assert library.searcher.engine.count() == library.ledger.passage_count() == 200


KILLED = """
import os, signal, sys
sys.path[:0] = {path!r}
from pathlib import Path
from hashed_embedder import HashedEmbedder
from ingestion import windows
from ingestion.job import Work
from ingestion.jobs import Jobs
from ingestion.library import Library

windows.WINDOW_PASSAGES = 32

class Dying(HashedEmbedder):
    def embed_passages(self, texts):
        if self.embedded:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().embed_passages(texts)

library = Library.open(Path({home!r}), purpose="a test", embedder=Dying())
jobs = Jobs(library, Path({home!r}) / "jobs")
jobs.start()
if {submit}:
    jobs.submit(Work.FILES, [Path({file!r})])
signal.pause()
"""


def killed(home: Path, file: Path, *, submit: bool) -> None:
    script = KILLED.format(path=sys.path, home=str(home), file=str(file), submit=submit)
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL


def test_a_job_survives_the_process_and_one_that_keeps_ending_it_is_given_up(tmp_path: Path, many: Path) -> None:
    home = tmp_path / "home"
    killed(home, many, submit=True)
    shutil.copytree(home, tmp_path / "other")
    with (
        Library.open(tmp_path / "other", purpose="a test", embedder=HashedEmbedder()) as library,
        queue(library) as jobs,
    ):
        (stand,) = jobs.all()
        assert over(jobs, stand.job.job_id).job.state is State.DONE
        assert library.ledger.passage_count() == 200
    # Each time the first batch is new, and the second ends the process.
    for _ in range(module.ATTEMPTS - 1):
        for file in ("ledger.sqlite", "index"):
            path = home / file
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            for side in home.glob("ledger.sqlite-*"):
                side.unlink()
        killed(home, many, submit=False)
    with Library.open(home, purpose="a test", embedder=HashedEmbedder()) as library, queue(library) as jobs:
        (stand,) = jobs.all()
        assert stand.job.state is State.FAILED
        assert "Given up" in stand.job.error


def test_what_goes_wrong_fails_the_job_and_not_the_next(
    library: Library, many: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    known = IngestionError("The disk is full. Free some.")
    unknown = ZeroDivisionError("Jane Roe")
    told = {known: str(known), unknown: "Something went wrong inside Citewell (ZeroDivisionError)."}

    def failing(error: Exception) -> Callable[..., Report]:
        def ingest(*_: object) -> Report:
            raise error

        return ingest

    with queue(library) as jobs:
        for error, words in told.items():
            with monkeypatch.context() as patch:
                patch.setattr(module, "ingest_files", failing(error))
                failed = over(jobs, jobs.submit(Work.FILES, [many]).job_id).job
            assert (failed.state, failed.error) == (State.FAILED, words)
        assert over(jobs, jobs.submit(Work.FILES, [many]).job_id).job.state is State.DONE
    assert "Jane" not in caplog.text


def test_more_jobs_than_may_wait_are_refused(tmp_path: Path, many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    gate = Gate()
    with Library.open(tmp_path / "home", purpose="a test", embedder=gate) as library, queue(library) as jobs:
        for _ in range(3):
            jobs.submit(Work.FILES, [many])
        with pytest.raises(QueueFullError, match="Try again"):
            jobs.submit(Work.FILES, [many])
        gate.open.set()


def test_old_jobs_are_forgotten(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 2)
    with queue(library) as jobs:
        ids = [jobs.submit(Work.RETRY).job_id for _ in range(4)]
        over(jobs, ids[-1])
        assert [stand.job.job_id for stand in jobs.all()] == ids[:1:-1]
        with pytest.raises(UnknownJobError, match="long done"):
            jobs.get(ids[0])
    assert {path.stem for path in (library.home / "jobs").glob("*.json")} == set(ids[2:])


@pytest.mark.parametrize("job_id", ["", "../ledger", "none"])
def test_a_job_that_is_not_there_is_told(library: Library, job_id: str) -> None:
    with queue(library) as jobs, pytest.raises(UnknownJobError):
        jobs.cancel(job_id)


def test_a_kind_that_does_not_exist_is_no_job(library: Library, many: Path) -> None:
    with queue(library) as jobs:
        with pytest.raises(UnknownKindError, match="Choose auto"):
            jobs.submit(Work.FILES, [many], kind="papers")
        assert jobs.all() == []


def test_a_second_queue_of_the_same_folder_takes_no_jobs(library: Library, many: Path) -> None:
    with queue(library) as jobs:
        other = Jobs(library, library.home / "jobs")
        other.start()
        assert not other.alone
        with pytest.raises(LibraryInUseError, match="Another server"):
            other.submit(Work.FILES, [many])
        other.stop()
        assert over(jobs, jobs.submit(Work.FILES, [many]).job_id).job.state is State.DONE


def test_a_file_that_is_no_job_is_left_alone(library: Library, caplog: pytest.LogCaptureFixture) -> None:
    folder = library.home / "jobs"
    folder.mkdir()
    elsewhere = {
        "job_id": "../../evil",
        "work": "starter",
        "kind": "auto",
        "paths": [],
        "created": "2026-11-23",
        "state": "running",
    }
    bad = {"a": "", "b": "[1]", "c": json.dumps({"job_id": "c"}), "d": json.dumps(elsewhere)}
    for name, content in bad.items():
        (folder / f"{name}.json").write_text(content)
    with queue(library) as jobs:
        assert jobs.all() == []
    assert len(list(folder.glob("*.json"))) == caplog.text.count("is no job") == 4
    assert not list(library.home.parent.glob("evil*"))


def test_each_ledger_has_jobs_of_its_own(tmp_path: Path) -> None:
    collections = (None, Server("http://q:6333"), Server("http://q:6333", "ward"))
    folders = {jobs_folder(ledger_path(tmp_path, server)) for server in collections}
    assert {folder.name for folder in folders} == {"jobs", "jobs-citewell", "jobs-ward"}


def test_reports_keep_all_that_a_run_tells() -> None:
    """A list that a report gains must be cut like the others before it is kept."""
    lists = {field.name for field in fields(Report) if isinstance(getattr(Report(), field.name), list)}
    assert lists == {"skipped", "replaced", "failures"}


# uploads


@given(st.text(max_size=400))
@example("0" * (MAX_NAME - 1) + " and so on")
def test_any_name_becomes_a_harmless_one(name: str) -> None:
    safe = safe_name(name)
    assert safe == Path(safe).name
    assert safe not in {"", ".", ".."}
    assert not safe.startswith(".")
    assert len(safe.encode()) <= MAX_NAME
    assert safe_name(safe) == safe


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("pubmed24n0001.xml.gz", "pubmed24n0001.xml.gz"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\a.pdf", "a.pdf"),
        (".bashrc", "bashrc"),
        ("a\x00b\n.md", "a_b_.md"),
        ("Leitlinie – Gicht (2024).pdf", "Leitlinie _ Gicht (2024).pdf"),
        ("痛風.pdf", "痛風.pdf"),
        ("x" * 300 + ".xml.gz", "x" * (MAX_NAME - 7) + ".xml.gz"),
        ("..", "file"),
        ("", "file"),
    ],
)
def test_names_stay_readable(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_the_same_file_is_kept_once_and_what_broke_off_is_cleared(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)

    def send(name: str, *parts: bytes) -> Path:
        incoming = uploads.begin()
        for part in parts:
            incoming.write(part)
        return incoming.keep(name)

    first = send("a.md", b"one ", b"two")
    assert send("../a.md", b"one two") == first
    assert first.read_bytes() == b"one two"
    assert send("a.md", b"three") != first
    dropped = uploads.begin()
    dropped.write(b"x")
    dropped.drop()
    broke_off = uploads.begin()
    broke_off.write(b"x")
    uploads.clear()
    broke_off.drop()
    assert len([path for path in uploads.folder.rglob("*") if path.is_file()]) == 2
    assert uploads.folder.stat().st_mode & 0o077 == 0
