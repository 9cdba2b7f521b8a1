"""The way of a question as a LlamaIndex workflow: screen, plan, gather, compose, repair, answer; a step each, a typed event between.

Every draft is checked as it comes, whichever engine wrote it, and only what holds is told. `Told` events stream to whoever asked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Annotated

from pydantic import SkipValidation
from workflows import Context, Workflow, step
from workflows.events import Event, StartEvent, StopEvent

from assistant.answer import Answer, EngineName, TraceStep
from assistant.answer import Warning as AnswerWarning
from assistant.appraisal.cited import people_in
from assistant.checking import check
from assistant.conversation.parts import parts_of
from assistant.drafts import Checked, Draft
from assistant.engine import Engine
from assistant.errors import LlmError
from assistant.guardrails.screening import screen
from assistant.planning.rules import Plan, plan
from assistant.progress import ClaimReady, Progress, Tell
from assistant.run import Run
from assistant.shelves import Shelf
from assistant.tracing import timed
from assistant.verdicts.disagreeing import disagreeing
from assistant.verdicts.premises import corrected
from assistant.verification.conflicts import Stated, conflict, conflicts
from assistant.verification.features import Embed
from assistant.verification.neural import probabilities
from assistant.wording import counted
from assistant.writing import write_answer
from ingestion.library import Library

MOST = 8
"""Sentences of an answer, however often a model is asked."""
AnyRun = Annotated[Run, SkipValidation]
AnyEngine = Annotated[Engine, SkipValidation]
Engines = Mapping[EngineName, Callable[[], Engine]]
"""How to get each engine for one question."""


class Asked(StartEvent):
    """A question has come."""

    run: AnyRun


class Planned(Event):
    """It is known what to look for."""

    run: AnyRun


class Gathered(Event):
    """The evidence is there."""

    run: AnyRun
    engine: AnyEngine


class Composed(Event):
    """Sentences are drafted, and each has been checked."""

    run: AnyRun
    engine: AnyEngine


class Verified(Event):
    """What did not hold is gone."""

    run: AnyRun


class Told(Event):
    """Word for the reader while the answer is being made."""

    progress: Annotated[Progress, SkipValidation]


class QuestionWorkflow(Workflow):
    """Answers one question at a time a run; runs may overlap. `engines` has the extractive one at least: where an LLM fails, that one answers."""

    def __init__(self, library: Library, shelf: Shelf, engines: Engines, *, embed: Embed, timeout_s: float) -> None:
        super().__init__(timeout=timeout_s)
        self._embed = embed
        self._library = library
        self._shelf = shelf
        self._engines = engines

    @step
    async def screen_and_plan(self, ctx: Context, event: Asked) -> Planned:
        """Refuse what is no question; else find its key terms and where to look."""
        run = event.run
        _teller(ctx)(Progress("plan", "Reading the question"))
        run.plan, *parts = await timed(run, "plan", lambda: _planned(run))
        run.parts = tuple(parts)
        return Planned(run=run)

    @step
    async def gather(self, ctx: Context, event: Planned) -> Gathered:
        """Find evidence."""
        run, tell = event.run, _teller(ctx)
        engine = self._engines[run.engine]()
        try:
            await engine.gather(run, tell)
        except LlmError as error:
            engine = await self._fall_back(run, str(error), tell)
        return Gathered(run=run, engine=engine)

    @step
    async def compose(self, ctx: Context, event: Gathered) -> Composed:
        """Draft sentences, and check each as it comes."""
        run, engine, tell = event.run, event.engine, _teller(ctx)
        try:
            await self._check_all(run, engine.compose(run, tell), tell)
        except LlmError as error:
            engine = await self._answer_otherwise(run, str(error), tell)
        return Composed(run=run, engine=engine)

    @step
    async def repair(self, ctx: Context, event: Composed) -> Verified:
        """What did not hold is mended once; what does not hold then is left out."""
        run, tell = event.run, _teller(ctx)
        if run.failed:
            failed, held = tuple(run.failed), len(run.claims)
            tell(Progress("repair", f"Mending {counted(len(failed), 'sentence')} that the sources do not carry"))
            with suppress(LlmError):  # what holds without being mended still holds
                await self._check_all(run, event.engine.repair(run, failed), tell)
            run.failed = list(failed)  # what was tried in their place is no sentence of the draft
            run.removed = max(0, len(failed) - (len(run.claims) - held))
        if run.engine == "llm" and not run.claims and not run.declined:
            why = "No sentence that the model wrote is carried by its source."
            await self._answer_otherwise(run, why, tell)
        return Verified(run=run)

    @step
    async def answer(self, event: Verified) -> StopEvent:
        """Look at what the question takes for granted and where sources disagree, appraise, write down."""
        return StopEvent(result=await asyncio.to_thread(self._written, event.run))

    def _written(self, run: Run) -> Answer:
        run.claims, warnings = corrected(run.planned.question, run.claims)
        run.warnings += [*warnings, *self._disagreements(run)]
        return write_answer(run, self._library, self._shelf)

    def _disagreements(self, run: Run) -> list[AnswerWarning]:
        """A warning for each two cited documents that disagree, by the words of their sentences or by the effect that they found."""
        people = partial(people_in, shelf=self._shelf)
        about, pairs = disagreeing(run.planned.question, run.claims)
        found = [conflict(about, _stated(one), _stated(other), people) for one, other in pairs]
        found += conflicts([_stated(each) for each in run.claims], probabilities, people)
        once = {each.documents: each for each in reversed(found)}
        return [AnswerWarning(kind="conflict", text=each.text) for each in reversed(once.values())]

    async def _check_all(self, run: Run, drafts: AsyncIterator[Draft], tell: Tell) -> None:
        """Check drafts as they come; tell of those that hold."""
        shown = {checked.claim.text for checked in run.claims}
        spent = 0.0
        async for draft in drafts:
            if draft.text in shown:
                run.answered.add(draft.part)
                continue
            if len(run.claims) == MOST:
                continue
            started = time.perf_counter()
            checked = await asyncio.to_thread(check, draft, self._shelf, run.retrieved, self._embed)
            spent += time.perf_counter() - started
            if isinstance(checked, Checked):
                shown.add(draft.text)
                run.answered.add(draft.part)
                run.claims.append(checked)
                tell(ClaimReady("verify", f"{len(run.claims)} sentences checked", checked.claim))
            else:
                run.failed.append(checked)
        run.trace.append(TraceStep(step="verify", ms=round(spent * 1000, 2)))

    async def _fall_back(self, run: Run, why: str, tell: Tell) -> Engine:
        """The extractive engine, which has gathered; the reader is told why."""
        run.start_over("extractive", f"{why} The answer was put together from sentences of the sources instead.")
        tell(Progress("fallback", "No answer from the model: choosing sentences of the sources"))
        engine = self._engines["extractive"]()
        await engine.gather(run, tell)
        return engine

    async def _answer_otherwise(self, run: Run, why: str, tell: Tell) -> Engine:
        engine = await self._fall_back(run, why, tell)
        await self._check_all(run, engine.compose(run, tell), tell)
        return engine


def _planned(run: Run) -> list[Plan]:
    """The plan of the question, and those of its parts where it asks several things."""
    whole = plan(screen(run.question), run.filters)
    return [whole, *(plan(part, run.filters) for part in parts_of(whole.question))]


def _teller(ctx: Context) -> Tell:
    def tell(progress: Progress) -> None:
        ctx.write_event_to_stream(Told(progress=progress))

    return tell


def _stated(checked: Checked) -> Stated:
    """A claim's first quote, as it is compared with others: a claim's own words may be a model's."""
    return Stated(checked.claim.citations[0].quote, checked.passages[0])
