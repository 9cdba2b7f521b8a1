"""An answer in words for patients: each sentence rewritten or explained, its citations kept, nothing added, how hard it reads measured."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from assistant.answer import Answer, Citation, Claim, Reading, TaskName
from assistant.appraisal import usable
from assistant.drafts import Checked, Draft, Failed, Quote
from assistant.errors import LlmError, QuestionError
from assistant.guardrails.screening import screen
from assistant.planning.rules import plan
from assistant.progress import ClaimReady, Progress, Tell
from assistant.run import Run
from assistant.shelves import Shelf, passages_in
from assistant.tasks.base import Model, Need, Request
from assistant.tasks.checks import check_of
from assistant.tasks.falling_back import do_without, open_model, warn
from assistant.tasks.plain.faithful import additions, losses, without_joining
from assistant.tasks.plain.glossary import glossary
from assistant.tasks.plain.reading import grade
from assistant.tasks.question_answering import answered
from assistant.verdicts import read_direction
from assistant.verification.neural import probabilities
from assistant.writing import NEAREST, finish, sentences_cited, source_of

if TYPE_CHECKING:
    from assistant.service import Assistant

MOST = 20
"""Sentences of an answer that are rewritten."""
LONGEST = 900  # characters of a sentence in plain words
PROMPT = "simplify"
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "sentences": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"number": {"type": "integer"}, "text": {"type": "string"}},
                "required": ["number", "text"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["sentences"],
    "additionalProperties": False,
}


class PlainLanguage:
    """Says an answer in plain words. With a model each sentence is rewritten; without one its terms are explained in brackets."""

    name: TaskName = "plain_language"
    summary = "Say an answer in words for patients, citations kept, nothing added; the reading grade is measured."
    needs: tuple[Need, ...] = ("answer", "question")

    async def run(self, request: Request, assistant: Assistant, tell: Tell) -> Answer:
        """The answer given, or the answer to the question, in plain words. A sentence of a given answer that does not hold any more is left out."""
        answer = request.answer or await answered(request, assistant, tell)
        engine = assistant.chosen(request.engine) if request.answer else answer.engine
        run = Run(answer.question, engine=engine, model=None if request.answer else answer.model)
        # How certain the evidence is hangs on these two; else an answer would read as surer for being plain.
        with suppress(QuestionError):  # a summary has none, and a given answer may come with anything
            run.plan = plan(screen(answer.question))
        run.warnings += [warning for warning in answer.warnings if warning.kind == "conflict"]
        tell(Progress("check", f"Checking {len(answer.claims)} sentences"))
        kept = await _still_held(run, answer.claims[:MOST], assistant)
        before = [one.claim.text for one in kept]
        written: dict[int, Checked] = {}
        if (model := open_model(run, assistant)) and kept:
            try:
                written = await _rewritten(run, model, kept, assistant, tell)
                if not written:
                    warn(
                        run,
                        f"No sentence that {model.name} wrote keeps what it rewrites. Their terms are explained instead.",
                    )
            except LlmError as error:
                do_without(run, str(error))
        run.claims = [written.get(number) or _explained(one) for number, one in enumerate(kept)]
        for one in run.claims:
            tell(ClaimReady("write", "A sentence in plain words", one.claim))
        made = finish(
            run,
            assistant.library,
            assistant.shelf,
            task=self.name,
            question=answer.question,
            reason=None
            if run.claims
            else (answer.reason or "No sentence of the answer is carried by its source any more."),
            rationale=_rationale(run, len(answer.claims), len(written)),
        )
        after = [one.claim.text for one in run.claims]
        reading = Reading(grade_before=grade("\n\n".join(before)), grade=grade("\n\n".join(after))) if kept else None
        made = made.model_copy(update=_still_told(run, answer, assistant.shelf) | {"reading": reading})
        return _with_its_own(made, answer, asked_here=request.answer is None)


async def _still_held(run: Run, claims: Sequence[Claim], assistant: Assistant) -> list[Checked]:
    """The claims that their sources still carry, checked anew: a given answer may be old, or not one of ours."""
    kept = []
    for claim in claims:
        checked = await asyncio.to_thread(_held, claim, assistant)
        if isinstance(checked, Checked):
            kept.append(checked)
        else:
            run.failed.append(checked)
    return kept


def _held(claim: Claim, assistant: Assistant) -> Checked | Failed:
    """The claim where it holds, or what it was before its terms were explained in brackets."""
    quotes = _quotes(claim.citations, assistant.shelf)
    check = check_of(assistant, (quote.passage for quote in quotes))
    checked = check(Draft(claim.text, quotes))
    bare = _bare(claim.text)
    return check(Draft(bare, quotes)) if isinstance(checked, Failed) and bare != claim.text else checked


def _quotes(citations: Sequence[Citation], shelf: Shelf) -> tuple[Quote, ...]:
    """The quotes that stand where the citations say; one that does not carries nothing."""
    found = []
    for citation in citations:
        passage = shelf.passage(citation.passage_id)
        if passage and passage.text[citation.start : citation.end] == citation.quote:
            found.append(Quote(passage, citation.start, citation.end))
    return tuple(found)


async def _rewritten(
    run: Run, model: Model, kept: Sequence[Checked], assistant: Assistant, tell: Tell
) -> dict[int, Checked]:
    """The sentences that the model wrote and that keep what they must, by the place of the one they stand for. Raises `LlmError`."""
    originals = [one.claim.text for one in kept]
    tell(Progress("rewrite", f"{model.name} rewrites {len(kept)} sentences"))
    parsed = await model.reply(run, PROMPT, SCHEMA, said="\n".join(originals), sentences=originals)
    items = parsed.get("sentences")
    found: dict[int, Checked] = {}
    for item in items if isinstance(items, list) else []:
        number, text = (item.get("number"), item.get("text")) if isinstance(item, Mapping) else (None, None)
        if (
            not isinstance(number, int)
            or isinstance(number, bool)
            or not 1 <= number <= len(kept)
            or not isinstance(text, str)
            or "\n" in originals[number - 1]  # a list, which stays one
        ):
            continue
        checked = await asyncio.to_thread(rewording, kept[number - 1], text, assistant)
        if isinstance(checked, Checked):
            found.setdefault(number - 1, checked)
        else:
            run.failed.append(checked)
    return found


def rewording(original: Checked, text: str, assistant: Assistant) -> Checked | Failed:
    """The claim in other words, where they keep what they must and the same quotes carry them, once plain words are put back into terms."""
    plain = " ".join(text.split())[:LONGEST]
    quotes = _quotes(original.claim.citations, assistant.shelf)
    draft = Draft(plain, quotes)
    if not plain or any(bracket in plain for bracket in "[]<>{}"):
        return Failed(draft, ("is not a plain sentence",))
    source = " ".join((original.claim.text, *(quote.text for quote in quotes)))
    restored, stood = glossary().restore(plain, source)
    if lost := losses(original.claim.text, restored):
        return Failed(draft, tuple(lost))
    if new := additions(restored, source):
        return Failed(draft, (f"adds {', '.join(new)}",))
    check = check_of(assistant, (quote.passage for quote in quotes))
    checked = check(Draft(restored, quotes))
    if isinstance(checked, Failed):
        checked = check(Draft(without_joining(restored), quotes))
    if isinstance(checked, Failed):
        return Failed(draft, checked.findings)
    said = [f"in plain words: “{phrase}” for “{term}”" for phrase, term in stood.items()]
    claim = checked.claim.model_copy(update={"text": plain, "findings": [*checked.claim.findings, *said]})
    return Checked(claim, checked.passages)


def _explained(one: Checked) -> Checked:
    """The sentence as it is, with the terms that the glossary knows explained in brackets."""
    text, _ = glossary().annotate(one.claim.text)
    return (
        Checked(one.claim.model_copy(update={"text": text}), one.passages)
        if _bare(text) == _bare(one.claim.text)
        else one
    )


def _bare(text: str) -> str:
    return re.sub(r" \[[^\[\]]*\]", "", text)


def _still_told(run: Run, answer: Answer, shelf: Shelf) -> dict[str, Any]:
    """What else the ordinary answer told, as far as it holds: the parts that it left open, or what it offered as reading, and its direction.

    The direction is read anew from the sentences that are kept, whose places may have changed; it is dropped where it comes out otherwise.
    """
    if not run.claims:
        firsts = [next(passages_in(shelf, one.document_id), None) for one in answer.nearest[:NEAREST]]
        held = [first for first in firsts if first and usable(first)]
        return {"nearest": [source_of(first, shelf.document(first.document_id)) for first in held]}
    told = answer.direction
    direction = None
    if told and run.plan:
        direction = read_direction(run.plan.question, [*sentences_cited(run.claims)], judge=probabilities)
    same = direction and told and direction.verdict == told.verdict
    return {"unanswered": answer.unanswered, "direction": direction if same else None}


def _with_its_own(made: Answer, answer: Answer, *, asked_here: bool) -> Answer:
    """The answer in plain words with what the ordinary one warned of and, where it was made for this, cost."""
    update: dict[str, Any] = {"warnings": list(dict.fromkeys((*answer.warnings, *made.warnings)))}
    if asked_here:
        usage = {
            name: getattr(answer.usage, name) + getattr(made.usage, name) for name in type(made.usage).model_fields
        }
        prompts = ", ".join(filter(None, (answer.versions.prompts, made.versions.prompts))) or None
        update |= {
            "trace": [*answer.trace, *made.trace],
            "usage": made.usage.model_copy(update=usage),
            "timings_ms": {
                **made.timings_ms,
                "total": round(answer.timings_ms.get("total", 0.0) + made.timings_ms["total"], 2),
            },
            "versions": made.versions.model_copy(update={"prompts": prompts}),
        }
    return made.model_copy(update=update)


def _rationale(run: Run, given: int, rewritten: int) -> str:
    shown = len(run.claims)
    if run.engine == "llm" and rewritten:
        text = f"Rewrote {rewritten} of {shown} sentences in plain words; the figures, drugs, doubts and citations of each are those it had."
        if rewritten < shown:
            text += " The others stayed as they were, with their terms explained in brackets, because no rewriting kept all they say."
    else:
        text = (
            "The sentences stand as they were, with medical terms and units explained in square brackets from a glossary: without a language "
            "model they are not rewritten, so they are no shorter and not easier to follow than before."
        )
    if shown < given:
        text += f" {given - shown} of the answer's sentences were left out: their sources do not carry them, or there were too many."
    return text
