"""Passages in one SQLite file, by row: what they say, what can be filtered, and which files beside it hold the rest.

A row is a number that is given once. Vectors and postings are kept by row in files of their own; this file alone says which rows and which
of those files count, so that one commit is all there is to a change.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.conditions import FIELDS, Among, Within
from indexes.errors import IncompatibleIndexError, IndexWriteError
from indexes.lexical import SparseVector
from indexes.passage import Passage

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE passages (row INTEGER PRIMARY KEY, point TEXT NOT NULL UNIQUE, payload TEXT NOT NULL);
CREATE TABLE dead (row INTEGER PRIMARY KEY);
CREATE TABLE facets (facet INTEGER PRIMARY KEY, field TEXT NOT NULL, value NOT NULL, UNIQUE (field, value));
CREATE TABLE faceted (facet INTEGER, row INTEGER, PRIMARY KEY (facet, row)) WITHOUT ROWID;
CREATE TABLE unsealed (row INTEGER PRIMARY KEY, terms BLOB NOT NULL, weights BLOB NOT NULL);
CREATE TABLE segments (first_row INTEGER PRIMARY KEY, folder TEXT NOT NULL);
"""
_LAYOUT = "1"


def values_of(payload: Mapping[str, Any], field: str) -> list[Any]:
    """What a payload says of a field: none, one or several values."""
    value: Any = payload
    for key in field.split("."):
        value = value.get(key) if value is not None else None
    return [] if value is None else list(dict.fromkeys(value)) if isinstance(value, list) else [value]


def holds(condition: Among | Within, payload: Mapping[str, Any]) -> bool:
    """Whether a payload meets the condition, as `PassageStore.matching` has it."""
    values = values_of(payload, condition.field)
    if isinstance(condition, Among):
        return not set(values).isdisjoint(condition.values)
    return any(
        (condition.low is None or value >= condition.low) and (condition.high is None or value <= condition.high)
        for value in values
    )


