"""The server engine: a Qdrant server or cluster through `qdrant-client`, switched on by `CITEWELL_QDRANT_URL`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import numpy as np
from qdrant_client import QdrantClient, models

from indexes.conditions import FIELDS, Among, Within, conditions
from indexes.embedding import Vectors
from indexes.engines import Search, point_id
from indexes.engines.checking import check_batch, check_limit, check_query
from indexes.engines.qdrant_calls import call, connect
from indexes.engines.storage import AS_THE_SERVER_DOES, OVERSAMPLING, QUANTILE, Quantisation, Spread
from indexes.errors import EngineUnavailableError, IncompatibleIndexError
from indexes.filters import Filters
from indexes.lexical import SparseVector
from indexes.passage import Passage

DENSE, LEXICAL = "dense", "lexical"
TIMEOUT_S = 60
_POINTS = 256  # a request: servers refuse more than 32 MiB at once


class QdrantEngine:
    """One collection of a Qdrant server behind the `Engine` Protocol. Safe to share between threads.

    Index versions are collections of their own: one is built beside the other, and the ledger says which is in use. `call_it` gives that one a
    name that stays, for other programs; `drop` deletes one.
    """

    def __init__(
        self,
        client: QdrantClient,
        collection: str,
        *,
        dimension: int,
        quantisation: Quantisation = Quantisation.NONE,
        spread: Spread = AS_THE_SERVER_DOES,
    ) -> None:
        """The collection, or the one that an alias of this name stands for; made where there is none, as `quantisation` and `spread` say.

        One that is there keeps how it was made, and gets the payload indexes that it lacks.
        """
        self._client = client
        self._collection = collection
        self._dimension = dimension
        if not call(client.collection_exists, collection):
            self._create(quantisation, spread)
        info = call(client.get_collection, collection)
        vectors = info.config.params.vectors
        made = vectors[DENSE] if isinstance(vectors, dict) and DENSE in vectors else None
        if made is None or made.size != dimension:
            raise IncompatibleIndexError(
                f"Collection {collection!r} holds vectors of size {made.size if made else None}, the embedder makes {dimension}. "
                "Choose another name with CITEWELL_QDRANT_COLLECTION, or delete the collection and ingest again."
            )
        self._search = _search_params(made.quantization_config or info.config.quantization_config)
        for field, sort in FIELDS.items():
            if field not in info.payload_schema:
                call(client.create_payload_index, collection, field, models.PayloadSchemaType(sort))

    @classmethod
    def connect(
        cls,
        url: str,
        collection: str,
        *,
        dimension: int,
        api_key: str | None = None,
        quantisation: Quantisation = Quantisation.NONE,
        spread: Spread = AS_THE_SERVER_DOES,
        timeout_s: int = TIMEOUT_S,
    ) -> QdrantEngine:
        """The collection on that server, made where there is none. Raises `EngineUnavailableError`, `IncompatibleIndexError`."""
        client = connect(url, api_key, timeout_s)
        try:
            return cls(client, collection, dimension=dimension, quantisation=quantisation, spread=spread)
        except BaseException:
            client.close()
            raise

    @staticmethod
    def drop(url: str, collection: str, *, api_key: str | None = None, timeout_s: int = TIMEOUT_S) -> None:
        """Delete the collection; one that is not there is no error. Raises `EngineUnavailableError`."""
        with closing(connect(url, api_key, timeout_s)) as client:
            call(client.delete_collection, collection)

    @staticmethod
    def call_it(
        alias: str, url: str, collection: str, *, api_key: str | None = None, timeout_s: int = TIMEOUT_S
    ) -> None:
        """From now on, at once for everybody, the alias stands for that collection. Raises `EngineUnavailableError`, also where a collection has
        the name of the alias."""
        operations: list[models.AliasOperations] = [
            models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias)),
            models.CreateAliasOperation(create_alias=models.CreateAlias(collection_name=collection, alias_name=alias)),
        ]
        with closing(connect(url, api_key, timeout_s)) as client:
            call(client.update_collection_aliases, operations)

    def _create(self, quantisation: Quantisation, spread: Spread) -> None:
        quantised = _quantised(quantisation)
        vectors = models.VectorParams(
            size=self._dimension,
            distance=models.Distance.COSINE,
            on_disk=spread.on_disk or None,
            quantization_config=quantised,
        )
        call(
            self._client.create_collection,
            self._collection,
            vectors_config={DENSE: vectors},
            sparse_vectors_config={LEXICAL: models.SparseVectorParams(modifier=models.Modifier.IDF)},
            shard_number=spread.shards,
            replication_factor=spread.replicas,
        )

    def upsert(self, passages: Sequence[Passage], dense: Vectors, sparse: Sequence[SparseVector]) -> None:
        """Store passages with their vectors, replacing those of the same identifier."""
        check_batch(passages, dense, sparse, self._dimension)
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
            call(self._client.upsert, self._collection, points[first : first + _POINTS], wait=True)

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
                call(self._client.batch_update_points, self._collection, operations, wait=True)

    def delete(self, passage_ids: Sequence[str]) -> None:
        """Forget those passages; unknown ones are no error."""
        if passage_ids:
            selector = models.PointIdsList(points=[point_id(p) for p in passage_ids])
            call(self._client.delete, self._collection, selector, wait=True)

    def dense(self, vector: Vectors, limit: int, filters: Filters) -> Mapping[str, float]:
        """Point identifier to cosine similarity, best first."""
        return self.several([Search(vector, limit, filters)])[0]

    def lexical(self, vector: SparseVector, limit: int, filters: Filters) -> Mapping[str, float]:
        """Point identifier to BM25 score, best first."""
        return self.several([Search(vector, limit, filters)])[0]

    def several(self, searches: Sequence[Search]) -> list[Mapping[str, float]]:
        """What `dense` or `lexical` give for each, in their order. The server is asked once: a question looks through several kinds of documents in
        two ways, and each call would take the way there and back."""
        requests = {n: request for n, each in enumerate(searches) if (request := self._request(each)) is not None}
        if not requests:
            return [{} for _ in searches]
        answers = call(self._client.query_batch_points, self._collection, list(requests.values()))
        if len(answers) != len(requests):
            raise EngineUnavailableError(
                f"The Qdrant server answered {len(answers)} of {len(requests)} searches. Is CITEWELL_QDRANT_URL that of a Qdrant server?"
            )
        given = dict(zip(requests, answers, strict=True))
        return [self._scores(given[n], each.limit) if n in given else {} for n, each in enumerate(searches)]

    def _request(self, search: Search) -> models.QueryRequest | None:
        """The search in the server's terms; `None` of one for no words, which finds nothing. Raises `UnusableInputError`, `UnusableQueryError`."""
        by_words = isinstance(search.vector, SparseVector)
        query: list[float] | models.SparseVector
        if isinstance(search.vector, SparseVector):
            check_limit(search.limit)
            if not search.vector.indices:
                return None
            query = models.SparseVector(indices=search.vector.indices, values=search.vector.values)
        else:
            check_query(search.vector, search.limit, self._dimension)
            query = search.vector.tolist()
        return models.QueryRequest(
            query=query,
            using=LEXICAL if by_words else DENSE,
            limit=search.limit,
            filter=_condition(search.filters),
            params=None if by_words else self._search,
            with_payload=False,
        )

    def _scores(self, response: models.QueryResponse, limit: int) -> Mapping[str, float]:
        scores = {str(point.id): point.score for point in response.points[:limit]}
        if not all(map(math.isfinite, scores.values())):
            raise EngineUnavailableError(
                f"The Qdrant server scored points of {self._collection!r} with what is no number. Is CITEWELL_QDRANT_URL that of a Qdrant server?"
            )
        return scores

    def passages(self, point_ids: Sequence[str]) -> Mapping[str, Passage]:
        """The passages of those points."""
        records = self._retrieve(point_ids, payload=True)
        try:
            return {str(record.id): Passage.from_payload(record.payload or {}) for record in records}
        except (KeyError, TypeError, ValueError) as error:
            raise IncompatibleIndexError(
                f"Collection {self._collection!r} holds points that are no passages of this Citewell ({type(error).__name__}): another program may "
                "write to it. Choose another name with CITEWELL_QDRANT_COLLECTION, or build it again: citewell library reindex"
            ) from error

    def vectors(self, point_ids: Sequence[str]) -> Mapping[str, Vectors]:
        """The dense vectors of those points, as stored."""
        records = self._retrieve(point_ids, vectors=[DENSE])
        named = ((str(record.id), record.vector) for record in records if isinstance(record.vector, dict))
        found = ((key, vectors.get(DENSE)) for key, vectors in named)
        return {
            key: np.asarray(vector, np.float32)
            for key, vector in found
            if isinstance(vector, list) and len(vector) == self._dimension
        }

    def _retrieve(
        self, point_ids: Sequence[str], *, payload: bool = False, vectors: list[str] | None = None
    ) -> list[models.Record]:
        return call(
            self._client.retrieve,
            self._collection,
            list(point_ids),
            with_payload=payload,
            with_vectors=vectors or False,
        )

    def count(self) -> int:
        """How many passages are stored."""
        return call(self._client.count, self._collection, exact=True).count

    def flush(self) -> None:
        """Nothing to do: the server acknowledges a write only once it is in its log."""

    def optimize(self) -> bool:
        """Nothing to do: the server optimises by itself."""
        return False

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()


