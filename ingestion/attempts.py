"""Which files were read, and what failed in them: an unchanged file is not read twice, and no failure is forgotten before it was tried again."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime

from ingestion.notes import Notes


@dataclass(frozen=True, slots=True)
class Failure:
    """A file or a record that could not be ingested, and what to do about it.

    `record` is empty for a whole file, `kind` is the `--kind` it was read as, `attempts` how often it failed.
    """

    source: str
    record: str
    reason: str
    mend: str
    happened: str
    kind: str = "auto"
    attempts: int = 1


def in_folder(path: str) -> tuple[str, str, str]:
    """Parameters of `AT`: the path itself, and the first and the last name below it."""
    below = path.rstrip("/\\") + os.sep
    return path, below, below[:-1] + chr(ord(os.sep) + 1)


AT = "(source = ? OR (source >= ? AND source < ?))"


def now() -> str:
    """The present second, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Attempts(Notes):
    """The ledger's part about files."""

    def last_read(self) -> str | None:
        """When a file was last read to its end (ISO 8601, UTC), or `None`."""
        when = self._value("SELECT MAX(updated) FROM files")
        return None if when is None else str(when)

    def file_done(self, path: str, sha256: str, parser: str) -> bool:
        """Whether exactly this file was read to its end by this parser before."""
        return bool(
            self._rows("SELECT 1 FROM files WHERE path = ? AND sha256 = ? AND parser = ?", path, sha256, parser)
        )

    def start_file(self, source: str) -> None:
        """A new attempt at a file starts: until it is finished the file is not done, and what failed before in it waits to be seen again."""
        with self.transaction():
            self._connection.execute("DELETE FROM files WHERE path = ?", (source,))
            self._connection.execute("UPDATE failures SET pending = 1 WHERE source = ?", (source,))

    def finish_file(self, path: str, sha256: str = "", parser: str = "", documents: int = 0, problems: int = 0) -> None:
        """The attempt is over, and what did not fail again is forgotten. Without `parser` nothing could read the file: it is not done."""
        with self.transaction():
            self._connection.execute("DELETE FROM failures WHERE source = ? AND pending", (path,))
            if parser:
                self._connection.execute(
                    "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
                    (path, sha256, parser, documents, problems, now()),
                )

    def forget_file(self, path: str) -> None:
        """The file is no longer done, so that it is read again when it is ingested; its failures stay until then."""
        with self.transaction():
            self._connection.execute("DELETE FROM files WHERE path = ?", (path,))

    def fail(self, source: str, record: str, reason: str, mend: str, kind: str = "auto") -> None:
        """Keep what could not be ingested, why, and as what `kind` its file was read."""
        with self.transaction():
            self._connection.execute(
                "INSERT INTO failures VALUES (?, ?, ?, ?, ?, ?, 1, 0) ON CONFLICT (source, record) DO UPDATE SET reason = excluded.reason, "
                "mend = excluded.mend, happened = excluded.happened, kind = excluded.kind, attempts = attempts + pending, pending = 0",
                (source, record, reason, mend, now(), kind),
            )

    def problems(self, source: str) -> int:
        """How many failures are kept of a file."""
        return int(str(self._value("SELECT COUNT(*) FROM failures WHERE source = ?", source)))

    def forget_failures(self, path: str) -> int:
        """No longer keep what failed in a file, or in the files of a folder; how many failures that were."""
        with self.transaction():
            return self._connection.execute(f"DELETE FROM failures WHERE {AT}", in_folder(path)).rowcount  # noqa: S608

    def failures(self) -> list[Failure]:
        """Everything that could not be ingested, by file."""
        rows = self._rows(
            "SELECT source, record, reason, mend, happened, kind, attempts FROM failures ORDER BY source, record"
        )
        return [Failure(*map(str, row[:6]), attempts=int(str(row[6]))) for row in rows]  # type: ignore[misc,arg-type]
