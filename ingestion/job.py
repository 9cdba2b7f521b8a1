"""A job: a piece of work that a server does in the background, how it stands, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import TypeAdapter

from ingestion.report import Report


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


JOB = TypeAdapter(Job)
