"""What each ingredient of ranking adds and costs, on the development sets in BEIR's layout, and the weights by cross-validation.

python benchmarks/ranking.py --data ../shared/data --out benchmarks/results/ranking.json [--reranked-queries 60] [--costs]

Each set goes the way of every document into a library of its own and is searched with one ingredient changed at a time. Weights are chosen for
each sort of query by 5-fold cross-validation: a query is ranked with the weight that was best on the other folds. Queries that share a relevant
document are in one fold: SciFact states most of its claims in several ways, and folds drawn by query would show a model the answers. The reranker
reads the best 20 of a sample of queries, for it takes a second each. Fields that these sets lack are weighed on others (`fields.py`): MeSH headings
on PubMedQA, recommendations on the questions about the Task Force's statements.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import fields
from fields import words_of

from evals.datasets import Collection, read_collection
from evals.metrics import intervals
from evals.metrics.ranking import ranking_metrics
from evals.suites.base import Progress
from evals.suites.retrieval import as_document, library
from indexes import fusion, lexical
from indexes.embedding import load_embedder
from indexes.filters import Filters
from indexes.passage import Passage
from indexes.queries import QueryKind, kind_of, patient_in
from indexes.reranking import load_reranker
from indexes.searcher import Searcher
from ingestion.abbreviations import abbreviations, dominant
from ingestion.chunking import passages_of

SETS = ("scifact", "nfcorpus", "sigir_trials")
DEPTH, FOLDS, METRIC = 1000, 5, "ndcg@10"  # candidates, where nothing else is said
TIMES = {1: "once", 2: "twice", 3: "three times", 5: "five times"}
TIMED = 100  # queries and passages whose time is taken
WEIGHTS = [round(0.05 * step, 2) for step in range(6, 21)]
Scores = Mapping[str, float]
Ranked = Mapping[str, Sequence[str]]


def quiet(*_: object) -> None:
    """Progress that nobody watches."""


class Bench:
    """One set, searched: for each query what dense and lexical search give, and how well a fusion of them ranks the documents."""

    def __init__(self, collection: Collection, searcher: Searcher) -> None:
        self.collection, self.searcher = collection, searcher
        self.passages = [p for key, each in collection.documents.items() for p in passages_of(as_document(key, each))]
        self.judged = {q: g for q, g in collection.judgements.items() if any(x > 0 for x in g.values())}
        self.kinds = {query: kind_of(collection.queries[query]) for query in self.judged}
        texts = {query: collection.queries[query].strip() for query in self.judged}
        embedder = searcher.embedder
        instructed = {query: embedder.embed_query(text) for query, text in texts.items()}
        bare = dict(zip(texts, embedder.embed_passages(list(texts.values())), strict=True))
        self.instructed = {query: self._dense(vector) for query, vector in instructed.items()}
        self.bare = {query: self._dense(vector) for query, vector in bare.items()}
        self.lexical = self.words()
        self.documents: dict[str, str] = {}

    def _dense(self, vector: Any) -> Scores:
        return self.searcher.engine.dense(vector, DEPTH, Filters())

    def words(self, related: Callable[[str], Sequence[str]] = lambda _: ()) -> dict[str, Scores]:
        """BM25 of every query, widened by what `related` gives."""
        return {
            query: self.searcher.engine.lexical(lexical.encode_query(text, related(text)), DEPTH, Filters())
            for query, text in ((query, self.collection.queries[query]) for query in self.judged)
        }

    def ranking(self, fused: Mapping[str, Scores]) -> dict[str, list[str]]:
        """The best 100 documents of each query."""
        best = {q: sorted(s, key=lambda key, s=s: (-s[key], key))[:200] for q, s in fused.items()}  # type: ignore[misc]
        unknown = {point for points in best.values() for point in points} - self.documents.keys()
        self.documents |= {k: p.document_id for k, p in self.searcher.engine.passages(sorted(unknown)).items()}
        return {q: list(dict.fromkeys(self.documents[point] for point in points))[:100] for q, points in best.items()}

    def values(self, fused: Mapping[str, Scores], metric: str = METRIC) -> dict[str, float]:
        """The metric of each query."""
        return ranking_metrics(self.judged, self.ranking(fused), 10)[metric]

    def folds(self) -> dict[str, int]:
        """The fold of each query; queries that share a relevant document share the fold."""
        group = {query: query for query in self.judged}

        def root(query: str) -> str:
            while group[query] != query:
                query = group[query]
            return query

        first: dict[str, str] = {}
        if (
            len(self.judged) > 100 and statistics.mean(len(g) for g in self.judged.values()) < 5
        ):  # else all would be one group
            for query, grades in self.judged.items():
                for document in (d for d, grade in grades.items() if grade > 0):
                    group[root(query)] = root(first.setdefault(document, query))
        roots = sorted({root(query) for query in self.judged})
        random.Random(0).shuffle(roots)
        place = {each: number % FOLDS for number, each in enumerate(roots)}
        return {query: place[root(query)] for query in self.judged}


def blended(
    dense: Mapping[str, Scores], words: Mapping[str, Scores], weight: float, depth: int = DEPTH
) -> dict[str, Scores]:
    """The product's fusion with one weight for all queries, from so many candidates of each part."""
    return {query: fusion.blend(_best(dense[query], depth), _best(words[query], depth), weight) for query in dense}


