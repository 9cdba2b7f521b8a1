"""From a live source into the library: fetch a page, ingest its file, until all are there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingestion.clients.base import Fetcher, Found, Page
from ingestion.clients.folder import Generation, discard, open_generation, outdated
from ingestion.document import Document, printable
from ingestion.errors import IngestionError
from ingestion.library import Library
from ingestion.pipeline import ingest_files
from ingestion.report import Report
from ingestion.sources import find_parser


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run stands, in records settled of all that match."""

    done: int
    total: int
    report: Report


def ingest_live(
    library: Library,
    fetcher: Fetcher,
    report: Report,
    *,
    on_found: Callable[[Found, Generation], None] | None = None,
    on_progress: Callable[[Standing], None] | None = None,
) -> None:
    """Fetch what matches and ingest it page by page, adding to `report`; `on_found` is told what there is before anything is fetched.

    A run that is broken off, by Ctrl-C or by a `LiveSourceError`, keeps what came, and the next goes on from there. When all is there, the
    files of earlier fetches of the same question go, but for those that documents still come from. Raises what the fetcher and `ingest_files` raise.
    """
    done = 0
    with open_generation(library.home, fetcher.name, fetcher.asked) as generation:
        found = fetcher.find()
        if on_found:
            on_found(found, generation)
        for page in fetcher.fetch(generation):
            report.add(ingest_files(library, [page.path], fetcher.kind))
            _keep_problems(library, page, fetcher.kind, report)
            done += page.records
            if on_progress:
                on_progress(Standing(done, found.total, report))
        generation.finish()
        for folder in outdated(generation):
            _retire(library, folder, fetcher.kind)


def _retire(library: Library, folder: Path, kind: str) -> None:
    """Keep of an older generation only the files that documents still come from: what has not changed since keeps its source."""
    cited = False
    for file in sorted(folder.glob("*.gz")):
        source = _source(file)
        library.ledger.start_file(source)
        library.ledger.finish_file(source)  # its failures are behind us: the same records came again
        if _is_cited(library, file, kind):
            cited = True
        else:
            file.unlink(missing_ok=True)
    if not cited:
        discard(folder)


def _is_cited(library: Library, file: Path, kind: str) -> bool:
    """Whether the library holds a document as this file has it."""
    source = _source(file)
    try:
        for item in find_parser(file, kind).parse(file):
            known = library.ledger.known(item.document_id) if isinstance(item, Document) else None
            if known and known.source == source:
                return True
    except IngestionError:  # a file that was damaged meanwhile: what was read of it before still comes from it
        return True
    return False


def _keep_problems(library: Library, page: Page, kind: str, report: Report) -> None:
    source = _source(page.path)
    for problem in page.problems:
        library.ledger.fail(source, problem.record, problem.reason, problem.mend, kind)
        report.failures.append((source, problem.record, problem.reason, problem.mend))


def _source(path: Path) -> str:
    """The file as the pipeline names it."""
    return printable(str(path.absolute()))
