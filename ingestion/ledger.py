"""The ledger: what the library holds, in SQLite, so that nothing is read twice, lost, or half-written.

Order of work, which makes a kill at any point harmless: the ledger notes which documents are about to change, the index is written, then the ledger
records the documents and strikes the notes out in one transaction. Where notes are left, the index is put back to what the ledger says.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from indexes.passage import Kind, Passage, Status
from ingestion.abbreviations import dominant
from ingestion.document import MAX_DOCUMENT, Document
from ingestion.editions import family, named_as_superseded
from ingestion.errors import IngestionError

SCHEMA_VERSION = 3
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE documents (
    document_id TEXT PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL, content_hash TEXT NOT NULL,
    source TEXT NOT NULL, body BLOB NOT NULL, updated TEXT NOT NULL, index_hash TEXT NOT NULL DEFAULT '', revision TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'current'
);
CREATE TABLE passages (
    passage_id TEXT PRIMARY KEY, document_id TEXT NOT NULL REFERENCES documents ON DELETE CASCADE, payload BLOB NOT NULL
);
CREATE INDEX passages_document ON passages (document_id);
CREATE TABLE files (
    path TEXT PRIMARY KEY, sha256 TEXT NOT NULL, parser TEXT NOT NULL, documents INTEGER NOT NULL, problems INTEGER NOT NULL, updated TEXT NOT NULL
);
CREATE TABLE failures (
    source TEXT NOT NULL, record TEXT NOT NULL, reason TEXT NOT NULL, mend TEXT NOT NULL, happened TEXT NOT NULL,
    kind TEXT NOT NULL DEFAULT 'auto', attempts INTEGER NOT NULL DEFAULT 1, pending INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (source, record)
);
CREATE TABLE unfinished (document_id TEXT PRIMARY KEY, passage_ids TEXT NOT NULL);
CREATE TABLE supersedes (
    old_id TEXT NOT NULL, new_id TEXT NOT NULL REFERENCES documents (document_id) ON DELETE CASCADE, PRIMARY KEY (old_id, new_id)
);
CREATE INDEX documents_guidelines ON documents (source) WHERE kind = 'guideline';
CREATE TABLE abbreviations (
    document_id TEXT NOT NULL REFERENCES documents ON DELETE CASCADE, short TEXT NOT NULL, long TEXT NOT NULL, PRIMARY KEY (document_id, short, long)
) WITHOUT ROWID;
CREATE INDEX abbreviations_short ON abbreviations (short, long);
CREATE INDEX documents_not_current ON documents (status, kind) WHERE status <> 'current';
"""
# What turns the layout before into the next one, by the version it starts from.
_MIGRATIONS = {
    1: """
ALTER TABLE documents ADD COLUMN index_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE documents ADD COLUMN revision TEXT NOT NULL DEFAULT '';
ALTER TABLE failures ADD COLUMN kind TEXT NOT NULL DEFAULT 'auto';
ALTER TABLE failures ADD COLUMN attempts INTEGER NOT NULL DEFAULT 1;
ALTER TABLE failures ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;
CREATE TABLE unfinished (document_id TEXT PRIMARY KEY, passage_ids TEXT NOT NULL);
CREATE TABLE supersedes (
    old_id TEXT NOT NULL, new_id TEXT NOT NULL REFERENCES documents (document_id) ON DELETE CASCADE, PRIMARY KEY (old_id, new_id)
);
CREATE INDEX documents_guidelines ON documents (source) WHERE kind = 'guideline';
CREATE TABLE abbreviations (
    document_id TEXT NOT NULL REFERENCES documents ON DELETE CASCADE, short TEXT NOT NULL, long TEXT NOT NULL, PRIMARY KEY (document_id, short, long)
) WITHOUT ROWID;
CREATE INDEX abbreviations_short ON abbreviations (short, long);
""",
    2: """
ALTER TABLE documents ADD COLUMN status TEXT NOT NULL DEFAULT 'current';
UPDATE documents SET status = status_in(body);
CREATE INDEX documents_not_current ON documents (status, kind) WHERE status <> 'current';
""",
}


_REFUSED = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY")  # by the disk, not by us


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


def _pack(data: object) -> bytes:
    return zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 1)


def _unpack(data: object) -> Any:
    """What was packed. Raises `IngestionError` where that cannot be read: a ledger may come from elsewhere, with a bomb in it."""
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(data, MAX_DOCUMENT)  # type: ignore[arg-type]
        return json.loads(text if unpacker.eof else b"")
    except (zlib.error, ValueError, TypeError, RecursionError) as error:
        raise IngestionError(
            f"The ledger holds something that cannot be read ({type(error).__name__}). Restore it, or ingest the files again into a new folder."
        ) from error


def _in_folder(path: str) -> tuple[str, str, str]:
    """Parameters of `_AT`: the path itself, and the first and the last name below it."""
    below = path.rstrip("/\\") + os.sep
    return path, below, below[:-1] + chr(ord(os.sep) + 1)


