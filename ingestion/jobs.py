"""Work in the background of a server: a queue of jobs that outlives the process. Ingestion is done one job at a time, upkeep beside it likewise.

A job is a small JSON file. One that was running when the process ended is done again, which is cheap: what is in the library already is passed
over. Work is stopped between batches, by an error raised where it tells its progress; everything before that is kept.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import portalocker
from pydantic import ValidationError

from indexes.embedding import Embedder, load_embedder
from indexes.errors import LibraryInUseError, RetrievalError
from ingestion import starter
from ingestion.errors import BusyError, IngestionError, QueueFullError, UnknownJobError, UnknownKindError
from ingestion.job import JOB, OVER, UPKEEP, Job, Stand, State, Work
from ingestion.library import Library
from ingestion.pipeline import ingest_files, retry_failures
from ingestion.report import Progress, Report
from ingestion.sources import kinds
from ingestion.transfer import export_library, snapshot_path
from ingestion.upkeep import Wanted, optimise, reindex_held
from ingestion.whole_file import write_whole

logger = logging.getLogger("citewell.jobs")

MAX_WAITING = 32  # jobs
KEPT = 100  # finished jobs that can still be asked for
ATTEMPTS = 3  # at a job during which the process dies
TOLD = 1000  # entries of each list in a report that a job remembers; the ledger has all failures


class _StopError(Exception):
    """Ends a run between batches."""


class Jobs:
    """The queue of one library, worked off by two threads between `start` and `stop`. Safe to share between threads."""

    def __init__(self, library: Library, folder: Path, load: Callable[[str], Embedder] | None = None) -> None:
        """`folder` is where the jobs are kept; `load` opens the embedder of a reindex."""
        self._library = library
        self._load_embedder = load or (lambda spec: load_embedder(spec) if spec else load_embedder())
        self._folder = folder
        self._jobs: dict[str, Job] = {}
        self._changed = threading.Condition()
        self._writing = threading.Lock()  # held while a job, or another change, writes the library
        self._threads: list[threading.Thread] = []
        self._lock: portalocker.Lock | None = None
        self._stopping = False
        self._cancelled: set[str] = set()  # running jobs
        self._progress: dict[str, tuple[Progress, float]] = {}  # of running jobs, and the seconds they took so far

    # the life of the queue

    def start(self) -> None:
        """Take up the jobs that are left and work them off, unless another process does: then this one takes none."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = portalocker.LOCK_EX | portalocker.LOCK_NB
        lock = portalocker.Lock(self._folder / "lock", mode="a", timeout=0, flags=flags)
        try:
            lock.acquire()
        except portalocker.LockException:
            logger.warning("Another server works on the jobs in %s: this one takes none.", self._folder)
            return
        self._lock, self._stopping = lock, False
        self._load()
        self._threads = [
            threading.Thread(target=self._run_ingestion, name="citewell-ingest"),
            threading.Thread(target=self._run_upkeep, name="citewell-upkeep"),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop between batches; the running job goes on at the next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        while self._threads:
            self._threads.pop().join()
        if self._lock:
            self._lock.release()
            self._lock = None

    @property
    def alone(self) -> bool:
        """Whether this process works on the jobs."""
        return self._lock is not None

    # what may be asked of it

    def submit(
        self, work: Work, paths: Sequence[Path] = (), kind: str = "auto", options: Mapping[str, str] | None = None
    ) -> Job:
        """Queue a job. Raises `UnknownKindError`, `QueueFullError`, and `LibraryInUseError` where another process works on the jobs."""
        if kind != "auto" and kind not in kinds():
            raise UnknownKindError(f"There is no such kind. Choose auto, {', '.join(kinds())}.")
        with self._changed:
            self.check_room()
            now = datetime.now(UTC)
            job_id = f"{now:%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}"
            job = Job(job_id, work, kind, tuple(map(str, paths)), _iso(now), options=options or {})
            try:
                self._save(job)
            except OSError as error:
                raise IngestionError(
                    f"The job cannot be kept in {self._folder} ({error.strerror}). Free space on its disk."
                ) from error
            self._jobs[job_id] = job
            self._changed.notify_all()
        return job

    def check_room(self) -> None:
        """Raises what `submit` raises where it takes no job at all, to be asked before files are sent."""
        if not self.alone or self._stopping:
            raise LibraryInUseError(
                "Another server of this library works on the jobs, or this one is stopping. Ask that server, or try again soon."
            )
        with self._changed:
            waiting = sum(job.state not in OVER for job in self._jobs.values())
        if waiting >= MAX_WAITING:
            raise QueueFullError(
                f"{MAX_WAITING} jobs are waiting already. Try again when some are done, or cancel some."
            )

    def all(self) -> list[Stand]:
        """Every job that is remembered, the latest first."""
        with self._changed:
            return [self._stand(job) for _, job in sorted(self._jobs.items(), reverse=True)]

    def get(self, job_id: str) -> Stand:
        """The job of that identifier. Raises `UnknownJobError`."""
        with self._changed:
            return self._stand(self._known(job_id))

    def cancel(self, job_id: str) -> Stand:
        """Stop a job: at once where it waits, after its present batch where it runs; what it has done is kept. One that is over stays as it is."""
        with self._changed:
            job = self._known(job_id)
            if job.state is State.QUEUED:
                self._put(replace(job, state=State.CANCELLED, finished=_iso()))
            elif job.state is State.RUNNING:
                self._cancelled.add(job_id)
            return self._stand(self._known(job_id))

    @contextmanager
    def between_jobs(self) -> Iterator[None]:
        """While no job writes the library. Raises `BusyError` where one does."""
        if not self._writing.acquire(blocking=False):
            raise BusyError("A job is writing the library. Wait until it is done, or cancel it.")
        try:
            yield
        finally:
            self._writing.release()

    # the work

    def _run_ingestion(self) -> None:
        while job := self._next(frozenset(Work) - UPKEEP):
            with self._writing:
                self._work(job)

    def _run_upkeep(self) -> None:
        while job := self._next(UPKEEP):
            self._work(job)

    def _next(self, works: frozenset[Work]) -> Job | None:
        """The job that has waited longest among those, now running; `None` when it is time to stop."""
        with self._changed:
            while True:
                if self._stopping:
                    return None
                queued = [job for _, job in sorted(self._jobs.items()) if job.state is State.QUEUED]
                if job := next((each for each in queued if each.work in works), None):
                    job = replace(job, state=State.RUNNING, started=_iso(), attempts=job.attempts + 1)
                    self._put(job)
                    return job
                self._changed.wait()

    def _work(self, job: Job) -> None:
        state, error, report = State.DONE, "", None
        try:
            report = self._do(job)
        except _StopError:
            state = State.CANCELLED if job.job_id in self._cancelled else State.QUEUED
        except (IngestionError, RetrievalError) as known:
            state, error = State.FAILED, str(known)
        except Exception as unknown:  # noqa: BLE001 - the next job must not suffer from it
            # Frames only: a message may hold a document's words.
            frames = "".join(traceback.format_tb(unknown.__traceback__))
            logger.error("A job failed with %s\n%s", type(unknown).__name__, frames)  # noqa: TRY400
            state, error = State.FAILED, f"Something went wrong inside Citewell ({type(unknown).__name__})."
        with self._changed:
            self._cancelled.discard(job.job_id)
            so_far, _ = self._progress.pop(job.job_id, (None, 0.0))
            if self._stopping and state is State.FAILED:
                state, error = State.QUEUED, ""  # the library was closed under it
            if state is State.QUEUED:
                self._put(replace(job, state=state, attempts=0))
                return
            report = report or (so_far.report if so_far else None)
            self._put(replace(job, state=state, finished=_iso(), report=_short(report), error=error))
            self._forget_old()

    def _do(self, job: Job) -> Report | None:
        started = time.monotonic()

        def tell(progress: Progress) -> None:
            self._progress[job.job_id] = progress, time.monotonic() - started
            if self._stopping or job.job_id in self._cancelled:
                raise _StopError

        def tell_step(step: str, done: int, total: int) -> None:
            nonlocal started
            if job.job_id not in self._progress or self._progress[job.job_id][0].file != step:
                started = time.monotonic()  # what is left is of the step
            tell(Progress(done, total, step, Report()))

        match job.work:
            case Work.FILES:
                return ingest_files(self._library, [Path(path) for path in job.paths], job.kind, tell)
            case Work.STARTER:
                return ingest_files(self._library, starter.PATHS, on_progress=tell)
            case Work.RETRY:
                return retry_failures(self._library, tell)
            case Work.REINDEX:
                wanted = Wanted.model_validate(job.options)
                reindex_held(self._library, wanted, self._load_embedder, tell_step)
            case Work.OPTIMIZE:
                optimise(self._library, tell_step)
            case Work.SNAPSHOT:
                export_library(self._library, snapshot_path(self._library.home, job.job_id), tell_step)
        return None

    # what is remembered

    def _known(self, job_id: str) -> Job:
        if job_id not in self._jobs:
            raise UnknownJobError("There is no such job, or it is long done. GET /v1/ingest lists those there are.")
        return self._jobs[job_id]

    def _stand(self, job: Job) -> Stand:
        if job.state is not State.RUNNING or job.job_id not in self._progress:
            return Stand(job)
        progress, seconds = self._progress[job.job_id]
        done, total = progress.done_bytes, progress.total_bytes
        left = seconds * (total - done) / done if done else None
        return Stand(replace(job, report=_short(progress.report)), done, total, progress.file, left)

    def _put(self, job: Job) -> None:
        """Remember how a job stands. A disk that refuses ends no job: at worst it is done again after a restart."""
        self._jobs[job.job_id] = job
        try:
            self._save(job)
        except OSError as error:
            logger.error("The state of a job cannot be kept in %s (%s).", self._folder, error.strerror)  # noqa: TRY400

    def _save(self, job: Job) -> None:
        write_whole(self._folder / f"{job.job_id}.json", JOB.dump_json(job))

    def _load(self) -> None:
        for path in sorted(self._folder.glob("*.json")):
            job: Job | None
            try:
                job = JOB.validate_json(path.read_bytes())
            except (OSError, ValidationError):
                job = None
            if job is None or job.job_id != path.stem:  # one of another name would be written elsewhere
                logger.error("%s is no job that can be read and is left alone.", path)
                continue
            if job.state is State.RUNNING and job.attempts >= ATTEMPTS:
                why = f"Given up: the server ended {ATTEMPTS} times while it ran. Find the file that does it by sending fewer at a time."
                job = replace(job, state=State.FAILED, finished=_iso(), error=why)
            elif job.state is State.RUNNING:
                job = replace(job, state=State.QUEUED)
            self._put(job)

    def _forget_old(self) -> None:
        over = sorted(job_id for job_id, job in self._jobs.items() if job.state in OVER)
        for job_id in over[:-KEPT]:
            del self._jobs[job_id]
            with suppress(OSError):
                (self._folder / f"{job_id}.json").unlink(missing_ok=True)


def jobs_folder(ledger_file: Path) -> Path:
    """Where the jobs of the library with that ledger are kept."""
    return ledger_file.with_name(ledger_file.stem.replace("ledger", "jobs", 1))


def _short(report: Report | None) -> Report | None:
    """A copy of a report, with as much of its lists as a job remembers."""
    if report is None:
        return None
    skipped, replaced, failures = report.skipped[:TOLD], report.replaced[:TOLD], report.failures[:TOLD]
    return replace(report, skipped=skipped, replaced=replaced, failures=failures)


def _iso(moment: datetime | None = None) -> str:
    return (moment or datetime.now(UTC)).isoformat(timespec="seconds")
