"""The way of a question as a LlamaIndex workflow: screen, plan, search, compose, verify, answer; a step each, a typed event between.

Steps that compute run in a thread, so that a server goes on serving meanwhile. `Told` events stream to whoever asked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, TypeVar

from pydantic import SkipValidation
from workflows import Context, Workflow, step
from workflows.events import Event, StartEvent, StopEvent

from assistant.answer import Citation, Claim, TraceStep
from assistant.appraisal import level_rank, usable
from assistant.composing.extractive import Chosen, compose
from assistant.composing.vectors import SentenceVectors
from assistant.filtering import said_by
from assistant.guardrails.screening import screen
from assistant.planning.rules import plan
from assistant.planning.terms import Term
from assistant.progress import Progress
from assistant.run import Run
from assistant.verification import verify
from assistant.writing import write_answer
from indexes.lexical import encode_tokens
from indexes.passage import Filters, Hit, Kind
from ingestion.library import Library

TIMEOUT_S = 60.0
COUNT_UP_TO = 1000
T = TypeVar("T")


AnyRun = Annotated[Run, SkipValidation]


class Asked(StartEvent):
    """A question has come."""

    run: AnyRun


class Planned(Event):
    """It is known what to look for."""

    run: AnyRun


class Found(Event):
    """The searches are done."""

    run: AnyRun


class Composed(Event):
    """Sentences are chosen."""

    run: AnyRun


class Verified(Event):
    """What did not hold is gone."""

    run: AnyRun


class Told(Event):
    """Word for the reader while the answer is being made."""

    progress: Annotated[Progress, SkipValidation]


class QuestionWorkflow(Workflow):
    """Answers one question at a time a run; runs may overlap."""

    def __init__(self, library: Library) -> None:
        super().__init__(timeout=TIMEOUT_S)
        self._library = library
        self._vectors = SentenceVectors(library.searcher.embedder)

    @step
    async def screen_and_plan(self, ctx: Context, event: Asked) -> Planned:
        """Refuse what is no question; else find its key terms and where to look."""
        run = event.run
        ctx.write_event_to_stream(Told(progress=Progress("plan", "Reading the question")))
        run.plan = await self._timed(run, "plan", None, {}, lambda: plan(screen(run.question), run.filters))
        return Planned(run=run)

    @step
    async def search(self, ctx: Context, event: Planned) -> Found:
        """Search each kind of evidence, and weigh the key terms by what the library knows."""
        run = event.run
        for kind, quota in run.planned.quotas.items():
            ctx.write_event_to_stream(Told(progress=Progress("search", f"Searching {NAMES[kind]}")))
            arguments = {"kind": str(kind), "k": quota, **said_by(replace(run.planned.filters, kinds=frozenset()))}
            run.hits += await self._timed(
                run,
                "search",
                f"search_{NAMES[kind]}",
                arguments,
                lambda k=kind, n=quota: self._search(run, k, n),  # type: ignore[misc]
            )
        run.frequencies = await asyncio.to_thread(self._frequencies, run.planned.terms)
        return Found(run=run)

    @step
    async def compose(self, ctx: Context, event: Found) -> Composed:
        """Choose sentences from what may carry a claim."""
        run = event.run
        ctx.write_event_to_stream(Told(progress=Progress("compose", f"Reading {len(run.hits)} passages")))
        hits = [hit for hit in run.hits if usable(hit.passage)]
        run.composition = await self._timed(
            run, "compose", None, {}, lambda: compose(run.planned, hits, run.frequencies, self._sentence_vectors())
        )
        return Composed(run=run)

    @step
    async def verify(self, ctx: Context, event: Composed) -> Verified:
        """Check every claim against the words it cites, as the ledger has them; what does not hold is taken out."""
        run = event.run
        ctx.write_event_to_stream(Told(progress=Progress("verify", "Checking every citation against its source")))
        await self._timed(run, "verify", None, {}, lambda: self._verify(run))
        return Verified(run=run)

    @step
    async def answer(self, event: Verified) -> StopEvent:
        """Order by strength of evidence, appraise, write down."""
        run = event.run
        run.claims.sort(key=lambda pair: level_rank(pair[1].evidence_level))
        return StopEvent(result=write_answer(run, self._library))

    def _sentence_vectors(self) -> SentenceVectors:
        """Those of the embedder that the library is searched with, which may have changed."""
        embedder = self._library.searcher.embedder
        if self._vectors.embedder is not embedder:
            self._vectors = SentenceVectors(embedder)
        return self._vectors

    async def _timed(
        self, run: Run, name: str, tool: str | None, arguments: dict[str, object], work: Callable[[], T]
    ) -> T:
        """Do the work in a thread and note it in the trace."""
        started = time.perf_counter()
        result = await asyncio.to_thread(work)
        ms = round((time.perf_counter() - started) * 1000, 2)
        hits = len(result) if isinstance(result, list) else None
        run.trace.append(TraceStep(step=name, tool=tool, arguments=arguments, hits=hits, ms=ms))
        return result

    def _search(self, run: Run, kind: Kind, quota: int) -> list[Hit]:
        only = replace(run.planned.filters, kinds=frozenset({kind}))
        return self._library.searcher.search(run.planned.question, quota, only)

    def _frequencies(self, terms: Sequence[Term]) -> dict[Term, int]:
        """In how many passages of the library each term occurs under one of its names; counted up to `COUNT_UP_TO`."""
        searcher = self._library.searcher  # held as long as its engine is asked
        words = {word for term in terms for name in term.names for word in name.split()}
        counts = {word: len(searcher.engine.lexical(encode_tokens([word]), COUNT_UP_TO, Filters())) for word in words}
        return {term: max(min(counts[word] for word in name.split()) for name in term.names) for term in terms}

    def _verify(self, run: Run) -> None:
        retrieved = {hit.passage.passage_id for hit in run.hits}
        for chosen in run.composition.chosen:
            passage = self._library.ledger.passage(chosen.candidate.hit.passage.passage_id)
            if passage is None:
                run.removed.append("its source has left the library")
                continue
            citation = _cite(chosen)
            verdict = verify(chosen.candidate.text, [(citation, passage)], allowed=retrieved)
            if not verdict.supported:
                run.removed.append("; ".join(verdict.findings))
                continue
            citation = citation.model_copy(update={"support": verdict.support})
            claim = Claim(
                text=chosen.candidate.text,
                support=verdict.support,
                findings=list(verdict.findings),
                citations=[citation],
            )
            run.claims.append((claim, passage))


NAMES = {Kind.GUIDELINE: "guidelines", Kind.LITERATURE: "literature", Kind.TRIAL: "trials"}


def _cite(chosen: Chosen) -> Citation:
    candidate = chosen.candidate
    passage = candidate.hit.passage
    return Citation(
        passage_id=passage.passage_id,
        document_id=passage.document_id,
        quote=candidate.text,
        start=candidate.start,
        end=candidate.end,
        support=0.0,
    )
