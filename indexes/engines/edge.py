"""The default engine: Qdrant Edge, in this process, in one folder that one process holds at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as edge

from indexes.conditions import FIELDS, Among, Within, conditions
from indexes.embedding import Vectors
from indexes.engines import Search, one_by_one, point_id
from indexes.engines.checking import check_batch, check_limit, check_query
from indexes.engines.storage import OVERSAMPLING, QUANTILE, Quantisation
from indexes.errors import REBUILD, IncompatibleIndexError, IndexWriteError, LibraryInUseError, RetrievalError
from indexes.filters import Filters
from indexes.lexical import SparseVector
from indexes.passage import Passage

DENSE, LEXICAL = "dense", "lexical"
_ALWAYS = ["kind", "document_id", "year"]
_GRAPH_KB = (
    10_000  # of vectors from which on `optimize` builds a graph over them, and quantises them: 6,500 of 384 numbers
)
_M, _BUILT = (
    16,
    256,
)  # edges of a node; nodes in view while the graph is built: with Qdrant's 100, a large one has lost too much
_NODES_PER = 1500  # vectors for each node in view when it is searched, where that makes more than it was built with
_FEW = 1000  # passages that are looked through one by one in a few milliseconds
_SCHEMAS = {
    "keyword": edge.PayloadSchemaType.Keyword,
    "integer": edge.PayloadSchemaType.Integer,
    "float": edge.PayloadSchemaType.Float,
}


@contextmanager
def _intact(path: Path) -> Iterator[None]:
    """Says in our words that what lies in the folder cannot be read, or is held by another process."""
    try:
        yield
    except (RetrievalError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except (
        BaseException
    ) as error:  # the binding raises nothing narrower, and panics where a damaged file takes it by surprise
        if "WouldBlock" in str(error):
            raise LibraryInUseError(
                f"The index in {path} is held by another process: ask its server, or stop it first."
            ) from error
        raise IncompatibleIndexError(f"The index in {path} cannot be read ({str(error)[:300]}). {REBUILD}") from error


class EdgeEngine:
    """Qdrant Edge behind the `Engine` Protocol. Safe to share between threads."""

    def __init__(self, shard: edge.EdgeShard, path: Path, *, dimension: int, quantisation: Quantisation) -> None:
        self._shard = shard
        self._path = path
        self._dimension = dimension
        self._quantisation = quantisation
        self._search = _search_params(quantisation, 0)
        self._indexed: set[str] = set()

    @classmethod
    def open(cls, path: Path, *, dimension: int, quantisation: Quantisation = Quantisation.NONE) -> EdgeEngine:
        """The index in that folder, made where there is none. Quantised vectors are made when the index is optimised.

        Raises `LibraryInUseError` where another process holds it, `IncompatibleIndexError` where it is not a readable index of this dimension.
        """
        config = edge.EdgeConfig(
            vectors={
                DENSE: edge.EdgeVectorParams(
                    size=dimension, distance=edge.Distance.Cosine, quantization_config=_quantised(quantisation)
                )
            },
            hnsw_config=edge.HnswIndexConfig(_M, _BUILT, full_scan_threshold=_GRAPH_KB),
            optimizers=edge.EdgeOptimizersConfig(indexing_threshold=_GRAPH_KB),
            sparse_vectors={LEXICAL: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        )
        with _intact(path):
            there = (path / "segments").is_dir()
            if there:
                shard = edge.EdgeShard.load(str(path), config)
            else:
                path.mkdir(parents=True, exist_ok=True)
                shard = edge.EdgeShard.create(str(path), config)
        engine = cls(shard, path, dimension=dimension, quantisation=quantisation)
        try:
            with _intact(path):
                if there:
                    engine._probe()
                engine._index_fields()
                engine._widen()
        except IncompatibleIndexError:
            with suppress(BaseException):
                shard.close()
            raise
        return engine

    def _index_fields(self) -> None:
        """What every question filters by is indexed from the start, the rest once there are enough passages: each takes a tenth of a second."""
        fields = list(FIELDS) if self.count() >= _FEW else _ALWAYS
        for field in fields:
            if field not in self._indexed:
                self._shard.update(edge.UpdateOperation.create_field_index(field, _SCHEMAS[FIELDS[field]]))
                self._indexed.add(field)

    def _widen(self) -> None:
        """Search with the view that suits as many as there are now."""
        self._search = _search_params(self._quantisation, self.count())

    def _probe(self) -> None:
        """A passage that is stored is found by its own vectors, or files are missing that nothing else notices. Raises `ValueError`."""
        some, _ = self._shard.scroll(edge.ScrollRequest(limit=1, with_payload=True, with_vector=True))
        if not some:
            return
        if not some[0].payload:
            raise ValueError("its passages are not found")
        vectors = some[0].vector if isinstance(some[0].vector, dict) else {}
        for name in (DENSE, LEXICAL):
            vector: Any = vectors[name]
            if name == LEXICAL and not vector.indices:
                continue
            if not self._nearest(vector, name, 1, Filters()):
                raise ValueError(f"its {name} vectors are not found")

    def upsert(self, passages: Sequence[Passage], dense: Vectors, sparse: Sequence[SparseVector]) -> None:
        """Store passages with their vectors, replacing those of the same identifier."""
        check_batch(passages, dense, sparse, self._dimension)
        points = [
            edge.Point(
                id=point_id(passage.passage_id),
                vector={
                    DENSE: vector.tolist(),
                    LEXICAL: edge.SparseVector(indices=terms.indices, values=terms.values),
                },
                payload=passage.to_payload(),
            )
            for passage, vector, terms in zip(passages, dense, sparse, strict=True)
        ]
        if points:
            self._update(edge.UpdateOperation.upsert_points(points))

    def relabel(self, passages: Sequence[Passage]) -> None:
        """Replace what is said about passages that are stored, and keep their vectors; others are passed over."""
        named = {point_id(passage.passage_id): passage for passage in passages}
        for record in self._shard.retrieve(list(named), with_payload=False, with_vector=False):
            self._update(edge.UpdateOperation.overwrite_payload([record.id], named[str(record.id)].to_payload()))

    def delete(self, passage_ids: Sequence[str]) -> None:
        """Forget those passages; unknown ones are no error."""
        if passage_ids:
            self._update(edge.UpdateOperation.delete_points([point_id(p) for p in passage_ids]))

    def _update(self, operation: edge.UpdateOperation) -> None:
        with self._writing():
            self._shard.update(operation)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Says in our words that the disk refused."""
        try:
            yield
        except Exception as error:  # the binding raises nothing narrower
            raise IndexWriteError(
                f"The index in {self._path} cannot be written ({str(error)[-200:]}). Free space on its disk or mend its permissions, "
                "then run the same command again: what was finished is kept."
            ) from error

    def dense(self, vector: Vectors, limit: int, filters: Filters) -> Mapping[str, float]:
        """Point identifier to cosine similarity, best first."""
        check_query(vector, limit, self._dimension)
        return self._nearest(vector.tolist(), DENSE, limit, filters)

    def lexical(self, vector: SparseVector, limit: int, filters: Filters) -> Mapping[str, float]:
        """Point identifier to BM25 score, best first."""
        check_limit(limit)
        if not vector.indices:
            return {}
        return self._nearest(edge.SparseVector(indices=vector.indices, values=vector.values), LEXICAL, limit, filters)

    def _nearest(
        self, vector: list[float] | edge.SparseVector, using: str, limit: int, filters: Filters
    ) -> Mapping[str, float]:
        request = edge.QueryRequest(
            limit=limit,
            query=edge.Query.Nearest(vector, using=using),
            filter=_condition(filters),
            params=self._search if using == DENSE else None,
            with_payload=False,
            with_vector=False,
        )
        with _intact(self._path):
            return {str(point.id): point.score for point in self._shard.query(request)}

    def several(self, searches: Sequence[Search]) -> list[Mapping[str, float]]:
        """What `dense` or `lexical` give for each, in their order."""
        return one_by_one(self, searches)

    def passages(self, point_ids: Sequence[str]) -> Mapping[str, Passage]:
        """The passages of those points."""
        with _intact(self._path):
            records = self._shard.retrieve(list(point_ids), with_payload=True, with_vector=False)
            return {str(record.id): Passage.from_payload(record.payload or {}) for record in records}

    def vectors(self, point_ids: Sequence[str]) -> Mapping[str, Vectors]:
        """The dense vectors of those points, as stored."""
        with _intact(self._path):
            records = self._shard.retrieve(list(point_ids), with_payload=False, with_vector=[DENSE])
            found = ((str(record.id), record.vector) for record in records)
            return {key: np.asarray(named[DENSE], np.float32) for key, named in found if isinstance(named, dict)}

    def count(self) -> int:
        """How many passages are stored."""
        return self._shard.count(edge.CountRequest(exact=True))

    def flush(self) -> None:
        """Write everything to disk."""
        with self._writing():
            self._index_fields()
            self._shard.flush()
            self._widen()

    def optimize(self) -> bool:
        """Build the HNSW graph of segments that have grown enough; blocks until done."""
        return self._shard.optimize()

    def close(self) -> None:
        """Flush and let the folder go."""
        self._shard.close()


