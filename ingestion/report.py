"""What a run tells: where it stands, and what it did."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TypeVar

MOST = 100_000
"""Entries that each list of a report keeps: a report is held in memory, and a file may be made to fail without end. The ledger has every failure."""
T = TypeVar("T")


@dataclass(slots=True)
class Report:
    """What a run did, in documents; `skipped` files were found in a folder or an archive and are of no known kind.

    Of two files that hold the same document the later revision has the last word, and where the source gives none, the file read last:
    `replaced` names those among the changed that came from another file before, `outdated` counts those left alone because the library holds
    a later revision. `relabelled` are those among the changed whose passages say the same as before (a retraction, new MeSH headings, or an edition
    whose place another took, which is not read for that): they are not embedded again. `files_unchanged` were read before, `failed_before` of
    them with failures that the ledger still keeps. `excluded` were taken out for good before, and left out.
    """

    added: int = 0
    changed: int = 0
    relabelled: int = 0
    unchanged: int = 0
    outdated: int = 0
    excluded: int = 0
    deleted: int = 0
    passages: int = 0
    files: int = 0
    files_unchanged: int = 0
    failed_before: int = 0
    skipped: list[str] = field(default_factory=list)
    replaced: list[tuple[str, str, str]] = field(default_factory=list)  # document, its file before, its file now
    failures: list[tuple[str, str, str, str]] = field(default_factory=list)  # file, record, reason, mend

    def add(self, other: Report) -> None:
        """Count what another run did as well."""
        for each in fields(self):
            both = getattr(self, each.name) + getattr(other, each.name)
            setattr(self, each.name, both[:MOST] if isinstance(both, list) else both)

    @property
    def documents(self) -> int:
        """How many documents were read."""
        return self.added + self.changed + self.unchanged + self.outdated + self.excluded


def keep(entries: list[T], entry: T) -> None:
    """Add an entry to a report's list, as long as there is room."""
    if len(entries) < MOST:
        entries.append(entry)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands: bytes read of the files and in all, and the report so far. What is read is written a little later."""

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
