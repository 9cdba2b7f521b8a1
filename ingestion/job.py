"""A job: a piece of work that a server does in the background, how it stands, and the small file in which it outlives the process."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ingestion.report import Report
from ingestion.whole_file import write_whole

logger = logging.getLogger("citewell.jobs")

TOLD = 1000  # entries of each list in a report that a job remembers; the ledger has all failures


class State(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Work(StrEnum):
    """What a job does: read files that were sent, the starter library, or again what failed; or look after the index (`UPKEEP`)."""

    FILES = "files"
    STARTER = "starter"
    RETRY = "retry"
    REINDEX = "reindex"
    OPTIMIZE = "optimize"
    SNAPSHOT = "snapshot"


UPKEEP = frozenset({Work.REINDEX, Work.OPTIMIZE, Work.SNAPSHOT})
"""Work beside which documents come in."""
OVER = frozenset({State.DONE, State.FAILED, State.CANCELLED})


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work. Identifiers sort by age; times are ISO 8601 in UTC; `error` says why a job failed, which no bad file makes it do."""

    job_id: str
    work: Work
    kind: str
    paths: tuple[str, ...]
    created: str
    state: State = State.QUEUED
    started: str | None = None
    finished: str | None = None
    attempts: int = 0
    report: Report | None = None
    error: str = ""
    options: Mapping[str, str] = field(default_factory=dict)  # of upkeep


@dataclass(frozen=True, slots=True)
class Stand:
    """A job and how far it is: bytes done and in all, the file that is read, and the seconds that are left, as far as can be told.

    Of upkeep: passages instead of bytes, and the step instead of the file.
    """

    job: Job
    done_bytes: int = 0
    total_bytes: int = 0
    file: str = ""
    seconds_left: float | None = None


_JOB = TypeAdapter(Job)


class JobFolder:
    """Jobs as JSON files, one a job."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self, job: Job) -> None:
        """Keep the job as it is now. Raises `OSError`, and then it is kept as it was."""
        write_whole(self._file(job.job_id), _JOB.dump_json(job))

    def load(self) -> Iterator[Job]:
        """The jobs that were kept, the oldest first; what cannot be read as one is left alone."""
        for path in sorted(self.path.glob("*.json")):
            job: Job | None
            try:
                job = _JOB.validate_json(path.read_bytes())
            except (OSError, ValidationError):
                job = None
            if job is None or job.job_id != path.stem:  # one of another name would be written elsewhere
                logger.error("%s is no job that can be read and is left alone.", path)
            else:
                yield job

    def forget(self, job_id: str) -> None:
        """No longer keep the job."""
        with suppress(OSError):
            self._file(job_id).unlink(missing_ok=True)

    def _file(self, job_id: str) -> Path:
        return self.path / f"{job_id}.json"


def jobs_folder(ledger_file: Path) -> Path:
    """Where the jobs of the library with that ledger are kept."""
    return ledger_file.with_name(ledger_file.stem.replace("ledger", "jobs", 1))


def shortened(report: Report | None) -> Report | None:
    """A copy of a report, with as much of its lists as a job remembers."""
    if report is None:
        return None
    skipped, replaced, failures = report.skipped[:TOLD], report.replaced[:TOLD], report.failures[:TOLD]
    return replace(report, skipped=skipped, replaced=replaced, failures=failures)


def iso(moment: datetime | None = None) -> str:
    """The moment, or the present one, as jobs tell time."""
    return (moment or datetime.now(UTC)).isoformat(timespec="seconds")
