"""Passage vectors kept on disk, so that a killed run resumes where it stopped and a second one is quick."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import platformdirs

from evals.errors import EvaluationError
from indexes.embedding import Embedder, Vectors

_AT_ONCE = 500  # keys a SELECT: SQLite's oldest limit on variables is 999


def cache_folder() -> Path:
    """`cache/` under `CITEWELL_HOME`; the user's cache folder where that is not set."""
    home = os.environ.get("CITEWELL_HOME")
    return Path(home) / "cache" if home else platformdirs.user_cache_path("citewell")


class CachedEmbedder:
    """An embedder that remembers passages; queries are embedded each time, so that their timing stays true.

    The key is the SHA-256 of the embedder's name, its dimension and the text. Each call of `embed_passages` is committed before it returns.
    """

    def __init__(self, embedder: Embedder, path: Path) -> None:
        self.name = embedder.name
        self.dimension = embedder.dimension
        self._embedder = embedder
        self._lock = threading.Lock()  # the connection is shared by the threads that answer
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=60, check_same_thread=False)
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"
            )
        except (OSError, sqlite3.Error) as error:
            raise EvaluationError(
                f"{path}: the cache cannot be opened ({error}); remove the file or mend the folder"
            ) from error

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors in the order of `texts`, from the cache where it has them."""
        keys = [self._key(text) for text in texts]
        known = self._read(set(keys))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            fresh = self._embedder.embed_passages(list(missing.values()))
            known |= dict(zip(missing, fresh, strict=True))
            with self._lock, self._database:  # another run may have been quicker
                self._database.executemany(
                    "INSERT OR IGNORE INTO vectors VALUES (?, ?)", ((key, known[key].tobytes()) for key in missing)
                )
        return np.array([known[key] for key in keys], dtype=np.float32).reshape(len(keys), self.dimension)

    def embed_query(self, text: str) -> Vectors:
        """A unit vector, made afresh."""
        return self._embedder.embed_query(text)

    def close(self) -> None:
        """Let the file go."""
        self._database.close()

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self.name}\0{self.dimension}\0{text}".encode()).digest()

    def _read(self, keys: Iterable[bytes]) -> dict[bytes, Vectors]:
        wanted = list(keys)
        found: dict[bytes, Vectors] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            with self._lock:
                rows = self._database.execute(
                    f"SELECT key, vector FROM vectors WHERE key IN ({marks})",  # noqa: S608
                    part,
                ).fetchall()
            found.update((key, np.frombuffer(vector, np.float32)) for key, vector in rows)
        return found
