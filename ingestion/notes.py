"""What the ledger notes beside documents: values by name, what is being written, and what changed while there was more than one index version."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ingestion.database import Database

VERSIONS = "index.version."  # and a number: the manifest of an index version
_TOUCH = (
    "INSERT INTO touched (passage_id) SELECT passage_id FROM passages WHERE document_id = ? "
    "AND (SELECT COUNT(*) FROM meta WHERE substr(key, 1, ?) = ?) > 1"
)


class Notes(Database):
    """What the library remembers of itself and of work under way."""

    def get_meta(self, key: str) -> str | None:
        """A remembered value, or `None`."""
        value = self._value("SELECT value FROM meta WHERE key = ?", key)
        return None if value is None else str(value)

    def set_meta(self, key: str, value: str | None) -> None:
        """Remember a value; `None` forgets it."""
        with self.transaction():
            self._connection.execute("DELETE FROM meta WHERE key = ?", (key,))
            if value is not None:
                self._connection.execute("INSERT INTO meta VALUES (?, ?)", (key, value))

    def metas(self, start: str) -> dict[str, str]:
        """The remembered values whose names begin so."""
        rows = self._rows("SELECT key, value FROM meta WHERE substr(key, 1, ?) = ? ORDER BY key", len(start), start)
        return {str(key): str(value) for key, value in rows}

    # between index and ledger

    def start_writing(self, documents: Mapping[str, Sequence[str]]) -> None:
        """Note the documents whose passages the index is about to be given, with the identifiers of these, before it is."""
        with self.transaction():
            self._connection.executemany(
                "INSERT OR REPLACE INTO unfinished VALUES (?, ?)",
                [(document_id, json.dumps(list(passages))) for document_id, passages in documents.items()],
            )

    def finish_writing(self) -> None:
        """Index and ledger agree again."""
        with self.transaction():
            self._connection.execute("DELETE FROM unfinished")

    def unfinished(self) -> dict[str, list[str]]:
        """What `start_writing` noted and no `finish_writing` struck out: a run was killed between the two."""
        rows = self._rows("SELECT document_id, passage_ids FROM unfinished ORDER BY document_id")
        return {str(document_id): json.loads(str(passages)) for document_id, passages in rows}

    # while there is more than one index version

    def touch(self, document_id: str) -> None:
        """Within the transaction that changes a document, before and after: versions that are not in use may hold these passages otherwise."""
        self._connection.execute(_TOUCH, (document_id, len(VERSIONS), VERSIONS))

    def touched(self, after: int, limit: int) -> tuple[list[str], int]:
        """Passages noted behind that number, some of them, and the number of the last."""
        rows = self._rows(
            "SELECT number, passage_id FROM touched WHERE number > ? ORDER BY number LIMIT ?", after, limit
        )
        return list(dict.fromkeys(str(row[1]) for row in rows)), int(str(rows[-1][0])) if rows else after

    def touched_count(self, after: int) -> int:
        """How many notes there are behind that number."""
        return int(str(self._value("SELECT COUNT(*) FROM touched WHERE number > ?", after)))

    def untouch(self) -> None:
        """Strike out these notes."""
        with self.transaction():
            self._connection.execute("DELETE FROM touched")
