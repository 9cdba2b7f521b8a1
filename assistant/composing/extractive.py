"""The extractive composer: chooses whole sentences that answer, in the sources' own words. It cannot invent anything."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.composing.advice import advice_around, advice_first, advises, is_beyond, lacks_only_how, tells_what_to_do
from assistant.composing.answerable import IN_FULL, decision_for, probability_for
from assistant.composing.candidates import Candidate, candidates, only_looked_at
from assistant.composing.criteria import asks_for_criteria, tells_who, whole_criteria
from assistant.composing.duplicates import DUPLICATE, says_the_same
from assistant.composing.fit import misfits, screens_only
from assistant.composing.forbidding import forbids, forbids_class_of
from assistant.composing.instances import meanings
from assistant.composing.lists import Bounds, items, lists, told_by_lines, uncut, warns, within
from assistant.composing.people import special_people
from assistant.composing.posted import FOUND, is_table, rows
from assistant.composing.priors import prior
from assistant.composing.regimens import asks_of_a_drug
from assistant.composing.vectors import SentenceVectors
from assistant.planning.ages import covers, in_words
from assistant.planning.asking import Asks
from assistant.planning.rules import Plan
from assistant.planning.terms import Term, content_of
from indexes.embedding import Vectors
from indexes.passage import Hit, Kind, Role, Status
from ingestion.sources.criteria import is_criterion

MAX_CLAIMS = 6
PER_DOCUMENT = 3
SHORTLIST = 16  # sentences that are embedded for one question
IN_ORDER = 1.5  # the promise of a criterion: those of a trial come one after the other

# The weights and bars below were set on the questions of the starter library and on SciFact's rationale sentences; docs/answering.md has the figures.
MEANING, WORDS, PASSAGE = 0.55, 0.30, 0.15
STATUS_PRIOR: Mapping[Status, float] = {Status.DRAFT: -0.12, Status.SUPERSEDED: -0.20, Status.CONCERN: -0.12}
LEANING = -0.08
SPECIAL_PEOPLE = -0.12  # about children or pregnancy, though the question does not say so
SCREENS_ONLY = -0.15  # of a guideline on screening, where a treatment is asked for
MIN_RELATIVE = 0.6  # of the best sentence's score
GRADED = 0.10  # a graded recommendation, where advice is asked for, and a list of what is asked for
GRADED_BAR, GRADED_COVERAGE = (
    0.4,
    0.9,
)  # the probability from which on one answers that names, with its headings, all of the question
LISTED_BAR = 0.15  # the same of a list, whose headings say that it is what is asked for
_TO_BE_STUDIED = re.compile(r"\b(?:research|evidence) (?:needs?|gaps?|priorities)\b|\bfuture research\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A sentence of the answer, with its scores in [0, 1]: overall, closeness in meaning, share of the key terms held."""

    candidate: Candidate
    score: float
    meaning: float
    coverage: float

    @property
    def passage(self) -> float:
        """Closeness of the question and the passage around the sentence; where only its words were found, that of the sentence."""
        dense = self.candidate.hit.scores.dense
        return self.meaning if dense is None else dense


@dataclass(frozen=True, slots=True)
class Composition:
    """What was chosen out of how many sentences; when nothing was, what of the question the closest one lacks."""

    chosen: tuple[Chosen, ...]
    considered: int
    missing: tuple[str, ...] = ()


