"""What is compared by `engines.py`: our engines and stores that users of LlamaIndex pick, all filled with the same passages and vectors."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from made_up import FILTER, Batch

from indexes.embedding import Vectors
from indexes.engines import Engine, point_id
from indexes.filters import Filters

DIMENSION = 384


class MissingError(Exception):
    """The system is not installed here."""


class System(Protocol):
    """A store of vectors. `filtered`: only literature from 2015 on (`made_up.FILTER`)."""

    def fill(self, batch: Batch) -> None: ...

    def finish(self) -> None:
        """Build what makes searching fast."""
        ...

    def search(self, vector: Vectors, k: int, filtered: bool) -> list[str]:
        """The identifiers of the nearest passages, best first."""
        ...


class Ours:
    """An engine of Citewell; it keeps the sparse vectors and whole passages too."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._names: dict[str, str] = {}

    def fill(self, batch: Batch) -> None:
        for first in range(0, len(batch.passages), 1000):
            part = slice(first, first + 1000)
            self.engine.upsert(batch.passages[part], batch.dense[part], batch.sparse[part])

    def finish(self) -> None:
        self.engine.optimize()
        self.engine.flush()

    def search(self, vector: Vectors, k: int, filtered: bool) -> list[str]:
        return list(self.engine.dense(vector, k, FILTER if filtered else Filters()))


class SimpleStore:
    """LlamaIndex's `SimpleVectorStore`: dictionaries in memory."""

    def __init__(self) -> None:
        from llama_index.core.vector_stores import MetadataFilter, MetadataFilters, SimpleVectorStore
        from llama_index.core.vector_stores.types import FilterOperator

        self._store = SimpleVectorStore()
        self._filters = MetadataFilters(
            filters=[
                MetadataFilter(key="kind", value="literature"),
                MetadataFilter(key="year", value=2015, operator=FilterOperator.GTE),
            ]
        )

    def fill(self, batch: Batch) -> None:
        from llama_index.core.schema import TextNode

        self._store.add(
            [
                TextNode(
                    id_=point_id(passage.passage_id),
                    text=passage.text,
                    metadata={"kind": str(passage.kind), "year": passage.year},
                    embedding=vector.tolist(),
                )
                for passage, vector in zip(batch.passages, batch.dense, strict=True)
            ]
        )

    def finish(self) -> None:
        """Nothing is built."""

    def search(self, vector: Vectors, k: int, filtered: bool) -> list[str]:
        from llama_index.core.vector_stores.types import VectorStoreQuery

        query = VectorStoreQuery(vector.tolist(), similarity_top_k=k, filters=self._filters if filtered else None)
        return list(self._store.query(query).ids or [])


class Chroma:
    """Chroma, embedded and on disk, cosine distance."""

    def __init__(self, folder: Path) -> None:
        import chromadb

        client = chromadb.PersistentClient(str(folder), chromadb.config.Settings(anonymized_telemetry=False))
        self._collection = client.create_collection(
            "passages", metadata={"hnsw:space": "cosine"}, embedding_function=None
        )

    def fill(self, batch: Batch) -> None:
        for first in range(0, len(batch.passages), 1000):
            some = batch.passages[first : first + 1000]
            self._collection.add(
                ids=[point_id(passage.passage_id) for passage in some],
                embeddings=batch.dense[first : first + 1000],
                documents=[passage.text for passage in some],
                metadatas=[{"kind": str(passage.kind), "year": passage.year or 0} for passage in some],
            )

    def finish(self) -> None:
        """It builds as it is filled."""

    def search(self, vector: Vectors, k: int, filtered: bool) -> list[str]:
        where: Any = {"$and": [{"kind": "literature"}, {"year": {"$gte": 2015}}]} if filtered else None
        found = self._collection.query(query_embeddings=[vector], n_results=k, where=where, include=["distances"])
        return list(found["ids"][0])


def _edge(folder: Path) -> System:
    from indexes.engines.edge import EdgeEngine

    return Ours(EdgeEngine.open(folder, dimension=DIMENSION))


def _faiss(index_type: str) -> Callable[[Path], System]:
    def opened(folder: Path) -> System:
        from indexes.engines.faiss import FaissEngine

        return Ours(FaissEngine.open(folder, dimension=DIMENSION, index_type=index_type))

    return opened


def _qdrant(_: Path) -> System:
    from qdrant_client import QdrantClient

    from indexes.engines.qdrant import QdrantEngine

    warnings.filterwarnings("ignore", category=UserWarning, module="indexes.engines.qdrant")  # that it is but local
    return Ours(
        QdrantEngine(QdrantClient(":memory:"), "passages", dimension=DIMENSION)
    )  # on disk it fills 60 times as slowly


def _simple(_: Path) -> System:
    if find_spec("llama_index") is None:
        raise MissingError("llama-index-core is not installed")
    return SimpleStore()


def _chroma(folder: Path) -> System:
    if find_spec("chromadb") is None:
        raise MissingError("chromadb is not installed")
    return Chroma(folder)


SYSTEMS: dict[str, Callable[[Path], System]] = {
    "edge": _edge,
    "faiss": _faiss("auto"),
    "faiss-flat": _faiss("flat"),
    "faiss-hnsw": _faiss("hnsw"),
    "faiss-ivfpq": _faiss("ivfpq"),
    "faiss-binary": _faiss("binary"),
    "qdrant local": _qdrant,
    "SimpleVectorStore": _simple,
    "Chroma": _chroma,
}

LARGEST = {"qdrant local": 100_000, "SimpleVectorStore": 100_000, "Chroma": 100_000}
"""Passages beyond which a system is not measured: the first two compare all of them in Python, the third takes most of an hour to be filled."""
