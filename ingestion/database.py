"""The ledger's SQLite file (WAL): its tables, how an older layout becomes this one, and transactions that are all or nothing."""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from ingestion.document import MAX_DOCUMENT, Document
from ingestion.errors import IngestionError, UnreadableLedgerError
from ingestion.facets import facets_of

# Each turns the layout before into the next one; an empty file goes through them all.
LAYOUTS = (
    """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE documents (
    document_id TEXT PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL, content_hash TEXT NOT NULL,
    source TEXT NOT NULL, body BLOB NOT NULL, updated TEXT NOT NULL
);
CREATE TABLE passages (
    passage_id TEXT PRIMARY KEY, document_id TEXT NOT NULL REFERENCES documents ON DELETE CASCADE, payload BLOB NOT NULL
);
CREATE INDEX passages_document ON passages (document_id);
CREATE TABLE files (
    path TEXT PRIMARY KEY, sha256 TEXT NOT NULL, parser TEXT NOT NULL, documents INTEGER NOT NULL, problems INTEGER NOT NULL, updated TEXT NOT NULL
);
CREATE TABLE failures (
    source TEXT NOT NULL, record TEXT NOT NULL, reason TEXT NOT NULL, mend TEXT NOT NULL, happened TEXT NOT NULL, PRIMARY KEY (source, record)
);
""",
    """
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
    """
ALTER TABLE documents ADD COLUMN status TEXT NOT NULL DEFAULT 'current';
UPDATE documents SET status = status_in(body);
CREATE INDEX documents_not_current ON documents (status, kind) WHERE status <> 'current';
""",
    """
DROP INDEX documents_guidelines;
CREATE TABLE holders (source TEXT NOT NULL, document_id TEXT NOT NULL, PRIMARY KEY (source, document_id)) WITHOUT ROWID;
CREATE INDEX holders_document ON holders (document_id);
INSERT INTO holders SELECT source, document_id FROM documents WHERE kind = 'guideline';
""",
    """
CREATE TABLE touched (number INTEGER PRIMARY KEY, passage_id TEXT NOT NULL);
""",
    """
UPDATE passages SET payload = with_facets(payload, (SELECT body FROM documents d WHERE d.document_id = passages.document_id));
""",
    """
CREATE TABLE excluded (
    document_id TEXT NOT NULL, source TEXT NOT NULL, title TEXT NOT NULL, updated TEXT NOT NULL, PRIMARY KEY (document_id, source)
);
""",
    # Recommendations may say strength, certainty and population from here on. No table changes and nothing needs to be rewritten, but an earlier
    # Citewell could not read such passages: the number makes it say so.
    "",
    """
CREATE TABLE identifiers (
    identifier TEXT NOT NULL, document_id TEXT NOT NULL REFERENCES documents ON DELETE CASCADE, PRIMARY KEY (identifier, document_id)
) WITHOUT ROWID;
CREATE INDEX identifiers_document ON identifiers (document_id);
INSERT INTO identifiers SELECT DISTINCT value, document_id FROM documents, json_each(identifiers_in(body));
""",
)
SCHEMA_VERSION = len(LAYOUTS)
_MEND = (
    "Put a snapshot in its place, which keeps this file beside it (citewell library restore FILE --replace), "
    "or move it away and ingest again."
)
_REFUSED = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY")  # by the disk, not by us


def unpack(data: object) -> Any:
    """What was packed. Raises `IngestionError` where that cannot be read: a ledger may come from elsewhere, with a bomb in it."""
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(data, MAX_DOCUMENT)  # type: ignore[arg-type]
        return json.loads(text if unpacker.eof else b"")
    except (zlib.error, ValueError, TypeError, RecursionError) as error:
        raise IngestionError(
            f"The ledger holds something that cannot be read ({type(error).__name__}). Restore it, or ingest the files again into a new folder."
        ) from error


def pack(data: object) -> bytes:
    """What `unpack` reads."""
    return zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 1)


def _status_in(body: bytes) -> str:
    """The status of a document as layout 2 keeps it."""
    return str(unpack(body)["status"])


def _with_facets(payload: bytes, body: bytes) -> bytes:
    """A passage as layout 5 keeps it, with the facets of its document."""
    return pack({**unpack(payload), "facets": _facets_in(body)})


@lru_cache(maxsize=1)  # the passages of a document stand together
def _facets_in(body: bytes) -> dict[str, Any]:
    return facets_of(Document.from_json(unpack(body))).to_payload()


def _identifiers_in(body: bytes) -> str:
    """The identifiers of a document as the layout that has a table of them keeps them."""
    return json.dumps(identifiers_of(Document.from_json(unpack(body))))


def identifiers_of(document: Document) -> list[str]:
    """What a document is found by beside its own identifier: its other ones, such as a DOI, in small letters and without white space."""
    return sorted({found for each in document.identifiers.values() if (found := "".join(each.split()).casefold())})


def add_functions(connection: sqlite3.Connection) -> None:
    """Give SQLite the functions that `LAYOUTS` call."""
    connection.create_function("identifiers_in", 1, _identifiers_in)
    connection.create_function("status_in", 1, _status_in)
    connection.create_function("with_facets", 2, _with_facets)


class Database:
    """One SQLite file. Safe to share between threads; other processes may read while one writes."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it where there is none. Raises `UnreadableLedgerError` where the file is no ledger, `IngestionError` where it is of
        another version or cannot be opened."""
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
            name = error.sqlite_errorname
            if name.startswith("SQLITE_READONLY") or (name.startswith("SQLITE_CANTOPEN") and path.is_file()):
                raise IngestionError(
                    f"{path} cannot be opened ({error}). Who reads a library must be able to write to its folder as well: mend the permissions, "
                    "or copy the library (citewell library export, import) and point CITEWELL_HOME at the copy."
                ) from error
            raise UnreadableLedgerError(f"{path} is not a readable ledger ({error}). {_MEND}") from error
        if version != SCHEMA_VERSION:
            self._connection.close()
            raise IngestionError(
                f"{path} was written by another version of Citewell (layout {version}, this one reads {SCHEMA_VERSION}). "
                "Use that version, or point CITEWELL_HOME at a new folder and ingest again."
            )

    def _prepare(self) -> int:
        """Make the tables where there are none; the layout's version."""
        self._connection.execute("PRAGMA journal_mode = WAL")
        # What is about to change must be on the disk before the index changes: with NORMAL a power cut takes the last commits back.
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        if self._version() < SCHEMA_VERSION:
            add_functions(self._connection)
            with self.transaction():  # of two processes that meet a new or an older file, one makes the tables
                for layout in LAYOUTS[self._version() :]:
                    for statement in filter(str.strip, layout.split(";")):
                        self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
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
            raise UnreadableLedgerError(f"The ledger {self.path} cannot be read ({error}). {_MEND}") from error

    def _value(self, sql: str, *values: object) -> object:
        rows = self._rows(sql, *values)
        return rows[0][0] if rows else None
