"""NLM's PubMed files into the library: fetched, proved and read one after the other, in the order in which they count."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingestion.clients.download import readable_size
from ingestion.clients.pubmed_bulk import BulkFile, PubMedBulk
from ingestion.document import printable
from ingestion.errors import IngestionError, LiveSourceError, QueryError
from ingestion.library import Library
from ingestion.pipeline import ingest_files
from ingestion.report import Progress, Report

AT_ONCE = 2
"""Files on the disk at a time where they are not kept: the one that is read, and one that comes a second time."""
IN_A_ROW = 3
"""Files that fail one after the other before the server, not the file, is taken to be at fault."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files: of the baseline, of the updates too, from one number to another (both included); and whether they stay on the disk."""

    updates: bool = False
    first: int = 1
    last: int | None = None
    keep: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do: files to go through, how many of them are to be fetched, and bytes: those to come, the room needed, the room there is."""

    files: tuple[BulkFile, ...]
    to_fetch: int
    coming: int
    needed: int
    free: int


def plan(bulk: PubMedBulk, selection: Selection) -> Plan:
    """What is to be done. Raises `QueryError` where nothing is selected, and `LiveSourceError`.

    Update files that were read before are gone through again where a file before them is new to the library, for they have the last word.
    """
    files: list[BulkFile] = []
    fetch: list[BulkFile] = []
    listed = bulk.listing()
    fresh = False
    for file in listed:
        again = bulk.is_due_again(file) or (fresh and file.is_update and bulk.was_read(file))
        if again or _selected(file, selection):
            files.append(file)
            due = again or not bulk.was_read(file)
            fresh = fresh or due
            if due and not bulk.is_here(file):
                fetch.append(file)
    if not any(_selected(file, selection) for file in files):
        raise QueryError(
            f"NLM lists no such files; it has {listed[0].number} to {listed[-1].number}, updates included."
        )
    coming = sum(file.size for file in fetch)
    largest = max((file.size for file in fetch), default=0)
    needed = coming if selection.keep else min(coming, AT_ONCE * largest)
    return Plan(tuple(files), len(fetch), coming, needed, shutil.disk_usage(bulk.folder).free)


def ingest_bulk(
    library: Library,
    bulk: PubMedBulk,
    selection: Selection,
    report: Report,
    *,
    on_plan: Callable[[Plan], None] = lambda _: None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> None:
    """Fetch and ingest the files of the selection, adding to `report`; `on_plan` is told what is ahead before anything is fetched.

    A file that cannot be had is a failure of the report and the others go on, unless `IN_A_ROW` fail; the next run fetches it. Raises
    `IngestionError` where the disk has no room for it all, `LiveSourceError` where the server does not even list its files, and what
    `ingest_files` raises; what was done is kept.
    """
    ahead = plan(bulk, selection)
    on_plan(ahead)
    if ahead.needed > ahead.free:
        raise IngestionError(
            f"{bulk.folder}: needs {readable_size(ahead.needed)} and has {readable_size(ahead.free)} free. "
            "Make room, fetch fewer files (--from, --to), or do not keep them (--no-keep)."
        )
    run = _Run(library, bulk, report, selection.keep, sum(file.size for file in ahead.files), on_progress)
    for place, file in enumerate(ahead.files, 1):
        run.take(file, ahead.files[place:])
        if run.failed == IN_A_ROW:
            break


class _Run:
    """One run over the planned files."""

    def __init__(
        self,
        library: Library,
        bulk: PubMedBulk,
        report: Report,
        keep: bool,
        total: int,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._library = library
        self._bulk = bulk
        self._report = report
        self._keep = keep
        self._total = total
        self._on_progress = on_progress
        self._done = 0
        self.failed = 0  # files in a row

    def take(self, file: BulkFile, later: Sequence[BulkFile]) -> None:
        """Fetch and read a file, or know that this was done. The updates among `later` that were read before it are due again."""
        was_read = self._bulk.was_read(file)
        if not was_read or self._bulk.is_here(file):
            try:
                path = self._bulk.obtain(file, lambda received: self._tell(file, received))
            except LiveSourceError as error:
                self.failed += 1
                end = (
                    f"the last {IN_A_ROW} files could not be had, so the rest was not asked for"
                    if self.failed == IN_A_ROW
                    else ""
                )
                source = printable(str(self._bulk.path(file)))
                self._report.failures.append((source, "", printable(str(error)), end))
                return
            self.failed = 0
            if (
                not was_read
            ):  # remembered before it is read: a kill in between must not leave the wrong file the last word
                self._bulk.mark_due_again([each for each in later if each.is_update and self._bulk.was_read(each)])
                with self._library.ledger.transaction():
                    self._library.ledger.forget_file(printable(str(path.absolute())))
            part = ingest_files(
                self._library, [path], "pubmed", lambda stand: self._tell(file, file.size, stand.report)
            )
            self._report.add(part)
            if not any(not record for _, record, _, _ in part.failures):
                self._bulk.mark_read(file, keep=self._keep)
        self._done += file.size

    def _tell(self, file: BulkFile, received: int, part: Report | None = None) -> None:
        """Where the run stands: bytes of this file that are here, and what was read of it, on top of what was done before."""
        shown = Report()
        shown.add(self._report)
        shown.add(part or Report())
        self._on_progress(Progress(self._done + min(received, file.size), self._total, file.name, shown))


def _selected(file: BulkFile, selection: Selection) -> bool:
    within = selection.first <= file.number and (selection.last is None or file.number <= selection.last)
    return within and (selection.updates or not file.is_update)
