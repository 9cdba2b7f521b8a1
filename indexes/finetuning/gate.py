"""Whether a trained model is better: nDCG@10 on queries it has not seen, against the model it was trained from, both as they will run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from indexes.embedding import Embedder, Vectors
from indexes.errors import ModelError
from indexes.finetuning.bm25 import Bm25
from indexes.finetuning.judged import Judged
from indexes.reranking import Reranker

K = 10
QUERIES = 200  # of all sets together: what is judged in minutes on two cores
POOLED = 10  # texts that BM25 finds for each query and that must be told from the answers
RESAMPLES = 10_000
WINDOW = 64  # texts that are embedded between two words on how far it is

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Mean nDCG@10 over the queries before and after training, and the 95% interval of the difference (paired bootstrap over queries)."""

    queries: int
    before: float
    after: float
    low: float
    high: float

    @property
    def wins(self) -> bool:
        """Whether the model is better beyond chance."""
        return self.low > 0


@dataclass(frozen=True, slots=True)
class Question:
    """A query, and the identifiers of the texts that answer it."""

    query: str
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class Exam:
    """Questions, and the texts that are ranked for them: all their answers, and what BM25 finds for any of them."""

    questions: list[Question]
    texts: dict[str, str]


def set_exams(held_out: Sequence[Judged], queries: int = QUERIES) -> list[Exam]:
    """An exam for each set that has queries, together of about `queries`, each set in proportion. Raises `ModelError` where there are none."""
    whole = sum(len(judged.relevant) for judged in held_out)
    if not whole:
        raise ModelError("No query is held out to judge by: give data with more queries.")
    exams: list[Exam] = []
    for judged in held_out:
        step = math.ceil(whole / queries)
        keys = sorted(judged.relevant)[::step]
        index = Bm25(judged.texts)
        pool = {text for key in keys for text in (*index.best(judged.queries[key], POOLED), *judged.relevant[key])}
        questions = [Question(judged.queries[key], frozenset(judged.relevant[key])) for key in keys]
        if questions:
            exams.append(Exam(questions, {key: judged.texts[key] for key in sorted(pool)}))
    return exams


def judge_embedder(embedder: Embedder, exams: Sequence[Exam], tell: Tell) -> list[float]:
    """nDCG@10 of each question when all texts of its exam are ranked by their similarity to it."""
    scores: list[float] = []
    for exam in exams:
        texts, parts = list(exam.texts.values()), []
        for start in range(0, len(texts), WINDOW):
            tell(f"Judging {embedder.name}", start, len(texts))
            parts.append(embedder.embed_passages(texts[start : start + WINDOW]))
        vectors = np.concatenate(parts)
        keys = list(exam.texts)
        scores += [ndcg(keys, vectors @ embedder.embed_query(each.query), each.relevant) for each in exam.questions]
    return scores


def judge_reranker(reranker: Reranker, exams: Sequence[Exam], tell: Tell) -> list[float]:
    """nDCG@10 of each question when its answers and what BM25 finds for it are ranked by their logits."""
    scores: list[float] = []
    for exam in exams:
        index = Bm25(exam.texts)
        for done, question in enumerate(exam.questions):
            tell(f"Judging {reranker.name}", done, len(exam.questions))
            keys = sorted({*index.best(question.query, POOLED), *sorted(question.relevant)[:POOLED]})
            logits = reranker.score(question.query, [exam.texts[key] for key in keys])
            scores.append(ndcg(keys, logits, question.relevant))
    return scores


def compare(before: Sequence[float], after: Sequence[float], seed: int) -> Comparison:
    """The difference of two systems over the same queries, with its interval (percentile bootstrap; Sakai, SIGIR 2006)."""
    a, b = np.asarray(before), np.asarray(after)
    rows = np.random.default_rng(seed).integers(0, len(a), (RESAMPLES, len(a)))
    low, high = np.percentile((b - a)[rows].mean(axis=1), [2.5, 97.5])
    return Comparison(len(a), float(a.mean()), float(b.mean()), float(low), float(high))


def ndcg(keys: Sequence[str], scores: Sequence[float] | Vectors, relevant: frozenset[str]) -> float:
    """nDCG@10 with gain 1 for every answer (Järvelin and Kekäläinen 2002); of equal scores the first key comes first."""
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")[:K]
    gain = sum(1 / math.log2(rank + 2) for rank, row in enumerate(order) if keys[row] in relevant)
    return gain / sum(1 / math.log2(rank + 2) for rank in range(min(K, len(relevant))))
