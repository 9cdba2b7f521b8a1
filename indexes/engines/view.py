"""What a search of the FAISS engine sees from its beginning to its end, whatever is written meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexes import postings
from indexes.embedding import Vectors
from indexes.engines.nearest import Nearest, faiss_module
from indexes.lexical import SparseVector
from indexes.postings import Postings

Rows = NDArray[np.int64]
Bits = NDArray[np.bool_]
EXACT = 20_000  # rows that are compared one by one as quickly as a graph proposes a thousand of them
_DIGITS = [place for place in range(36) if place not in (8, 13, 18, 23)]  # of a UUID as it is written
_MANY = 0.05  # a limit that is more than this share of the rows is met by comparing them all


@dataclass(frozen=True, slots=True)
class View:
    """Vectors, point identifiers (16 bytes each) and whether its passage still stands, by row; and what finds rows by words and by meaning."""

    vectors: Vectors
    points: NDArray[np.uint8]
    live: Bits
    sealed: tuple[Postings, ...]
    unsealed: tuple[Postings, ...]
    nearest: Nearest | None

    @property
    def covered(self) -> int:
        """Rows from this one on are not in the approximate index."""
        return int(self.nearest.rows[-1]) + 1 if self.nearest else 0

    def nearest_to(self, vector: Vectors, limit: int, allowed: Bits | None) -> dict[str, float]:
        """Point identifier to cosine similarity, best first; `allowed` says of every row whether it may be found, `None` that all may."""
        standing = self.live if allowed is None else allowed & self.live
        present = int(np.count_nonzero(standing))
        query = np.asarray(vector, np.float32)
        query = query / np.linalg.norm(query)
        faiss_module().omp_set_num_threads(1)  # of this thread: for one query the others would only be waited for
        if self.nearest is None or present <= EXACT or limit > _MANY * present:
            rows = np.flatnonzero(standing)
        else:
            proposed = self.nearest.search(query, limit, None if present == len(standing) else standing)
            rows = np.concatenate([np.sort(proposed), self.covered + np.flatnonzero(standing[self.covered :])])
        scores = _cosines(self.vectors, rows, query)
        best = postings.highest(scores, limit)
        return self._named(rows[best], scores[best])

    def with_terms(self, query: SparseVector, limit: int, allowed: Bits | None) -> dict[str, float]:
        """Point identifier to BM25 score, best first; passages without any of the terms are left out."""
        rows, scores = postings.best([*self.sealed, *self.unsealed], query, limit, self.live, allowed)
        return self._named(rows, scores)

    def _named(self, rows: Rows, scores: NDArray[np.float32]) -> dict[str, float]:
        digits = np.frombuffer(self.points[rows].tobytes().hex().encode(), np.uint8)
        text = np.full((len(rows), 36), ord("-"), np.uint8)
        text[:, _DIGITS] = digits.reshape(-1, 32)
        return dict(zip(text.view("S36").ravel().astype("U36").tolist(), scores.tolist(), strict=True))


def _cosines(vectors: Vectors, rows: Rows, query: Vectors) -> NDArray[np.float32]:
    """The inner products of those rows with the query. FAISS reads them where they lie: numpy would copy them first."""
    faiss = faiss_module()
    scores = np.empty(len(rows), np.float32)
    pointers = [faiss.swig_ptr(each) for each in (scores, query, vectors)]
    if len(rows) == len(vectors):
        faiss.fvec_inner_products_ny(*pointers, len(query), len(rows))
    else:
        faiss.fvec_inner_products_by_idx(*pointers, faiss.swig_ptr(rows), len(query), 1, len(rows))
    return scores