def compose(
    plan: Plan,
    hits: Sequence[Hit],
    frequencies: Mapping[Term, int],
    vectors: SentenceVectors,
    most: int = MAX_CLAIMS,
    bounds: Bounds = uncut,
) -> Composition:
    """Sentences of the hits that answer the plan's question, best first, at most `most`.

    `frequencies` says in how many passages of the library each key term occurs: the rarer, the more it must be there. A sentence
    qualifies when it fits the question (`fit.misfits`), is close to it in meaning, and with its title and headings holds enough key terms.
    """
    if not plan.has_topic:
        return Composition((), 0)
    weights = {term: term_weight(frequencies[term]) for term in plan.terms}
    posted = rows(plan, hits)
    lines = [*items(plan, hits), *whole_criteria(plan, hits), *posted]
    listed = [one for one in lists(plan, hits, bounds) if quotable(plan, one) and not told_by_lines(plan, one, lines)]
    single = [*lines, *candidates(hits)]
    single = [one for one in single if one.item or not posted or one.hit.passage.kind is not Kind.TRIAL]
    read = [candidate for candidate in single if quotable(plan, candidate) and not within(candidate, listed)] + listed
    faults = [tuple(misfits(plan, candidate)) for candidate in read]
    fitting = {
        one.hit.passage.document_id
        for one, found in zip(read, faults, strict=True)
        if (one.listed or one.item) and not found
    }
    beside = [one for one, found in zip(read, faults, strict=True) if lacks_only_how(plan, one, found)]
    pool = [
        candidate
        for candidate, found in zip(read, faults, strict=True)
        if not found or candidate in beside or (warns(candidate) and candidate.hit.passage.document_id in fitting)
    ]
    beyond = is_beyond(plan, read, faults)
    if beyond:
        pool = [
            one for one in pool if one not in beside and covers(one.text, plan.age or 0) and tells_what_to_do(plan, one)
        ]
    if not pool:
        return Composition((), len(read), (in_words(plan.age or 0),) if beyond else min(faults, key=len, default=()))
    scored, matrix = weigh(plan, pool, weights, vectors, beside)
    able = [n for n, each in enumerate(scored) if each.candidate not in beside]
    qualified = [n for n in able if _answers(plan, scored[n], vectors.embedder.name)]
    if any(scored[n].candidate.listed for n in qualified):
        qualified = [n for n in qualified if not screens_only(plan, scored[n].candidate)]
    qualified += advice_around(plan, qualified, scored)
    qualified = advice_first(plan, qualified, scored)
    chosen: list[int] = []
    per_document: dict[str, int] = {}
    for n in qualified:
        document = scored[n].candidate.hit.passage.document_id
        if (
            n in chosen
            or scored[n].score < MIN_RELATIVE * scored[qualified[0]].score
            or per_document.get(document, 0) >= PER_DOCUMENT
        ):
            continue
        if any(
            float(matrix[n] @ matrix[m]) >= DUPLICATE
            and says_the_same(plan, scored[n].candidate.text, scored[m].candidate.text)
            for m in chosen
        ):
            continue
        chosen += _with_its_section(n, scored, most - len(chosen))
        per_document[document] = per_document.get(document, 0) + 1
        if len(chosen) >= most:
            break
    return Composition(tuple(scored[n] for n in chosen), len(read), _missing(plan, weights, pool) if not chosen else ())


def _answers(plan: Plan, each: Chosen, embedder: str) -> bool:
    """Whether a sentence that fits is close enough to answer; one that says by its form what it is need not be as close as others."""
    seen = (each.meaning, each.coverage, each.passage)
    if decision_for(embedder)(*seen) or (plan.is_a_name and each.coverage >= IN_FULL):
        return True
    one, likely = each.candidate, probability_for(embedder)(*seen)
    if (
        one.listed
        or (one.item and (asks_of_a_drug(plan) or not warns(one)))
        or ((asks_of_a_drug(plan) or plan.asks & {Asks.GUIDANCE, Asks.YES_NO}) and forbids(plan, one))
    ):
        return likely >= LISTED_BAR
    graded = each.coverage >= GRADED_COVERAGE and Asks.GUIDANCE in plan.asks and advises(plan, one)
    return graded and likely >= GRADED_BAR


def _with_its_section(n: int, scored: Sequence[Chosen], room: int) -> list[int]:
    """The sentence; or, of a list, all that its guideline lists on the matter, in its order: drugs alone are half an answer. Where room is short,
    what it warns of comes before the last of the rest."""
    one = scored[n].candidate
    if not _is_of_a_section(one):
        return [n]
    of_document = one.hit.passage.document_id
    section = [
        m
        for m, each in enumerate(scored)
        if _is_of_a_section(each.candidate) and each.candidate.hit.passage.document_id == of_document
    ]
    section.sort(key=lambda m: scored[m].candidate.hit.passage.start + scored[m].candidate.start)
    warning = [m for m in section if warns(scored[m].candidate)][:room]
    kept = {*warning, *[m for m in section if m not in warning][: room - len(warning)]}
    return [m for m in section if m in kept]


def _is_of_a_section(candidate: Candidate) -> bool:
    """Whether it is a list, or a line of one that was chosen for its drug or label: other lines on that may be for other people."""
    return candidate.listed or (candidate.item and not warns(candidate))


