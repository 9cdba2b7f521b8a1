"""The evidence on a question: the cited answer, the stronger evidence first, and a table of the studies it rests on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from assistant.answer import Answer, Claim, EvidenceRow, Source, TaskName, Usage
from assistant.appraisal import level_rank
from assistant.errors import LlmError
from assistant.guardrails.screening import screen
from assistant.planning.rules import Plan, plan
from assistant.progress import Progress, Tell
from assistant.run import Run
from assistant.shelves import passages_in
from assistant.studies.finding import find_studies
from assistant.studies.reader import FIELDS, Row, read_study
from assistant.tasks.base import Need, Request
from assistant.tasks.checks import check_of
from assistant.tasks.falling_back import open_model, warn
from assistant.tasks.question_answering import answered
from assistant.tasks.table import read_by_model, written
from assistant.tracing import timed
from assistant.writing import finish
from indexes.passage import Kind, Passage, Role
from ingestion.document import Document

if TYPE_CHECKING:
    from assistant.service import Assistant

BY_MODEL = 6
"""Studies that a model reads: each is a request of its own; the rules read the others."""


class EvidenceSynthesis:
    """Answers a question and lays out the studies behind it in a table. Guidelines speak in the answer; the table is of studies."""

    name: TaskName = "evidence_synthesis"
    summary = "Weigh the evidence on a question: a cited answer, stronger evidence first, and a table of the studies."
    needs: tuple[Need, ...] = ("question",)

    async def run(self, request: Request, assistant: Assistant, tell: Tell) -> Answer:
        """The answer with its table. Raises what `Assistant.ask` raises."""
        planned = plan(screen(request.question), request.filters)
        answer = await answered(request, assistant, tell)
        run = Run(planned.question, request.filters, engine=answer.engine)
        tell(Progress("studies", "Looking for the studies on it"))
        studies = await timed(
            run, "studies", lambda: find_studies(planned, [one.document_id for one in answer.sources], assistant)
        )
        table, passages = await _table(run, planned, studies, assistant, tell)
        beside = finish(
            run,
            assistant.library,
            assistant.shelf,
            task=self.name,
            question=planned.question,
            reason=None,
            rationale=_rationale(run, table),
            others=passages,
        )
        return _together(answer, beside, table)


async def _table(
    run: Run, planned: Plan, studies: Sequence[Document], assistant: Assistant, tell: Tell
) -> tuple[list[EvidenceRow], list[Passage]]:
    """A row a study, and a passage of each, for its source."""
    model = open_model(run, assistant) if studies else None
    rows, firsts = [], []
    for number, study in enumerate(studies, start=1):
        passages = await asyncio.to_thread(lambda s=study: list(passages_in(assistant.shelf, s.document_id)))  # type: ignore[misc]
        if not passages:
            continue
        row = await timed(run, "read", lambda s=study, p=passages: read_study(s, p, planned.terms))  # type: ignore[misc]
        if model and number <= BY_MODEL and study.kind is Kind.LITERATURE:
            tell(Progress("table", f"{model.name} reads study {number} of {len(studies)}"))
            try:
                row = await read_by_model(run, model, planned.question, _telling(passages, row), row)
            except LlmError as error:
                warn(run, f"{error} The rest of the table was read by rules.")
                model = None
        rows.append(await asyncio.to_thread(written, study, row, check_of(assistant, passages)))
        firsts.append(passages[0])
    return rows, firsts


def _telling(passages: Sequence[Passage], row: Row) -> list[Passage]:
    """What of a long article a model is shown first: where the rules found something, then the abstract, methods and results."""
    found = {read.quote.passage.passage_id for read in row.values() if read.quote}
    order = {Role.CONCLUSION: 1, Role.RESULT: 1, Role.METHOD: 1, Role.SUMMARY: 1}
    return sorted(
        passages,
        key=lambda one: (one.passage_id not in found, one.start > 0, order.get(one.part_at(0).role, 2), one.start),
    )


def _together(answer: Answer, beside: Answer, table: list[EvidenceRow]) -> Answer:
    """The answer with its table, its claims the strongest first; what the table adds to sources, warnings and costs."""
    order = _strongest_first(answer)
    claims = [answer.claims[number] for number in order]
    direction = answer.direction and answer.direction.model_copy(
        update={"claims": sorted(order.index(number) for number in answer.direction.claims)}
    )
    shown = {source.document_id for source in beside.sources}
    prompts = ", ".join(filter(None, (answer.versions.prompts, beside.versions.prompts))) or None
    return answer.model_copy(
        update={
            "task": beside.task,
            "model": answer.model or beside.model,
            "claims": claims,
            "direction": direction,
            "sources": _sources(claims, [*answer.sources, *beside.sources]),
            "nearest": [one for one in answer.nearest if one.document_id not in shown],
            "warnings": list(dict.fromkeys((*answer.warnings, *beside.warnings))),
            "table": table,
            "rationale": f"{answer.rationale} {beside.rationale}",
            "trace": [*answer.trace, *beside.trace],
            "usage": _sum(answer.usage, beside.usage),
            "timings_ms": {
                name: round(answer.timings_ms.get(name, 0.0) + beside.timings_ms.get(name, 0.0), 2)
                for name in dict.fromkeys((*answer.timings_ms, *beside.timings_ms))
            },
            "versions": answer.versions.model_copy(
                update={
                    "prompts": prompts,
                    "seed": answer.versions.seed if answer.versions.seed is not None else beside.versions.seed,
                }
            ),
        }
    )


def _strongest_first(answer: Answer) -> list[int]:
    """The places of the claims by strength; those that the answer begins with because they deny what the question takes for granted stay first."""
    denied = {warning.document_id for warning in answer.warnings if warning.kind == "premise"}
    denying = len([*takewhile(lambda claim: claim.citations[0].document_id in denied, answer.claims)])
    levels = {source.document_id: level_rank(source.evidence_level) for source in answer.sources}
    strengths = [min(levels[one.document_id] for one in claim.citations) for claim in answer.claims]
    return sorted(range(len(strengths)), key=lambda number: 0 if number < denying else 1 + strengths[number])


def _sources(claims: Sequence[Claim], sources: Sequence[Source]) -> list[Source]:
    """The sources in the order in which the claims cite them, then those of the table."""
    cited = [citation.document_id for claim in claims for citation in claim.citations]
    by_id = {source.document_id: source for source in reversed(sources)}
    return [by_id[document_id] for document_id in dict.fromkeys([*cited, *(one.document_id for one in sources)])]


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        prompt_tokens=one.prompt_tokens + other.prompt_tokens,
        completion_tokens=one.completion_tokens + other.completion_tokens,
        cost_usd=round(one.cost_usd + other.cost_usd, 6),
    )


def _rationale(run: Run, table: Sequence[EvidenceRow]) -> str:
    if not table:
        return "No study in the library names all that the question names, so there is no table."
    empty = sum(getattr(row, field) is None for row in table for field in FIELDS)
    by = f"{run.model} and by rules" if run.model else "rules"
    text = f"The table has {len(table)} {'study' if len(table) == 1 else 'studies'}, read by {by} from their own words, the strongest designs first"
    return (
        f"{text}; {empty} of its cells are empty, where a study does not say or it could not be told."
        if empty
        else f"{text}."
    )