def _best(scores: Scores, depth: int) -> Scores:
    return dict(itertools.islice(scores.items(), depth))


def cross_validated(bench: Bench, dense: Mapping[str, Scores]) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Each query's metric under the weight that was best, for its sort, on the other folds; and the weights chosen, by sort."""
    folds = bench.folds()
    depth = bench.searcher.ranking.depth
    table = {weight: bench.values(blended(dense, bench.lexical, weight, depth)) for weight in WEIGHTS}
    values, chosen = {}, {}
    for kind in sorted(set(bench.kinds.values())):
        for fold in range(FOLDS):
            train = [q for q in bench.judged if bench.kinds[q] is kind and folds[q] != fold]
            test = [q for q in bench.judged if bench.kinds[q] is kind and folds[q] == fold]
            if not (train and test):
                continue
            weight = max(WEIGHTS, key=lambda w: (sum(table[w][q] for q in train), -abs(w - 0.7)))
            chosen.setdefault(str(kind), []).append(weight)
            values.update({q: table[weight][q] for q in test})
    return values, chosen


def open_first(bench: Bench, fused: Mapping[str, Scores]) -> dict[str, Scores]:
    """Trials that are closed to the patient described, behind all others."""
    result = {}
    for query, scores in fused.items():
        patient = patient_in(bench.collection.queries[query])
        passages = bench.searcher.engine.passages(list(scores))
        result[query] = {
            key: score - (key in passages and not patient.may_enter(passages[key].facets))
            for key, score in scores.items()
        }
    return result


def abbreviation_table(collection: Collection) -> dict[str, list[str]]:
    """What the abbreviations of the set's own texts stand for."""
    counts: dict[str, dict[str, int]] = {}
    for document in collection.documents.values():
        for short, long in {found.key for found in abbreviations(f"{document.title}\n{document.text}")}:
            counts.setdefault(short, {}).setdefault(long, 0)
            counts[short][long] += 1
    return {short: dominant(longs.items())[:1] for short, longs in counts.items()}


def reranked(bench: Bench, fused: Mapping[str, Scores], queries: Sequence[str], spec: str) -> dict[str, Any]:
    """The metric on a sample of queries, before and with the reranker's logits blended in at several weights; seconds a query."""
    reranker, seconds = load_reranker(spec), []
    orders: dict[float, dict[str, Scores]] = {weight: {} for weight in (0.0, 0.1, 0.2, 0.3, 0.5, 1.0)}
    for query in queries:
        scores = fused[query]
        best = sorted(scores, key=lambda key: (-scores[key], key))[:20]
        passages = bench.searcher.engine.passages(best)
        started = time.perf_counter()
        logits = reranker.score(bench.collection.queries[query], [passages[key].embedding_text for key in best])
        seconds.append(time.perf_counter() - started)
        theirs, ours = (
            fusion.min_max(dict(zip(best, map(float, logits), strict=True))),
            fusion.min_max({key: scores[key] for key in best}),
        )
        for weight, order in orders.items():
            order[query] = scores | {key: 1 + (1 - weight) * ours[key] + weight * theirs[key] for key in best}
    values = {
        weight: ranking_metrics({q: bench.judged[q] for q in queries}, bench.ranking(order), 10)[METRIC]
        for weight, order in orders.items()
    }
    return {
        "queries": len(queries),
        "seconds": statistics.median(seconds),
        "weights": {str(weight): statistics.mean(each.values()) for weight, each in values.items()},
    }


def measured(values: Mapping[str, float], before: Mapping[str, float] | None = None) -> dict[str, float]:
    """Mean with its interval and, beside `before`, the paired difference with its."""
    queries = sorted(values)
    mean = intervals.mean([values[q] for q in queries], resamples=1000, seed=0)
    row = {"value": mean.value, "low": mean.low, "high": mean.high}
    if before is not None:
        gain = intervals.paired_difference(
            [values[q] for q in queries], [before[q] for q in queries], "before", resamples=1000, seed=0
        )
        row |= {"gain": gain.value, "gain_low": gain.low, "gain_high": gain.high}
    return row


