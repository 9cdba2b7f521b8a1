"""An embedder for tests: as deterministic as a hash, as quick as one, and texts that share words are near each other."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from indexes.embedding import Vectors


@lru_cache(maxsize=65536)
def _direction(word: str, dimension: int) -> Vectors:
    return np.random.default_rng(zlib.crc32(word.encode())).standard_normal(dimension).astype(np.float32)


class HashedEmbedder:
    """The sum of a direction for each word. `embedded` keeps every passage text that was asked for."""

    def __init__(self, name: str = "hashed", dimension: int = 32) -> None:
        self.name = name
        self.dimension = dimension
        self.embedded: list[str] = []

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded.extend(texts)
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> Vectors:
        total = sum((_direction(word, self.dimension) for word in text.lower().split()), _direction("", self.dimension))
        vector: Vectors = total / np.linalg.norm(total)
        return vector
