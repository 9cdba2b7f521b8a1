"""The sentences that a question of a development set could be answered with, weighed as the composer weighs them.

Only the documents that answer are read, as if the search had found them and nothing else, and no gate is shut: this is what the choice of sentences
and the reading of their direction are developed on. Sentences' vectors are kept in the evaluations' cache.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.composing.candidates import candidates
from assistant.composing.extractive import Chosen, quotable, term_weight, weigh
from assistant.composing.fit import misfits
from assistant.composing.vectors import SentenceVectors
from assistant.planning.rules import Plan, plan
from evals.cache import CachedEmbedder, cache_folder
from evals.qa_sets import Asked, QuestionSet
from evals.qa_texts import AnyText, write_files
from indexes.embedding import load_embedder
from indexes.passage import Hit, Passage, Scores
from ingestion.chunking import passages_of
from ingestion.document import Document
from ingestion.sources import find_parser

_FOUND = Scores(dense=0.75, lexical=5.0, fused=0.7)
_FREQUENCY = 30  # passages of a library that hold a term


@dataclass(frozen=True, slots=True)
class Pool:
    """A question, its plan, and what could be quoted, best first."""

    asked: Asked
    planned: Plan
    weighed: Sequence[Chosen]


def pools(found: QuestionSet) -> Iterator[Pool]:
    """The pool of each question whose texts are there; where no sentence fits the question, those that do not are taken."""
    passages = _passages({key: found.texts[key] for one in found.questions for key in one.gold if key in found.texts})
    embedder = CachedEmbedder(load_embedder(), cache_folder() / "embeddings.sqlite")
    vectors = SentenceVectors(embedder)
    try:
        for one in found.questions:
            planned = plan(one.question)
            hits = [Hit(passage, _FOUND) for key in sorted(one.gold) for passage in passages.get(key, ())]
            read = [candidate for candidate in candidates(hits) if quotable(planned, candidate)]
            fitting = [candidate for candidate in read if not any(misfits(planned, candidate))] or read
            if fitting:
                weights = {term: term_weight(_FREQUENCY) for term in planned.terms}
                yield Pool(one, planned, weigh(planned, fitting, weights, vectors)[0])
    finally:
        embedder.close()


def _passages(texts: dict[str, AnyText]) -> dict[str, list[Passage]]:
    with tempfile.TemporaryDirectory() as folder:
        return {
            item.document_id: passages_of(item)
            for file in write_files(texts.values(), Path(folder))
            for item in find_parser(file).parse(file)
            if isinstance(item, Document)
        }
