"""The extractive engine: the rule plan's searches, and whole sentences of what they find. It cannot invent anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from assistant.answer import EngineName
from assistant.appraisal import level_rank, usable
from assistant.appraisal.retraction import refused, retracted_filters
from assistant.composing.extractive import Chosen, compose
from assistant.composing.vectors import SentenceVectors
from assistant.drafts import Draft, Failed, Quote
from assistant.filtering import said_by
from assistant.planning.terms import Term
from assistant.progress import Progress, Tell
from assistant.run import Run
from assistant.tracing import timed
from indexes.lexical import encode_tokens
from indexes.passage import Filters, Hit, Kind, Passage, Status
from indexes.searcher import Mode
from ingestion.library import Library

COUNT_UP_TO = 1000
RETRACTED = 12
"""Passages of retracted work that are looked at."""
NAMES = {Kind.GUIDELINE: "guidelines", Kind.LITERATURE: "literature", Kind.TRIAL: "trials"}


class ExtractiveEngine:
    """Answers from a library without an LLM; may be shared between questions."""

    name: EngineName = "extractive"

    def __init__(self, library: Library) -> None:
        self._library = library
        self._vectors = SentenceVectors(library.searcher.embedder)

    async def gather(self, run: Run, tell: Tell) -> None:
        """Search each kind of evidence, and weigh the key terms by what the library knows."""
        for kind, quota in run.planned.quotas.items():
            tell(Progress("search", f"Searching {NAMES[kind]}"))
            arguments = {"kind": str(kind), "k": quota, **said_by(replace(run.planned.filters, kinds=frozenset()))}
            run.hits += await timed(
                run,
                "search",
                lambda k=kind, n=quota: self._search(run, k, n),  # type: ignore[misc]
                tool=f"search_{NAMES[kind]}",
                arguments=arguments,
            )
        run.retrieved.update(hit.passage.passage_id for hit in run.hits)
        run.frequencies = await asyncio.to_thread(self._frequencies, run.planned.terms)
        run.refused = await asyncio.to_thread(self._refused, run)

    async def compose(self, run: Run, tell: Tell) -> AsyncIterator[Draft]:
        """Sentences from what may carry a claim, each of them its own quote, stronger evidence first."""
        tell(Progress("compose", f"Reading {len(run.hits)} passages"))
        hits = [hit for hit in run.hits if usable(hit.passage)]
        run.composition = await timed(
            run, "compose", lambda: compose(run.planned, hits, run.frequencies, self._sentence_vectors())
        )
        for chosen in sorted(run.composition.chosen, key=_strength):
            candidate = chosen.candidate
            yield Draft(candidate.text, (Quote(candidate.hit.passage, candidate.start, candidate.end),))

    async def repair(self, run: Run, failed: Sequence[Failed]) -> AsyncIterator[Draft]:  # noqa: ARG002
        """Nothing: a quote that does not hold as it stands cannot be worded otherwise."""
        return
        yield  # what makes it a generator

    def _sentence_vectors(self) -> SentenceVectors:
        """Those of the embedder that the library is searched with, which may have changed."""
        embedder = self._library.searcher.embedder
        if self._vectors.embedder is not embedder:
            self._vectors = SentenceVectors(embedder)
        return self._vectors

    def _search(self, run: Run, kind: Kind, quota: int) -> list[Hit]:
        only = replace(run.planned.filters, kinds=frozenset({kind}))
        return self._library.searcher.search(run.planned.question, quota, only)

    def _refused(self, run: Run) -> list[Passage]:
        """Passages of retracted work that would have been evidence; looked for by themselves, as sound work may crowd them out of a search."""
        filters = retracted_filters(run.planned)
        if filters is None or not self._library.ledger.has_status(Status.RETRACTED):
            return []
        found = self._library.searcher.search(run.planned.question, RETRACTED, filters, Mode.BM25)
        hits = {hit.passage.passage_id: hit for hit in [*run.hits, *found] if not usable(hit.passage)}
        return refused(run.planned, list(hits.values()), run.frequencies, self._sentence_vectors())

    def _frequencies(self, terms: Sequence[Term]) -> dict[Term, int]:
        """In how many passages of the library each term occurs under one of its names; counted up to `COUNT_UP_TO`."""
        searcher = self._library.searcher  # held as long as its engine is asked
        words = {word for term in terms for name in term.names for word in name.split()}
        counts = {word: len(searcher.engine.lexical(encode_tokens([word]), COUNT_UP_TO, Filters())) for word in words}
        return {term: max(min(counts[word] for word in name.split()) for name in term.names) for term in terms}


def _strength(chosen: Chosen) -> int:
    return level_rank(chosen.candidate.hit.passage.evidence_level)