def _quantised(quantisation: Quantisation) -> models.QuantizationConfig | None:
    match quantisation:
        case Quantisation.SCALAR:
            config = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=QUANTILE, always_ram=True)
            return models.ScalarQuantization(scalar=config)
        case Quantisation.PRODUCT:
            product = models.ProductQuantizationConfig(compression=models.CompressionRatio.X16, always_ram=True)
            return models.ProductQuantization(product=product)
        case Quantisation.BINARY:
            return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True))
        case Quantisation.NONE:
            return None


def _search_params(config: object) -> models.SearchParams | None:
    """How a collection that is quantised in this way is searched; an operator may have changed it since it was made."""
    if config is None:
        return None
    match config:
        case models.ScalarQuantization():
            sort = Quantisation.SCALAR
        case models.ProductQuantization():
            sort = Quantisation.PRODUCT
        case _:
            sort = Quantisation.BINARY
    how = models.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLING[sort])
    return models.SearchParams(quantization=how)


def _condition(filters: Filters) -> models.Filter | None:
    must: list[Any] = [_field_condition(each) for each in conditions(filters)]
    return models.Filter(must=must) if must else None


def _field_condition(condition: Among | Within) -> models.FieldCondition:
    if isinstance(condition, Among):
        return models.FieldCondition(key=condition.field, match=models.MatchAny(any=list(condition.values)))
    return models.FieldCondition(key=condition.field, range=models.Range(gte=condition.low, lte=condition.high))
