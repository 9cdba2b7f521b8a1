"""Files into events: recognise, parse and chunk; nothing here is written anywhere."""

from __future__ import annotations

import hashlib
import logging
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexes.passage import Passage
from ingestion import chunking, manifest
from ingestion.abbreviations import mine
from ingestion.document import MAX_DOCUMENT, Deletion, Document, Problem, Skipped, printable
from ingestion.editions import with_known_successor
from ingestion.errors import IngestionError, MissingFileError, SourceError, UnknownKindError
from ingestion.finding import File
from ingestion.ledger import Ledger
from ingestion.sources import find_parser
from ingestion.sources.base import Parser
from ingestion.sources.records import watch

logger = logging.getLogger("citewell.ingestion")

MOST_PROBLEMS = 100_000
"""Records of one file that may fail before the rest of it is left: 34 kB can hold 20 million empty ones, and each is kept with its reason."""
_LONGEST_TOLD = 2000  # characters of a reason; a path in it may have hundreds


@dataclass(frozen=True, slots=True)
class Begun:
    """From here on the events are of this file, read as this kind (`auto` or a `--kind`)."""

    file: File
    kind: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document, its passages, and the abbreviations that it introduces, short and long form; `at` is how many bytes of its file were read."""

    document: Document
    content_hash: str
    passages: tuple[Passage, ...]
    index_hash: str
    abbreviations: tuple[tuple[str, str], ...]
    at: int = 0


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
Event = Begun | Parsed | Deletion | Skipped | Failed | Ended


def read_files(ledger: Ledger, files: Sequence[File], kind: str) -> Iterator[Event]:
    """The events of each file in turn: `Begun`, what is in it, `Ended`. A bad record or file is `Failed`; nothing is raised for it.

    A file that the ledger knows to be read, by the same parser and to the same bytes, is not read again.
    """
    for file in files:
        yield Begun(file, kind)
        if file.path.name == manifest.NAME:
            if file.fault:
                yield Failed("", _clipped(file.fault), "")
            yield Ended()
            continue
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
        except Exception as error:  # noqa: BLE001 - the next file must not suffer from it
            yield _unforeseen(file, error)
            yield Ended()
        else:
            reader = f"{parser.name}-{parser.version}+{chunking.VERSION}"
            digest += f"+{file.entry.digest}" if file.entry else ""
            if ledger.file_done(file.source, digest, reader):
                yield Ended(digest, reader, UNCHANGED)
                continue
            yield from _items(parser, file)
            yield Ended(digest, reader)


def parsed(document: Document, at: int = 0) -> Parsed:
    """The document with its passages, hashes and abbreviations."""
    passages = tuple(chunking.passages_of(document))
    pairs = tuple(dict.fromkeys(found.key for found in mine(document)))
    return Parsed(document, document.content_hash, passages, index_hash(passages), pairs, at)


def _items(parser: Parser, file: File) -> Iterator[Event]:
    at = problems = 0

    def move(position: int) -> None:
        nonlocal at
        at = position

    watch(file.path, move)
    try:
        for item in parser.parse(file.path):
            if isinstance(item, Problem):
                problems += 1
                _check_number(problems, file)
                yield Failed(_clipped(item.record), _clipped(item.reason), _clipped(item.mend))
            elif isinstance(item, Document):
                document = with_known_successor(file.entry.describe(item) if file.entry else item)
                if len(document.to_bytes()) > MAX_DOCUMENT:
                    yield Failed(document.document_id, f"is longer than {MAX_DOCUMENT >> 20} MiB", "split it")
                else:
                    yield parsed(document, at)
            else:
                yield item
    except SourceError as error:
        yield _failure(error)
    except Exception as error:  # noqa: BLE001 - the next file must not suffer from it
        yield _unforeseen(file, error)


def _check_number(problems: int, file: File) -> None:
    if problems > MOST_PROBLEMS:
        raise SourceError(
            f"{file.path}: more than {MOST_PROBLEMS:,} records of it cannot be read, and the rest was left; look at the first of them, "
            "mend the file, and ingest it again"
        )


def index_hash(passages: Sequence[Passage]) -> str:
    """SHA-256 over what the encoders read of a document: while it is equal, nothing needs to be embedded again."""
    digest = hashlib.sha256()
    for passage in passages:
        for text in (passage.passage_id, passage.lexical_text):
            encoded = text.encode()
            digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


def _failure(error: IngestionError) -> Failed:
    return Failed("", _clipped(printable(str(error))), "", kept=not isinstance(error, MissingFileError))


def _clipped(words: str) -> str:
    """What is told of a failure, no longer than a reason is: a name in a file may have a megabyte, and is the file's own words."""
    return words if len(words) <= _LONGEST_TOLD else f"{words[: _LONGEST_TOLD // 2]} … {words[-_LONGEST_TOLD // 2 :]}"


def _unforeseen(file: File, error: Exception) -> Failed:
    """What no parser foresaw. Its frames are logged; its message is not told, since it may hold the file's words."""
    logger.error("%s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
    reason = f"{file.path}: Citewell itself failed on it ({type(error).__name__}); leave the file out, and report this"
    return Failed("", printable(reason), "")


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check its permissions and the disk") from error
