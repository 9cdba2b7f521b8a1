"""Files out of a `multipart/form-data` body (RFC 7578), written to disk while they arrive: no file is ever whole in memory."""

from __future__ import annotations

import asyncio
import errno
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from assistant.errors import RefusedError
from ingestion.uploads import Incoming, Uploads

MAX_FILES = 100  # a request
MAX_FIELD = 1024  # bytes
MAX_HEAD = 64 * 1024  # bytes of a part's headers
IDLE_S = 60.0  # without a byte
SLOWEST = 8 << 10  # bytes a second, after the first minute: a few who drip would keep everybody else from sending
CHUNK = 1 << 20  # bytes that are parsed at once
SPARE = 256 << 20  # bytes that an upload leaves free on the disk


class Form:
    """What has arrived of a form: one text field, `kind`, and files. `finish` keeps the files, `drop` forgets them."""

    def __init__(self, uploads: Uploads, boundary: bytes) -> None:
        self._uploads = uploads
        self._files: list[tuple[str, Incoming]] = []
        self._field: bytearray | None = None  # of the part that is read, where it is no file
        self._kind: bytearray | None = None
        self._header: tuple[bytearray, bytearray] = bytearray(), bytearray()
        self._disposition = b""
        self._head = 0
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._more_header(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._more_header(1, data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._begin_content,
                "on_part_data": self._more_content,
                "on_end": self._end,
            },
        )

    def write(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        with _explained():
            _check_room(self._uploads, len(data))  # what was declared is not what comes, and others send too
            self._parser.write(data)

    def finish(self) -> tuple[str, list[Path]]:
        """The kind and the files, kept. Raises `RefusedError` where the body broke off or has no file."""
        if not self._ended:
            raise RefusedError(400, "The body breaks off before its last boundary. Send it again.")
        sent = [(name, file) for name, file in self._files if name or file.size]  # a browser's empty choice is none
        if not sent:
            raise RefusedError(
                422, "There is no file in the request. Send at least one, as multipart/form-data with a file name."
            )
        with _explained():
            paths = [file.keep(name) for name, file in sent]
        return (self._kind or b"auto").decode(errors="replace"), paths

    def drop(self) -> None:
        """Forget the files that were not kept."""
        for _, file in self._files:
            file.drop()

    def _begin(self) -> None:
        self._field, self._disposition, self._head = None, b"", 0

    def _more_header(self, side: int, data: bytes) -> None:
        self._head += len(data)
        if self._head > MAX_HEAD:
            raise RefusedError(400, "The headers of a part are too long. Give the file a shorter name.")
        self._header[side].extend(data)

    def _end_header(self) -> None:
        if self._header[0].lower() == b"content-disposition":
            self._disposition = bytes(self._header[1])
        self._header = bytearray(), bytearray()

    def _begin_content(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"filename" in options:
            if len(self._files) == MAX_FILES:
                raise RefusedError(422, f"There are more than {MAX_FILES} files in the request. Send them in several.")
            self._files.append((options[b"filename"].decode(errors="replace"), self._uploads.begin()))
        elif options.get(b"name") == b"kind" and self._kind is None:
            self._field = self._kind = bytearray()
        else:
            raise RefusedError(422, "The request has a field that is neither a file nor a single `kind`.")

    def _more_content(self, data: bytes, start: int, end: int) -> None:
        if self._field is None:
            self._files[-1][1].write(data[start:end])
            return
        self._field += data[start:end]
        if len(self._field) > MAX_FIELD:
            raise RefusedError(422, "The field `kind` is too long.")

    def _end(self) -> None:
        self._ended = True


async def receive(request: Request, uploads: Uploads) -> tuple[str, list[Path]]:
    """The kind and the files of a request, kept on disk. Raises `RefusedError`; then nothing of it is kept."""
    media, options = parse_options_header(request.headers.get("content-type"))
    if media != b"multipart/form-data" or not options.get(b"boundary"):
        raise RefusedError(415, "Send the files as multipart/form-data, as `curl -F files=@NAME` does.")
    with _explained():
        uploads.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_room(uploads, int(request.headers.get("content-length", 0)))
        form = Form(uploads, options[b"boundary"])
    try:
        async for chunk in _chunks(request):
            await run_in_threadpool(form.write, chunk)
        return await run_in_threadpool(form.finish)
    finally:
        await run_in_threadpool(form.drop)


def _check_room(uploads: Uploads, size: int) -> None:
    if size + SPARE > shutil.disk_usage(uploads.folder).free:
        raise OSError(errno.ENOSPC, "")


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces worth a thread's while."""
    waiting = bytearray()
    received, begun = 0, time.monotonic()
    body = request.stream()
    try:
        while True:
            async with asyncio.timeout(IDLE_S):
                data = await anext(body, None)
            if data is None:
                break
            waiting += data
            received += len(data)
            seconds = time.monotonic() - begun
            if seconds > IDLE_S and received < seconds * SLOWEST:
                raise RefusedError(
                    408, f"The files come at less than {SLOWEST >> 10} KiB a second. Send them over a faster line."
                )
            if len(waiting) >= CHUNK:
                yield bytes(waiting)
                waiting.clear()
    except TimeoutError as error:
        raise RefusedError(408, f"Nothing came for {IDLE_S:.0f} seconds. Send the files again.") from error
    except ClientDisconnect as error:
        raise RefusedError(400, "The client went away.") from error
    yield bytes(waiting)


@contextmanager
def _explained() -> Iterator[None]:
    """Says in our words what is wrong with the body, or with the disk."""
    try:
        yield
    except FormParserError as error:
        raise RefusedError(
            400, "The body is no well-formed multipart/form-data. Send the files as `curl -F` does."
        ) from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise RefusedError(
                507, "The server has no room for the files. Free space on the disk of its library."
            ) from error
        raise
