"""The running server that holds the library does for the command line what changes it: files are sent there, and the job is followed."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from assistant.answer import Model
from assistant.cli.desk import detail_of
from assistant.cli.output import note
from assistant.errors import ServerError
from assistant.jobs import PATH, JobsOut, JobView, RemovedView, read_report
from assistant.settings import Settings
from indexes.errors import LibraryInUseError
from ingestion import manifest
from ingestion.document import printable
from ingestion.errors import IngestionError, SourceError, UnknownDocumentError, UnknownKindError
from ingestion.finding import find_files
from ingestion.job import OVER, State, Work
from ingestion.report import Progress, Removed, Report
from ingestion.sources import find_parser, kinds

TIMEOUT_S = 120.0
POLL_S = 0.3
AROUND = 1024  # bytes that a form adds to a file, at the most
M = TypeVar("M", bound=Model)
Tell = Callable[[Progress], None]


@contextmanager
def open_remote(error: LibraryInUseError, settings: Settings) -> Iterator[Remote]:
    """The server that holds the library; where the holder is none, the error is raised again."""
    if error.url is None:
        raise error
    token = settings.ingest_token
    headers = {"authorization": f"Bearer {token.get_secret_value()}"} if token else {}
    with httpx.Client(base_url=error.url, headers=headers, timeout=TIMEOUT_S, trust_env=False) as client:
        yield Remote(client)


class Remote:
    """The server's side of `ingest_files`, `retry_failures` and `remove_document`."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def ingest(self, paths: Sequence[Path], kind: str, tell: Tell) -> Report:
        """Send the files, as many at a time as the server takes, and follow the jobs. Raises `ServerError`, `UnknownKindError`."""
        if kind != "auto" and kind not in kinds():
            raise UnknownKindError(f"There is no kind {kind!r}. Choose auto, {', '.join(kinds())}.")
        limits = self._call("GET", PATH, JobsOut)  # also says at once where nothing may be sent
        note(f"The library is held by the server at {self._client.base_url}: the files go there.")
        report = Report()
        sizes = _recognised(paths, kind, limits.upload_bytes - 2 * AROUND, report)
        total, done = sum(sizes.values()), 0

        def stand(part: int, file: str, of_job: Report) -> None:
            so_far = replace(report)
            so_far.add(of_job)
            tell(Progress(done + part, total, file, so_far))

        for group in _groups(sizes, limits):
            job = self._send(group, kind, lambda doing: stand(0, doing, Report()))
            names = dict(zip(job.files, (printable(str(path)) for path in group), strict=True))
            of_job = self._follow(job, lambda job, so_far: stand(job.done_bytes, _doing(job), so_far))
            report.add(_renamed(of_job, names))
            done += sum(sizes[path] for path in group)
        return report

    def run(self, work: Work, tell: Tell) -> Report:
        """Work that needs no files. Raises `ServerError`."""
        job = self._call("POST", f"{PATH}/{work}", JobView)
        note(f"The library is held by the server at {self._client.base_url}, which does the work.")
        return self._follow(
            job, lambda job, so_far: tell(Progress(job.done_bytes, job.total_bytes, _doing(job), so_far))
        )

    def upkeep(self, work: Work, tell: Tell) -> str:
        """Look after the index; the job's identifier. Raises `ServerError`, `IngestionError`."""
        job = self._call("POST", f"{PATH}/{work}", JobView)
        note(
            f"The library is held by the server at {self._client.base_url}, which does the work and goes on answering."
        )
        self._follow(job, lambda job, report: tell(Progress(job.done_bytes, job.total_bytes, _doing(job), report)))
        return job.id

    def remove(self, document_id: str, *, for_good: bool) -> Removed:
        """Take a document out. Raises `UnknownDocumentError`, `ServerError`."""
        path = f"/v1/documents/{quote(printable(document_id), safe=':/@')}"
        view = self._call("DELETE", path, RemovedView, params={"for_good": for_good})
        return Removed(**view.model_dump())

    def _send(self, paths: Sequence[Path], kind: str, tell: Callable[[str], None]) -> JobView:
        with ExitStack() as stack:
            try:
                opened = [(printable(path.name), stack.enter_context(_Told(path, tell))) for path in paths]
            except OSError as error:
                raise SourceError(
                    f"{error.filename}: cannot be read ({error.strerror}); check its permissions"
                ) from error
            files = [("files", named) for named in opened]
            return self._call("POST", PATH, JobView, data={"kind": kind}, files=files)

    def _follow(self, job: JobView, stand: Callable[[JobView, Report], None]) -> Report:
        """The report of a job at its end. Who stops waiting for it stops the job."""
        try:
            while job.state not in OVER:
                time.sleep(POLL_S)
                job = self._call("GET", job.url, JobView)
                stand(job, self._report(job))
        except KeyboardInterrupt:
            self._call("DELETE", job.url, JobView)
            raise
        if job.state is State.FAILED:
            raise IngestionError(job.error)
        if job.state is State.CANCELLED:
            raise ServerError(
                "The job was cancelled at the server. What was finished is kept; run the same command to go on."
            )
        return self._report(job)

    def _report(self, job: JobView) -> Report:
        try:
            return read_report(job.report) if job.report else Report()
        except (KeyError, TypeError, ValueError):
            raise self._other_version() from None

    def _call(self, method: str, path: str, model: type[M], **body: object) -> M:
        try:
            response = self._client.request(method, path, **body)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            raise ServerError(
                f"The server that holds the library ({self._client.base_url}) does not answer ({type(error).__name__}). "
                "Wait until it is ready, or stop it; a job that it has begun goes on when it is started again."
            ) from error
        if response.is_success:
            try:
                return model.model_validate_json(response.content)
            except ValidationError:
                raise self._other_version() from None
        detail = detail_of(response)
        if response.status_code in {404, 405} and path == PATH:  # one from before servers ingested
            raise self._other_version()
        if response.status_code == 404 and path.startswith("/v1/documents/"):
            raise UnknownDocumentError(detail)
        raise ServerError(
            f"The server that holds the library ({self._client.base_url}) answered {response.status_code}: {detail} "
            "Or stop that server, and run the command again."
        )

    def _other_version(self) -> ServerError:
        return ServerError(
            f"The server that holds the library ({self._client.base_url}) speaks as another version of Citewell does. "
            "Stop it and start it again with the same version."
        )


