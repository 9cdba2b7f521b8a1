"""Documents that were taken out for good: no file that holds one brings it back, until it is admitted again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from ingestion.attempts import Attempts, now


@dataclass(frozen=True, slots=True)
class Excluded:
    """A document that is kept out, with the files that would bring it in, and when the last of them was met (ISO 8601, UTC)."""

    document_id: str
    title: str
    sources: tuple[str, ...]
    updated: str


class Exclusions(Attempts):
    """The ledger's part about documents that are kept out."""

    def exclude(self, document_id: str, title: str, sources: Iterable[str]) -> None:
        """Keep the document out; these files hold it."""
        with self.transaction():
            self._connection.executemany(
                "INSERT OR REPLACE INTO excluded VALUES (?, ?, ?, ?)",
                [(document_id, source, title, now()) for source in sources],
            )

    def excluded(self) -> list[Excluded]:
        """Every document that is kept out, by identifier."""
        rows = self._rows(
            "SELECT document_id, title, json_group_array(source), MAX(updated) FROM "
            "(SELECT * FROM excluded ORDER BY source) GROUP BY document_id ORDER BY document_id"
        )
        return [
            Excluded(str(document_id), str(title), tuple(json.loads(str(sources))), str(updated))
            for document_id, title, sources, updated in rows
        ]

    def readmit(self, document_id: str) -> Excluded | None:
        """No longer keep it out: the files that hold it are read again when they are ingested. `None` where it was not kept out."""
        with self.transaction():
            found = next((each for each in self.excluded() if each.document_id == document_id), None)
            for source in found.sources if found else ():
                self.forget_file(source)
            self._connection.execute("DELETE FROM excluded WHERE document_id = ?", (document_id,))
        return found
