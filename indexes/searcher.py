"""The one entry to search: passages in, ranked hits out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache, partial

from indexes import fusion
from indexes.asked import check_words
from indexes.embedding import Embedder, Vectors
from indexes.engines import Engine, Search, point_id
from indexes.engines.checking import check_limit
from indexes.errors import UnusableQueryError
from indexes.filters import Filters
from indexes.lexical import encode_passage, encode_query
from indexes.passage import Hit, Kind, Passage, Scores
from indexes.prior import prior
from indexes.queries import Patient, QueryKind, kind_of, patient_in
from indexes.ranking import Ranking
from indexes.reranking import Reranker

Related = Callable[[str], Iterable[str]]
"""A query to what else its words may mean: what its abbreviations stand for."""
_DEEPER = (1, 4, 16)  # times the candidates, where a few long documents leave no room for others


class Mode(StrEnum):
    """How hits are ranked."""

    BLEND = "blend"
    RRF = "rrf"
    DENSE = "dense"
    BM25 = "bm25"


@dataclass(frozen=True, slots=True)
class _Candidates:
    """What the two parts of the index found: point identifier to score."""

    dense: Mapping[str, float]
    lexical: Mapping[str, float]

    def fused(self, mode: Mode, dense_weight: float) -> dict[str, float]:
        match mode:
            case Mode.BLEND:
                return fusion.blend(self.dense, self.lexical, dense_weight)
            case Mode.RRF:
                return fusion.reciprocal_rank(self.dense, self.lexical)
            case Mode.DENSE:
                return fusion.min_max(self.dense)
            case Mode.BM25:
                return fusion.min_max(self.lexical)


class Searcher:
    """Indexes passages and ranks them for a query, by meaning and by words, and by what they weigh as evidence."""

    def __init__(
        self,
        engine: Engine,
        embedder: Embedder,
        *,
        ranking: Ranking | None = None,
        reranker: Reranker | None = None,
        related: Related = lambda _: (),
    ) -> None:
        """`ranking` holds the weights that belong to the index; a `reranker` reads the best hits once more; `related` widens the words of a query."""
        self.engine = engine
        self.embedder = embedder
        self.ranking = ranking or Ranking()
        self.reranker = reranker
        self._related = related
        # One question searches several kinds. The cache knows the embedder alone: who knew the searcher would keep its index open.
        self._query_vector = lru_cache(maxsize=64)(partial(_query_vector, embedder))

    def index(self, passages: Sequence[Passage]) -> None:
        """Embed and store passages; those of the same identifier are replaced."""
        if passages:
            self.store(passages, self.embed(passages))

    def embed(self, passages: Sequence[Passage]) -> Vectors:
        """The passages' vectors, of shape (len(passages), dimension)."""
        return self.embedder.embed_passages([passage.embedding_text for passage in passages])

    def store(self, passages: Sequence[Passage], vectors: Vectors) -> None:
        """Store passages under the vectors that `embed` made; those of the same identifier are replaced."""
        self.engine.upsert(passages, vectors, [encode_passage(passage.lexical_text) for passage in passages])

    def search(
        self,
        query: str,
        k: int = 10,
        filters: Filters | None = None,
        mode: Mode = Mode.BLEND,
        *,
        by_document: bool = False,
        quotas: Mapping[Kind, int] | None = None,
    ) -> list[Hit]:
        """The `k` best passages for a query, best first; ties are broken by identifier, so that a ranking is reproducible.

        Where there are fewer, all of them. `by_document`: of each document only its best passage. `quotas`: so many of each kind named, together
        instead of `k`, in one ranking. `Mode.BLEND` is the product's own ranking; the other modes are the bare parts, without prior, patient or
        reranker. Raises `UnusableQueryError` where the query names nothing, there is no such mode, or a number of passages is below one.
        """
        check_words(query)
        for count in (k, *(quotas or {}).values()):
            check_limit(count)
        mode = _mode(mode)
        filters = filters or Filters()
        wanted = sum(quotas.values()) if quotas else k
        kind = kind_of(query)
        hits: list[Hit] = []
        for times in _DEEPER if by_document else (1,):
            depth = times * max(self.ranking.depth, wanted)
            found = self._candidates(query, kind, depth, filters, mode, quotas)
            ranked = self._ranked(query, kind, found, mode, None if by_document or quotas else k)
            if by_document:
                ranked = _first_of_each_document(ranked)
            hits = _within(ranked, quotas) if quotas else ranked[:k]
            if len(hits) >= wanted or max(len(found.dense), len(found.lexical)) < depth:
                break
        return hits

    def likened(self, query: str, passages: Sequence[Passage]) -> list[Hit]:
        """Passages that are known already, with their likeness to a query (cosine), in their order; those that are not indexed without one."""
        points = {passage.passage_id: point_id(passage.passage_id) for passage in passages}
        vectors = self.engine.vectors(list(points.values())) if points else {}
        asked = self._query_vector(query, kind_of(query)) if vectors else None
        likeness = {point: float(vector @ asked) for point, vector in vectors.items()} if asked is not None else {}
        return [Hit(passage, Scores(dense=likeness.get(points[passage.passage_id]))) for passage in passages]

    def _ranked(self, query: str, kind: QueryKind, found: _Candidates, mode: Mode, k: int | None) -> list[Hit]:
        """What was found, best first; where only the `k` best are wanted, those that cannot be among them may be missing."""
        fused = found.fused(mode, self.ranking.dense_weights[kind])
        best = sorted(fused, key=lambda key: (-fused[key], key))
        patient = patient_in(query) if kind is QueryKind.PATIENT and mode is Mode.BLEND else None
        if k is not None:
            best = self._looked_at(best, fused, k, patient) if mode is Mode.BLEND else best[:k]
        passages = self.engine.passages(best)
        hits = [
            (
                key,
                Hit(passages[key], Scores(found.dense.get(key), found.lexical.get(key), fused[key], total=fused[key])),
            )
            for key in best
            if key in passages
        ]
        if mode is Mode.BLEND:
            hits = self._weighed(self._reranked(query, hits), patient)
        return [hit for _, hit in hits]

    def _candidates(
        self,
        query: str,
        kind: QueryKind,
        depth: int,
        filters: Filters,
        mode: Mode,
        quotas: Mapping[Kind, int] | None,
    ) -> _Candidates:
        """What dense and lexical search find; with quotas, of each kind by itself, so that a rare kind is not crowded out."""
        asked = [filters]
        if quotas:
            asked = [
                replace(filters, kinds=frozenset({each}))
                for each in quotas
                if not filters.kinds or each in filters.kinds
            ]
        dense = [] if mode is Mode.BM25 else [Search(self._query_vector(query, kind), depth, one) for one in asked]
        words = encode_query(query, self._related(query))
        lexical = [] if mode is Mode.DENSE else [Search(words, depth, one) for one in asked]
        found = self.engine.several([*dense, *lexical])
        return _Candidates(_together(found[: len(dense)]), _together(found[len(dense) :]))

    def _looked_at(self, best: list[str], fused: Mapping[str, float], k: int, patient: Patient | None) -> list[str]:
        """Those among which the `k` best must be.

        The prior lifts nothing by more than its weight, and a reranker leaves what it reads among themselves; but any trial may be closed.
        """
        last = max(k, self.ranking.reranked if self.reranker else 0)
        if patient or len(best) <= last:
            return best
        least = fused[best[last - 1]] - self.ranking.prior_weight
        return [key for key in best if fused[key] >= least]

    def _reranked(self, query: str, hits: list[tuple[str, Hit]]) -> list[tuple[str, Hit]]:
        """The best hits with the reranker's opinion blended in: it moves them among themselves and never replaces how they were found."""
        if not self.reranker or not hits:
            return hits
        best, rest = hits[: self.ranking.reranked], hits[self.ranking.reranked :]
        logits = dict(
            zip(
                (key for key, _ in best),
                map(float, self.reranker.score(query, [hit.passage.embedding_text for _, hit in best])),
                strict=True,
            )
        )
        low, high = best[-1][1].scores.fused, best[0][1].scores.fused
        share, opinion = self.ranking.reranker_weight, fusion.min_max(logits)
        return [
            (
                key,
                replace(
                    hit,
                    scores=replace(
                        hit.scores,
                        reranker=logits[key],
                        total=(1 - share) * hit.scores.fused + share * (low + (high - low) * opinion[key]),
                    ),
                ),
            )
            for key, hit in best
        ] + rest

    def _weighed(self, hits: list[tuple[str, Hit]], patient: Patient | None) -> list[tuple[str, Hit]]:
        """In order of relevance and weight as evidence; trials closed to the patient behind all others."""
        this_year = datetime.now(UTC).year
        weighed = []
        for key, hit in hits:
            weight = prior(hit.passage, this_year)
            is_open = patient.may_enter(hit.passage.facets) if patient and hit.passage.kind is Kind.TRIAL else None
            scores = replace(
                hit.scores,
                prior=weight,
                total=hit.scores.total + self.ranking.prior_weight * weight,
                open_to_patient=is_open,
            )
            weighed.append((key, replace(hit, scores=scores)))
        return sorted(
            weighed, key=lambda each: (each[1].scores.open_to_patient is False, -each[1].scores.total, each[0])
        )


def _mode(name: str) -> Mode:
    try:
        return Mode(name)
    except ValueError as error:
        raise UnusableQueryError(f"There is no mode {name!r}. Choose one of: {', '.join(Mode)}.") from error


def _query_vector(embedder: Embedder, query: str, kind: QueryKind) -> Vectors:
    """A claim is a text like those it is compared with: it is embedded as they are, without the model's instruction for queries."""
    if kind is QueryKind.CLAIM:
        vector: Vectors = embedder.embed_passages([query])[0]
        return vector
    return embedder.embed_query(query)


def _first_of_each_document(hits: Iterable[Hit]) -> list[Hit]:
    first: dict[str, Hit] = {}
    for hit in hits:
        first.setdefault(hit.passage.document_id, hit)
    return list(first.values())


def _within(hits: Iterable[Hit], quotas: Mapping[Kind, int]) -> list[Hit]:
    left, kept = dict(quotas), []
    for hit in hits:
        if left.get(hit.passage.kind, 0) > 0:
            left[hit.passage.kind] -= 1
            kept.append(hit)
    return kept


def _together(found: Iterable[Mapping[str, float]]) -> dict[str, float]:
    return {key: score for scores in found for key, score in scores.items()}