def weigh(
    plan: Plan,
    pool: Sequence[Candidate],
    weights: Mapping[Term, float],
    vectors: SentenceVectors,
    always: Sequence[Candidate] = (),
) -> tuple[list[Chosen], Vectors]:
    """The `SHORTLIST` most promising of the pool with their scores, best first, and their vectors; `always`: which go before the others."""
    coverages = [_coverage(plan.terms, weights, candidate) for candidate in pool]
    priors = [prior(plan, candidate) for candidate in pool]
    found = [1.0 if one.listed or advises(plan, one) else one.hit.scores.fused for one in pool]  # which may be read on
    promise = [
        IN_ORDER
        if one in always or (one.item and (is_criterion(one.hit.passage) or is_table(one.hit.passage)))
        else c + p + 0.5 * f
        for one, c, p, f in zip(pool, coverages, priors, found, strict=True)
    ]
    shortlist = sorted(range(len(pool)), key=lambda i: (-promise[i], i))[:SHORTLIST]
    texts = [pool[i].meant for i in shortlist]
    matrix = vectors.sentences(texts)
    scored = [
        Chosen(pool[i], _score(plan, pool[i], float(meaning), coverages[i]) + priors[i], float(meaning), coverages[i])
        for i, meaning in zip(shortlist, meanings(plan, texts, matrix, vectors), strict=True)
    ]
    order = sorted(range(len(scored)), key=lambda n: -scored[n].score)
    return [scored[n] for n in order], matrix[order]


def quotable(plan: Plan, candidate: Candidate) -> bool:
    """Registrations only for questions about trials, and their results alone for what was found; their criteria only for questions about those, which
    nothing else answers; no aims or methods of studies, nor what is yet to be studied."""
    kind = candidate.hit.passage.kind
    if kind is Kind.TRIAL and (not plan.wants_trials or not _of_a_trial(plan, candidate)):
        return False
    if asks_for_criteria(plan):
        return tells_who(plan, candidate) and (candidate.item or candidate.role is not Role.ELIGIBILITY)
    if candidate.role is Role.ELIGIBILITY:
        return False
    if only_looked_at(candidate.text, plan.question):
        return False
    if (
        kind is Kind.GUIDELINE
        and _TO_BE_STUDIED.search(candidate.headings)
        and not _TO_BE_STUDIED.search(plan.question)
    ):
        return False
    return kind is not Kind.LITERATURE or candidate.role not in {Role.BACKGROUND, Role.METHOD}


def _of_a_trial(plan: Plan, candidate: Candidate) -> bool:
    """Whether a trial's sentence may answer: of its results rows alone, since the words around them only say how it was measured, and nothing else
    where it is asked what was found."""
    return candidate.item if candidate.role is Role.RESULT else not FOUND.search(plan.question)


def term_weight(frequency: int) -> float:
    """How telling a term is that occurs in so many passages: from 1 (common) to 3 (unknown to the library)."""
    return 1.0 + 2.0 / (1.0 + math.log2(1 + frequency))


def _score(plan: Plan, candidate: Candidate, meaning: float, coverage: float) -> float:
    passage = candidate.hit.scores.dense or 0.0
    graded = coverage >= GRADED_COVERAGE and advises(plan, candidate)
    score = MEANING * _stretch(meaning) + WORDS * coverage + PASSAGE * _stretch(passage)
    if candidate.leans:
        score += LEANING
    if special_people(plan, candidate):
        score += SPECIAL_PEOPLE
    if screens_only(plan, candidate):
        score += SCREENS_ONLY
    if candidate.hit.passage.kind is Kind.TRIAL:
        score += 0.05
    if candidate.hit.passage.kind is Kind.GUIDELINE and plan.wants_guidance:
        score += 0.05
    if graded or candidate.listed:
        score += GRADED
    return score + STATUS_PRIOR.get(candidate.hit.passage.status, 0.0)


def _stretch(cosine: float) -> float:
    """This embedder's cosines lie between about 0.5 (unrelated) and 0.9 (the same): spread over [0, 1]."""
    return float(np.clip((cosine - 0.5) / 0.4, 0.0, 1.0))


def _coverage(terms: Sequence[Term], weights: Mapping[Term, float], candidate: Candidate) -> float:
    """Weighted share of key terms that the sentence holds, those only in its title or headings counting a little less. A list is of what its headings
    name, which is all that the question does."""
    if candidate.listed:
        return 1.0
    sentence, context = content_of(candidate.text), content_of(candidate.headings)
    held = sum(
        weights[term]
        * (
            1.0
            if term.occurs_in(sentence)
            else 0.9
            if term.occurs_in(context) or forbids_class_of(term, candidate.text)
            else 0.0
        )
        for term in terms
    )
    total = sum(weights[term] for term in terms)
    return held / total if total else 0.0


def _missing(plan: Plan, weights: Mapping[Term, float], pool: Sequence[Candidate]) -> tuple[str, ...]:
    """The key terms that the best-covering sentence and its document's title lack."""
    best = max(pool, key=lambda candidate: _coverage(plan.terms, weights, candidate))
    content = content_of(f"{best.text} . {best.headings}")
    lacking = [term for term in plan.terms if not term.occurs_in(content)]
    return tuple(term.text for term in sorted(lacking, key=lambda term: -weights[term]))
