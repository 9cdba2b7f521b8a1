"""BM25 in memory, with the weights of our lexical encoder: texts that look like an answer."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from indexes.lexical import encode_passage, encode_query


class Bm25:
    """An index over texts by identifier. The inverse document frequency is ln(1 + (N - n + 0.5) / (n + 0.5)), as Qdrant has it."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._keys = list(texts)
        found: dict[int, list[tuple[int, float]]] = {}
        for row, text in enumerate(texts.values()):
            vector = encode_passage(text)
            for term, weight in zip(vector.indices, vector.values, strict=True):
                found.setdefault(term, []).append((row, weight))
        self._postings: dict[int, tuple[NDArray[np.int64], NDArray[np.float64]]] = {
            term: (np.array([row for row, _ in rows]), np.array([weight for _, weight in rows]))
            for term, rows in found.items()
        }

    def best(self, query: str, k: int) -> list[str]:
        """The identifiers of at most `k` texts that share a word with the query, the best first."""
        scores = np.zeros(len(self._keys))
        for term in encode_query(query).indices:
            if term in self._postings:
                rows, weights = self._postings[term]
                scores[rows] += weights * math.log(1 + (len(self._keys) - len(rows) + 0.5) / (len(rows) + 0.5))
        order = np.argsort(-scores, kind="stable")[:k]
        return [self._keys[row] for row in order if scores[row] > 0]
