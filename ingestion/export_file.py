"""A library in one file, free of any engine: a ZIP of stored members, and a manifest with their sizes and checksums.

`ledger.sqlite` is the ledger, `vectors.npy` the dense vectors (NPY 1.0, little-endian float32, a row a passage), `ids.jsonl` the passage
identifiers in the order of the rows, a JSON string a line. Lexical vectors are not kept: they are computed from the text, by the encoder that
the manifest's `signature` names. Nothing is compressed: vectors do not compress, the ledger's texts are compressed already, and a file that
unpacks to its own size is no bomb.
"""

from __future__ import annotations

import hashlib
import io
import json
import tokenize
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from indexes.embedding import Vectors
from ingestion import __version__
from ingestion.errors import ArchiveError
from ingestion.sources.archive_members import DirectoryError, check_directory

MANIFEST, LEDGER, IDS, VECTORS = "manifest.json", "ledger.sqlite", "ids.jsonl", "vectors.npy"
MEMBERS = (VECTORS, IDS, LEDGER)
CHUNK = 1 << 20  # bytes
MAX_MANIFEST = 1 << 20  # bytes
MAX_ID = 1 << 16  # bytes of a line
MAX_DIRECTORY = 1 << 16  # bytes of the table of contents: four members
FLOAT = np.dtype("<f4")
Tell = Callable[[str, int, int], None]  # what is being done, how much of it is, of how much


class Member(BaseModel):
    """A member's size in bytes and SHA-256."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bytes: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """What an exported library is: `signature` names embedder and lexical encoder, `citewell` the version that wrote it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    citewell: str
    signature: str
    dimension: int = Field(ge=1, le=1 << 16)
    documents: int = Field(ge=0)
    passages: int = Field(ge=0)
    members: dict[str, Member]

    @property
    def digest(self) -> str:
        """What tells this export from every other."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


class ArchiveWriter:
    """Writes an archive member by member; `finish` adds the manifest, without which the file is none."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True)
        self._members: dict[str, Member] = {}

    @contextmanager
    def member(self, name: str) -> Iterator[_Hashing]:
        """A member to be written to; one at a time."""
        with self._zip.open(zipfile.ZipInfo(name), "w", force_zip64=True) as file:
            hashing = _Hashing(file)
            yield hashing
        self._members[name] = Member(bytes=hashing.size, sha256=hashing.sha256.hexdigest())

    def finish(self, *, signature: str, dimension: int, documents: int, passages: int) -> Manifest:
        """Write the manifest and close the file."""
        manifest = Manifest(
            citewell=__version__,
            signature=signature,
            dimension=dimension,
            documents=documents,
            passages=passages,
            members=self._members,
        )
        self._zip.writestr(zipfile.ZipInfo(MANIFEST), manifest.model_dump_json(indent=2))
        self._zip.close()
        return manifest

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()


