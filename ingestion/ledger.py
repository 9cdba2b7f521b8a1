"""The ledger: what the library holds, in SQLite, so that nothing is read twice, lost, or half-written.

Order of work, which makes a kill at any point harmless: the ledger notes which documents are about to change, the index is written, then the ledger
records the documents and strikes the notes out in one transaction. Where notes are left, the index is put back to what the ledger says.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from indexes.passage import Kind, Passage, Status
from ingestion.abbreviations import dominant
from ingestion.attempts import AT, in_folder, now
from ingestion.database import identifiers_of, pack, unpack
from ingestion.document import Document
from ingestion.editions import family, named_as_superseded
from ingestion.exclusions import Exclusions

_ABBREVIATION = re.compile(
    r"(?<![\w-])(?=[\w-]{0,11}[A-Z][\w-]{0,11}[A-Z0-9])[A-Za-z][\w-]{1,11}(?![\w-])"
)  # HFpEF, IL-6, CKD
_MOST_ABBREVIATIONS = 16  # in a query that are looked up
_PAGE = "SELECT passage_id, payload FROM passages WHERE passage_id > ? ORDER BY passage_id LIMIT 256"


@dataclass(frozen=True, slots=True)
class Known:
    """What the library holds of a document: hashes of what it says and of what the encoders read, its revision, and the file it came from."""

    content_hash: str
    index_hash: str
    revision: str
    source: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A document of the library in a line: what it is, where it stands, the file it was read from and when that was."""

    document_id: str
    kind: str
    title: str
    publisher: str
    year: int | None
    status: str
    superseded_by: str | None
    passages: int
    source: str
    updated: str


