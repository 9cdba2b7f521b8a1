"""The members of zip and tar archives one after the other, whatever their author intended.

Zip: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, tar: POSIX.1-2017, pax. `zipfile` and `tarfile` read them; what they would
believe of a hostile archive (its sizes, the length of its lists, a silent end) is checked here. Nothing is written, names are only names.
"""

from __future__ import annotations

import io
import lzma
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ingestion.errors import SourceError
from ingestion.sources.compressed import Allowance
from ingestion.sources.records import chunks

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_MEMBERS = 1_000_000
"""The most members of an archive. ClinicalTrials.gov's bulk zip has some 560,000."""
MAX_DIRECTORY = 64 << 20
"""The longest table of contents of a zip in bytes: `zipfile` holds it in memory, some ten times as large."""
_MAX_HEADER = 1 << 20  # of tar: a long name, or a member's further fields
_MOST_HEADERS = 8  # of tar, before one member: `tarfile` holds them all, each fifteen times as large
_PIECE = 1 << 18
_END_RECORDS = re.compile(rb"PK\x05\x06|PK\x06\x06")  # of a zip, its 64-bit form second
_LONGEST_END = 66_000  # bytes in which a zip's end records stand, with the longest comment
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2})
_HEADERS = frozenset(
    {tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE}
)
_DAMAGE = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(ValueError, ArithmeticError, LookupError, NotImplementedError, RuntimeError),
)
"""What `zipfile` and `tarfile` raise at damaged data; a recursion without end is a `RuntimeError`."""

_DAMAGED = "is damaged ({}); download it again"


class MemberError(Exception):
    """One member cannot be read, and the rest can. `str(error)` is "reason; mend"."""


class DirectoryError(Exception):
    """A zip's table of contents is too long."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member that is no folder: its name as it stands in the archive, why it is not to be read (empty where it is), and its bytes.

    `content` raises `MemberError` where only this member is damaged, and `SourceError` where the archive is, or unpacks to too much.
    """

    name: str
    fault: str
    content: Callable[[], Iterator[bytes]]


def zip_members(path: Path) -> Iterator[Member]:
    """The members of a zip in the order of their names. Raises `SourceError` where its table of contents, at its end, cannot be read."""
    try:
        check_directory(path, MAX_DIRECTORY)
        with zipfile.ZipFile(path) as archive:
            listed = sorted(archive.infolist(), key=lambda info: info.filename)
            if len(listed) > MAX_MEMBERS:
                raise _too_many(path)
            allowance = Allowance(path, path.stat().st_size)
            for info in listed:
                if not info.is_dir():
                    yield Member(info.filename, _zip_fault(info), partial(_zip_content, archive, info, allowance))
    except DirectoryError as error:
        raise _too_many(path) from error
    except _DAMAGE as error:
        raise SourceError(f"{path}: is no whole zip archive ({error}); download it again") from error