def _quantised(
    quantisation: Quantisation,
) -> edge.ScalarQuantizationConfig | edge.ProductQuantizationConfig | edge.BinaryQuantizationConfig | None:
    match quantisation:
        case Quantisation.SCALAR:
            return edge.ScalarQuantizationConfig(edge.ScalarType.Int8, QUANTILE, memory=edge.Memory.Pinned)
        case Quantisation.PRODUCT:
            return edge.ProductQuantizationConfig(edge.CompressionRatio.X16, memory=edge.Memory.Pinned)
        case Quantisation.BINARY:
            return edge.BinaryQuantizationConfig(memory=edge.Memory.Pinned)
        case Quantisation.NONE:
            return None


def _search_params(quantisation: Quantisation, size: int) -> edge.SearchParams:
    """How vectors are compared, in an index of so many: the larger its graph, the wider the view, or near ones are missed."""
    how = None
    if quantisation is not Quantisation.NONE:
        how = edge.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLING[quantisation])
    return edge.SearchParams(hnsw_ef=max(_BUILT, size // _NODES_PER), quantization=how)


def _condition(filters: Filters) -> edge.Filter | None:
    must: list[Any] = [
        _field_condition(each) for each in conditions(filters)
    ]  # the stub wants its whole union, invariantly
    return edge.Filter(must=must) if must else None


def _field_condition(condition: Among | Within) -> edge.FieldCondition:
    if isinstance(condition, Among):
        return edge.FieldCondition(key=condition.field, match=edge.MatchAny(any=list(condition.values)))
    return edge.FieldCondition(key=condition.field, range=edge.RangeFloat(gte=condition.low, lte=condition.high))
