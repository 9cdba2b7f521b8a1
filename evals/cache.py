"""What took long to make is kept on disk, so that a killed run resumes where it stopped and a second one is quick."""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import platformdirs

from evals.errors import EvaluationError
from indexes.embedding import Embedder, Vectors

logger = logging.getLogger("citewell.evals")
_WAIT_S = 60.0  # for another run that holds the file
_AT_ONCE = 500  # keys a SELECT: SQLite's oldest limit on variables is 999


def cache_folder() -> Path:
    """`cache/` under `CITEWELL_HOME`; the user's cache folder where that is not set."""
    home = os.environ.get("CITEWELL_HOME")
    return Path(home) / "cache" if home else platformdirs.user_cache_path("citewell")


def key_of(*parts: str) -> bytes:
    """The SHA-256 of what a thing was made from, as its key."""
    return hashlib.sha256("\0".join(parts).encode()).digest()


class Kept:
    """Values by key in a SQLite file that runs may share. What `keep` was given is on the disk when it returns, and stays as it is.

    A file that fails later (a full disk, another run that holds it) costs time and not the run: it is named in a warning, and then left alone.
    """

    def __init__(self, path: Path, table: str) -> None:
        """Open `table` of the file, made where it is missing. Raises `EvaluationError` where the file cannot be opened."""
        self._lock = threading.Lock()  # the connection is shared by the threads that answer
        self._path, self._fails = path, False
        self._select = f"SELECT * FROM {table} WHERE key IN (%s)"  # noqa: S608 - a name of ours
        self._insert = f"INSERT OR IGNORE INTO {table} VALUES (?, ?)"  # noqa: S608
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=_WAIT_S, check_same_thread=False)
            self._database.execute(
                f"CREATE TABLE IF NOT EXISTS {table} (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID"
            )
        except (OSError, sqlite3.Error) as error:
            raise EvaluationError(
                f"{path}: the cache cannot be opened ({error}); remove the file or mend the folder"
            ) from error

    def find(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Those of the keys that are there, with their values."""
        wanted = list(keys)
        found: dict[bytes, bytes] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            select = self._select % ",".join("?" * len(part))
            self._tried(lambda: found.update(self._database.execute(select, part)))  # noqa: B023 - called at once
        return found

    def keep(self, values: Mapping[bytes, bytes]) -> None:
        """Write the values; another run may have been quicker."""

        def write() -> None:
            with self._database:
                self._database.executemany(self._insert, values.items())

        self._tried(write)

    def _tried(self, act: Callable[[], object]) -> None:
        with self._lock:
            if self._fails:
                return
            try:
                act()
            except sqlite3.Error as error:
                self._fails = True
                logger.warning(
                    "%s: the cache fails (%s), and the rest of this run goes on without it: make room, end what holds the file, or remove it",
                    self._path,
                    error,
                )

    def close(self) -> None:
        """Let the file go."""
        self._database.close()


class CachedEmbedder:
    """An embedder that remembers passages; queries are embedded each time, so that their timing stays true.

    The key is made of the embedder's name, its dimension and the text. Each call of `embed_passages` is committed before it returns.
    """

    def __init__(self, embedder: Embedder, path: Path) -> None:
        self.name = embedder.name
        self.dimension = embedder.dimension
        self._embedder = embedder
        self._kept = Kept(path, "vectors")

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors in the order of `texts`, from the cache where it has them."""
        keys = [key_of(self.name, str(self.dimension), text) for text in texts]
        known = {key: np.frombuffer(kept, np.float32) for key, kept in self._kept.find(set(keys)).items()}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            fresh = self._embedder.embed_passages(list(missing.values()))
            known |= dict(zip(missing, fresh, strict=True))
            self._kept.keep({key: known[key].tobytes() for key in missing})
        return np.array([known[key] for key in keys], dtype=np.float32).reshape(len(keys), self.dimension)

    def embed_query(self, text: str) -> Vectors:
        """A unit vector, made afresh."""
        return self._embedder.embed_query(text)

    def close(self) -> None:
        """Let the file go."""
        self._kept.close()
