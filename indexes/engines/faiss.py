"""The FAISS engine: vectors, postings and passages in one folder that one process holds; built on a GPU where there is one.

    store.sqlite      which rows stand, what they say, which of the files beside it count (`store`)
    vectors, points   by row, in files that only grow (`columns`)
    postings-*        the lexical side, immutable and mapped into memory (`postings`)
    nearest-*         an approximate index over most of the rows, when there are many (`nearest`)

What was written is on the disk when the call returns. Rows that the approximate index does not have yet are compared one by one, so they are
found at once; `optimize` takes them in.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import portalocker

from indexes import postings
from indexes.conditions import Among, Within, conditions
from indexes.embedding import Vectors
from indexes.engines import Search, nearest, one_by_one, point_id
from indexes.engines.checking import check_batch, check_limit, check_query
from indexes.engines.columns import Column
from indexes.engines.store import PassageStore, holds
from indexes.engines.view import EXACT, Bits, View
from indexes.errors import REBUILD, IncompatibleIndexError, LibraryInUseError
from indexes.filters import Filters
from indexes.lexical import SparseVector
from indexes.passage import Passage
from indexes.postings import Postings

GRAPH = 2_000_000  # rows up to which a graph is worth its memory and the time to build it
_UNSEALED = 16_384  # passages whose terms are kept in memory
_CONDITIONS = (
    64 << 20
)  # rows of conditions of filters that are remembered, a byte each; of eight conditions in any case
_LEAST = 256  # vectors that an index can be trained on
_UNINDEXED = 5_000  # new rows that are not worth an index written anew
_STANDING = 0.75  # of the rows of an index that must still stand, else it is built anew


class FaissEngine:
    """FAISS behind the `Engine` Protocol. Safe to share between threads: they may search while one writes or optimises."""

    def __init__(
        self, path: Path, lock: portalocker.Lock, store: PassageStore, columns: tuple[Column, Column], index_type: str
    ) -> None:
        self._path = path
        self._held = lock
        self._store = store
        self._vectors, self._points = columns
        self._index_type = index_type
        self._writing = threading.RLock()  # the store, and the change from one view to the next
        self._optimizing = threading.Lock()
        self._conditions: dict[Among | Within, Bits] = {}
        self._view = self._opened()

    @classmethod
    def open(cls, path: Path, *, dimension: int, index_type: str = "auto") -> FaissEngine:
        """The index in that folder, made where there is none.

        `index_type` is one of `nearest.INDEX_TYPES`, `flat`, which compares all vectors, or `auto`: what suits as many as there are.

        Raises `LibraryInUseError` where another process holds it, `IncompatibleIndexError` where it is not a readable index of this dimension,
        `ModelMissingError` where FAISS is not installed.
        """
        nearest.faiss_module()
        with ExitStack() as undo:
            try:
                path.mkdir(parents=True, exist_ok=True)
                lock = portalocker.Lock(
                    path / "lock", mode="a", timeout=0, flags=portalocker.LOCK_EX | portalocker.LOCK_NB
                )
                lock.acquire()
                undo.callback(lock.release)
                store = PassageStore(path / "store.sqlite", dimension)
                undo.callback(store.close)
                columns = Column(path / "vectors", np.float32, dimension), Column(path / "points", np.uint8, 16)
                for column in columns:
                    undo.callback(column.close)
                engine = cls(path, lock, store, columns, index_type)
            except portalocker.LockException as error:
                raise LibraryInUseError(
                    f"The index in {path} is held by another process: ask its server, or stop it first."
                ) from error
            except (OSError, ValueError, sqlite3.Error, IncompatibleIndexError) as error:
                raise IncompatibleIndexError(f"The index in {path} cannot be opened ({error}). {REBUILD}") from error
            undo.pop_all()
        return engine

    def _opened(self) -> View:
        rows = self._store.row_count()
        live = np.ones(rows, np.bool_)
        live[self._store.dead_rows()] = False
        sealed = tuple(Postings.load(self._path / folder) for _, folder in self._store.segments())
        first, terms = self._store.unsealed()
        note = json.loads(self._store.get("nearest") or "null")
        vectors, found = self._vectors.read(rows), None
        if note and self._index_type != "flat":
            try:
                found = nearest.Nearest.load(note["index_type"], self._path / note["folder"], note["checksum"], vectors)
            except (OSError, ValueError, RuntimeError):
                self._store.set("nearest", "null")  # until `optimize`, vectors are compared one by one
        self._sweep()
        unsealed = (Postings.of(first, terms),) if terms else ()
        return View(vectors, self._points.read(rows), live, sealed, unsealed, found)

    def _sweep(self) -> None:
        """Remove what was written and never counted, or counts no more."""
        note = json.loads(self._store.get("nearest") or "null")
        counting = {folder for _, folder in self._store.segments()} | ({note["folder"]} if note else set())
        for folder in [*self._path.glob("postings-*"), *self._path.glob("nearest-*")]:
            if folder.name not in counting:
                shutil.rmtree(folder, ignore_errors=True)

    def _new_folder(self, name: str) -> Path:
        """A name in this folder that was never used."""
        number = int(self._store.get("folders") or "0") + 1
        self._store.set("folders", str(number))
        return self._path / f"{name}-{number:06}"

    # ---------------------------------------------------------------------------------------------------------- writing

    def upsert(self, passages: Sequence[Passage], dense: Vectors, sparse: Sequence[SparseVector]) -> None:
        """Store passages with their vectors, replacing those of the same identifier."""
        check_batch(passages, dense, sparse, self._view.vectors.shape[1])
        last = {
            point_id(passage.passage_id): (passage, vector, terms)
            for passage, vector, terms in zip(passages, dense, sparse, strict=True)
        }
        if not last:
            return
        payloads = [passage.to_payload() for passage, _, _ in last.values()]
        matrix = np.stack([vector for _, vector, _ in last.values()]).astype(np.float32)
        matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
        terms = [each for _, _, each in last.values()]
        identifiers = np.frombuffer(bytes.fromhex("".join(last).replace("-", "")), np.uint8).reshape(-1, 16)
        with self._writing:
            view = self._view
            first = len(view.live)
            old = list(self._store.rows(last).values())
            with self._store.writing():
                self._vectors.append(first, matrix)
                self._points.append(first, identifiers)
                self._store.remove(old)
                self._store.add(first, list(last), payloads, terms)
            for condition, known in self._conditions.items():
                new = np.array([holds(condition, payload) for payload in payloads])
                self._conditions[condition] = np.concatenate([known, new])
            live = np.concatenate([view.live, np.ones(len(last), np.bool_)])
            live[old] = False
            self._view = replace(
                view,
                vectors=self._vectors.read(len(live)),
                points=self._points.read(len(live)),
                live=live,
                unsealed=postings.joined((*view.unsealed, Postings.of(first, terms)), live),
            )
            if sum(part.covered for part in self._view.unsealed) >= _UNSEALED:
                self._seal()

    def relabel(self, passages: Sequence[Passage]) -> None:
        """Replace what is said about passages that are stored, and keep their vectors."""
        payloads = {point_id(passage.passage_id): passage.to_payload() for passage in passages}
        with self._writing:
            rows = self._store.rows(payloads)
            with self._store.writing():
                self._store.replace(list(rows.values()), [payloads[point] for point in rows])
            for condition, known in self._conditions.items():
                known[list(rows.values())] = [holds(condition, payloads[point]) for point in rows]

    def delete(self, passage_ids: Sequence[str]) -> None:
        """Forget those passages; unknown ones are no error."""
        with self._writing:
            rows = list(self._store.rows(map(point_id, passage_ids)).values())
            if not rows:
                return
            with self._store.writing():
                self._store.remove(rows)
            live = self._view.live.copy()
            live[rows] = False
            self._view = replace(self._view, live=live)

    def flush(self) -> None:
        """Nothing to do: what was written is on the disk already."""

    def close(self) -> None:
        """Let the folder go."""
        with self._optimizing, self._writing:
            self._store.close()
            self._vectors.close()
            self._points.close()
            self._held.release()

    # -------------------------------------------------------------------------------------------------------- searching

    def dense(self, vector: Vectors, limit: int, filters: Filters) -> Mapping[str, float]:
        """Point identifier to cosine similarity, best first."""
        check_query(vector, limit, self._view.vectors.shape[1])
        view = self._view
        return view.nearest_to(vector, limit, self._allowed(view, filters))

    def lexical(self, vector: SparseVector, limit: int, filters: Filters) -> Mapping[str, float]:
        """Point identifier to BM25 score, best first."""
        check_limit(limit)
        view = self._view
        try:
            return view.with_terms(vector, limit, self._allowed(view, filters))
        except IndexError as error:  # postings are too large to be looked through when they are opened
            raise IncompatibleIndexError(
                f"The postings in {self._path} are damaged: they name passages that there are not. {REBUILD}"
            ) from error

    def _allowed(self, view: View, filters: Filters) -> Bits | None:
        """Of every row that the view sees, living or dead, whether it passes the filters; `None`: they all do."""
        each = [self._meeting(condition)[: len(view.live)] for condition in conditions(filters)]
        return np.logical_and.reduce(each) if each else None

    def _meeting(self, condition: Among | Within) -> Bits:
        known = self._conditions.get(condition)
        if known is None:
            with self._writing:  # from here on, writing keeps it true
                known = np.zeros(len(self._view.live), np.bool_)
                known[self._store.matching(condition)] = True
                while len(self._conditions) >= max(8, _CONDITIONS // max(1, len(known))):
                    self._conditions.pop(next(iter(self._conditions)))
                self._conditions[condition] = known
        return known

    def several(self, searches: Sequence[Search]) -> list[Mapping[str, float]]:
        """What `dense` or `lexical` give for each, in their order."""
        return one_by_one(self, searches)

    def passages(self, point_ids: Sequence[str]) -> Mapping[str, Passage]:
        """The passages of those points."""
        return self._store.passages(point_ids)

    def vectors(self, point_ids: Sequence[str]) -> Mapping[str, Vectors]:
        """The dense vectors of those points, as stored."""
        rows, stored = self._store.rows(point_ids), self._view.vectors
        return {point: np.array(stored[row]) for point, row in rows.items() if row < len(stored)}

    def count(self) -> int:
        """How many passages are stored."""
        return int(np.count_nonzero(self._view.live))

    # ------------------------------------------------------------------------------------------------------- optimising

    def optimize(self) -> bool:
        """Seal and merge the postings, and take new rows into the approximate index or build it; searches and writes go on meanwhile."""
        with self._optimizing:
            with self._writing:
                sealed = self._seal()
            merged = self._merge()
            built = self._take_in()
            with self._writing:
                self._sweep()
            return sealed or merged or built

    def _seal(self) -> bool:
        """Write the terms that wait in memory to a folder of postings."""
        view = self._view
        if not view.unsealed:
            return False
        first = sum(part.covered for part in view.sealed)
        with self._store.writing():
            folder = self._new_folder("postings")
            part = postings.merge(view.unsealed, folder, view.live)
            self._store.set_segments([*self._store.segments(), (first, folder.name)], len(view.live))
        self._view = replace(view, sealed=(*view.sealed, part), unsealed=())
        return True

    def _merge(self) -> bool:
        """Make one of the newest postings that are of like size, so that there are few and each passage moves seldom."""
        view = self._view
        first = postings.like_sized(view.sealed)
        if first + 1 >= len(view.sealed):
            return False
        with self._writing, self._store.writing():
            folders, folder = self._store.segments(), self._new_folder("postings")
        with self._store.refusals():
            part = postings.merge(view.sealed[first:], folder, view.live)
        with self._writing:
            last = len(view.sealed)  # what was sealed meanwhile comes after
            with self._store.writing():
                now = self._store.segments()
                self._store.set_segments([*now[:first], (folders[first][0], folder.name), *now[last:]], 0)
            self._view = replace(self._view, sealed=(*view.sealed[:first], part, *self._view.sealed[last:]))
        return True

    def _take_in(self) -> bool:
        """Have the approximate index cover all but a few rows; none is needed while comparing one by one is as quick."""
        view = self._view
        present = view.live.nonzero()[0]
        index_type = self._index_type
        if index_type == "auto":
            index_type = "flat" if len(present) <= EXACT else "hnsw" if len(present) <= GRAPH else "binary"
        if index_type == "flat":
            return False
        old = view.nearest
        if old and old.index_type == index_type and old.serves(len(present)) and view.live[old.rows].mean() > _STANDING:
            present = present[present >= view.covered]
            if len(present) < _UNINDEXED:
                return False
            with self._writing:
                note = json.loads(self._store.get("nearest") or "null")
            spare = nearest.Nearest.load(index_type, self._path / note["folder"], note["checksum"], view.vectors)
            found = spare.extended(view.vectors, present)
        elif len(present) < _LEAST:
            return False
        else:
            found = nearest.build(index_type, view.vectors, present)
        with self._writing, self._store.writing():
            folder = self._new_folder("nearest")
        with self._store.refusals():
            checksum = found.save(folder)
        with self._writing:
            with self._store.writing():
                note = {"index_type": index_type, "folder": folder.name, "checksum": checksum}
                self._store.set("nearest", json.dumps(note))
            self._view = replace(self._view, nearest=found)
        return True
