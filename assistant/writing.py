"""The run of a question into the answer that every door gives."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence

from assistant import __version__
from assistant.answer import Answer, Appraisal, Source, TaskName, Usage, Versions
from assistant.answer import Warning as AnswerWarning
from assistant.appraisal import usable
from assistant.appraisal.body import certainty_of
from assistant.appraisal.cautions import called, retraction_warnings, source_warnings
from assistant.appraisal.cited import appraise_cited
from assistant.composing.candidates import role_of
from assistant.drafts import Checked
from assistant.evidence import grade_cited
from assistant.misspelt import perhaps_meant
from assistant.planning.asking import Asks
from assistant.planning.terms import content_of
from assistant.planning.vocabulary import TermKind
from assistant.run import Run
from assistant.shelves import CALCULATOR, Shelf
from assistant.verdicts import Cited, read_direction
from assistant.verdicts.sentences import Said
from assistant.verification.neural import probabilities
from assistant.wording import counted
from indexes.passage import Kind, Passage
from ingestion.document import Document
from ingestion.library import Library

NEAREST = 3
"""Documents that an abstention offers as reading."""
MIN_NEARNESS = 0.65
"""Cosine of question and passage under which a document is no reading on the question."""
NO_TOPIC = "The question names no drug, condition or test. Say what it is about."
NOUNS = {Kind.GUIDELINE: "guideline", Kind.LITERATURE: "literature", Kind.TRIAL: "trial"}


def write_answer(run: Run, library: Library, shelf: Shelf) -> Answer:
    """The finished answer to a question, or the abstention."""
    reason = None if run.claims else _reason(run, library)
    question = run.planned.question
    cited = [*sentences_cited(run.claims)]
    direction = read_direction(question, cited, judge=probabilities) if run.claims and not run.by_part else None
    told = [each for each in cited if direction and each.claim in direction.claims]
    if Asks.YES_NO in run.planned.asks and not all(_is_on_all(run, each) for each in told):
        direction = None  # that a vaccine is advised says nothing on whether to breastfeed
    answer = finish(run, library, shelf, question=question, reason=reason, rationale=_rationale(run))
    return answer.model_copy(update={"direction": direction})


def _is_on_all(run: Run, cited: Cited) -> bool:
    """Whether a sentence under its headings names all that the question does, but for the people."""
    content = content_of(f"{cited.said.text} . {cited.title}")
    return all(term.occurs_in(content) for term in run.planned.terms if term.kind is not TermKind.POPULATION)


def sentences_cited(claims: Sequence[Checked]) -> Iterator[Cited]:
    """The sentences that the claims cite, as verdicts are read from them."""
    for number, checked in enumerate(claims):
        for citation, passage in zip(checked.claim.citations, checked.passages, strict=True):
            part = passage.part_at(citation.start)
            role = role_of(citation.quote, part.role)
            title = ". ".join((passage.title, *passage.section, part.heading))
            yield Cited(
                number,
                citation.document_id,
                Said(citation.quote, role),
                grade_cited(passage, citation.start, citation.quote),
                title,
                passage.status,
                animal="animals" in passage.facets.mesh and "humans" not in passage.facets.mesh,
            )


def finish(
    run: Run,
    library: Library,
    shelf: Shelf,
    *,
    question: str,
    reason: str | None,
    rationale: str,
    task: TaskName = "question_answering",
    others: Sequence[Passage] = (),
) -> Answer:
    """What a run came to, with its sources and what the reader must be warned of. With a `reason` it is an abstention.

    `others` are passages that something beside the claims cites, such as a table: their documents are sources too, after those of the claims.
    """
    passages = [*(passage for checked in run.claims for passage in checked.passages), *others]
    cited = {passage.document_id: passage for passage in passages}
    documents = {document_id: shelf.document(document_id) for document_id in cited}
    successors = {i: called(d.superseded_by, shelf) for i, d in documents.items() if d is not None and d.superseded_by}
    warnings: list[AnswerWarning] = [*run.warnings, *retraction_warnings(run.refused)]
    warnings += source_warnings(cited.values(), successors, documents)
    appraised = appraise_cited(run.claims, others, documents, successors, shelf, run.plan)
    claims = [checked.claim for checked in run.claims]
    timings: dict[str, float] = {}
    for step in run.trace:
        timings[step.step] = round(timings.get(step.step, 0.0) + step.ms, 2)
    timings["total"] = round((time.perf_counter() - run.started) * 1000, 2)
    return Answer(
        question=question,
        asked=run.asked if run.read.changed else None,
        asked_note=run.read.why or None,
        only=sorted(run.read.only),
        task=task,
        engine=run.engine,
        model=run.model,
        abstained=reason is not None,
        reason=reason,
        unanswered=run.unanswered if run.claims else [],
        rationale=rationale,
        removed=run.removed,
        claims=claims,
        sources=[source_of(passage, documents[i], appraised.get(i)) for i, passage in cited.items()],
        nearest=_nearest(run, shelf, cited) if reason is not None else [],
        warnings=warnings,
        certainty=certainty_of(appraised, claims, conflict=any(warning.kind == "conflict" for warning in warnings)),
        trace=run.trace,
        usage=_together(run.read.usage, run.usage),
        timings_ms=timings,
        versions=Versions(
            citewell=__version__,
            index=library.signature,
            embedder=library.searcher.embedder.name,
            prompts=", ".join(f"{name}:{digest}" for name, digest in {**run.read.prompts, **run.prompts}.items())
            or None,
            seed=run.seed,
        ),
    )


def _nearest(run: Run, shelf: Shelf, cited: Collection[str]) -> list[Source]:
    """The documents closest in meaning to a question that is not answered, closest first, if they speak of something that it names.

    None that has been retracted, and of several with one title one.
    """
    if run.plan is None:  # a task that was given its text has asked the library nothing
        return []
    named = run.plan.of_kind(TermKind.DRUG, TermKind.CONDITION, TermKind.INTERVENTION) or run.plan.terms
    near: dict[str, Passage] = {}
    for hit in sorted(run.hits, key=lambda hit: -(hit.scores.dense or 0.0)):
        passage = hit.passage
        if (hit.scores.dense or 0.0) < MIN_NEARNESS or len(near) == NEAREST:
            break
        content = content_of(passage.embedding_text)
        known = passage.document_id in cited or any(passage.title == each.title for each in near.values())
        if usable(passage) and not known and any(term.occurs_in(content) for term in named):
            near.setdefault(passage.document_id, passage)
    return [source_of(passage, shelf.document(document_id)) for document_id, passage in near.items()]


def _together(*usages: Usage) -> Usage:
    """What was paid in all."""
    return Usage(
        prompt_tokens=sum(each.prompt_tokens for each in usages),
        completion_tokens=sum(each.completion_tokens for each in usages),
        cost_usd=round(sum(each.cost_usd for each in usages), 6),
    )


def source_of(passage: Passage, document: Document | None, appraisal: Appraisal | None = None) -> Source:
    """The document of a passage as a reader is shown it."""
    return Source(
        document_id=passage.document_id,
        kind="calculator" if passage.document_id.startswith(CALCULATOR) else passage.kind.value,
        title=passage.title,
        url=passage.url,
        year=passage.year,
        publisher=document.publisher if document else "",
        evidence_level=passage.evidence_level,
        status=passage.status.value,
        identifiers=dict(document.identifiers) if document else {},
        appraisal=appraisal,
    )


def _reason(run: Run, library: Library) -> str:
    """Why nothing is answered, in words a clinician can act on."""
    if not library.ledger.has_documents():
        return "The library is empty. Fill it with: citewell ingest starter"
    if not run.hits and not run.planned.has_topic:
        return NO_TOPIC
    if not run.hits:
        return "The library holds nothing that matches the question and its filters."
    if not any(usable(hit.passage) for hit in run.hits):
        return "All that was found has been retracted, and retracted work is no evidence."
    if run.declined:
        return "The model has read what was found, and says that it does not answer the question."
    if run.failed:
        return f"Sentences were found, but none stood up to the check against its source ({run.failed[0].why})."
    if not run.planned.has_topic:
        return NO_TOPIC
    if run.unknown:
        texts = (hit.passage.embedding_text for hit in run.hits)
        meant = perhaps_meant(run.planned.question, run.unknown, texts)
        return f"The library holds nothing on: {_list(run.unknown)}." + (
            f" Perhaps this is meant: {meant}" if meant else ""
        )
    if run.refused:
        return "No passage that stands answers it. Work on it was found that has been retracted, and retracted work is no evidence."
    if (registered := _registrations(run)) and not run.planned.wants_trials:
        return f"No passage answers it. Registered trials match, and hold no results: {_list(registered)}. Ask about trials to see them."
    if missing := run.composition.missing:
        if (country := run.planned.country) and missing == (f"guidance for {country.name}",):
            return f"What was found on it is no guidance for {country.name}."
        named = [term.text for term in run.planned.terms]
        if len(named) > 1 and set(named) <= set(missing):
            return f"The library speaks of each of these, and nothing found brings them together: {_list(named)}."
        return f"Nothing that can be quoted answers the whole question: what comes closest says nothing on {_list(missing)}."
    return "The passages found are on other matters: none is close enough to the question to answer it."


def _registrations(run: Run) -> list[str]:
    """Registered trials that name all that is asked about, where the question names a drug."""
    asked = run.planned.of_kind(
        TermKind.DRUG, TermKind.CONDITION, TermKind.INTERVENTION, TermKind.POPULATION, TermKind.HARM, TermKind.OUTCOME
    )
    if not run.planned.of_kind(TermKind.DRUG) or run.planned.absent:  # whom a trial leaves out is not looked up
        return []
    trials = {hit.passage.document_id: hit.passage for hit in run.hits if hit.passage.kind is Kind.TRIAL}
    return [
        document_id
        for document_id, passage in trials.items()
        if all(term.occurs_in(content_of(passage.embedding_text)) for term in asked)
    ]


def _rationale(run: Run) -> str:
    searched = ", ".join(
        f"{sum(hit.passage.kind is kind for hit in run.hits)} {NOUNS[kind]}" for kind in run.planned.quotas
    )
    by_model = run.engine == "llm"
    text = f"Looked at {searched} passages"
    text += "" if by_model else f" and weighed {run.composition.considered} sentences"
    text += f" for: {_list([term.text for term in run.planned.terms])}." if run.planned.terms else "."
    if run.claims and by_model:
        text += (
            f" {run.model} wrote {counted(len(run.claims), 'sentence')}, each checked against the words that it cites."
        )
    elif run.claims:
        text += f" Chose {len(run.claims)}, each quoted word for word, stronger evidence first."
    if run.removed:
        text += f" {run.removed} did not stand up to the check against the source and {'was' if run.removed == 1 else 'were'} taken out."
    return text


def _list(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))
