"""Jobs and what they did, as the doors show them: what the API returns, and `citewell ingest --json` prints of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from pydantic import Field, JsonValue

from assistant.answer import Model
from ingestion.document import printable
from ingestion.job import Stand, State, Work
from ingestion.report import Report

PATH = "/v1/ingest"
FAILURE = ("file", "record", "reason", "mend")


class JobView(Model):
    """A job. `report` is what `citewell ingest --json` prints, so far or at the end; `files` are those sent, as the report names them."""

    id: str
    url: str
    state: State
    work: Work
    kind: str
    files: list[str]
    created: str
    started: str | None
    finished: str | None
    done_bytes: int = Field(description="Bytes read so far, while the job runs; of upkeep, passages.")
    total_bytes: int = Field(description="Bytes to read in all, while the job runs; of upkeep, passages.")
    seconds_left: float | None = Field(description="An estimate, while the job runs.")
    file: str = Field(description="The file that is read now; of upkeep, the step.")
    report: dict[str, JsonValue] | None
    error: str = Field(description="Why the job failed; files that cannot be read are in the report and fail no job.")

    @classmethod
    def of(cls, stand: Stand, *, with_report: bool = True) -> JobView:
        """The view of a job and how far it is."""
        job = stand.job
        return cls(
            id=job.job_id,
            url=f"{PATH}/{job.job_id}",
            state=job.state,
            work=job.work,
            kind=job.kind,
            files=[printable(path) for path in job.paths],
            created=job.created,
            started=job.started,
            finished=job.finished,
            done_bytes=stand.done_bytes,
            total_bytes=stand.total_bytes,
            seconds_left=None if stand.seconds_left is None else round(stand.seconds_left, 1),
            file=stand.file,
            report=report_view(job.report) if job.report and with_report else None,
            error=job.error,
        )


class JobsOut(Model):
    """Jobs, the latest first, and what one request may send."""

    jobs: list[JobView]
    upload_bytes: int
    upload_files: int


class RemovedView(Model):
    """A document that was taken out, and the file that would bring it back."""

    document_id: str
    title: str
    source: str
    passages: int


def report_view(report: Report) -> dict[str, Any]:
    """A report for a program."""
    failures = [dict(zip(FAILURE, failure, strict=True)) for failure in report.failures]
    return {**asdict(report), "failures": failures}


def read_report(view: Mapping[str, Any]) -> Report:
    """The report of which `report_view` made that. Raises `KeyError`, `TypeError` or `ValueError` where it is none."""
    values = {field.name: view[field.name] for field in fields(Report)}
    failures = [tuple(str(failure[name]) for name in FAILURE) for failure in view["failures"]]
    return Report(**values | {"failures": failures, "replaced": [tuple(entry) for entry in view["replaced"]]})
