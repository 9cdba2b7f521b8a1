"""Documents that are zip files inside (EPUB, DOCX): their members, read with bounds and without writing anything to the disk.

A small file can unpack to more than a machine holds, claim millions of members, name one twice or name places outside of itself. The names
are judged when the file is opened, each member's size before it is unpacked. Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import contextlib
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from lxml import etree

from ingestion.errors import SourceError
from ingestion.sources.markup import Element, safe_parser

LARGEST_FILE = 500 << 20
"""Bytes of the zip file itself: guidelines with many pictures stay below."""
MOST_MEMBERS = 20_000
LARGEST_MEMBER = 32 << 20
"""Bytes of one member once unpacked. The text of a thousand pages stays below."""
LARGEST_TOTAL = 128 << 20
"""Bytes of all members that are read, once unpacked; pictures and fonts are never read."""
MOST_EXPANDED = 200
"""How many times its packed size a member may unpack to, where it is larger than `_SMALL`: text reaches 20 times, tables of zeros 100."""
_SMALL = 1 << 20

_ZIP = b"PK\x03\x04"
_DIRECTORY_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 0x1
_READ = (
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
)  # all that EPUB and OOXML allow; others can ask for gigabytes of memory
_OUTSIDE = re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|$)|^[/\\]|^[A-Za-z]:|\0")
_BLOCK = 1 << 20
# What `zipfile` raises over damaged or forged files, by trial.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, struct.error, OSError)


def is_zip(head: bytes) -> bool:
    """Whether a file begins as a zip file with members does."""
    return head.startswith(_ZIP)


def first_member(head: bytes) -> tuple[str, bytes]:
    """The name of a zip file's first member and, of its content, what follows in `head`; empty where `head` begins no zip file."""
    if not is_zip(head) or len(head) < 30:
        return "", b""
    name, extra = struct.unpack("<HH", head[26:30])
    return head[30 : 30 + name].decode("utf-8", "replace"), head[30 + name + extra :]


class Package:
    """An open zip file whose members are read by name."""

    def __init__(self, path: Path, file: zipfile.ZipFile, what: str) -> None:
        self.path = path
        self._file = file
        self._left = LARGEST_TOTAL
        self._members: dict[str, zipfile.ZipInfo] = {}
        for info in file.infolist():
            if _OUTSIDE.search(info.orig_filename):
                raise SourceError(
                    f"{path}: holds a member named {info.filename[:100]!r}, which points outside of the file; "
                    f"no {what} needs that, so do not trust it and fetch it again from its publisher"
                )
            same = self._members.setdefault(info.filename, info)
            if (same.CRC, same.file_size) != (info.CRC, info.file_size):  # readers differ on which of them counts
                raise SourceError(
                    f"{path}: holds two different members named {info.filename[:100]!r}; save it again as one {what}"
                )

    def __contains__(self, name: str) -> bool:
        return name in self._members

    @property
    def names(self) -> list[str]:
        """The members' names, in the file's order."""
        return list(self._members)

    def read(self, name: str) -> bytes:
        """A member's bytes. Raises `SourceError` where it is missing, encrypted, damaged, or would unpack to more than the limits above."""
        info = self._members.get(name)
        if info is None:
            raise SourceError(f"{self.path}: {name} is missing from it; fetch the file again")
        if info.flag_bits & _ENCRYPTED:
            raise SourceError(f"{self.path}: {name} is encrypted; save the file again without a password")
        if info.compress_type not in _READ:
            raise SourceError(f"{self.path}: {name} is packed in an unusual way; save the file again")
        if (
            info.file_size > min(LARGEST_MEMBER, self._left)
            or info.file_size > max(_SMALL, MOST_EXPANDED * info.compress_size)
        ):  # fmt: skip
            raise SourceError(
                f"{self.path}: {name} would unpack from {info.compress_size:,} to {info.file_size:,} bytes, more than is allowed "
                f"({LARGEST_MEMBER >> 20} MiB a part, {LARGEST_TOTAL >> 20} MiB in all, {MOST_EXPANDED} times its size); "
                "split the document, and do not trust the file if it should be small"
            )
        self._left -= info.file_size
        try:
            return self._file.read(info)  # never gives more than `file_size` bytes
        except _DAMAGE as error:
            raise SourceError(f"{self.path}: {name} is damaged ({_said(error)}); fetch the file again") from error

    def xml(self, name: str) -> Element:
        """A member parsed as XML, without entities. Raises what `read` raises, and `SourceError` where it is no well-formed XML."""
        data = self.read(name)
        try:
            return etree.fromstring(data, safe_parser())
        except (etree.XMLSyntaxError, ValueError) as error:
            raise SourceError(
                f"{self.path}: {name} is no well-formed XML ({_said(error)}); save or fetch the file again"
            ) from error


@contextlib.contextmanager
def opened(path: Path, what: str) -> Iterator[Package]:
    """The package at `path`, closed again whatever happens; `what` is the name of such files, as in "EPUB".

    Raises `SourceError` where the file is missing, empty, too large, no zip file, damaged, has too many members, or has a member that points
    outside of it or two that differ under one name.
    """
    _check(path, what)
    try:
        file = zipfile.ZipFile(path)
    except _DAMAGE as error:
        raise SourceError(
            f"{path}: this is no whole {what}, which is a zip file inside ({_said(error)}); fetch it again"
        ) from error
    with file:
        yield Package(path, file, what)


def _check(path: Path, what: str) -> None:
    """Refuse what `zipfile` should not even open: its directory is read whole, however many members it claims."""
    try:
        if not path.is_file():
            raise SourceError(f"{path}: there is no such file; name the {what} itself")
        size = path.stat().st_size
        if size == 0:
            raise SourceError(f"{path}: the file is empty (0 bytes); fetch it again")
        if size > LARGEST_FILE:
            raise SourceError(
                f"{path}: {size:,} bytes is more than the {LARGEST_FILE:,} allowed for a {what}; split it"
            )
        members, tail = 0, b""
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                members += (tail + block).count(_DIRECTORY_ENTRY)
                tail = block[-len(_DIRECTORY_ENTRY) + 1 :]
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    if members > MOST_MEMBERS:
        raise SourceError(
            f"{path}: it holds some {members:,} members, and at most {MOST_MEMBERS:,} are allowed for a {what}; split it"
        )


def resolved(base: str, reference: str) -> str:
    """The member that a relative reference in the member `base` means, without its fragment; empty where it leads outside of the package."""
    target = unquote(reference.partition("#")[0].partition("?")[0])
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", target):
        return ""
    parts: list[str] = [] if target.startswith("/") else base.split("/")[:-1]
    for part in target.split("/"):
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _said(error: Exception) -> str:
    return str(error).split("\n")[0][:200] or type(error).__name__
