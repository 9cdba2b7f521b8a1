"""Large files from a live source: whole or not there, gone on with where the line dropped.

What has come lies beside the file as `<name>.part`, and `<name>.part.tag` says which version of it that is: the rest is only asked for with the
server's own mark of that version (`If-Range`, RFC 9110 section 13.1.5), so that two versions are never joined. A server that gave no mark, or
answers with the whole file, is taken from the beginning.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from ingestion.clients.http import Http, Stream
from ingestion.errors import IngestionError, LiveSourceError

ATTEMPTS = 30
"""How often one file may break off in a run."""
FRUITLESS = 3
"""How often in a row it may do so without a byte more than before."""
_RANGE = re.compile(r"bytes (?:([0-9]{1,18})-[0-9]{1,18}|\*)/([0-9]{1,18})")


class _OtherVersionError(Exception):
    """The server has something else than the rest of what is here."""


def download(
    http: Http,
    path: str,
    target: Path,
    *,
    limit: int,
    params: Mapping[str, str] | None = None,
    check: Callable[[Path], None] = lambda _: None,
    on_bytes: Callable[[int], None] = lambda _: None,
) -> None:
    """Save what lies at `path` of the service as `target`, which then is whole; at most `limit` bytes.

    `check` sees the whole file under its temporary name, and whatever it raises discards the file. `on_bytes` is told how much of it is here.
    Raises `LiveSourceError` (what came is kept, and gone on with by the next call) and `IngestionError` where the disk
    refuses or has no room for it.
    """
    part = target.with_name(target.name + ".part")
    tag = target.with_name(target.name + ".part.tag")
    try:
        fruitless = 0
        for attempt in range(1, ATTEMPTS + 1):
            before = _size(part)
            try:
                _go_on(http, path, params, part, tag, limit, on_bytes)
                break
            except _OtherVersionError:
                part.unlink(missing_ok=True)
            except LiveSourceError as error:
                fruitless = 0 if _size(part) > before else fruitless + 1
                if not error.transient or fruitless == FRUITLESS or attempt == ATTEMPTS:
                    raise
        else:
            raise LiveSourceError(
                "The server keeps offering another part of the file than was asked for.", transient=True
            )
        try:
            check(part)
        except IngestionError:
            part.unlink(missing_ok=True)
            tag.unlink(missing_ok=True)
            raise
        part.replace(target)
        tag.unlink(missing_ok=True)
    except OSError as error:
        raise IngestionError(
            f"{part}: cannot be written ({error.strerror or error}); make room or check its permissions. What came is kept"
        ) from error


def _go_on(
    http: Http,
    path: str,
    params: Mapping[str, str] | None,
    part: Path,
    tag: Path,
    limit: int,
    on_bytes: Callable[[int], None],
) -> None:
    """Bring the part to its whole length, or raise with more of it than before."""
    have, version = _size(part), _read(tag)
    if not version:
        have = 0
    wanted = {"range": f"bytes={have}-", "if-range": version} if have else {}
    with http.stream(path, params, limit=limit, headers=wanted, expected=(416,)) as answer:
        start, whole = _extent(answer)
        if answer.status == 416 and have == whole:
            return  # all of it had come, and only the new name was missing
        if answer.status == 416 or start not in (0, have):
            raise _OtherVersionError
        _check_room(part, whole, start)
        if start == 0:
            tag.write_text(_version(answer), encoding="ascii")
        with part.open("ab" if start else "wb") as file:
            for chunk in answer.chunks:
                file.write(chunk)
                on_bytes(file.tell())
                if file.tell() > limit:
                    raise LiveSourceError(f"The server sends more than the {limit >> 20} MiB that this file may have.")
            file.flush()
            os.fsync(file.fileno())
            if whole is not None and file.tell() != whole:
                raise LiveSourceError("The server ended the file early. Run the same command again.", transient=True)


def _check_room(part: Path, whole: int | None, have: int) -> None:
    """Raises `IngestionError` where the rest of the file has no room, so far as its length is known; what is written over makes room."""
    free = shutil.disk_usage(part.parent).free + _size(part) - have
    if whole is not None and whole - have > free:
        raise IngestionError(
            f"{part.parent}: needs {readable_size(whole - have)} more and has {readable_size(free)} free; make room. What came is kept"
        )


def readable_size(size: int) -> str:
    """A size for a person."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"


def _extent(answer: Stream) -> tuple[int, int | None]:
    """Where the answer begins in the file, and how long the file is in all where that is said."""
    if answer.status == 200:
        return 0, answer.length
    found = _RANGE.fullmatch(answer.headers.get("content-range", "").strip())
    if not found:
        return -1, None
    return int(found[1]) if found[1] else -1, int(found[2])


def _version(answer: Stream) -> str:
    """The server's mark of this version of the file: a strong ETag, else the date; empty where it gives neither."""
    etag = answer.headers.get("etag", "").strip()
    mark = etag if etag.startswith('"') else answer.headers.get("last-modified", "").strip()
    return mark if mark.isascii() and mark.isprintable() and len(mark) < 200 else ""


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _read(path: Path) -> str:
    return path.read_text(encoding="ascii", errors="replace") if path.exists() else ""
