"""Files in, library out: a second run changes nothing, a bad file stops nothing.

Three things happen at once: a thread reads, parses and chunks ahead (`reading`), this one decides and embeds, and another writes (`writing`). What is
held in memory is bounded by what the queue and two windows hold, however much there is to read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path

from ingestion.ahead import ahead
from ingestion.document import printable
from ingestion.errors import UnknownDocumentError, UnknownKindError
from ingestion.finding import find_files
from ingestion.library import Library
from ingestion.reading import Begun, Ended, Parsed, read_files
from ingestion.report import Progress, Removed, Report
from ingestion.sources import kinds
from ingestion.writing import Writer

AHEAD = 256  # documents that are parsed before they are asked for


def ingest_files(
    library: Library,
    paths: Sequence[Path],
    kind: str = "auto",
    on_progress: Callable[[Progress], None] | None = None,
) -> Report:
    """Ingest files and folders (folders with all below them). `kind` is `auto` or one of `sources.kinds()`.

    A file or record that cannot be read is kept in the ledger's failures and in the report, and the rest goes on. Raises `UnknownKindError`
    for a kind that does not exist; what `indexes` and the ledger raise (a full disk, a lost server) and what `on_progress` raises ends the run
    with everything before it kept.
    """
    if kind != "auto" and kind not in kinds():
        raise UnknownKindError(f"There is no kind {kind!r}. Choose auto, {', '.join(kinds())}.")
    report = Report()
    files = list(find_files(paths))
    total, done, within, name = sum(file.size for file in files), 0, 0, ""

    def tell() -> None:
        if on_progress:
            on_progress(Progress(done + within, total, name, report))

    with (
        library.writing(),
        ahead(read_files(library.ledger, files, kind), AHEAD) as events,
        Writer(library, report, tell) as writer,
    ):
        for event in events:
            writer.take(event)
            if isinstance(event, Begun):
                name, size = event.file.path.name, event.file.size
            elif isinstance(event, Parsed):
                within = max(within, min(event.at, size))
            elif isinstance(event, Ended):
                done, within = done + size, 0
                tell()
    return report


def retry_failures(library: Library, on_progress: Callable[[Progress], None] | None = None) -> Report:
    """Read the files again in which something failed, changed or not, as the kind they were read as; what fails again is kept again.

    A file that is gone is reported and then no longer kept. Raises what `ingest_files` raises. A failure is forgotten only when its file has
    been read, so a kill loses none.
    """
    asked = sorted({(failure.kind, failure.source) for failure in library.ledger.failures()})
    with library.ledger.transaction():
        for _, source in asked:
            library.ledger.forget_file(source)
    report = Report()
    for kind, group in groupby(asked, key=lambda each: each[0]):
        report.add(ingest_files(library, [Path(source) for _, source in group], kind, on_progress))
    return report


def remove_document(library: Library, document_id: str, *, for_good: bool = False) -> Removed:
    """Take a document out of the library: until a file that holds it is ingested again, none of which counts as read, or `for_good`.

    What was taken out for good stays out until `Ledger.readmit`.
    Raises `UnknownDocumentError`, and `LibraryInUseError` where another run is writing.
    """
    document_id = printable(document_id)
    with library.writing():
        document, known = library.ledger.document(document_id), library.ledger.known(document_id)
        if document is None or known is None:
            raise UnknownDocumentError(
                f"The library has no document {document_id!r}. Copy the identifier from a search; a passage's ends before its '#'."
            )
        passages = library.ledger.passage_ids(document_id)
        sources = {known.source, *library.ledger.holders(document_id)}
        besides = [partial(library.ledger.forget_file, source) for source in sources]
        if for_good:
            besides = [partial(library.ledger.exclude, document_id, document.title, sources)]
        with Writer(library, Report(), lambda: None) as writer:
            writer.remove(document_id, besides=besides)
    return Removed(document_id, document.title, known.source, len(passages))
