"""Citations: do the words that the product cites stand where it says, carry their sentence, and are none of them beside the point?

The product answers a set's questions from a library of the set's texts, as in the suite `qa`. Every fifth question drawn is asked without the texts
that answer it: the right answer to those is none. Support is judged by the deterministic verifier on the quotes as the library has them, as the
product judges it; where there is a trained verifier it has a part in that, and is asked alone too.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from assistant.answer import Answer
from assistant.settings import load_settings
from evals.asking import ask_all, library_of, systems_of
from evals.metrics import citations, intervals
from evals.metrics.citations import Scored
from evals.qa_sets import Asked, read_questions, sample, texts_of
from evals.result import Comparison, Measures
from evals.suites.base import Case, Line, Options, Outcome, Progress
from evals.supporting import Sentence, Supports, Verifier, is_verbatim, sentences_of, trained_alone, whole
from indexes.passage import Passage

HARDEST = 20
UNANSWERABLE = 5  # one question in so many is asked without its texts
SHUFFLED, TOP_HIT = "citations shuffled", "top hit"
ALONE = "_trained"  # of metrics that the trained verifier judges alone
ALCE = {
    "citation_precision": citations.precision,
    "citation_recall": citations.recall,
    "citation_minimality": citations.minimality,
}


Told = list[list[Sentence]]
"""For each question the sentences of its answer."""
Values = dict[str, list[float]]


class CitationsSuite:
    """ALCE's citation precision and recall, minimality, verbatim quotes, coverage, gold documents and abstentions, beside two floors."""

    name = "citations"
    summary = "citations of answers over a set's texts: support, verbatim quotes, abstention (the sets of `qa`)"

    def run(self, data: Path, options: Options, progress: Progress) -> Outcome:
        """Ask, then judge every citation. Raises `DataError`, and whatever the library or the settings raise."""
        read = read_questions(data)
        asked = sample(read.questions, options.limit, options.seed)
        without = asked_without_texts(asked, options.seed)
        texts = texts_of(read, [one for one in asked if one.question_id not in without])
        settings = load_settings().model_copy(update={"live_tools": False})
        problems = list(read.problems)
        with library_of(texts, progress, problems) as library:
            systems = systems_of(library, settings)
            answers = ask_all(systems, asked, texts, settings, problems, progress)
            shipped = next(iter(systems))
            shelf = systems[shipped].assistant.shelf
            told = {name: [sentences_of(answer, shelf) for answer in given] for name, given in answers.items()}
            best = [
                next((hit.passage for hit in library.searcher.search(one.question, 1)), None) if sentences else None
                for one, sentences in zip(asked, told[shipped], strict=True)
            ]
            told |= floors(told[shipped], best, options.seed)
            verifier = Verifier(library.searcher.embedder.embed_passages)
            scored = _judged(told, verifier.supports, "judging", progress)
            trained = trained_alone()
            otherwise = _judged(told, trained, "judging by the trained verifier alone", progress) if trained else None
            embedder = library.searcher.embedder.name
        values = {name: _alce(each) | _gold(asked, told[name], without) for name, each in scored.items()}
        for name, each in (otherwise or {}).items():
            values[name] |= _alce(each, ALONE)
        for name, given in answers.items():
            values[name] |= _of_system(asked, given, told[name], without)
        return Outcome(
            data=read.name,
            n=len(asked),
            shipped=shipped,
            systems={name: _measures(each, options) for name, each in values.items()},
            values=values,
            comparisons=_comparisons(values, shipped, options),
            hardest=_hardest(asked, told[shipped], scored[shipped]),
            problems=problems,
            left_out={
                f"questions not answered ({shipped}), of the metrics of citations": sum(not s for s in told[shipped])
            },
            settings={
                "questions": len(asked),
                "asked without their texts": len(without),
                "documents": len(texts),
                "judge": verifier.name,
                "resamples": options.resamples,
            },
            versions={"embedder": embedder},
        )


