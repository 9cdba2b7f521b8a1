"""A document summed up: its conclusion, its main results, its recommendations with their grades; every sentence cited."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.agent.drafting import schema
from assistant.answer import Answer, TaskName
from assistant.composing.vectors import SentenceVectors
from assistant.drafts import Checked, Draft, Quote
from assistant.errors import LlmError
from assistant.guardrails.screening import screen
from assistant.progress import ClaimReady, Progress, Tell
from assistant.run import Run
from assistant.shelves import passages_in
from assistant.tasks.base import Model, Need, Request
from assistant.tasks.checks import Check, check_of
from assistant.tasks.choosing import Weighed, choose, weigh
from assistant.tasks.falling_back import do_without, open_model
from assistant.tasks.numbered import drafts_in, shown_to, text_of
from assistant.tracing import timed
from assistant.writing import finish
from indexes.passage import Status
from ingestion.document import Document

if TYPE_CHECKING:
    from assistant.service import Assistant

FEWEST_WORDS = 3
"""Of a sentence: a bare figure is none, however true."""


class Summarising:
    """Sums up one document of the library, all of it or what it says on a focus."""

    name: TaskName = "summarising"
    summary = "Sum up a document, all of it or what it says on a question, every sentence cited."
    needs: tuple[Need, ...] = ("document_id",)

    async def run(self, request: Request, assistant: Assistant, tell: Tell) -> Answer:
        """At most `request.sentences` sentences, in the order of the document."""
        focus = screen(request.question) if request.question.strip() else ""
        document = assistant.document(request.document_id)
        run = Run(focus, engine=assistant.chosen(request.engine))
        passages = list(passages_in(assistant.shelf, request.document_id))
        check = check_of(assistant, passages)
        vectors = SentenceVectors(assistant.library.searcher.embedder)
        tell(Progress("read", f"Reading {len(passages)} passages"))
        weighed = await timed(run, "read", lambda: weigh(passages, focus, vectors))
        drafts: Sequence[Draft] = ()
        if model := open_model(run, assistant):
            try:
                drafts = await _drafted(run, model, weighed, focus, request.sentences, tell)
                await _check(run, drafts, request.sentences, check, tell)
                if not drafts:
                    do_without(run, "The model found nothing to say.")
                elif not run.claims:
                    do_without(run, "No sentence that the model wrote is carried by the document.")
            except LlmError as error:
                do_without(run, str(error))
        if run.engine == "extractive":
            chosen = await asyncio.to_thread(choose, weighed, request.sentences, vectors)
            drafts = [Draft(one.text, (Quote(one.hit.passage, one.start, one.end),)) for one in chosen]
            await _check(run, drafts, request.sentences, check, tell)
        run.claims.sort(key=lambda one: one.passages[0].start + one.claim.citations[0].start)
        return finish(
            run,
            assistant.library,
            assistant.shelf,
            task=self.name,
            question=focus,
            reason=None if run.claims else _reason(document, weighed, focus),
            rationale=_rationale(run, len(weighed)),
        )


async def _drafted(
    run: Run, model: Model, weighed: Sequence[Weighed], focus: str, sentences: int, tell: Tell
) -> list[Draft]:
    """What the model writes from the document's own sentences, the best passages first. Raises `LlmError`."""
    best = dict.fromkeys(one.candidate.hit.passage.passage_id for one in weighed if one.about)
    passages = {one.candidate.hit.passage.passage_id: one.candidate.hit.passage for one in weighed}
    if not best:
        return []
    values = {"focus": focus, "sentences": sentences}
    book, entries = shown_to(model, "summarise", (passages[one] for one in best), schema, **values)
    tell(Progress("compose", f"{model.name} reads {len(entries)} passages"))
    parsed = await model.reply(run, "summarise", schema(entries), said=focus, evidence=text_of(entries), **values)
    return [draft for draft in drafts_in(parsed, book) if len(draft.text.split()) >= FEWEST_WORDS]


async def _check(run: Run, drafts: Sequence[Draft], sentences: int, check: Check, tell: Tell) -> None:
    for draft in drafts:
        if len(run.claims) == sentences:
            return
        checked = await asyncio.to_thread(check, draft)
        if isinstance(checked, Checked):
            run.claims.append(checked)
            tell(ClaimReady("verify", f"{len(run.claims)} sentences checked", run.claims[-1].claim))
        else:
            run.failed.append(checked)
            run.removed += 1


def _reason(document: Document, weighed: Sequence[Weighed], focus: str) -> str:
    if document.status is Status.RETRACTED:
        return "The document has been retracted, and retracted work is no evidence."
    if not weighed:
        return "The document has no whole sentences that could be quoted: read it with `citewell show`."
    if focus:
        return "The document says nothing on the focus. Leave the focus out, or look for another document."
    return "No sentence of the document stood up to the check."


def _rationale(run: Run, considered: int) -> str:
    text = f"Weighed {considered} sentences of the document and chose {len(run.claims)}, in its own order."
    if run.engine == "extractive":
        text += " Sentences are chosen by what they do in the document and quoted word for word; they are not put together or shortened."
    if run.removed:
        text += f" {run.removed} did not stand up to the check and were taken out."
    return text
