"""Files into events: find, recognise, parse and chunk; nothing here is written anywhere."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexes.passage import Passage
from ingestion import chunking
from ingestion.document import Deletion, Document, Problem, printable
from ingestion.editions import with_known_successor
from ingestion.errors import IngestionError, MissingFileError, SourceError, UnknownKindError
from ingestion.ledger import Ledger
from ingestion.sources import find_parser
from ingestion.sources.base import Parser


@dataclass(frozen=True, slots=True)
class File:
    """A file to read: its absolute path, its size in bytes, and whether the user named it (else it was found in a folder)."""

    path: Path
    size: int
    named: bool

    @property
    def source(self) -> str:
        """How the ledger and the report name it."""
        return printable(str(self.path))


@dataclass(frozen=True, slots=True)
class Begun:
    """From here on the events are of this file, read as this kind (`auto` or a `--kind`)."""

    file: File
    kind: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document and its passages."""

    document: Document
    content_hash: str
    passages: tuple[Passage, ...]
    index_hash: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A record, or where `record` is empty the file from here on, cannot be read. `kept`: there is something to try again later."""

    record: str
    reason: str
    mend: str
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Ended:
    """The file is done with. `parser` is what read it with which version, empty where nothing did; `passed_over` says why there was nothing to do."""

    digest: str = ""
    parser: str = ""
    passed_over: str = ""


UNCHANGED, OF_NO_KIND = "read before", "of no known kind"
Event = Begun | Parsed | Deletion | Failed | Ended


def find_files(paths: Sequence[Path]) -> Iterator[File]:
    """Each file once, folders with all below them in the order of their names; hidden files inside folders are passed over."""
    seen: set[tuple[int, int]] = set()
    for path in map(Path.absolute, paths):
        root = _status(path)
        inside = root is not None and stat.S_ISDIR(root.st_mode)
        for file in sorted(path.rglob("*")) if inside else [path]:
            hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
            status = _status(file)
            if hidden or (inside and not (status and stat.S_ISREG(status.st_mode))):
                continue
            if status:
                identity = (status.st_dev, status.st_ino)
                if identity in seen:
                    continue
                seen.add(identity)
            yield File(file, status.st_size if status else 0, not inside)


def read_files(ledger: Ledger, files: Sequence[File], kind: str) -> Iterator[Event]:
    """The events of each file in turn: `Begun`, what is in it, `Ended`. A bad record or file is `Failed`; nothing is raised for it.

    A file that the ledger knows to be read, by the same parser and to the same bytes, is not read again.
    """
    for file in files:
        yield Begun(file, kind)
        try:
            parser = find_parser(file.path, kind)
            digest = _sha256(file.path)
        except UnknownKindError as error:
            if file.named:
                yield _failure(error)
            yield Ended(passed_over="" if file.named else OF_NO_KIND)
        except IngestionError as error:
            yield _failure(error)
            yield Ended()
        else:
            reader = f"{parser.name}-{parser.version}+{chunking.VERSION}"
            if ledger.file_done(file.source, digest, reader):
                yield Ended(digest, reader, UNCHANGED)
                continue
            yield from _items(parser, file.path)
            yield Ended(digest, reader)


def parsed(document: Document) -> Parsed:
    """The document with its passages and hashes."""
    passages = tuple(chunking.passages_of(document))
    return Parsed(document, document.content_hash, passages, index_hash(passages))


def _items(parser: Parser, path: Path) -> Iterator[Event]:
    try:
        for item in parser.parse(path):
            if isinstance(item, Problem):
                yield Failed(item.record, item.reason, item.mend)
            elif isinstance(item, Document):
                yield parsed(with_known_successor(item))
            else:
                yield item
    except SourceError as error:
        yield _failure(error)


def index_hash(passages: Sequence[Passage]) -> str:
    """SHA-256 over what the encoders read of a document: while it is equal, nothing needs to be embedded again."""
    digest = hashlib.sha256()
    for passage in passages:
        for text in (passage.passage_id, passage.embedding_text):
            encoded = text.encode()
            digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


def _failure(error: IngestionError) -> Failed:
    return Failed("", printable(str(error)), "", kept=not isinstance(error, MissingFileError))


def _status(path: Path) -> os.stat_result | None:
    """What the system says of the path, links followed; `None` where it cannot be reached: opening it will say why."""
    try:
        return path.stat()
    except OSError:
        return None


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check its permissions and the disk") from error
