"""Files in, library out: find, recognise, parse, chunk, embed, write; a second run changes nothing, a bad file stops nothing."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from indexes.passage import Passage
from ingestion.chunking import passages_of
from ingestion.document import Deletion, Document, Problem, printable
from ingestion.errors import IngestionError, SourceError, UnknownDocumentError, UnknownKindError
from ingestion.library import Library
from ingestion.sources import find_parser, kinds
from ingestion.sources.base import Parser

BATCH = 32  # documents that are embedded and committed together


@dataclass(slots=True)
class Report:
    """What a run did, in documents; `skipped` files were found in a folder and are of no known kind.

    Of two files that hold the same document the one read last has the last word: `replaced` names those among the changed that came from
    another file before.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    passages: int = 0
    files: int = 0
    files_unchanged: int = 0
    skipped: list[str] = field(default_factory=list)
    replaced: list[tuple[str, str, str]] = field(default_factory=list)  # document, its file before, its file now
    failures: list[tuple[str, str, str, str]] = field(default_factory=list)  # file, record, reason, mend


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands: bytes of files done and in all, and the report so far."""

    done_bytes: int
    total_bytes: int
    file: str
    report: Report


@dataclass(frozen=True, slots=True)
class Removed:
    """A document that was taken out; `source` is the file it was read from, `passages` how many it had."""

    document_id: str
    title: str
    source: str
    passages: int


def ingest_files(
    library: Library,
    paths: Sequence[Path],
    kind: str = "auto",
    on_progress: Callable[[Progress], None] | None = None,
) -> Report:
    """Ingest files and folders (folders with all below them). `kind` is `auto` or one of `sources.kinds()`.

    A file or record that cannot be read is kept in the ledger's failures and in the report, and the rest goes on. Raises `UnknownKindError`
    for a kind that does not exist; what `indexes` raises (a full disk, a lost server) ends the run with everything before it kept.
    """
    if kind != "auto" and kind not in kinds():
        raise UnknownKindError(f"There is no kind {kind!r}. Choose auto, {', '.join(kinds())}.")
    report = Report()
    work = list(_files(paths))
    total = sum(_size(path) for path, _ in work)
    done = 0
    for path, named in work:
        _ingest_file(library, path, kind, named, report, lambda p=path, d=done: _tell(on_progress, d, total, p, report))  # type: ignore[misc]
        done += _size(path)
        _tell(on_progress, done, total, path, report)
    library.searcher.engine.flush()
    return report


def retry_failures(library: Library, on_progress: Callable[[Progress], None] | None = None) -> Report:
    """Read the files again in which something failed, changed or not; what fails again is kept again.

    Raises what `ingest_files` raises. A failure is forgotten only when its file is read, so a kill loses none.
    """
    sources = list(dict.fromkeys(failure.source for failure in library.ledger.failures()))
    with library.ledger.transaction():
        for source in sources:
            library.ledger.forget_file(source)
    return ingest_files(library, [Path(source) for source in sources], on_progress=on_progress)


def remove_document(library: Library, document_id: str) -> Removed:
    """Take a document out of the library, until a file that holds it is ingested again: its own file no longer counts as read.

    The index forgets it before the ledger does. After a kill between the two the ledger still has it, and opening the library puts it back,
    whole, to be removed again; the other way round its passages would be found for ever. Raises `UnknownDocumentError`.
    """
    document_id = printable(document_id)
    document = library.ledger.document(document_id)
    if document is None:
        raise UnknownDocumentError(
            f"The library has no document {document_id!r}. Copy the identifier from a search; a passage's ends before its '#'."
        )
    source = library.ledger.source(document_id) or ""
    passages = library.ledger.passage_ids(document_id)
    library.searcher.engine.delete(passages)
    library.searcher.engine.flush()
    with library.ledger.transaction():
        library.ledger.remove(document_id)
        library.ledger.forget_file(source)
    return Removed(document_id, document.title, source, len(passages))


def _tell(on_progress: Callable[[Progress], None] | None, done: int, total: int, path: Path, report: Report) -> None:
    if on_progress:
        on_progress(Progress(done, total, path.name, report))


def _status(path: Path) -> os.stat_result | None:
    """What the system says of the path, links followed; `None` where it cannot be reached: opening it will say why."""
    try:
        return path.stat()
    except OSError:
        return None


def _size(path: Path) -> int:
    status = _status(path)
    return status.st_size if status else 0


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """Each file once, by its absolute path, and whether the user named it; hidden files inside folders are passed over."""
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
            yield file, not inside


def _ingest_file(
    library: Library, path: Path, kind: str, named: bool, report: Report, tell: Callable[[], None]
) -> None:
    source = printable(str(path))
    try:
        parser = find_parser(path, kind)
        digest = _sha256(path)
    except IngestionError as error:
        library.ledger.start_file(source)
        if isinstance(error, UnknownKindError) and not named:
            report.skipped.append(source)
        else:
            _fail(library, report, source, error)
        return
    parser_id = f"{parser.name}-{parser.version}"
    if library.ledger.file_done(source, digest, parser_id):
        report.files_unchanged += 1
        return
    library.ledger.start_file(source)
    report.files += 1
    before, problems = report.added + report.changed + report.unchanged, len(report.failures)
    try:
        for batch in _batches(_items(library, parser, path, report)):
            _write(library, batch, source, report)
            tell()
    except SourceError as error:
        _fail(library, report, source, error)
        return
    library.searcher.engine.flush()
    documents = report.added + report.changed + report.unchanged - before
    library.ledger.finish_file(source, digest, parser_id, documents, len(report.failures) - problems)


def _items(library: Library, parser: Parser, path: Path, report: Report) -> Iterator[Document | Deletion]:
    """The parser's documents and deletions; its problems go to the failures. A file that breaks off raises after what came before it."""
    for item in parser.parse(path):
        if isinstance(item, Problem):
            _keep_failure(library, report, printable(str(path)), item.record, item.reason, item.mend)
        else:
            yield item


