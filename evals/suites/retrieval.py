"""Retrieval: does the product's own search find the relevant documents of a set in BEIR's layout?

The set's texts go the way of every document (chunked, embedded, indexed in a library of their own) and are searched in each mode.
A document stands where its best passage stands.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from evals.cache import CachedEmbedder, cache_folder
from evals.datasets import Collection, CorpusDocument, read_collection
from evals.errors import DataError
from evals.finding import hits_for, refused
from evals.metrics import intervals
from evals.metrics.ranking import DEPTH, ranking_metrics
from evals.result import Comparison, Measures
from evals.suites.base import Case, Line, Options, Outcome, Progress
from indexes.embedding import load_embedder
from indexes.engines.edge import EdgeEngine
from indexes.passage import Kind, Passage, Role
from indexes.searcher import Mode, Searcher
from ingestion.chunking import passages_of
from ingestion.document import Document, TextBuilder

BATCH = 128  # passages between two commits of the cache: a killed run loses seconds
HARDEST = 20
SHIPPED = Mode.BLEND
PARTS = (Mode.DENSE, Mode.BM25)
_SEXES = {"both": "all"}  # ClinicalTrials.gov said it so until 2017
SYSTEMS = (Mode.BLEND, *PARTS, Mode.RRF)

Search = Callable[[str, int, Mode], Sequence[str]]
"""(query, k, mode) -> the documents of the k best passages, best first; a document stands once for each of its passages."""


class RetrievalSuite:
    """nDCG, recall, reciprocal rank and precision of dense, BM25, RRF and the blend, with the time a search takes."""

    name = "retrieval"
    summary = "documents found for a query (BEIR layout: corpus.jsonl, queries.jsonl, qrels.tsv)"

    def run(self, data: Path, options: Options, progress: Progress) -> Outcome:
        """Index the set, search it in every mode and measure. Raises `DataError`, and whatever the index raises."""
        collection = read_collection(data)
        judgements = {
            query: grades for query, grades in collection.judgements.items() if any(g > 0 for g in grades.values())
        }
        if not judgements:
            raise DataError(
                f"{collection.name}: no query has a relevant document (a score above 0): nothing to measure"
            )
        with library(collection, progress) as searcher:
            rankings, times = rank(_search(searcher), collection.queries, list(judgements), options.k, progress)
            embedder = searcher.embedder.name
        values = {
            system: {
                name: list(by_query.values())
                for name, by_query in ranking_metrics(judgements, rankings[system], options.k).items()
            }
            for system in SYSTEMS
        }
        return Outcome(
            data=collection.name,
            n=len(judgements),
            shipped=SHIPPED,
            systems={system: _measures(values[system], times[system], options) for system in SYSTEMS},
            values={str(system): values[system] for system in SYSTEMS},
            comparisons=_comparisons(values, options),
            hardest=_hardest(
                collection, judgements, rankings[SHIPPED], values[SHIPPED][f"ndcg@{options.k}"], options.k
            ),
            problems=[*collection.problems, *refused(collection.queries, judgements)],
            left_out={"queries without a relevant document": len(collection.queries) - len(judgements)},
            settings={"k": options.k, "resamples": options.resamples, "documents": len(collection.documents)},
            versions={"embedder": embedder},
        )


@contextmanager
def library(collection: Collection, progress: Progress) -> Iterator[Searcher]:
    """A searcher over the set's documents, in a library that is gone afterwards."""
    passages = [
        passage for key, document in collection.documents.items() for passage in passages_of(as_document(key, document))
    ]
    if not passages:
        raise DataError(f"{collection.name}: no document has any text: nothing to search")
    with (
        tempfile.TemporaryDirectory(prefix="citewell-eval-") as folder,
        closing(CachedEmbedder(load_embedder(), cache_folder() / "embeddings.sqlite")) as embedder,
        closing(EdgeEngine.open(Path(folder) / "index", dimension=embedder.dimension)) as engine,
    ):
        searcher = Searcher(engine, embedder)
        _index(searcher, passages, progress)
        yield searcher