def measure(data: Path, name: str, options: argparse.Namespace) -> dict[str, Any]:
    """All figures of one set."""
    collection = read_collection(data / "eval" / "retrieval" / name)
    progress: Progress = quiet
    with patch("indexes.lexical.american", lambda word: word):
        lexical.stem.cache_clear()
        with library(collection, progress) as searcher:
            as_spelt = Bench(collection, searcher).lexical
    lexical.stem.cache_clear()
    with library(collection, progress) as searcher:
        bench = Bench(collection, searcher)
        fixed = bench.values(blended(bench.instructed, bench.lexical, 0.7))
        claims = {q: bench.bare[q] if bench.kinds[q] is QueryKind.CLAIM else bench.instructed[q] for q in bench.judged}
        rows = {
            "BM25": measured(bench.values(bench.lexical)),
            "BM25, spelling as printed": measured(bench.values(as_spelt)),
            "dense": measured(bench.values(bench.instructed)),
            "dense, no instruction": measured(bench.values(bench.bare)),
            "RRF": measured(
                bench.values({q: fusion.reciprocal_rank(bench.instructed[q], bench.lexical[q]) for q in bench.judged})
            ),
            "blend .7": measured(fixed),
            "blend .7, 100 candidates": measured(
                bench.values(blended(bench.instructed, bench.lexical, 0.7, 100)), fixed
            ),
            "blend .7, 200 candidates": measured(
                bench.values(blended(bench.instructed, bench.lexical, 0.7, 200)), fixed
            ),
            "blend .6, 200 candidates": measured(
                bench.values(blended(bench.instructed, bench.lexical, 0.6, 200)), fixed
            ),
            "blend .7, spelling as printed": measured(bench.values(blended(bench.instructed, as_spelt, 0.7)), fixed),
            "blend .7, claims as passages": measured(bench.values(blended(claims, bench.lexical, 0.7)), fixed),
        }
        table = abbreviation_table(collection)
        widened = bench.words(lambda text: spelt_out(text, table))
        rows["blend .7, abbreviations spelt out"] = measured(
            bench.values(blended(bench.instructed, widened, 0.7)), fixed
        )
        rows |= fielded(bench, fixed)
        values, chosen = cross_validated(bench, claims)
        rows["200 candidates, claims as passages, weights by cross-validation"] = measured(values, fixed)
        if any(document.is_trial for document in collection.documents.values()):
            rows["dense, closed trials behind"] = measured(bench.values(open_first(bench, bench.instructed)))
            rows["blend .7, closed trials behind"] = measured(
                bench.values(open_first(bench, blended(bench.instructed, bench.lexical, 0.7))), fixed
            )
            rows["blend .9, closed trials behind"] = measured(
                bench.values(open_first(bench, blended(bench.instructed, bench.lexical, 0.9))), fixed
            )
        shipped = {
            q: [hit.passage.document_id for hit in searcher.search(collection.queries[q], 100, by_document=True)]
            if lexical.tokens(collection.queries[q])
            else []  # a query of small words, which the product refuses
            for q in bench.judged
        }
        rows["**as shipped**"] = measured(ranking_metrics(bench.judged, shipped, 10)[METRIC], fixed)
        sample = sorted(bench.judged)
        random.Random(0).shuffle(sample)
        result: dict[str, Any] = {"n": len(bench.judged), "rows": rows, "weights": chosen}
        result["kinds"] = {str(kind): list(bench.kinds.values()).count(kind) for kind in set(bench.kinds.values())}
        if options.reranked_queries:
            result["reranker"] = reranked(
                bench, blended(claims, bench.lexical, 0.7), sample[: options.reranked_queries], options.reranker
            )
        return result


