"""A ledger that cannot be read makes room for one that can: it is renamed, and nothing of it is lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from indexes.errors import IncompatibleIndexError
from ingestion.errors import IngestionError, UnreadableLedgerError
from ingestion.ledger import Ledger
from ingestion.versions import Versions


def open_or_put_aside(path: Path, aside: Callable[[Path], None]) -> Ledger:
    """The ledger in that file; where it cannot be read, an empty one in its place, and `aside` is told where the other is kept.

    Raises `IngestionError` where it cannot be renamed, or is the ledger of another Citewell.
    """
    try:
        ledger = Ledger(path)
        try:
            ledger.has_documents()  # what a restore reads of it; a damaged page elsewhere is no matter to it
            Versions(ledger).all()
        except BaseException:
            ledger.close()
            raise
    except (UnreadableLedgerError, IncompatibleIndexError):
        aside(_put_aside(path))
        return Ledger(path)
    return ledger


def _put_aside(path: Path) -> Path:
    """Rename the ledger and SQLite's own files beside it; where it is kept."""
    kept = path.with_name(f"{path.stem}-unreadable-{datetime.now(UTC):%Y%m%dT%H%M%SZ}{path.suffix}")
    try:
        for end in ("-wal", "-shm", "-journal"):
            with suppress(FileNotFoundError):
                path.with_name(path.name + end).rename(kept.with_name(kept.name + end))
        path.rename(kept)
    except OSError as error:
        raise IngestionError(
            f"The ledger {path} cannot be read, nor be renamed ({error.strerror}). Move it away and run the same command again."
        ) from error
    return kept
