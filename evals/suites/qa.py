"""Question answering: the product's own answers over a set's texts, in each engine that is set up.

The texts go the way of every document into a library of their own, with `--among` beside others of the corpus. `--vary prompt` compares a model with
and without the exemplars of its prompts.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from assistant.answer import Answer
from assistant.settings import load_settings
from evals.asking import EXTRACTIVE, ask, library_of, systems_of
from evals.errors import CallError
from evals.metrics import intervals
from evals.metrics.answers import gold_measures, overlap
from evals.qa_sets import Asked, read_questions, sample, texts_of
from evals.qa_texts import read_others
from evals.result import Measure, Measures
from evals.suites.base import Case, Line, Options, Outcome, Progress
from indexes.filters import Filters
from ingestion.library import Library

HARDEST = 20
GIVEN = "extractive, its text given"


class QaSuite:
    """Coverage, gold documents cited, verbatim citations, overlap with people's answers, and the time an answer takes.

    Where the set has gold for it: the direction (yes, no, maybe; increased, decreased, no difference), the words that carry the answer, and of
    guidelines grade and section (`evals.metrics.answers`). Sets with directions are also asked with nothing but the right text to read.
    """

    name = "qa"
    summary = "questions answered from a set's texts (JSONL: id, question, gold_document_ids or contexts)"

    def run(self, data: Path, options: Options, progress: Progress) -> Outcome:
        """Ask every question in every engine. Raises `DataError`, `CallError`, and whatever the library raises."""
        read = read_questions(data)
        asked = sample(read.questions, options.limit, options.seed)
        answering = texts_of(read, asked)
        texts = answering | read_others(data, read.texts.keys() | answering.keys(), options.among, options.seed)
        settings = load_settings()
        if options.vary not in (None, "prompt"):
            raise CallError(f"--vary {options.vary}: what can be varied is: prompt")
        if options.vary and settings.llm is None:
            raise CallError("--vary prompt compares what a model answers: set CITEWELL_LLM")
        problems = list(read.problems)
        answers: dict[str, list[Answer | None]] = {}
        times: dict[str, list[float]] = {}
        with library_of(texts, progress, problems) as library:
            systems = systems_of(library, settings, bare=bool(options.vary))
            if any(one.verdict for one in asked):
                systems[GIVEN] = systems[EXTRACTIVE]
            for number, (name, system) in enumerate(systems.items()):
                answers[name], times[name] = [], []
                for done, one in enumerate(asked, start=1):
                    started = time.perf_counter()
                    only = Filters(document_ids=one.gold) if name == GIVEN else None
                    answers[name].append(ask(system, one, problems, only))
                    times[name].append((time.perf_counter() - started) * 1000)
                    progress(f"asking ({name})", number * len(asked) + done, len(systems) * len(asked))
            verbatim = {name: _verbatim(library, given) for name, given in answers.items()}
            embedder = library.searcher.embedder.name
            by_gold = {
                name: gold_measures(
                    asked, given, lambda i: _headings(library, i), resamples=options.resamples, seed=options.seed
                )
                for name, given in answers.items()
            }
        values = {name: _values(asked, given) for name, given in answers.items()}
        shipped = next(iter(systems))
        return Outcome(
            data=read.name,
            n=len(asked),
            shipped=shipped,
            systems={
                name: _measures(values[name], verbatim[name], times[name], options) | by_gold[name] for name in systems
            },
            values=values,
            comparisons={
                name: intervals.paired_difference(
                    values[shipped][name], values[other][name], other, resamples=options.resamples, seed=options.seed
                )
                for other in list(systems)[1:2]
                for name in values[shipped]
            },
            hardest=_hardest(asked, answers[shipped], values[shipped]["gold_cited"]),
            problems=problems,
            left_out=read.left_out,
            settings={
                "questions": len(asked),
                "documents": len(texts),
                "of them others": len(texts) - len(answering),
                "resamples": options.resamples,
            },
            versions={"embedder": embedder, "prompts": _prompts(answers[shipped])},
        )


def _values(asked: Sequence[Asked], answers: Sequence[Answer | None]) -> dict[str, list[float]]:
    """One value a question; what is not answered cites nothing and overlaps with nothing."""
    values: dict[str, list[float]] = {"gold_cited": [], "coverage": [], "answer_f1": []}
    for one, answer in zip(asked, answers, strict=True):
        claims = answer.claims if answer else []
        cited = {citation.document_id for claim in claims for citation in claim.citations}
        values["gold_cited"].append(float(bool(cited & one.gold)))
        values["coverage"].append(float(bool(claims)))
        values["answer_f1"].append(overlap(" ".join(claim.text for claim in claims), one.references))
    if not any(one.references for one in asked):
        del values["answer_f1"]
    return values


def _headings(library: Library, passage_id: str) -> Sequence[str]:
    passage = library.ledger.passage(passage_id)
    return (*passage.section, *(part.heading for part in passage.parts)) if passage else ()


def _verbatim(library: Library, answers: Sequence[Answer | None]) -> list[float]:
    """For each citation shown, whether the library has its words where it says."""
    return [
        float(passage is not None and passage.text[citation.start : citation.end] == citation.quote)
        for answer in answers
        for claim in (answer.claims if answer else [])
        for citation in claim.citations
        for passage in (library.ledger.passage(citation.passage_id),)
    ]


def _measures(
    values: Mapping[str, Sequence[float]], verbatim: Sequence[float], times: Sequence[float], options: Options
) -> Measures:
    resamples, seed = options.resamples, options.seed
    measures: dict[str, Measure] = {
        name: intervals.mean(each, resamples=resamples, seed=seed) for name, each in values.items()
    }
    if verbatim:
        measures["verbatim"] = intervals.mean(verbatim, resamples=resamples, seed=seed)
    for share in (50, 95):
        measures[f"p{share}_ms"] = intervals.percentile(times, share, resamples=resamples, seed=seed)
    return measures


def _hardest(asked: Sequence[Asked], answers: Sequence[Answer | None], values: Sequence[float]) -> list[Case]:
    """Questions whose gold documents were not cited, with what came instead."""
    worst = sorted(range(len(asked)), key=lambda number: (values[number], number))[:HARDEST]
    cases = []
    for number in worst:
        one, answer = asked[number], answers[number]
        expected = [Line(document, "", "gold", good=True) for document in sorted(one.gold)[:5]]
        found = [
            Line(
                citation.document_id,
                claim.text,
                "gold" if citation.document_id in one.gold else "other",
                citation.document_id in one.gold,
            )
            for claim in (answer.claims if answer else [])
            for citation in claim.citations
        ] or [Line("", (answer.reason if answer else "") or "not asked", "no answer", good=False)]
        cases.append(Case(one.question_id, one.question, values[number], expected, found[:3]))
    return cases


def _prompts(answers: Sequence[Answer | None]) -> str:
    return next((answer.versions.prompts for answer in answers if answer and answer.versions.prompts), "none")
