"""Engines store passages with their vectors and rank them; one small Protocol, one file an engine."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from indexes.embedding import Vectors
from indexes.filters import Filters
from indexes.lexical import SparseVector
from indexes.passage import Passage

_NAMESPACE = uuid.UUID("6f2f1f53-7d0f-5d0b-9a58-0a1f6f0c1d10")


def point_id(passage_id: str) -> str:
    """The engine's identifier of a passage: a UUID that depends on nothing but the passage's own identifier."""
    return str(uuid.uuid5(_NAMESPACE, passage_id))


@dataclass(frozen=True, slots=True)
class Search:
    """One of several searches that are made together: by meaning for a dense vector, by words for a sparse one."""

    vector: Vectors | SparseVector
    limit: int
    filters: Filters = field(default_factory=Filters)


class Engine(Protocol):
    """Passages with one dense and one sparse vector each. Scores: cosine similarity, and BM25 with the engine's own IDF.

    `upsert` replaces passages of the same identifier. What was written is found at once and survives a crash after `flush`. Writing raises
    `IndexWriteError` or `EngineUnavailableError` where it cannot be done.
    """

    def upsert(self, passages: Sequence[Passage], dense: Vectors, sparse: Sequence[SparseVector]) -> None: ...

    def relabel(self, passages: Sequence[Passage]) -> None:
        """Replace what is said about passages that are stored (status, year, roles…) and keep their vectors; others are passed over."""
        ...

    def delete(self, passage_ids: Sequence[str]) -> None: ...

    def dense(self, vector: Vectors, limit: int, filters: Filters) -> Mapping[str, float]:
        """Point identifier to cosine similarity, best first, at most `limit`."""
        ...

    def lexical(self, vector: SparseVector, limit: int, filters: Filters) -> Mapping[str, float]:
        """Point identifier to BM25 score, best first, at most `limit`; passages without any of the terms are left out."""
        ...

    def several(self, searches: Sequence[Search]) -> list[Mapping[str, float]]:
        """What `dense` or `lexical` give for each, in their order; a server is asked once for all of them."""
        ...

    def passages(self, point_ids: Sequence[str]) -> Mapping[str, Passage]:
        """The passages of those points; unknown points are left out."""
        ...

    def vectors(self, point_ids: Sequence[str]) -> Mapping[str, Vectors]:
        """The dense vectors of those points, each of shape (dimension,), as stored; unknown points are left out."""
        ...

    def count(self) -> int: ...

    def flush(self) -> None: ...

    def optimize(self) -> bool:
        """Build what makes searching fast (HNSW); true where something was built. May take minutes."""
        ...

    def close(self) -> None: ...


def one_by_one(engine: Engine, searches: Sequence[Search]) -> list[Mapping[str, float]]:
    """`Engine.several` of an engine in this process, which has no way to save."""
    return [
        engine.lexical(each.vector, each.limit, each.filters)
        if isinstance(each.vector, SparseVector)
        else engine.dense(each.vector, each.limit, each.filters)
        for each in searches
    ]
