"""Ingestion over HTTP: files in, a job out, worked off while questions go on being answered."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ByteSize, SecretStr

from assistant.api.limits import Limit
from assistant.api.uploading import MAX_FILES, receive
from assistant.errors import RefusedError
from assistant.jobs import PATH, JobsOut, JobView, RemovedView
from ingestion.job import Work
from ingestion.jobs import Jobs
from ingestion.library import Library
from ingestion.pipeline import remove_document
from ingestion.upkeep import Wanted
from ingestion.uploads import Uploads

UPLOADS_AT_ONCE = 4
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""What proxies say of a request that was not made on this machine (RFC 7239, RFC 9110 section 7.6.3, and custom)."""
FORM: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {
                    "files": {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": MAX_FILES},
                    "kind": {"type": "string", "default": "auto"},
                },
            }
        }
    },
}


class Intake:
    """What a server takes in: its queue of jobs, the largest upload in bytes, and who may send.

    `is_local`: only this machine reaches the server, and whoever may ask may ingest. Any other server ingests only for who knows the token, and so
    does one behind a proxy, which lets other machines in. A token that is set must be given everywhere.
    """

    def __init__(self, jobs: Jobs, uploads: Uploads, *, limit: int, token: SecretStr | None, is_local: bool) -> None:
        self.jobs = jobs
        self.uploads = uploads
        self.limit = limit
        self.uploading = 0  # requests whose files are arriving
        self._token = token
        self._is_local = is_local

    @property
    def limits(self) -> Mapping[str, Limit]:
        """The size of bodies, by path."""
        size = ByteSize(self.limit).human_readable()
        refusal = f"The files are larger than {size} together. Send fewer at a time, or raise CITEWELL_UPLOAD_LIMIT of the server."
        return {PATH: Limit(self.limit, refusal, None)}

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Jobs are worked off while the application runs."""
        self.jobs.start()
        if self.jobs.alone:
            self.uploads.clear()
        try:
            yield
        finally:
            await run_in_threadpool(self.jobs.stop)

    def check_access(self, request: Request, authorization: Annotated[str, Header()] = "") -> None:
        """Raises `RefusedError` with 403 where nobody may ingest, with 401 where the token is missing or wrong."""
        if self._token is None:
            if not self._is_local or any(name in request.headers for name in FORWARDED):
                raise RefusedError(
                    403,
                    "This server can be reached from other machines and takes no documents over HTTP. Start it with CITEWELL_INGEST_TOKEN "
                    "set to a secret of at least 16 characters, and send that as `Authorization: Bearer`.",
                )
            return
        scheme, _, given = authorization.partition(" ")
        expected = self._token.get_secret_value()
        if scheme.lower() != "bearer" or not secrets.compare_digest(given.strip().encode(), expected.encode()):
            raise RefusedError(
                401,
                "The ingestion token is missing or wrong. Send the server's CITEWELL_INGEST_TOKEN as `Authorization: Bearer`; "
                "the command line takes it from the same setting.",
                {"www-authenticate": "Bearer"},
            )


def ingest_routes(intake: Intake, library: Library) -> APIRouter:
    """The routes under `/v1/ingest`, and taking documents out."""
    router = APIRouter(dependencies=[Depends(intake.check_access)])
    jobs = intake.jobs

    def accepted(response: Response, job_id: str) -> JobView:
        view = JobView.of(jobs.get(job_id))
        response.headers["location"] = view.url
        return view

    @router.post(PATH, status_code=202, openapi_extra={"requestBody": FORM})
    async def ingest(request: Request, response: Response) -> JobView:
        """Send files (`files`, and optionally `kind`) as multipart/form-data; they are ingested in the background, a job at a time."""
        await run_in_threadpool(jobs.check_room)
        if intake.uploading >= UPLOADS_AT_ONCE:
            raise RefusedError(503, "Too many uploads are under way. Try again in a minute.", {"retry-after": "60"})
        intake.uploading += 1
        try:
            kind, paths = await receive(request, intake.uploads)
        finally:
            intake.uploading -= 1
        job = await run_in_threadpool(jobs.submit, Work.FILES, paths, kind)
        return accepted(response, job.job_id)

    @router.post(f"{PATH}/starter", status_code=202)
    def ingest_starter(response: Response) -> JobView:
        """Ingest the starter library in the background."""
        return accepted(response, jobs.submit(Work.STARTER).job_id)

    @router.post(f"{PATH}/retry", status_code=202)
    def retry(response: Response) -> JobView:
        """Read again, in the background, the files in which something failed."""
        return accepted(response, jobs.submit(Work.RETRY).job_id)

    @router.post(f"{PATH}/reindex", status_code=202)
    def reindex(response: Response) -> JobView:
        """Build the index anew, in the background, beside the one that answers: as it was, or as `citewell library reindex` asks for."""
        return accepted(response, jobs.submit(Work.REINDEX, options=Wanted.take(library.home).to_options()).job_id)

    @router.post(f"{PATH}/optimize", status_code=202)
    def optimize(response: Response) -> JobView:
        """Build in the background what makes searching fast."""
        return accepted(response, jobs.submit(Work.OPTIMIZE).job_id)

    @router.post(f"{PATH}/snapshot", status_code=202)
    def snapshot(response: Response) -> JobView:
        """Keep the library as it is in a file of its folder, `snapshots/<job>.zip`."""
        return accepted(response, jobs.submit(Work.SNAPSHOT).job_id)

    @router.get(PATH)
    def listed() -> JobsOut:
        """The jobs that wait, run, or are done, without their reports, and what one request may send."""
        views = [JobView.of(stand, with_report=False) for stand in jobs.all()]
        return JobsOut(jobs=views, upload_bytes=intake.limit, upload_files=MAX_FILES)

    @router.get(f"{PATH}/{{job_id}}")
    def job(job_id: str) -> JobView:
        """How a job stands."""
        return JobView.of(jobs.get(job_id))

    @router.delete(f"{PATH}/{{job_id}}")
    def cancel(job_id: str) -> JobView:
        """Cancel a job: at once where it waits, after its present batch where it runs. What it has done is kept."""
        return JobView.of(jobs.cancel(job_id))

    @router.delete("/v1/documents/{document_id:path}")
    def remove(document_id: str, for_good: bool = False) -> RemovedView:
        """Take a document out of the library. Ingesting a file that holds it brings it back, unless it goes for good."""
        with jobs.between_jobs():
            return RemovedView(**asdict(remove_document(library, document_id, for_good=for_good)))

    return router