class PassageStore:
    """The SQLite file of an index. A `writing` block is on the disk when it ends.

    `rows` and `passages` may be called by any thread at any time, and see what was finished; other calls must not overlap.
    """

    def __init__(self, path: Path, dimension: int) -> None:
        self._path = path
        with ExitStack() as undo:
            self._database, self._reader = (
                undo.enter_context(closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)))
                for _ in range(2)
            )
            self._prepare(dimension)
            undo.pop_all()
        self._reading = threading.Lock()

    def _prepare(self, dimension: int) -> None:
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")  # a commit waits for the disk: nothing is left for `flush`
        layout = json.dumps({"layout": _LAYOUT, "dimension": dimension})
        if not self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            with self.writing():
                for statement in _TABLES.strip().split(";\n"):
                    self._database.execute(statement)
                self.set("layout", layout)
        if (found := self.get("layout")) != layout:
            raise IncompatibleIndexError(f"{self._path} holds {found}, and {layout} is asked for")

    def close(self) -> None:
        """Let the file go."""
        with self._reading:
            self._reader.close()
        self._database.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Everything within this block, or nothing of it. Raises `IndexWriteError` where the disk refuses."""
        with self.refusals():
            try:
                self._database.execute("BEGIN IMMEDIATE")
                yield
                self._database.execute("COMMIT")
            finally:
                if self._database.in_transaction:
                    with suppress(sqlite3.Error):
                        self._database.execute("ROLLBACK")

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Says in our words that the disk refused: `IndexWriteError`."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise IndexWriteError(
                f"The index in {self._path.parent} cannot be written ({error}). Free space on its disk or mend its permissions, "
                "then run the same command again: what was finished is kept."
            ) from error

    def get(self, key: str) -> str | None:
        """A note that was kept under that name."""
        found = self._database.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if found is None else str(found[0])

    def set(self, key: str, value: str) -> None:
        """Keep a note under that name."""
        self._database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def rows(self, points: Iterable[str]) -> dict[str, int]:
        """The rows of those points; unknown points are left out."""
        query = "SELECT point, row FROM passages WHERE point IN (SELECT value FROM json_each(?))"
        with self._reading:
            return dict(self._reader.execute(query, (json.dumps(list(points)),)).fetchall())

    def passages(self, points: Iterable[str]) -> dict[str, Passage]:
        """The passages of those points; unknown points are left out."""
        query = "SELECT point, payload FROM passages WHERE point IN (SELECT value FROM json_each(?))"
        with self._reading:
            found = self._reader.execute(query, (json.dumps(list(points)),)).fetchall()
        return {point: Passage.from_payload(json.loads(payload)) for point, payload in found}

    def add(
        self,
        first_row: int,
        points: Sequence[str],
        payloads: Sequence[Mapping[str, Any]],
        terms: Sequence[SparseVector],
    ) -> None:
        """Passages in consecutive new rows; their terms wait here until they are sealed."""
        rows = range(first_row, first_row + len(points))
        self._database.executemany(
            "INSERT INTO passages VALUES (?, ?, ?)", zip(rows, points, map(_json, payloads), strict=True)
        )
        self._database.executemany(
            "INSERT INTO unsealed VALUES (?, ?, ?)",
            (
                (row, np.asarray(vector.indices, np.uint32).tobytes(), np.asarray(vector.values, np.float32).tobytes())
                for row, vector in zip(rows, terms, strict=True)
            ),
        )
        self._add_facets(rows, payloads)

    def replace(self, rows: Sequence[int], payloads: Sequence[Mapping[str, Any]]) -> None:
        """Other words about the passages in those rows."""
        self._remove_facets(rows)
        self._database.executemany(
            "UPDATE passages SET payload = ? WHERE row = ?", zip(map(_json, payloads), rows, strict=True)
        )
        self._add_facets(rows, payloads)

    def remove(self, rows: Sequence[int]) -> None:
        """Forget the passages in those rows; the rows are dead from now on."""
        self._remove_facets(rows)
        each = [(row,) for row in rows]
        self._database.executemany("DELETE FROM passages WHERE row = ?", each)
        self._database.executemany("INSERT INTO dead VALUES (?)", each)

    def _add_facets(self, rows: Iterable[int], payloads: Iterable[Mapping[str, Any]]) -> None:
        said = [
            (row, field, value)
            for row, payload in zip(rows, payloads, strict=True)
            for field in FIELDS
            for value in values_of(payload, field)
        ]
        self._database.executemany(
            "INSERT OR IGNORE INTO facets (field, value) VALUES (?, ?)", {each[1:] for each in said}
        )
        self._database.executemany(
            "INSERT INTO faceted SELECT facet, ? FROM facets WHERE field = ? AND value = ?", said
        )

    def _remove_facets(self, rows: Sequence[int]) -> None:
        query = "SELECT row, payload FROM passages WHERE row IN (SELECT value FROM json_each(?))"
        self._database.executemany(
            "DELETE FROM faceted WHERE row = ? AND facet = (SELECT facet FROM facets WHERE field = ? AND value = ?)",
            [
                (row, field, value)
                for row, text in self._database.execute(query, (json.dumps(list(rows)),))
                for payload in [json.loads(text)]
                for field in FIELDS
                for value in values_of(payload, field)
            ],
        )

    def matching(self, condition: Among | Within) -> NDArray[np.int64]:
        """The rows whose passages meet the condition; a row may come twice."""
        bounds: list[tuple[str, Any]] = [("field = ?", condition.field)]
        if isinstance(condition, Among):
            bounds.append(("value IN (SELECT value FROM json_each(?))", json.dumps(condition.values)))
        else:
            bounds += [
                (words, bound)
                for words, bound in (("value >= ?", condition.low), ("value <= ?", condition.high))
                if bound is not None
            ]
        where = " AND ".join(words for words, _ in bounds)
        query = f"SELECT row FROM facets CROSS JOIN faceted USING (facet) WHERE {where}"  # noqa: S608 - our words
        return _numbers(self._database.execute(query, [bound for _, bound in bounds]))

    def row_count(self) -> int:
        """How many rows were given, living and dead."""
        query = (
            "SELECT 1 + max(coalesce((SELECT max(row) FROM passages), -1), coalesce((SELECT max(row) FROM dead), -1))"
        )
        return int(self._database.execute(query).fetchone()[0])

    def dead_rows(self) -> NDArray[np.int64]:
        """The rows whose passages are gone."""
        return _numbers(self._database.execute("SELECT row FROM dead"))

    def unsealed(self) -> tuple[int, list[SparseVector]]:
        """The terms that stand in no file yet: those of consecutive rows from the first on, which is given too."""
        found = self._database.execute("SELECT row, terms, weights FROM unsealed ORDER BY row").fetchall()
        vectors = [
            SparseVector(np.frombuffer(terms, np.uint32).tolist(), np.frombuffer(weights, np.float32).tolist())
            for _, terms, weights in found
        ]
        return (found[0][0] if found else self.row_count()), vectors

    def segments(self) -> list[tuple[int, str]]:
        """First row and folder of each file of postings, by rows."""
        return self._database.execute("SELECT first_row, folder FROM segments ORDER BY first_row").fetchall()

    def set_segments(self, segments: Iterable[tuple[int, str]], sealed: int) -> None:
        """These folders hold the terms of every row below `sealed`."""
        self._database.execute("DELETE FROM segments")
        self._database.executemany("INSERT INTO segments VALUES (?, ?)", segments)
        self._database.execute("DELETE FROM unsealed WHERE row < ?", (sealed,))


def _json(payload: Mapping[str, Any]) -> str:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def _numbers(cursor: sqlite3.Cursor) -> NDArray[np.int64]:
    return np.fromiter((row for (row,) in cursor), np.int64)