def fielded(bench: Bench, fixed: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """The title read no, one, two or three times on the lexical side, alone and in the blend."""
    rows = {}
    for weight in (0, 2, 3):
        with words_of(bench.passages, fields.read(title=weight)) as search:
            words = {query: search(bench.collection.queries[query], DEPTH) for query in bench.judged}
        label = f"title {TIMES[weight]}" if weight else "no title"
        rows[f"BM25, {label}"] = measured(bench.values(words))
        rows[f"blend .7, {label} for BM25"] = measured(bench.values(blended(bench.instructed, words, 0.7)), fixed)
    return rows


def costs(data: Path, name: str) -> dict[str, Any]:
    """What a query takes, part by part, and what a passage takes once, in milliseconds: the median of a sample of each."""
    collection = read_collection(data / "eval" / "retrieval" / name)
    table = abbreviation_table(collection)
    passages = [p for key, each in collection.documents.items() for p in passages_of(as_document(key, each))]
    fresh = load_embedder()  # which remembers nothing
    with library(collection, quiet) as built:
        engine, searcher = built.engine, Searcher(built.engine, fresh)
        texts = [text for text in collection.queries.values() if lexical.tokens(text)][:TIMED]
        vectors = [fresh.embed_query(text) for text in texts]
        words = [lexical.encode_query(text) for text in texts]
        found = [
            (engine.dense(vector, 200, Filters()), engine.lexical(terms, 200, Filters()))
            for vector, terms in zip(vectors, words, strict=True)
        ]
        sample = random.Random(1).sample(passages, min(TIMED, len(passages)))
        each, some = range(len(texts)), range(len(sample))

        def by_meaning(depth: int) -> float:
            return _timed(lambda n: engine.dense(vectors[n], depth, Filters()), each)

        def by_words(depth: int) -> float:
            return _timed(lambda n: engine.lexical(lexical.encode_query(texts[n]), depth, Filters()), each)

        def widened(n: int) -> object:
            return engine.lexical(lexical.encode_query(texts[n], spelt_out(texts[n], table)), 200, Filters())

        milliseconds = {
            "a query: its vector": _timed(lambda n: fresh.embed_query(texts[n]), each),
            **{f"a query: by meaning, {depth} candidates": by_meaning(depth) for depth in (100, 200, 1000)},
            **{f"a query: by words, {depth} candidates": by_words(depth) for depth in (100, 200, 1000)},
            "a query: by words, abbreviations spelt out, 200 candidates": _timed(widened, each),
            "a query: the blend of 200 and 200": _timed(lambda n: fusion.blend(*found[n], 0.7), each),
            "a query: reciprocal ranks of 200 and 200": _timed(lambda n: fusion.reciprocal_rank(*found[n]), each),
            "a query: all of it as shipped, ten passages": _timed(lambda n: searcher.search(texts[n], 10), each),
            "a passage: its vector": _timed(lambda n: fresh.embed_passages([sample[n].embedding_text]), some),
            "a passage: its words": _timed(lambda n: lexical.encode_passage(sample[n].lexical_text), some),
        }
    return {"passages": len(passages), "ms": milliseconds}


def spelt_out(text: str, table: Mapping[str, list[str]]) -> list[str]:
    """What the abbreviations in a text stand for."""
    return [long for word in text.split() for long in table.get(word.strip(".,;:()?"), ())]


def _timed(do: Callable[[int], object], numbers: Sequence[int]) -> float:
    do(numbers[0])
    taken = []
    for number in numbers:
        started = time.perf_counter()
        do(number)
        taken.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(taken), 3)


def by_field(data: Path) -> dict[str, Any]:
    """BM25 with other weights of MeSH headings (PubMedQA) and of recommendations (the Task Force's statements)."""
    with (data / "eval/qa/pubmedqa.jsonl").open(encoding="utf-8") as lines:
        questions = [json.loads(line) for line in lines]
    passages, judged = fields.abstracts(data, questions)
    asked = {each["id"]: each["question"] for each in questions if each["id"] in judged}
    readings = {f"MeSH headings {TIMES[n]}" if n else "no MeSH headings": fields.read(mesh=n) for n in (0, 1, 2, 3)}
    result = {"pubmedqa": _by_reading(passages, asked, judged, readings)}
    passages, asked, judged = fields.statements(data)
    readings = {f"recommendations {TIMES[n]}": fields.read(recommendation=n) for n in (1, 2, 3, 5)}
    return result | {"uspstf_qa": _by_reading(passages, asked, judged, readings)}


def _by_reading(
    passages: Sequence[Passage], asked: Mapping[str, str], judged: fields.Judged, readings: Mapping[str, fields.Texts]
) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    before: Mapping[str, float] | None = None
    for label, text in readings.items():
        with words_of(passages, text) as search:
            ranked = {key: list(search(question, 100)) for key, question in asked.items()}
        values = ranking_metrics(judged, ranked, 10)[METRIC]
        rows[label] = measured(values, before)
        before = before or values
    return {"n": len(judged), "passages": len(passages), "rows": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of real data (shared/data)")
    parser.add_argument("--out", type=Path, required=True, help="where to write the figures (JSON)")
    parser.add_argument("--reranker", default="ms-marco-minilm-l12-int8")
    parser.add_argument(
        "--reranked-queries", type=int, default=60, help="how many queries of each set the reranker reads; 0 for none"
    )
    parser.add_argument("--costs", action="store_true", help="only take the times anew, on a quiet machine")
    options = parser.parse_args()
    if options.costs:
        result = json.loads(options.out.read_text("utf-8"))
    else:
        result = {"sets": {}, "fields": by_field(options.data)}
        for name in SETS:
            result["sets"][name] = measure(options.data, name, options)
            print(name, json.dumps(result["sets"][name]["rows"], indent=1), flush=True)
            options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    result["costs"] = {name: costs(options.data, name) for name in SETS}
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
