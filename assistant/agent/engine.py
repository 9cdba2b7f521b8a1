"""The engine that reasons: the rule plan's searches, what a model looks up beyond them, and the sentences it drafts from both."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace

from assistant.agent.book import Book, Entry, fenced, fitting
from assistant.agent.budget import Budget, Limits, estimate_tokens
from assistant.agent.calls import Caller
from assistant.agent.drafting import MAX_CLAIMS, Reader, UnreadableError, drafts, once_more, schema
from assistant.agent.gathering import gather_by_calls, gather_by_plan
from assistant.agent.talking import Talker, needed_tokens
from assistant.answer import EngineName
from assistant.composing.engine import ExtractiveEngine
from assistant.drafts import Draft, Failed
from assistant.errors import ContextError, LlmError
from assistant.guardrails.identifiers import keep_identifiers
from assistant.llms import Llm
from assistant.progress import Progress, Tell
from assistant.prompts import Message, Prompt, render
from assistant.run import Run
from assistant.tools import Bench, Tool
from assistant.tools.base import signature
from assistant.tracing import note
from indexes.passage import Hit

DRAFT_TOKENS = 1000
EVIDENCE_TOKENS = 6000
"""The most evidence a model is shown, whatever its context: more is slower and dearer, and what matters is lost in it (Liu et al. 2024)."""
FIRST = 16
"""Passages of the first searches that a model is shown."""
MAX_QUOTES = 2
"""Quotes that are tried for a sentence whose own does not carry it."""
READ_ON = 8
"""Passages of the sections that were read on (`composing/sections.py`) that it is shown too; no search ranks these."""


class LlmEngine:
    """One question's engine: made anew for each, since it keeps that question's evidence and budget."""

    name: EngineName = "llm"

    def __init__(
        self,
        llm: Llm,
        limits: Limits,
        tools: Sequence[Tool],
        bench: Bench,
        first: ExtractiveEngine,
        *,
        exemplars: bool = True,
    ) -> None:
        self._llm, self._tools, self._bench, self._first, self._exemplars = llm, tools, bench, first, exemplars
        self._budget = Budget(limits, llm.card)
        self._talker = Talker(llm, self._budget)
        self._book = Book()

    async def gather(self, run: Run, tell: Tell) -> None:
        """Search as the rules say, then let the model look up what is missing. Raises `LlmError`."""
        run.model, run.seed = self._llm.card.name, self._llm.seed
        keep_identifiers(self._llm.card, run.planned.question)
        await self._first.gather(run, tell)
        first = _first_shown(run.hits)
        self._book.add((hit.passage for hit in first), first)
        if self._llm.card.tools == "none":
            return
        tell(Progress("gather", f"{self._llm.card.name} looks for what is missing"))
        bench = replace(self._bench, filters=run.planned.filters)  # what a tool finds passes them too
        caller = Caller(self._tools, bench, self._book, run, self._budget, tell)
        started = time.perf_counter()
        try:
            lines = [entry.line() for entry in self._book.entries]
            found = f"Found so far:\n{fenced(lines) if lines else 'nothing'}"
            if self._llm.card.tools == "native":
                prompt = self._prompt(run, "gather", question=run.planned.question, found=found)
                await gather_by_calls(self._llm, self._budget, prompt, caller)
            else:
                prompt = self._prompt(
                    run,
                    "plan_calls",
                    question=run.planned.question,
                    found=found,
                    tools=[signature(tool) for tool in self._tools],
                    max_calls=self._budget.limits.tool_calls,
                )
                await gather_by_plan(self._talker, prompt, caller)
        except ContextError:
            # The tools do not fit into the model; what the first searches found does.
            tell(Progress("gather", f"{self._llm.card.name} is too small for tools"))
        finally:
            run.usage = self._budget.usage
            note(run, "gather", started, tool=self._llm.card.name, hits=len(self._book.entries))

    async def compose(self, run: Run, tell: Tell) -> AsyncIterator[Draft]:
        """Sentences as the model writes them. A draft that cannot be read is asked for once more. Raises `LlmError`."""
        if not self._book.entries:
            return
        tell(Progress("compose", f"{self._llm.card.name} reads {len(self._book.entries)} passages"))
        try:
            messages, entries = self._with_evidence(run, "draft", question=run.planned.question, max_claims=MAX_CLAIMS)
            reader = Reader(self._book)
            try:
                async for draft in self._drafted(run, messages, entries, reader):
                    yield draft
            except UnreadableError as error:
                tell(Progress("compose", "Asking for the draft once more: it could not be read"))
                again = once_more(messages, reader.text, error)
                async for draft in self._drafted(run, again, entries, reader := Reader(self._book)):
                    yield draft
            run.declined = reader.declined
        finally:
            run.usage = self._budget.usage

    async def repair(self, run: Run, failed: Sequence[Failed]) -> AsyncIterator[Draft]:
        """For what did not stand up a better quote of what was found, and where none carries it a narrower wording. Raises `LlmError`."""
        for one in failed:
            for quote in self._book.closest(one.draft.text, MAX_QUOTES, besides=one.draft.quotes):
                if not _stands(run, one):
                    yield Draft(one.draft.text, (quote,))
        items = [
            {"text": one.draft.text, "citations": self._references(one.draft), "why": one.why}
            for one in failed
            if one.draft.text and not _stands(run, one)
        ]
        if not items:
            return
        try:
            messages, entries = self._with_evidence(run, "repair", question=run.planned.question, failed=items)
            async for draft in self._drafted(run, messages, entries, Reader(self._book)):
                yield draft
        finally:
            run.usage = self._budget.usage

    async def _drafted(
        self, run: Run, messages: Sequence[Message], entries: Sequence[Entry], reader: Reader
    ) -> AsyncIterator[Draft]:
        started = time.perf_counter()
        stream = self._talker.stream(messages, schema=schema(entries), max_tokens=self._reply_tokens)
        try:
            async with aclosing(stream):
                async for draft in drafts(stream, reader):
                    yield draft
        finally:
            note(run, "draft", started, tool=self._llm.card.name)

    def _with_evidence(self, run: Run, name: str, **values: object) -> tuple[tuple[Message, ...], list[Entry]]:
        """The prompt with as much evidence as fits, the best first. Raises `LlmError` where none does."""
        bare = needed_tokens(self._prompt(run, name, evidence="", **values).messages)
        room = self._llm.card.context_tokens - self._reply_tokens - bare
        entries = fitting(self._book.ranked(), min(room, EVIDENCE_TOKENS))
        while entries and sum(e.tokens for e in entries) + estimate_tokens(json.dumps(schema(entries))) > room:
            entries.pop()  # the least of them
        if not entries:
            raise ContextError(bare + self._reply_tokens, self._llm.card.context_tokens)
        shown = sorted(entries, key=lambda entry: entry.number)
        evidence = "\n".join(entry.block() for entry in shown)
        return self._prompt(run, name, evidence=evidence, **values).messages, shown

    @property
    def _reply_tokens(self) -> int:
        """Room for a draft; of a small context not too much."""
        card = self._llm.card
        return min(DRAFT_TOKENS, card.output_tokens, card.context_tokens // 3)

    def _prompt(self, run: Run, name: str, **values: object) -> Prompt:
        prompt = render(name, exemplars=self._exemplars, **values)
        run.prompts[prompt.label] = prompt.digest
        return prompt

    def _references(self, draft: Draft) -> list[str]:
        """The numbers of a draft's quotes."""
        of = {
            (entry.passage.passage_id, start): f"{entry.name}.{n}"
            for entry in self._book.entries
            for n, (start, _) in enumerate(entry.spans, start=1)
        }
        return [of[quote.passage.passage_id, quote.start] for quote in draft.quotes]


