"""The one entry to search: passages in, ranked hits out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

from indexes import fusion
from indexes.embedding import Embedder, Vectors
from indexes.engines import Engine
from indexes.engines.checking import check_limit
from indexes.lexical import encode_passage, encode_query
from indexes.passage import Filters, Hit, Passage, Scores

DEPTH = 1000  # candidates a part gives to fusion: DESIGN.md's measured setting


class Mode(StrEnum):
    """How hits are ranked."""

    BLEND = "blend"
    RRF = "rrf"
    DENSE = "dense"
    BM25 = "bm25"


class Searcher:
    """Indexes passages and ranks them for a query, by meaning and by words."""

    def __init__(self, engine: Engine, embedder: Embedder) -> None:
        self.engine = engine
        self.embedder = embedder
        self._query_vector = lru_cache(maxsize=64)(embedder.embed_query)  # one question searches several kinds

    def index(self, passages: Sequence[Passage]) -> None:
        """Embed and store passages; those of the same identifier are replaced."""
        if passages:
            self.store(passages, self.embed(passages))

    def embed(self, passages: Sequence[Passage]) -> Vectors:
        """The passages' vectors, of shape (len(passages), dimension)."""
        return self.embedder.embed_passages([passage.embedding_text for passage in passages])

    def store(self, passages: Sequence[Passage], vectors: Vectors) -> None:
        """Store passages under the vectors that `embed` made; those of the same identifier are replaced."""
        self.engine.upsert(passages, vectors, [encode_passage(passage.embedding_text) for passage in passages])

    def search(
        self,
        query: str,
        k: int = 10,
        filters: Filters | None = None,
        mode: Mode = Mode.BLEND,
        *,
        depth: int = DEPTH,
    ) -> list[Hit]:
        """The `k` best passages for a query, best first; ties are broken by identifier, so that a ranking is reproducible.

        Where there are fewer, all of them. Raises `UnusableInputError` where `k` is below one.
        """
        check_limit(k)
        filters = filters or Filters()
        depth = max(depth, k)
        dense: Mapping[str, float] = {}
        lexical: Mapping[str, float] = {}
        if mode is not Mode.BM25:
            dense = self.engine.dense(self._query_vector(query), depth, filters)
        if mode is not Mode.DENSE:
            lexical = self.engine.lexical(encode_query(query), depth, filters)
        match mode:
            case Mode.BLEND:
                fused = fusion.blend(dense, lexical)
            case Mode.RRF:
                fused = fusion.reciprocal_rank(dense, lexical)
            case Mode.DENSE:
                fused = fusion.min_max(dense)
            case Mode.BM25:
                fused = fusion.min_max(lexical)
        best = sorted(fused, key=lambda key: (-fused[key], key))[:k]
        passages = self.engine.passages(best)
        return [
            Hit(passages[key], Scores(dense.get(key), lexical.get(key), fused[key])) for key in best if key in passages
        ]