_AT = "(source = ? OR (source >= ? AND source < ?))"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class Ledger:
    """One SQLite file (WAL). Safe to share between threads; other processes may read while one writes."""

    def __init__(self, path: Path) -> None:
        """Open the ledger, making it where there is none. Raises `IngestionError` where the file is not a ledger of this version."""
        self.path = path
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
            try:
                version = self._prepare()
            except BaseException:
                self._connection.close()
                raise
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorname == "SQLITE_BUSY":
                raise IngestionError(f"{path} is being written by another process. Try again.") from error
            raise IngestionError(
                f"{path} is not a readable ledger ({error}). Restore it, or move it away and ingest again."
            ) from error
        if version != SCHEMA_VERSION:
            self._connection.close()
            raise IngestionError(
                f"{path} was written by another version of Citewell (layout {version}, this one reads {SCHEMA_VERSION}). "
                "Use that version, or point CITEWELL_HOME at a new folder and ingest again."
            )

    def _prepare(self) -> int:
        """Make the tables where there are none; the layout's version."""
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        if self._version() < SCHEMA_VERSION:
            self._connection.create_function("status_in", 1, lambda body: _unpack(body)["status"])  # for `_MIGRATIONS`
            with self.transaction():  # of two processes that meet a new or an older file, one makes the tables
                while (version := self._version()) < SCHEMA_VERSION:
                    for statement in filter(str.strip, (_MIGRATIONS[version] if version else SCHEMA).split(";")):
                        self._connection.execute(statement)
                    self._connection.execute(f"PRAGMA user_version = {version + 1 if version else SCHEMA_VERSION}")
        return self._version()

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; may be nested, the outermost one decides."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield
                self._connection.execute("COMMIT")
            except BaseException as error:
                if self._connection.in_transaction:  # SQLite has rolled back by itself where the disk is full
                    self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorname.startswith("SQLITE_BUSY"):
                    raise IngestionError(f"{self.path} is being written by another process. Try again.") from error
                if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorname.startswith(_REFUSED):
                    raise IngestionError(
                        f"The ledger {self.path} cannot be written ({error}). Free space on its disk or mend its permissions, "
                        "then run the same command again: what was finished is kept."
                    ) from error
                raise

    def _rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        try:
            with self._lock:
                return self._connection.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise IngestionError(
                f"The ledger {self.path} cannot be read ({error}). Restore it, or move it away and ingest again."
            ) from error

    def _value(self, sql: str, *values: object) -> object:
        rows = self._rows(sql, *values)
        return rows[0][0] if rows else None

    # what the library remembers about itself

    def get_meta(self, key: str) -> str | None:
        """A remembered value, or `None`."""
        value = self._value("SELECT value FROM meta WHERE key = ?", key)
        return None if value is None else str(value)

    def set_meta(self, key: str, value: str) -> None:
        """Remember a value."""
        with self.transaction():
            self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

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
                    _now(),
                    index_hash,
                    document.revision,
                    str(document.status),
                ),
            )
            self._connection.executemany(
                "INSERT INTO passages VALUES (?, ?, ?)",
                [(passage.passage_id, document.document_id, _pack(passage.to_payload())) for passage in passages],
            )
            self._connection.executemany(
                "INSERT INTO abbreviations VALUES (?, ?, ?)",
                [(document.document_id, short, long) for short, long in abbreviations],
            )
            self._connection.executemany(
                "INSERT OR IGNORE INTO supersedes VALUES (?, ?)",
                [(old, document.document_id) for old in named_as_superseded(document)],
            )

    def long_forms(self, short: str) -> list[str]:
        """What an abbreviation stands for in this library, the most usual first; see `abbreviations.dominant`."""
        rows = self._rows("SELECT long, COUNT(*) FROM abbreviations WHERE short = ? GROUP BY long", short)
        return dominant((str(long), int(str(documents))) for long, documents in rows)

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

    def guidelines_from(self, source: str) -> list[str]:
        """Identifiers of the guidelines that were read from a file."""
        rows = self._rows("SELECT document_id FROM documents WHERE source = ? AND kind = 'guideline'", source)
        return [str(row[0]) for row in rows]

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

    def remove(self, document_id: str) -> bool:
        """Forget a document; whether there was one."""
        with self.transaction():
            return self._connection.execute("DELETE FROM documents WHERE document_id = ?", (document_id,)).rowcount > 0

    def document(self, document_id: str) -> Document | None:
        """The document of that identifier, or `None`."""
        body = self._value("SELECT body FROM documents WHERE document_id = ?", document_id)
        return None if body is None else Document.from_json(_unpack(body))

    def passage(self, passage_id: str) -> Passage | None:
        """The passage of that identifier, or `None`."""
        payload = self._value("SELECT payload FROM passages WHERE passage_id = ?", passage_id)
        return None if payload is None else Passage.from_payload(_unpack(payload))

    def passages(self) -> Iterator[Passage]:
        """Every passage of every document."""
        for (passage_id,) in self._rows("SELECT passage_id FROM passages"):
            if passage := self.passage(str(passage_id)):
                yield passage

    def has_documents(self) -> bool:
        """Whether there is any document."""
        return bool(self._rows("SELECT 1 FROM documents LIMIT 1"))

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
            conditions.append((_AT, _in_folder(source)))
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
            for body, source, updated, passages in ((_unpack(row[0]), *row[1:]) for row in rows)
        ]

    # files and failures

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
                    (path, sha256, parser, documents, problems, _now()),
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
                (source, record, reason, mend, _now(), kind),
            )

    def problems(self, source: str) -> int:
        """How many failures are kept of a file."""
        return int(str(self._value("SELECT COUNT(*) FROM failures WHERE source = ?", source)))

    def forget_failures(self, path: str) -> int:
        """No longer keep what failed in a file, or in the files of a folder; how many failures that were."""
        with self.transaction():
            return self._connection.execute(f"DELETE FROM failures WHERE {_AT}", _in_folder(path)).rowcount  # noqa: S608

    def failures(self) -> list[Failure]:
        """Everything that could not be ingested, by file."""
        rows = self._rows(
            "SELECT source, record, reason, mend, happened, kind, attempts FROM failures ORDER BY source, record"
        )
        return [Failure(*map(str, row[:6]), attempts=int(str(row[6]))) for row in rows]  # type: ignore[misc,arg-type]