def as_document(key: str, document: CorpusDocument) -> Document:
    """A text of the set as the product has documents; a text without body is its title."""
    builder = TextBuilder()
    builder.add(document.text if document.text.strip() else document.title, Role.BODY)
    attributes = {}
    if document.is_trial:
        sex = _SEXES.get(document.sex.lower(), document.sex.lower())
        attributes = {"sex": sex, "minimum_age": document.minimum_age, "maximum_age": document.maximum_age}
    return Document(
        document_id=key,
        kind=Kind.TRIAL if document.is_trial else Kind.LITERATURE,
        attributes=attributes,
        title=document.title.strip() if document.text.strip() else "",
        text=builder.text,
        sections=tuple(builder.sections),
    )


def rank(
    search: Search, queries: Mapping[str, str], asked: Sequence[str], k: int, progress: Progress
) -> tuple[dict[Mode, dict[str, list[str]]], dict[Mode, list[float]]]:
    """System -> query -> the best 100 documents, and system -> milliseconds of each search for `k` passages."""
    rankings: dict[Mode, dict[str, list[str]]] = {}
    times: dict[Mode, list[float]] = {}
    for number, system in enumerate(SYSTEMS):
        rankings[system], times[system] = {}, []
        search(queries[asked[0]], k, system)  # the first search of a kind loads what the others find loaded
        for done, query in enumerate(asked, start=1):
            started = time.perf_counter()
            search(queries[query], k, system)
            times[system].append((time.perf_counter() - started) * 1000)
            rankings[system][query] = _best_documents(search, queries[query], system)
            progress("searching", number * len(asked) + done, len(SYSTEMS) * len(asked))
    return rankings, times


def _best_documents(search: Search, query: str, system: Mode) -> list[str]:
    """The best `DEPTH` documents; as several passages may be of one, more are asked for until these are enough."""
    wanted = 2 * DEPTH
    while True:
        found = search(query, wanted, system)
        documents = list(dict.fromkeys(found))
        if len(documents) >= DEPTH or len(found) < wanted:
            return documents[:DEPTH]
        wanted *= 2


def _search(searcher: Searcher) -> Search:
    return lambda query, k, mode: [hit.passage.document_id for hit in hits_for(searcher, query, k, mode)]


def _index(searcher: Searcher, passages: Sequence[Passage], progress: Progress) -> None:
    for start in range(0, len(passages), BATCH):
        searcher.index(passages[start : start + BATCH])
        progress("indexing", min(start + BATCH, len(passages)), len(passages))
    searcher.engine.optimize()


def _measures(values: Mapping[str, Sequence[float]], times: Sequence[float], options: Options) -> Measures:
    resamples, seed = options.resamples, options.seed
    measures = {name: intervals.mean(each, resamples=resamples, seed=seed) for name, each in values.items()}
    for share in (50, 95):
        measures[f"p{share}_ms"] = intervals.percentile(times, share, resamples=resamples, seed=seed)
    return measures


def _comparisons(values: Mapping[Mode, Mapping[str, Sequence[float]]], options: Options) -> dict[str, Comparison]:
    """For each metric the blend against the better of its parts, query by query."""
    compared = {}
    for name, ours in values[SHIPPED].items():
        best = max(PARTS, key=lambda part: sum(values[part][name]))
        compared[name] = intervals.paired_difference(
            ours, values[best][name], best, resamples=options.resamples, seed=options.seed
        )
    return compared


def _hardest(
    collection: Collection,
    judgements: Mapping[str, Mapping[str, int]],
    rankings: Mapping[str, Sequence[str]],
    values: Sequence[float],
    k: int,
) -> list[Case]:
    """The queries with the lowest nDCG, worst first, with where their relevant documents came and what came first."""

    def line(document: str, mark: str, good: bool) -> Line:
        known = collection.documents.get(document)
        return Line(document, "not in the corpus" if known is None else known.title or known.text[:120], mark, good)

    cases = []
    for value, query in sorted(zip(values, judgements, strict=True))[:HARDEST]:
        grades, ranking = judgements[query], rankings[query]
        place = {document: position for position, document in enumerate(ranking, start=1)}
        relevant = sorted((d for d in grades if grades[d] > 0), key=lambda d: (place.get(d, DEPTH + 1), -grades[d], d))
        expected = [
            line(d, f"rank {place[d]}" if d in place else f"not in the first {DEPTH}", place.get(d, DEPTH + 1) <= k)
            for d in relevant[:5]
        ]
        found = [
            line(d, "relevant" if grades.get(d, 0) > 0 else "not judged relevant", grades.get(d, 0) > 0)
            for d in ranking[:3]
        ]
        cases.append(Case(query, collection.queries[query], value, expected, found))
    return cases
