"""From a live source into the library: fetch a page, ingest its file, until all are there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingestion.clients.base import Fetcher, Found, Page
from ingestion.clients.folder import Generation, discard, open_generation, outdated
from ingestion.document import printable
from ingestion.library import Library
from ingestion.pipeline import Report, ingest_files


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

    A run that is broken off, by Ctrl-C or by a `LiveSourceError`, keeps what came, and the next goes on from there. When all is there, what an
    earlier fetch of the same question left is removed. Raises what the fetcher and `ingest_files` raise.
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
            for file in folder.glob("*.gz"):  # its failures are behind us: the same records came again
                library.ledger.start_file(_source(file))
                library.ledger.finish_file(_source(file))
            discard(folder)


def _keep_problems(library: Library, page: Page, kind: str, report: Report) -> None:
    source = _source(page.path)
    for problem in page.problems:
        library.ledger.fail(source, problem.record, problem.reason, problem.mend, kind)
        report.failures.append((source, problem.record, problem.reason, problem.mend))


def _source(path: Path) -> str:
    """The file as the pipeline names it."""
    return printable(str(path.absolute()))