def check_directory(path: Path, limit: int) -> None:
    """Raise `DirectoryError` where a zip's table of contents is longer than so many bytes, before `zipfile` reads it."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LONGEST_END))
        tail = file.read(_LONGEST_END)
    for record in _END_RECORDS.finditer(tail):
        layout, at = ("<L", 12) if record[0].endswith(b"\x05\x06") else ("<Q", 40)
        field = tail[record.start() + at :][: struct.calcsize(layout)]
        unset = field == b"\xff" * 4  # the 64-bit form has it
        if len(field) == struct.calcsize(layout) and not unset and struct.unpack(layout, field)[0] > limit:
            raise DirectoryError


def _too_many(path: Path) -> SourceError:
    return SourceError(f"{path}: has more than {MAX_MEMBERS:,} members; split it into smaller archives")


def _zip_fault(info: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "is a link or a device, not a file; unpack the archive and ingest what it points to"
    if info.flag_bits & 0x1:
        return "is encrypted; unpack it with its password and ingest what comes out"
    if info.compress_type not in _METHODS:
        return (
            f"is compressed by method {info.compress_type}, which is not supported; unpack it and ingest what comes out"
        )
    return ""


def _zip_content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, allowance: Allowance) -> Iterator[bytes]:
    try:
        with archive.open(info) as file:
            yield from _pieces(file, allowance.spend)
    except _DAMAGE as error:
        raise MemberError(_DAMAGED.format(error)) from error


def _pieces(file: IO[bytes], spend: Callable[[bytes], None]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        spend(piece)
        yield piece


def tar_members(path: Path) -> Iterator[Member]:
    """The members of a tar, compressed or not, in the order of the file; each must be read before the next is asked for, or is passed over.

    Raises, after the members before that point, what `chunks` raises, and `SourceError` where the archive is truncated or damaged.
    """
    feed = io.BufferedReader(_Feed(path), _PIECE)
    count = 0
    try:
        with _Tar.open(fileobj=feed, mode="r|", bufsize=_PIECE, tarinfo=_Header) as archive:
            while (info := archive.next()) is not None:
                count += 1
                if count > MAX_MEMBERS:
                    raise _too_many(path)
                archive.members = []  # type: ignore[attr-defined]  # else it remembers them all
                archive.pax_headers = {}
                if not info.isdir():
                    yield Member(info.name, _tar_fault(info), partial(_tar_content, path, archive, info))
    except _DAMAGE as error:
        raise SourceError(f"{path}: {_DAMAGED.format(error)}") from error


def _tar_fault(info: tarfile.TarInfo) -> str:
    return "" if info.isreg() and not info.issparse() else "is a link or a device, not a file; leave it out"


def _tar_content(path: Path, archive: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[bytes]:
    """Damage here is the archive's: what follows cannot be found."""
    try:
        file = archive.extractfile(info)
        if file is not None:
            yield from _pieces(file, lambda _: None)  # what it was unpacked from counts
    except _DAMAGE as error:
        raise SourceError(f"{path}: {_DAMAGED.format(error)}") from error


class _Feed(io.RawIOBase):
    """The unpacked archive as the file that `tarfile` reads from."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._pieces = chunks(path)
        self._held = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        if not self._held:
            self._held = memoryview(next(self._pieces, b""))
        view = memoryview(buffer)
        size = min(len(view), len(self._held))
        view[:size], self._held = self._held[:size], self._held[size:]
        return size


class _Tar(tarfile.TarFile):
    """A tar, and how many headers in a row came before a member."""

    headers = 0


class _Header(tarfile.TarInfo):
    """A member's header. Where `tarfile` would take a broken one for the archive's end, or believe any size in it, this raises."""

    def _proc_member(self, tar: _Tar) -> tarfile.TarInfo | None:
        tar.headers = tar.headers + 1 if self.type in _HEADERS else 0
        if tar.headers > _MOST_HEADERS:
            raise ValueError(f"more than {_MOST_HEADERS} headers of one member")
        found: tarfile.TarInfo | None = super()._proc_member(tar)  # type: ignore[misc]
        return found

    def _has_holes(self, found: tarfile.TarInfo, *_: object) -> None:
        """Do not read where the holes of a file are: that list has no end, and such files are passed over."""
        found.sparse = b""

    _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _has_holes

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        if len(buf) != tarfile.BLOCKSIZE:
            raise EOFError("it ends too early, truncated")
        if not any(buf):
            return super().frombuf(buf, encoding, errors)  # the end, which `tarfile` knows by its own exception
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            raise ValueError(str(error)) from error
        if header.size < 0:
            raise ValueError("a member of negative size")
        if header.type in _HEADERS and header.size > _MAX_HEADER:
            raise ValueError(f"a header of more than {_MAX_HEADER >> 20} MiB")
        if header.type == tarfile.GNUTYPE_SPARSE:
            raise ValueError("a file with holes")
        return header
