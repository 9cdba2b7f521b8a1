"""The server engine: a Qdrant server or cluster through `qdrant-client`, switched on by `CITEWELL_QDRANT_URL`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any, TypeVar

import httpx
import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from indexes.conditions import FIELDS, Among, Within, conditions
from indexes.embedding import Vectors
from indexes.engines import point_id
from indexes.errors import EngineUnavailableError, IncompatibleIndexError
from indexes.lexical import SparseVector
from indexes.passage import Filters, Passage

DENSE, LEXICAL = "dense", "lexical"
_FAILURES = (ApiException, httpx.HTTPError, ConnectionError)
_POINTS = 256  # a request: servers refuse more than 32 MiB at once
T = TypeVar("T")


class QdrantEngine:
    """One collection of a Qdrant server behind the `Engine` Protocol."""

    def __init__(self, client: QdrantClient, collection: str, *, dimension: int) -> None:
        self._client = client
        self._collection = collection
        if not self._call(lambda: client.collection_exists(collection)):
            self._create(dimension)
        vectors = self._call(lambda: client.get_collection(collection)).config.params.vectors
        size = vectors[DENSE].size if isinstance(vectors, dict) and DENSE in vectors else None
        if size != dimension:
            raise IncompatibleIndexError(
                f"Collection {collection!r} holds vectors of size {size}, the embedder makes {dimension}. "
                "Choose another name with CITEWELL_QDRANT_COLLECTION, or delete the collection and ingest again."
            )

    @classmethod
    def connect(cls, url: str, collection: str, *, dimension: int, api_key: str | None = None) -> QdrantEngine:
        """The collection on that server, made where there is none. Raises `EngineUnavailableError`, `IncompatibleIndexError`."""
        client = _client(url, api_key)
        try:
            return cls(client, collection, dimension=dimension)
        except BaseException:
            client.close()
            raise

    @staticmethod
    def drop(url: str, collection: str, *, api_key: str | None = None) -> None:
        """Delete the collection; one that is not there is no error. Raises `EngineUnavailableError`."""
        with closing(_client(url, api_key)) as client:
            _call(lambda: client.delete_collection(collection))

    def _call(self, call: Callable[[], T]) -> T:
        return _call(call)

    def _create(self, dimension: int) -> None:
        self._call(
            lambda: self._client.create_collection(
                self._collection,
                vectors_config={DENSE: models.VectorParams(size=dimension, distance=models.Distance.COSINE)},
                sparse_vectors_config={LEXICAL: models.SparseVectorParams(modifier=models.Modifier.IDF)},
            )
        )
        for field, sort in FIELDS.items():
            schema = models.PayloadSchemaType(sort)
            self._call(lambda f=field, s=schema: self._client.create_payload_index(self._collection, f, s))  # type: ignore[misc]

    def upsert(self, passages: Sequence[Passage], dense: Vectors, sparse: Sequence[SparseVector]) -> None:
        """Store passages with their vectors, replacing those of the same identifier."""
        points = [
            models.PointStruct(
                id=point_id(passage.passage_id),
                vector={
                    DENSE: vector.tolist(),
                    LEXICAL: models.SparseVector(indices=terms.indices, values=terms.values),
                },
                payload=passage.to_payload(),
            )
            for passage, vector, terms in zip(passages, dense, sparse, strict=True)
        ]
        for first in range(0, len(points), _POINTS):
            batch = points[first : first + _POINTS]
            self._call(lambda batch=batch: self._client.upsert(self._collection, batch, wait=True))  # type: ignore[misc]

    def relabel(self, passages: Sequence[Passage]) -> None:
        """Replace what is said about passages that are stored, and keep their vectors; others are passed over."""
        for first in range(0, len(passages), _POINTS):
            named = {point_id(passage.passage_id): passage for passage in passages[first : first + _POINTS]}
            operations = [
                models.OverwritePayloadOperation(
                    overwrite_payload=models.SetPayload(payload=named[str(record.id)].to_payload(), points=[record.id])
                )
                for record in self._retrieve(list(named))
            ]
            if operations:
                self._call(
                    lambda batch=operations: self._client.batch_update_points(self._collection, batch, wait=True)
                )  # type: ignore[misc]

    def delete(self, passage_ids: Sequence[str]) -> None:
        """Forget those passages; unknown ones are no error."""
        if passage_ids:
            selector = models.PointIdsList(points=[point_id(p) for p in passage_ids])
            self._call(lambda: self._client.delete(self._collection, selector, wait=True))

    def dense(self, vector: Vectors, limit: int, filters: Filters) -> Mapping[str, float]:
        """Point identifier to cosine similarity, best first."""
        return self._nearest(vector.tolist(), DENSE, limit, filters)

    def lexical(self, vector: SparseVector, limit: int, filters: Filters) -> Mapping[str, float]:
        """Point identifier to BM25 score, best first."""
        if not vector.indices:
            return {}
        return self._nearest(models.SparseVector(indices=vector.indices, values=vector.values), LEXICAL, limit, filters)

    def _nearest(
        self, vector: list[float] | models.SparseVector, using: str, limit: int, filters: Filters
    ) -> Mapping[str, float]:
        response = self._call(
            lambda: self._client.query_points(
                self._collection,
                query=vector,
                using=using,
                limit=limit,
                query_filter=_condition(filters),
                with_payload=False,
            )
        )
        return {str(point.id): point.score for point in response.points}

    def passages(self, point_ids: Sequence[str]) -> Mapping[str, Passage]:
        """The passages of those points."""
        records = self._retrieve(point_ids, payload=True)
        return {str(record.id): Passage.from_payload(record.payload or {}) for record in records}

    def vectors(self, point_ids: Sequence[str]) -> Mapping[str, Vectors]:
        """The dense vectors of those points, as stored."""
        records = self._retrieve(point_ids, vectors=[DENSE])
        found = ((str(record.id), record.vector) for record in records)
        return {key: np.asarray(named[DENSE], np.float32) for key, named in found if isinstance(named, dict)}

    def _retrieve(
        self, point_ids: Sequence[str], *, payload: bool = False, vectors: list[str] | None = None
    ) -> list[models.Record]:
        return self._call(
            lambda: self._client.retrieve(
                self._collection, list(point_ids), with_payload=payload, with_vectors=vectors or False
            )
        )

    def count(self) -> int:
        """How many passages are stored."""
        return self._call(lambda: self._client.count(self._collection, exact=True)).count

    def flush(self) -> None:
        """Nothing to do: the server acknowledges a write only once it is in its log."""

    def optimize(self) -> bool:
        """Nothing to do: the server optimises by itself."""
        return False

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()


def _client(url: str, api_key: str | None) -> QdrantClient:
    try:
        return QdrantClient(url=url, api_key=api_key, timeout=60, check_compatibility=False)
    except ValueError as error:
        raise EngineUnavailableError(
            f"CITEWELL_QDRANT_URL is not a URL: {url!r}. Write it like http://localhost:6333."
        ) from error


def _call(call: Callable[[], T]) -> T:
    try:
        return call()
    except _FAILURES as error:
        reason = f"HTTP {error.status_code}" if isinstance(error, UnexpectedResponse) else type(error).__name__
        raise EngineUnavailableError(
            f"The Qdrant server did not answer as it should ({reason}). "
            "Is it running, and are CITEWELL_QDRANT_URL and CITEWELL_QDRANT_API_KEY right?"
        ) from error


def _condition(filters: Filters) -> models.Filter | None:
    must: list[Any] = [_field_condition(each) for each in conditions(filters)]
    return models.Filter(must=must) if must else None


def _field_condition(condition: Among | Within) -> models.FieldCondition:
    if isinstance(condition, Among):
        return models.FieldCondition(key=condition.field, match=models.MatchAny(any=list(condition.values)))
    return models.FieldCondition(key=condition.field, range=models.Range(gte=condition.low, lte=condition.high))