def _stands(run: Run, failed: Failed) -> bool:
    """Whether a sentence that failed has been shown since, with another quote."""
    return any(checked.claim.text == failed.draft.text for checked in run.claims)


def _first_shown(hits: Sequence[Hit]) -> list[Hit]:
    """The best of what the searches found, and of what was read on beyond them."""
    best = sorted(hits, key=lambda hit: -hit.scores.total)
    found, read_on = ([hit for hit in best if (hit.scores.fused > 0) is searched] for searched in (True, False))
    return [*read_on[:READ_ON], *found[:FIRST]]


class MissingEngine:
    """Stands for a model that is set up and cannot be used: it says why whenever it is asked."""

    name: EngineName = "llm"

    def __init__(self, why: str) -> None:
        self._why = why

    async def gather(self, run: Run, tell: Tell) -> None:  # noqa: ARG002
        """Raises `LlmError`."""
        raise LlmError(self._why)

    async def compose(self, run: Run, tell: Tell) -> AsyncIterator[Draft]:  # noqa: ARG002
        """Never asked: nothing was gathered."""
        raise LlmError(self._why)
        yield

    async def repair(self, run: Run, failed: Sequence[Failed]) -> AsyncIterator[Draft]:  # noqa: ARG002
        """Never asked: nothing was composed."""
        raise LlmError(self._why)
        yield