def read_steps(tell: Callable[[str, int, int], None]) -> Tell:
    """What follows a job whose progress is told in steps."""
    return lambda progress: tell(progress.file or "Waiting", progress.done_bytes, progress.total_bytes)


class _Told(io.FileIO):
    """A file that says how much of it has been read."""

    def __init__(self, path: Path, told: Callable[[str], None]) -> None:
        super().__init__(path)
        self._told = told
        self._what = printable(path.name)
        self._size = max(path.stat().st_size, 1)

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes."""
        self._told(f"sending {self.tell() / self._size:.0%} of {self._what}")
        return super().read(-1 if size is None else size) or b""


def _doing(job: JobView) -> str:
    return "waiting for other jobs" if job.state is State.QUEUED else job.file


def _recognised(paths: Sequence[Path], kind: str, limit: int, report: Report) -> dict[Path, int]:
    """The files that are worth sending, and their sizes; what is wrong with the others goes to the report, as `ingest_files` would put it."""
    sizes: dict[Path, int] = {}
    for file in find_files(paths):
        if file.path.name == manifest.NAME and not file.fault:  # what it says of a file is that file's matter
            continue
        reason, mend = file.fault, ""
        try:
            if not reason:
                find_parser(file.path, kind)
        except UnknownKindError as error:
            if not file.named:
                report.skipped.append(file.source)
                continue
            reason = printable(str(error))
        except IngestionError as error:
            reason = printable(str(error))
        if not reason and file.entry:
            reason = "what its folder's manifest says of it cannot be sent to a server"
            mend = "stop the server and run the command again"
        elif not reason and file.size > limit:
            reason = f"the server takes no more than {limit:,} bytes at a time"
            mend = "raise CITEWELL_UPLOAD_LIMIT of that server, or stop it and run the command again"
        if reason:
            report.failures.append((file.source, "", reason, mend))
        else:
            sizes[file.path] = file.size
    return sizes


def _groups(sizes: Mapping[Path, int], limits: JobsOut) -> Iterator[list[Path]]:
    """The files in requests that the server takes."""
    group: list[Path] = []
    room = limits.upload_bytes - AROUND
    for path, size in sizes.items():
        if group and (size + AROUND > room or len(group) == limits.upload_files):
            yield group
            group, room = [], limits.upload_bytes - AROUND
        group.append(path)
        room -= size + AROUND
    if group:
        yield group


def _renamed(report: Report, names: Mapping[str, str]) -> Report:
    """The report with the files' names here instead of those there."""

    def named(words: str) -> str:
        for there, here in names.items():
            words = words.replace(there, here)
        return words

    failures = [(names.get(file, file), record, named(reason), mend) for file, record, reason, mend in report.failures]
    replaced = [(document, before, names.get(now, now)) for document, before, now in report.replaced]
    return replace(report, failures=failures, replaced=replaced)