def _batches(items: Iterator[Document | Deletion]) -> Iterator[list[Document | Deletion]]:
    """Lists of `BATCH` items; what came before a failure is handed on before the failure is."""
    batch: list[Document | Deletion] = []
    failure: SourceError | None = None
    try:
        for item in items:
            batch.append(item)
            if len(batch) == BATCH:
                yield batch
                batch = []
    except SourceError as error:
        failure = error
    if batch:
        yield batch
    if failure:
        raise failure


def _write(library: Library, items: Sequence[Document | Deletion], source: str, report: Report) -> None:
    """Index a batch, then record it. The last word on a document wins where a batch has several."""
    latest: dict[str, Document | Deletion] = {}
    for item in items:
        latest[item.document_id] = item
    fresh: list[tuple[Document, list[Passage], list[str]]] = []
    for document in (item for item in latest.values() if isinstance(item, Document)):
        known = library.ledger.content_hash(document.document_id)
        if known == document.content_hash:
            report.unchanged += 1
            continue
        passages = passages_of(document)
        kept = {passage.passage_id for passage in passages}
        stale = [i for i in library.ledger.passage_ids(document.document_id) if i not in kept]
        fresh.append((document, passages, stale))
        if known is None:
            report.added += 1
        else:
            report.changed += 1
            before = library.ledger.source(document.document_id)
            if before and before != source:
                report.replaced.append((document.document_id, before, source))
        report.passages += len(passages)
    library.searcher.index([passage for _, passages, _ in fresh for passage in passages])
    gone = [item.document_id for item in latest.values() if isinstance(item, Deletion)]
    removed = [i for document_id in gone for i in library.ledger.passage_ids(document_id)]
    library.searcher.engine.delete([i for _, _, stale in fresh for i in stale] + removed)
    library.searcher.engine.flush()
    with library.ledger.transaction():
        for document, passages, _ in fresh:
            library.ledger.record(document, passages, source)
        report.deleted += sum(library.ledger.remove(document_id) for document_id in gone)


def _fail(library: Library, report: Report, source: str, error: IngestionError) -> None:
    _keep_failure(library, report, source, "", printable(str(error)), "")


def _keep_failure(library: Library, report: Report, source: str, record: str, reason: str, mend: str) -> None:
    library.ledger.fail(source, record, reason, mend)
    report.failures.append((source, record, reason, mend))


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check its permissions and the disk") from error
