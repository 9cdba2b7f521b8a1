"""Opening files with bounded memory: plain or compressed, cut into lines or into the records of an XML file.

Whatever a file holds, no more than one record (`MAX_RECORD`) is in memory. What is cut here is not parsed here: an XML record is the bytes
between its tags, so that a header's DTD and its entities never reach a parser and one malformed record leaves the others whole.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import MissingFileError, SourceError
from ingestion.sources import compressed
from ingestion.sources.compressed import compression_of, unpack

MAX_RECORD = 16 << 20
"""The longest record in bytes. The longest in PubMed, papers with 15,000 named investigators, stay under 8 MiB."""
MAX_LINE = 64 << 20
"""The longest line in bytes: ClinicalTrials.gov studies with posted results reach tens of MiB."""

_watched: ContextVar[tuple[Path | None, Callable[[int], None]]] = ContextVar("watched", default=(None, lambda _: None))
_LONGEST_TAG = 64
_XML_ENCODING = re.compile(rb"""\s*<\?xml[^>]*?\bencoding\s*=\s*["']([\w.:-]{1,40})["']""")
_ENDS_NAME = b" \t\n\r\f\v/>"
_SAME_AS_UTF8 = frozenset({"utf-8", "ascii"})
_TRANSCODED = re.compile(r"iso8859-\d+|cp125\d")


def watch(path: Path, told: Callable[[int], None]) -> None:
    """From here on, in this thread, `told` hears how many bytes of that file have been read (as they lie on the disk), until another is watched."""
    _watched.set((path, told))


def chunks(path: Path) -> Iterator[bytes]:
    """The file's bytes, decompressed where the first of them say gzip, xz or bzip2, whatever its suffix.

    Raises `SourceError` where the file is missing, is no file, is empty or cannot be read, and, after everything before that point, where
    the compressed data is truncated or corrupt.
    """
    seen = False
    try:
        if not path.exists():
            raise MissingFileError(f"{path}: no such file; check the path")
        if not path.is_file():  # a pipe would wait for ever, and cannot be read twice
            raise SourceError(f"{path}: not a regular file; name the files in it")
        watched, told = _watched.get()
        with path.open("rb") as file:
            compression = compression_of(file.peek(compressed.LONGEST_MAGIC))
            plain = iter(lambda: file.read(compressed.CHUNK), b"")
            for piece in unpack(path, file, compression) if compression else plain:
                seen = True
                if path == watched:
                    told(file.tell())
                yield piece
    except OSError as error:
        raise SourceError(
            f"{path}: cannot be read ({error.strerror or error}); check its permissions and the disk"
        ) from error
    if not seen:
        raise SourceError(f"{path}: the file is empty; download it again")


def read_head(path: Path, size: int = 8192) -> bytes:
    """The first `size` bytes, decompressed; fewer where there are fewer, even of a truncated file. Raises `SourceError` where there are none."""
    found = b""
    try:
        for piece in chunks(path):
            found += piece
            if len(found) >= size:
                break
    except SourceError:
        if not found:
            raise
    return found[:size]


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The file's lines with their 1-based numbers, without line ends.

    Raises what `chunks` raises, never after half a line of a truncated file, and `SourceError` where a line is longer than `MAX_LINE`.
    """
    number, pending = 0, [b""]
    held = 0
    for piece in chunks(path):
        whole, newline, rest = piece.rpartition(b"\n")
        if newline:
            for line in b"".join([*pending, whole]).split(b"\n"):
                number += 1
                yield number, line.removesuffix(b"\r")
            pending, held = [], 0
        pending.append(rest)
        held += len(rest)
        if held > MAX_LINE:
            raise SourceError(
                f"{path}: line {number + 1} is longer than {MAX_LINE >> 20} MiB; split the file into one record a line"
            )
    if last := b"".join(pending):
        yield number + 1, last.removesuffix(b"\r")


@dataclass(frozen=True, slots=True)
class XmlRecord:
    """One record of an XML file, as UTF-8 bytes from its opening to its closing tag.

    `ordinal` counts from 1. `fault` says why `xml` is not a whole record (it then holds what there is, for naming it); empty where it is.
    """

    ordinal: int
    tag: str
    xml: bytes
    fault: str = ""


class _Window:
    """The stretch of a stream under the eye: everything before `at` is done with and forgotten when more is read."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self.data = b""
        self.at = 0
        self.ended = False

    def more(self) -> bool:
        """Read on; false at the end."""
        block = next(self._blocks, None)
        if block is None:
            self.ended = True
            return False
        self.data = self.data[self.at :] + block
        self.at = 0
        return True

    def find(self, needle: bytes, offset: int = 0) -> int:
        """Where `needle` begins, counted from `at`, reading on as needed; -1 where the end or `MAX_RECORD` comes first."""
        while (found := self.data.find(needle, self.at + offset)) < 0:
            held = len(self.data) - self.at
            offset = max(offset, held - len(needle) + 1)
            if held > MAX_RECORD or not self.more():
                return -1
        return found - self.at

    def take(self, length: int) -> bytes:
        """The next `length` bytes, done with."""
        start, self.at = self.at, self.at + length
        return self.data[start : self.at]


def xml_records(path: Path, root: str, tags: tuple[str, ...]) -> Iterator[XmlRecord]:
    """Cut an XML file into its `<tag>…</tag>` records, wherever they stand, in file order; comments between records are passed over.

    A record that is never closed, never opened or too long is yielded with its fault. Declared encodings (UTF-8, UTF-16, ISO-8859-x,
    Windows-125x) and byte order marks are honoured; the records are UTF-8. Raises what `chunks` raises, and `SourceError`, after all
    complete records, where the file ends inside a record or before `</root>`, or holds neither `root` nor a record.
    """
    mark = re.compile(f"<!--|<(/?)({'|'.join((root, *tags))})(?=[\\s/>])".encode())
    window = _Window(_as_utf8(path))
    ordinal = opened = gap = 0
    seen = overlong = False
    while True:
        match = mark.search(window.data, window.at)
        if match is None:
            passed = max(0, len(window.data) - window.at - _LONGEST_TAG)  # a tag may straddle two blocks
            window.at += passed
            gap += passed
            if gap > MAX_RECORD:
                raise SourceError(
                    f"{path}: {MAX_RECORD >> 20} MiB without a <{tags[0]}>; check that this is a file of such records"
                )
            if not window.more():
                break
            continue
        gap = 0
        if match[2] is None:
            window.at = match.start()
            if (end := window.find(b"-->", 4)) < 0:
                raise SourceError(f"{path}: a comment is never closed; download the file again")
            window.at += end + 3
            continue
        seen = True
        tag, closing = match[2].decode(), bool(match[1])
        if closing and tag == root:
            window.at = match.end()
            opened = max(0, opened - 1)
        elif closing:
            before = match.start() - window.at
            if (end := window.find(b">", before)) < 0:
                raise _truncated(path, tag)
            orphan = window.take(end + 1)
            if not overlong:  # the closing tag of a record already reported
                ordinal += 1
                yield XmlRecord(ordinal, tag, orphan, f"</{tag}> without <{tag}>")
            overlong = False
        else:
            window.at = match.start()
            if (end := window.find(b">")) < 0:
                raise _truncated(path, tag)
            empty = window.data[window.at + end - 1] == ord("/")
            if tag == root:
                window.at += end + 1
                opened += not empty
                continue
            ordinal += 1
            record = XmlRecord(ordinal, tag, window.take(end + 1)) if empty else _cut(path, window, tag, root, ordinal)
            overlong = record.fault == _OVERLONG
            yield record
    if not seen:
        raise SourceError(f"{path}: holds no <{tags[0]}>; check that the file is what its kind says")
    if opened:
        raise SourceError(f"{path}: ends before </{root}> (truncated); download the file again")


_OVERLONG = f"longer than {MAX_RECORD >> 20} MiB"


def _cut(path: Path, window: _Window, tag: str, root: str, ordinal: int) -> XmlRecord:
    """The record that begins at the window. A record that is never closed ends where the next one begins."""
    name = tag.encode()
    closing = end = 0
    closed = b""
    while end >= 0 and closed not in (name, root.encode()):  # </article-title> closes no article
        closing = window.find(b"</" + name, end)
        end = window.find(b">", closing) if closing >= 0 else -1
        closed = window.data[window.at + closing + 2 : window.at + end].rstrip()
    if end < 0:
        if window.ended:
            raise _truncated(path, tag)
        return XmlRecord(ordinal, tag, window.take(len(window.data) - window.at)[: compressed.CHUNK], _OVERLONG)
    if (inner := _opened_again(window.data, b"<" + name, window.at + 1, window.at + closing)) >= 0:
        return XmlRecord(ordinal, tag, window.take(inner - window.at), f"<{tag}> is never closed")
    if closed != name:  # </PubmedArticleSet>, say
        return XmlRecord(ordinal, tag, window.take(closing), f"<{tag}> is never closed")
    return XmlRecord(ordinal, tag, window.take(end + 1))


def _opened_again(data: bytes, opening: bytes, start: int, end: int) -> int:
    """Where in the stretch the same tag opens; -1 where it does not. A plain search, as it runs over every byte of a file."""
    while (start := data.find(opening, start, end)) >= 0:
        after = start + len(opening)
        if data[after] in _ENDS_NAME:
            return start
        start = after  # <PubmedArticleSet> opens no <PubmedArticle>
    return -1


def _truncated(path: Path, tag: str) -> SourceError:
    return SourceError(f"{path}: ends inside a <{tag}> (truncated); download the file again")


def _as_utf8(path: Path) -> Iterator[bytes]:
    """The file's bytes as UTF-8. What is UTF-8 already passes unchecked: a bad byte is then one record's problem, not the file's."""
    blocks = chunks(path)
    first = next(blocks)
    while len(first) < 256 and (more := next(blocks, b"")):  # the declaration may straddle two blocks
        first += more
    encoding = "utf-8"
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif first.startswith(codecs.BOM_UTF8):
        first = first[len(codecs.BOM_UTF8) :]
    elif declared := _XML_ENCODING.match(first):
        encoding = _known_encoding(path, declared[1].decode())
    if encoding in _SAME_AS_UTF8:
        yield first
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        yield decoder.decode(first).encode()
        for block in blocks:
            yield decoder.decode(block).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise SourceError(f"{path}: is not the {encoding} text it declares ({error}); convert it to UTF-8") from error


def _known_encoding(path: Path, name: str) -> str:
    """Python's name of a declared encoding. Only plain character sets: Python would take `zlib` or `unicode_escape` too."""
    try:
        known = codecs.lookup(name).name
    except LookupError:
        known = ""
    if known.startswith("utf-16"):  # a declaration that can be read byte by byte is not UTF-16
        return "utf-8"
    if known not in _SAME_AS_UTF8 and not _TRANSCODED.fullmatch(known):
        raise SourceError(f"{path}: declares the encoding {name!r}, which is not supported; convert it to UTF-8")
    return known