class _Hashing:
    """A file that is written to, counted and hashed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        self.size += len(data)
        return self._file.write(data)


class Archive:
    """An archive that is read. Its members are named here, never by the file, and nothing is ever unpacked by the file's own names."""

    def __init__(self, path: Path, members: zipfile.ZipFile, manifest: Manifest) -> None:
        self._path = path
        self._zip = members
        self.manifest = manifest

    def verify(self, tell: Tell) -> None:
        """Read every byte and compare checksums, and the form of the vectors. Raises `ArchiveError`."""
        total = sum(member.bytes for member in self.manifest.members.values())
        done = 0
        for name in MEMBERS:
            sha256 = hashlib.sha256()
            for chunk in self.chunks(name):
                sha256.update(chunk)
                done += len(chunk)
                tell("Verifying", done, total)
            if sha256.hexdigest() != self.manifest.members[name].sha256:
                raise damaged(self._path, f"{name} is not what was written")
        with _reading(self._path), self._zip.open(VECTORS) as vectors:
            self._check_head(vectors)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a member."""
        with _reading(self._path), self._zip.open(name) as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def rows(self, size: int) -> Iterator[tuple[list[str], Vectors]]:
        """Identifiers and their unit vectors, `size` of them at a time. Raises `ArchiveError`."""
        count, dimension = self.manifest.passages, self.manifest.dimension
        with _reading(self._path), self._zip.open(VECTORS) as vectors, self._zip.open(IDS) as lines:
            self._check_head(vectors)
            for first in range(0, count, size):
                wanted = min(size, count - first)
                ids = [self._identifier(line) for line in islice(iter(lambda: lines.readline(MAX_ID), b""), wanted)]
                data = vectors.read(wanted * dimension * FLOAT.itemsize)
                if len(ids) != wanted or len(data) != wanted * dimension * FLOAT.itemsize:
                    raise damaged(self._path, "it has fewer passages than the manifest says")
                yield ids, self._unit(np.frombuffer(data, FLOAT).reshape(wanted, dimension))

    def _check_head(self, vectors: IO[bytes]) -> None:
        if np.lib.format.read_magic(vectors) != (1, 0):
            raise damaged(self._path, f"{VECTORS} is no NPY file of version 1.0")
        form = np.lib.format.read_array_header_1_0(vectors)
        if form != ((self.manifest.passages, self.manifest.dimension), False, FLOAT):
            raise damaged(self._path, f"{VECTORS} does not hold what the manifest says")

    def _identifier(self, line: bytes) -> str:
        found = json.loads(line)
        if not isinstance(found, str):
            raise damaged(self._path, f"{IDS} holds something that is no identifier")
        return found

    def _unit(self, vectors: Vectors) -> Vectors:
        lengths = np.linalg.norm(vectors, axis=1)
        if not np.all(np.abs(lengths - 1) < 1e-3):  # also where they are no numbers
            raise damaged(self._path, f"{VECTORS} holds vectors that are not of length 1")
        return vectors.astype(np.float32, copy=False)


def rows_head(count: int, dimension: int) -> bytes:
    """The head of `vectors.npy` (NEP 1); rows of little-endian float32 follow."""
    head = io.BytesIO()
    form = {"descr": FLOAT.str, "fortran_order": False, "shape": (count, dimension)}
    np.lib.format.write_array_header_1_0(head, form)
    return head.getvalue()


def identifier_lines(ids: Sequence[str]) -> bytes:
    """Lines of `ids.jsonl`."""
    return "".join(json.dumps(identifier) + "\n" for identifier in ids).encode()


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """The exported library in that file, its manifest read and its members there; `verify` it before it is used. Raises `ArchiveError`."""
    with ExitStack() as stack:
        with _reading(path):  # and not around what the caller does
            check_directory(path, MAX_DIRECTORY)
            members = stack.enter_context(zipfile.ZipFile(path))
            manifest = _manifest(path, members, _members(path, members))
        yield Archive(path, members, manifest)


def damaged(path: Path, how: str) -> ArchiveError:
    """The error for a file that is not as it was written."""
    return ArchiveError(
        f"{path} is damaged ({how}). Nothing was imported. Copy the file again, or export the library again."
    )


def _members(path: Path, members: zipfile.ZipFile) -> dict[str, int]:
    """Each member's size. What an export never has (packed, encrypted, doubled or foreign members) is refused."""
    found = {info.filename: info for info in members.infolist()}
    if MANIFEST not in found:
        raise ArchiveError(f"{path} is no exported library. Make one with: citewell library export FILE")
    if set(found) != {MANIFEST, *MEMBERS} or len(members.infolist()) != len(found):
        raise damaged(path, "members are missing, or do not belong there")
    for info in found.values():
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size or info.flag_bits & 1:
            raise damaged(path, f"{info.filename} is packed or encrypted, which no export is")
    sizes = {name: info.file_size for name, info in found.items()}
    if sum(sizes.values()) > path.stat().st_size or sizes[MANIFEST] > MAX_MANIFEST:
        raise damaged(path, "its members are larger than they can be")
    return sizes


def _manifest(path: Path, members: zipfile.ZipFile, sizes: dict[str, int]) -> Manifest:
    body = members.read(MANIFEST)
    try:
        manifest = Manifest.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        if first["loc"] == ("format",):
            raise ArchiveError(
                f"{path} was exported by a later Citewell, in a format this one cannot read. Update Citewell."
            ) from error
        raise damaged(path, f"its manifest has no usable {'.'.join(map(str, first['loc'])) or 'content'}") from error
    if {name: member.bytes for name, member in manifest.members.items()} != {name: sizes[name] for name in MEMBERS}:
        raise damaged(path, "a member is not as long as it was")
    return manifest


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Says in our words what is wrong with the file."""
    try:
        yield
    except zipfile.BadZipFile as error:
        raise damaged(path, f"it is no whole ZIP file: {error}") from error
    except DirectoryError as error:
        raise damaged(path, "members are missing, or do not belong there") from error
    # A token error: NumPy takes a head apart with Python's own means.
    except (
        EOFError,
        ValueError,
        KeyError,
        NotImplementedError,
        RuntimeError,
        RecursionError,
        tokenize.TokenError,
    ) as error:
        raise damaged(path, type(error).__name__) from error
    except OSError as error:
        raise ArchiveError(
            f"{path} cannot be read ({error.strerror or error}). Check the path, its permissions and the disk."
        ) from error