def asked_without_texts(asked: Sequence[Asked], seed: int) -> frozenset[str]:
    """The questions that are asked without the texts that answer them, drawn by the seed; none that shares a text with one that is asked with it."""
    order = random.Random(seed).sample(range(len(asked)), len(asked) // UNANSWERABLE)  # noqa: S311
    drawn = {asked[number].question_id for number in order}
    there = frozenset[str]().union(*(one.gold for one in asked if one.question_id not in drawn))
    return frozenset(one.question_id for one in asked if one.question_id in drawn and not one.gold & there)


def floors(told: Told, best: Sequence[Passage | None], seed: int) -> dict[str, Told]:
    """The same sentences with citations that were not chosen for them: those of a sentence of another answer, and all of the search's first passage.

    A judge that can say no says it to the first; what the product has over the second is what choosing words and passages gains. `best`: the first
    passage found for each question, where there is one. Of sentences of one answer alone nothing can be shuffled: then that floor is left out.
    """
    top = [
        [Sentence(each.text, [whole(passage)] if passage else []) for each in sentences]
        for sentences, passage in zip(told, best, strict=True)
    ]
    if sum(map(bool, told)) < 2:
        return {TOP_HIT: top}
    lent = [(number, each.cited) for number, sentences in enumerate(told) for each in sentences]
    random.Random(seed).shuffle(lent)  # noqa: S311
    shuffled: Told = []
    at = 0
    for number, sentences in enumerate(told):
        shuffled.append([])
        for each in sentences:
            while lent[at % len(lent)][0] == number:
                at += 1
            shuffled[-1].append(Sentence(each.text, lent[at % len(lent)][1]))
            at += 1
    return {SHUFFLED: shuffled, TOP_HIT: top}


def _judged(
    told: Mapping[str, Told], supports: Supports, stage: str, progress: Progress
) -> dict[str, list[list[Scored]]]:
    """The scores of every sentence of every system and floor."""

    def judge(sentence: Sentence) -> Scored:
        return citations.score(sentence.cited, lambda some: supports(sentence.text, some))

    scored: dict[str, list[list[Scored]]] = {}
    total = sum(len(sentences) for answers in told.values() for sentences in answers)
    done = 0
    for name, answers in told.items():
        scored[name] = []
        for sentences in answers:
            scored[name].append([judge(sentence) for sentence in sentences])
            done += len(sentences)
            progress(stage, done, total)
    return scored


def _alce(scored: Sequence[Sequence[Scored]], of: str = "") -> Values:
    """The metrics of citations, one value an answer."""
    return {f"{name}{of}": [metric(each) for each in scored if each] for name, metric in ALCE.items()}


def _gold(asked: Sequence[Asked], told: Told, without: frozenset[str]) -> Values:
    """Whether gold documents are cited, one value for each question whose texts are there."""
    return {
        "gold_cited": [
            float(any(citation.document_id in one.gold for each in sentences for citation, _ in each.cited))
            for one, sentences in zip(asked, told, strict=True)
            if one.question_id not in without
        ]
    }


def _of_system(asked: Sequence[Asked], answers: Sequence[Answer | None], told: Told, without: frozenset[str]) -> Values:
    """What floors do not have: verbatim quotes, one value a citation; questions with their texts that were answered; abstentions that were right,
    and questions without their texts that were not answered. A question that could not be asked is no abstention."""
    given = list(zip(asked, answers, strict=True))
    abstained = [one.question_id in without for one, answer in given if answer and not answer.claims]
    return {
        "verbatim": [float(is_verbatim(cited)) for sentences in told for each in sentences for cited in each.cited],
        "coverage": [
            float(bool(answer and answer.claims)) for one, answer in given if one.question_id not in without
        ],
        "abstention_precision": [float(right) for right in abstained],
        "abstention_recall": [
            float(answer is not None and not answer.claims) for one, answer in given if one.question_id in without
        ],
    }  # fmt: skip


def _measures(values: Values, options: Options) -> Measures:
    """A metric without a single case is not there: no abstention has no precision."""
    return {
        name: intervals.mean(each, resamples=options.resamples, seed=options.seed)
        for name, each in values.items()
        if each
    }


def _comparisons(values: Mapping[str, Values], shipped: str, options: Options) -> dict[str, Comparison]:
    """The product against the better floor, answer by answer."""
    compared = {}
    for name in ALCE:
        if values[shipped][name]:
            best = max((floor for floor in (SHUFFLED, TOP_HIT) if floor in values), key=lambda f: sum(values[f][name]))
            compared[name] = intervals.paired_difference(
                values[shipped][name], values[best][name], best, resamples=options.resamples, seed=options.seed
            )
    return compared


def _hardest(asked: Sequence[Asked], told: Told, scored: Sequence[Sequence[Scored]]) -> list[Case]:
    """The answers with the least precise citations, each with its sentences and what became of each citation."""
    answered = [number for number, each in enumerate(scored) if each]
    worst = sorted(answered, key=lambda number: (citations.precision(scored[number]), number))[:HARDEST]
    cases = []
    for number in worst:
        found = [
            Line(
                citation.document_id,
                f"{each.text} <- {citation.quote[:200]}",
                "precise" if precise else "irrelevant" if of.recall else "not supported",
                good=precise,
            )
            for each, of in zip(told[number], scored[number], strict=True)
            for (citation, _), precise in zip(each.cited, of.precise, strict=True)
        ]
        expected = [Line(document, "", "gold", good=True) for document in sorted(asked[number].gold)[:5]]
        cases.append(
            Case(
                asked[number].question_id, asked[number].question, citations.precision(scored[number]), expected, found
            )
        )
    return cases
