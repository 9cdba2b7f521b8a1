"""Unpacking what a file's first bytes say is gzip, xz or bzip2, in pieces of bounded size."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Protocol

from ingestion.errors import SourceError

CHUNK = 1 << 18
MAX_MEMORY = 256 << 20
"""The most memory in bytes that unpacking xz may take. `xz -9` needs 65 MiB; a file may ask for 4 GiB."""
MAX_RATIO = 200
"""How many times its own size a file may unpack to: XML and JSON do so 5 to 30 times, bombs 1,000 times and more. 217 bytes of bzip2 can hold 200
million empty lines, which nobody would live to see the end of."""
FREE = 64 << 20
"""Bytes that any file may unpack to, however small."""
LONGEST_MAGIC = 10
SUFFIXES = (".gz", ".xz", ".bz2")

_GZIP_WINDOW = 31


class Allowance:
    """How many bytes a file of so many bytes may still unpack to."""

    def __init__(self, path: Path, packed: int) -> None:
        self._path = path
        self._left = max(FREE, MAX_RATIO * packed)

    def spend(self, piece: bytes) -> None:
        """Count what came out. Raises `SourceError` where that is too much."""
        self._left -= len(piece)
        if self._left < 0:
            raise SourceError(
                f"{self._path}: unpacks to more than {MAX_RATIO} times its size; unpack it yourself if you trust it"
            )


class _Member(Protocol):
    """One compressed stream of a file, as `lzma` and `bz2` have it."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...


class _GzipMember:
    """A gzip member with the interface of the other two: it keeps what it has not come to yet."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_GZIP_WINDOW)
        self.needs_input = True

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        piece = self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)
        self.needs_input = len(piece) < max_length and not self._inflate.unconsumed_tail
        return piece

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data


@dataclass(frozen=True, slots=True)
class Compression:
    """A way files are compressed: its name, the bytes that it begins with, and how a stream of it is begun."""

    name: str
    magic: tuple[bytes, ...]
    begin: Callable[[], _Member]


_KNOWN = (
    Compression("gzip", (b"\x1f\x8b",), _GzipMember),
    Compression("xz", (b"\xfd7zXZ\0",), lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_MEMORY)),
    # A level and the marker of the first block, or of the end of a file of nothing: "BZh" alone may be a word.
    Compression(
        "bzip2",
        tuple(b"BZh%d%s" % (level, mark) for level in range(1, 10) for mark in (b"1AY&SY", b"\x17rE8P\x90")),
        bz2.BZ2Decompressor,
    ),
)


def compression_of(head: bytes) -> Compression | None:
    """How a file is compressed, by its first `LONGEST_MAGIC` bytes; none where it is not."""
    return next((known for known in _KNOWN if head.startswith(known.magic)), None)


def unpacked_name(path: Path) -> str:
    """The file's name in lower case, without the suffix that says that it is compressed."""
    name = path.name.lower()
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)


def unpack(path: Path, file: BufferedReader, compression: Compression) -> Iterator[bytes]:
    """The contents of all streams, at most `CHUNK` bytes a piece however well the data is compressed.

    Raises `SourceError`, after everything before that point, where the data is truncated or corrupt, or is more than `MAX_RATIO` times as much.
    """
    data = b""
    allowance = Allowance(path, path.stat().st_size)
    member: _Member | None = None
    while True:
        if member is None:
            data = data or file.read(CHUNK)
            if not data:
                return
            data = data.lstrip(b"\0")  # padding after a stream is legal
            if not data:
                continue
            member = compression.begin()
        elif member.needs_input and not (data := file.read(CHUNK)):
            raise SourceError(
                f"{path}: the {compression.name} data ends too early (truncated); download the file again"
            )
        try:
            piece = member.decompress(data, CHUNK)
        except (zlib.error, lzma.LZMAError, OSError) as error:  # bz2 calls bad data an OSError
            raise SourceError(
                f"{path}: the {compression.name} data is corrupt ({error}); download the file again"
            ) from error
        data = b""
        if piece:
            allowance.spend(piece)
            yield piece
        if member.eof:
            data, member = member.unused_data, None
