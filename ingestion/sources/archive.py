"""Archives (zip, and tar with or without compression): each member is read by the parser that knows it, as a file in a folder would be.

ClinicalTrials.gov gives out all its studies as one zip, PMC each article's package as a `.tar.gz`. One member at a time is unpacked
into a temporary file and removed again. Its own path is never written to: only its last name lives on, since some parsers know files by it.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory, gettempdir
from typing import IO

from ingestion.document import Item, Problem, Skipped
from ingestion.errors import SourceError, UnknownKindError
from ingestion.sources.archive_members import Member, MemberError, tar_members, zip_members
from ingestion.sources.base import Parser
from ingestion.sources.compressed import compression_of
from ingestion.sources.records import read_head

MAX_MEMBER = 8 << 30
"""The largest member in bytes. The full export of the WHO's registry platform is one file of 4 GiB in a zip."""
_VERSION = 1
_LONGEST_SHOWN = 200
_LONGEST_NAME = 60  # characters: at most 240 bytes, which every file system takes
_UNSAFE = re.compile(r"[^\w.-]+")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_ZIP_NAME = 30  # bytes before the first member's name
# EPUB, office documents and Java archives are zips of parts that mean nothing one by one; their first part or their name tells.
_PACKAGES = (b"[Content_Types].xml", b"mimetype", b"_rels/", b"docProps/", b"META-INF/", b"word/", b"xl/", b"ppt/")
_PACKAGE_SUFFIXES = (".epub", ".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".jar")


class Archive:
    """The parser of archives. `kind` is what its user asked for, and `find` chooses among the parsers that were asked (`asked`)."""

    suffixes = (".zip", ".tar", ".tgz", ".txz", ".tbz2")

    def __init__(self, kind: str, asked: Sequence[Parser], find: Callable[[Path], Parser]) -> None:
        self.kind = kind
        # Name and version tell the ledger whether a file was read in the same way before: with the same kind, and by the same parsers.
        self.name = "archive (zip, tar)" if kind == "auto" else f"archive (zip, tar) of {kind}"
        self.version = _VERSION + sum(parser.version for parser in asked)
        self._find = find

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file begins as a zip (of files, not the parts of one document) or as a tar."""
        if head.startswith(_ZIP):
            return not (head.startswith(_PACKAGES, _ZIP_NAME) or path.name.lower().endswith(_PACKAGE_SUFFIXES))
        with suppress(tarfile.HeaderError):
            return bool(tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "replace").name)
        return False

    def parse(self, path: Path) -> Iterator[Item]:
        """The items of all members: those of a zip by name, those of a tar in file order. What concerns a member names it.

        A member that cannot be read is a problem, one that nobody knows or that is hidden is passed over. Raises what `zip_members` and
        `tar_members` raise, and `SourceError` where there is no room for a member.
        """
        with TemporaryDirectory(prefix="citewell-") as folder:
            for member in _members(path):
                yield from self._items(path, member, Path(folder))

    def _items(self, path: Path, member: Member, folder: Path) -> Iterator[Item]:
        shown = f"member {_shown(member.name)}"
        parts = re.split(r"[/\\]", member.name)
        if member.name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            yield Problem(shown, "its name leads out of the archive", "unpack the archive where that does no harm")
        elif parts[0] == "__MACOSX" or any(part.startswith(".") and part != "." for part in parts):
            yield Skipped(shown)
        elif member.fault:
            yield _problem(shown, member.fault)
        else:
            try:
                with _unpacked(path, member, folder) as file:
                    yield from self._read(file, shown)
            except MemberError as error:
                yield _problem(shown, str(error))

    def _read(self, file: Path, shown: str) -> Iterator[Item]:
        """The items of an unpacked member."""
        try:
            if self.recognises(file, read_head(file, tarfile.BLOCKSIZE)):
                yield Problem(shown, "is an archive inside an archive", "unpack it and ingest what comes out")
                return
            for item in self._find(file).parse(file):
                yield Problem(f"{shown}: {item.record}", item.reason, item.mend) if isinstance(item, Problem) else item
        except UnknownKindError:
            yield Skipped(shown)
        except SourceError as error:
            yield _problem(shown, str(error).removeprefix(f"{file}: ").replace(str(file), file.name))


def _members(path: Path) -> Iterator[Member]:
    head = read_head(path, len(_ZIP[0]))
    if not head.startswith(_ZIP):
        return tar_members(path)
    with path.open("rb") as file:
        compression = compression_of(file.peek())
    if compression:
        raise SourceError(f"{path}: is a zip inside {compression.name}; unpack it and ingest the zip")
    return zip_members(path)


@contextmanager
def _unpacked(archive: Path, member: Member, folder: Path) -> Iterator[Path]:
    """The member's content as a file that is gone afterwards. Raises `MemberError` and `SourceError`."""
    path = folder / (_UNSAFE.sub("_", PurePosixPath(member.name).name)[-_LONGEST_NAME:] or "member")
    size = 0
    try:
        with path.open("xb", buffering=0) as file:  # so that a full disk is met here
            for piece in member.content():
                size += len(piece)
                if size > MAX_MEMBER:
                    raise MemberError(f"is larger than {MAX_MEMBER >> 30} GiB; unpack it and ingest what comes out")
                _write(archive, file, piece)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _write(archive: Path, file: IO[bytes], piece: bytes) -> None:
    rest = memoryview(piece)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as error:
        raise SourceError(
            f"{archive}: cannot be unpacked ({error.strerror or error}); make room in {gettempdir()}, or set TMPDIR to where there is"
        ) from error


def _problem(record: str, message: str) -> Problem:
    """A problem from "reason; mend"."""
    reason, _, mend = message.rpartition("; ")
    return Problem(record, reason, mend)


def _shown(name: str) -> str:
    """A member's name, fit to be shown: what does not print, turns the line round or cannot be written is U+FFFD."""
    return "".join(character if character.isprintable() else "\ufffd" for character in name[:_LONGEST_SHOWN])
