"""BM25 in memory, with the weights of our lexical encoder: texts that look like an answer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from indexes import postings
from indexes.lexical import encode_passage, encode_query
from indexes.postings import Postings


class Bm25:
    """An index over texts by identifier, which scores as the engines do (`postings.best`)."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._keys = list(texts)
        self._postings = Postings.of(0, [encode_passage(text) for text in texts.values()])
        self._all = np.ones(len(self._keys), np.bool_)

    def best(self, query: str, k: int) -> list[str]:
        """The identifiers of at most `k` texts that share a word with the query, the best first."""
        rows, _ = postings.best([self._postings], encode_query(query), k, self._all, None)
        return [self._keys[row] for row in rows]