class Ledger(Exclusions):
    """What the library remembers: of itself, of its documents and their passages, of those it keeps out, and of the files it read."""

    # documents and passages

    def known(self, document_id: str) -> Known | None:
        """What the library holds of a document, or `None` where it holds nothing."""
        rows = self._rows(
            "SELECT content_hash, index_hash, revision, source FROM documents WHERE document_id = ?", document_id
        )
        return Known(*map(str, rows[0])) if rows else None

    def passage_ids(self, document_id: str) -> list[str]:
        """Identifiers of a document's passages as indexed."""
        return [str(row[0]) for row in self._rows("SELECT passage_id FROM passages WHERE document_id = ?", document_id)]

    def record(
        self,
        document: Document,
        passages: Sequence[Passage],
        source: str,
        index_hash: str = "",
        abbreviations: Sequence[tuple[str, str]] = (),
    ) -> None:
        """The document is indexed with exactly these passages; `index_hash` stands for what the encoders read of them.

        `abbreviations` are the short and long forms that it introduces, each pair once.
        """
        body = document.to_bytes()
        with self.transaction():
            self.touch(document.document_id)
            self._connection.execute("DELETE FROM documents WHERE document_id = ?", (document.document_id,))
            self._connection.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    document.document_id,
                    str(document.kind),
                    document.title,
                    hashlib.sha256(body).hexdigest(),
                    source,
                    zlib.compress(body, 1),
                    now(),
                    index_hash,
                    document.revision,
                    str(document.status),
                ),
            )
            self._connection.executemany(
                "INSERT INTO passages VALUES (?, ?, ?)",
                [(passage.passage_id, document.document_id, pack(passage.to_payload())) for passage in passages],
            )
            self.touch(document.document_id)
            self._connection.executemany(
                "INSERT INTO abbreviations VALUES (?, ?, ?)",
                [(document.document_id, short, long) for short, long in abbreviations],
            )
            self._connection.executemany(
                "INSERT INTO identifiers VALUES (?, ?)",
                [(identifier, document.document_id) for identifier in identifiers_of(document)],
            )
            self._connection.executemany(
                "INSERT OR IGNORE INTO supersedes VALUES (?, ?)",
                [(old, document.document_id) for old in named_as_superseded(document)],
            )

    def long_forms(self, short: str) -> list[str]:
        """What an abbreviation stands for in this library, the most usual first; see `abbreviations.dominant`."""
        rows = self._rows("SELECT long, COUNT(*) FROM abbreviations WHERE short = ? GROUP BY long", short)
        return dominant((str(long), int(str(documents))) for long, documents in rows)

    def spelt_out(self, query: str) -> list[str]:
        """What the abbreviations in a query stand for in this library, each by its most usual long form."""
        shorts = dict.fromkeys(islice(_ABBREVIATION.findall(query), _MOST_ABBREVIATIONS))
        return [long for short in shorts for long in self.long_forms(short)[:1]]

    def editions(self, document: Document) -> list[str]:
        """Identifiers of the documents held that this one may supersede or be superseded by."""
        start = family(document.document_id) + "@"
        rows = self._rows(
            "SELECT document_id FROM documents WHERE document_id >= ? AND document_id < ? UNION "
            "SELECT new_id FROM supersedes WHERE old_id = ? UNION "
            "SELECT document_id FROM documents WHERE document_id IN (SELECT value FROM json_each(?))",
            start,
            start[:-1] + "A",  # what follows "@" in ASCII
            document.document_id,
            json.dumps(named_as_superseded(document)),
        )
        return [str(row[0]) for row in rows if row[0] != document.document_id]

    def guidelines_in(self, source: str) -> list[str]:
        """Identifiers of the guidelines held that a file said when it was read last."""
        return [str(row[0]) for row in self._rows("SELECT document_id FROM holders WHERE source = ?", source)]

    def holders(self, document_id: str) -> list[str]:
        """The files that said a guideline when they were read last: the one it was taken from, and those with a copy of it."""
        rows = self._rows("SELECT source FROM holders WHERE document_id = ? ORDER BY source", document_id)
        return [str(row[0]) for row in rows]

    def hold(self, source: str, document_id: str) -> None:
        """The file says this guideline."""
        with self.transaction():
            self._connection.execute("INSERT OR IGNORE INTO holders VALUES (?, ?)", (source, document_id))

    def let_go(self, source: str, document_id: str, heir: str) -> None:
        """The file no longer says this guideline, and `heir` does. Where it was taken from the first, it now is the second's, which is read again."""
        with self.transaction():
            self._connection.execute("DELETE FROM holders WHERE source = ? AND document_id = ?", (source, document_id))
            change = "UPDATE documents SET source = ? WHERE document_id = ? AND source = ?"
            if self._connection.execute(change, (heir, document_id, source)).rowcount:
                self.forget_file(heir)

    def remove(self, document_id: str) -> bool:
        """Forget a document; whether there was one."""
        with self.transaction():
            self.touch(document_id)
            self._connection.execute("DELETE FROM holders WHERE document_id = ?", (document_id,))
            return self._connection.execute("DELETE FROM documents WHERE document_id = ?", (document_id,)).rowcount > 0

    def document(self, document_id: str) -> Document | None:
        """The document of that identifier, or `None`."""
        body = self._value("SELECT body FROM documents WHERE document_id = ?", document_id)
        return None if body is None else Document.from_json(unpack(body))

    def identified(self, identifier: str) -> list[str]:
        """The documents that bear an identifier of elsewhere (a DOI, PMID, PMCID or number in a register), whatever its case."""
        rows = self._rows(
            "SELECT document_id FROM identifiers WHERE identifier = ? ORDER BY document_id",
            "".join(identifier.split()).casefold(),
        )
        return [str(row[0]) for row in rows]

    def documents(self) -> Iterator[Document]:
        """Every document, by identifier; a few are read at a time, however many there are."""
        after = ""
        while rows := self._rows(
            "SELECT document_id, body FROM documents WHERE document_id > ? ORDER BY document_id LIMIT 64", after
        ):
            yield from (Document.from_json(unpack(body)) for _, body in rows)
            after = str(rows[-1][0])

    def has_more_than(self, number: int) -> bool:
        """Whether there are more than so many documents; quick, however many there are."""
        return bool(self._rows("SELECT 1 FROM documents LIMIT 1 OFFSET ?", number))

    def passage(self, passage_id: str) -> Passage | None:
        """The passage of that identifier, or `None`."""
        payload = self._value("SELECT payload FROM passages WHERE passage_id = ?", passage_id)
        return None if payload is None else Passage.from_payload(unpack(payload))

    def passages(self) -> Iterator[Passage]:
        """Every passage of every document, by identifier; a few are read at a time, however many there are."""
        rows = self._rows(_PAGE, "")
        while rows:
            yield from (Passage.from_payload(unpack(payload)) for _, payload in rows)
            rows = self._rows(_PAGE, rows[-1][0])

    def sample(self, size: int) -> list[Passage]:
        """At most so many passages, chosen by chance."""
        last = int(str(self._value("SELECT COALESCE(MAX(rowid), 0) FROM passages")))
        found = {
            str(passage_id): payload
            for _ in range(size)
            for passage_id, payload in self._rows(
                "SELECT passage_id, payload FROM passages WHERE rowid > abs(random()) % ? LIMIT 1", max(last, 1)
            )
        }
        return [Passage.from_payload(unpack(payload)) for payload in found.values()]

    def has_documents(self) -> bool:
        """Whether there is any document."""
        return bool(self._rows("SELECT 1 FROM documents LIMIT 1"))

    def has_status(self, status: Status) -> bool:
        """Whether any document stands so; one that is `current` is not looked for."""
        sql = "SELECT 1 FROM documents WHERE status <> 'current' AND status = ? LIMIT 1"  # as the index has it
        return bool(self._rows(sql, str(status)))

    def passage_count(self) -> int:
        """How many passages are recorded."""
        return int(str(self._value("SELECT COUNT(*) FROM passages")))

    def counts(self) -> dict[Kind, tuple[int, int]]:
        """Documents and passages of each kind."""
        rows = self._rows(
            "SELECT kind, COUNT(DISTINCT d.document_id), COUNT(passage_id) FROM documents d LEFT JOIN passages USING (document_id) GROUP BY kind"
        )
        found = {Kind(str(kind)): (int(str(documents)), int(str(passages))) for kind, documents, passages in rows}
        return {kind: found.get(kind, (0, 0)) for kind in Kind}

    def statuses(self) -> dict[Kind, dict[Status, int]]:
        """How many documents of each kind are not in force, and why: all that may be said of a document but `current`."""
        rows = self._rows(
            "SELECT kind, status, COUNT(*) FROM documents WHERE status <> 'current' GROUP BY status, kind"
        )
        found = {(Kind(str(kind)), Status(str(status))): int(str(number)) for kind, status, number in rows}
        return {
            kind: {status: found.get((kind, status), 0) for status in Status if status is not Status.CURRENT}
            for kind in Kind
        }

    def listed(
        self,
        kind: Kind | None = None,
        status: Status | None = None,
        source: str = "",
        after: str = "",
        limit: int = 50,
    ) -> list[Listed]:
        """Documents by identifier, from the one behind `after` on; of one kind, one status, or read from one file or folder."""
        conditions: list[tuple[str, tuple[str, ...]]] = [("document_id > ?", (after,))]
        if kind:
            conditions.append(("kind = ?", (str(kind),)))
        if status:  # the second condition tells SQLite that the index of those not in force will do
            rest = "" if status is Status.CURRENT else " AND status <> 'current'"
            conditions.append((f"status = ?{rest}", (str(status),)))
        if source:
            conditions.append((AT, in_folder(source)))
        rows = self._rows(
            "SELECT body, source, updated, (SELECT COUNT(*) FROM passages p WHERE p.document_id = documents.document_id) FROM documents "  # noqa: S608 - our own words
            f"WHERE {' AND '.join(condition for condition, _ in conditions)} ORDER BY document_id LIMIT ?",
            *(value for _, values in conditions for value in values),
            limit,
        )
        said = ("document_id", "kind", "title", "publisher", "year", "status", "superseded_by")
        return [
            Listed(
                **{name: body[name] for name in said},
                source=str(source),
                updated=str(updated),
                passages=int(str(passages)),
            )
            for body, source, updated, passages in ((unpack(row[0]), *row[1:]) for row in rows)
        ]
