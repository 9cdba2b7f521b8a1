"""The extractive composer: chooses whole sentences that answer, in the sources' own words. It cannot invent anything."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.composing.candidates import Candidate, candidates
from assistant.composing.vectors import SentenceVectors
from assistant.planning.rules import Plan
from assistant.planning.terms import Term, content_of
from indexes.passage import Hit, Kind, Role

MAX_CLAIMS = 6
PER_DOCUMENT = 3
SHORTLIST = 16  # sentences that are embedded for one question
DUPLICATE = 0.92  # cosine from which two sentences say the same

# The weights and bars below were set on the questions of the starter library and on SciFact's rationale sentences; docs/answering.md has the figures.
MEANING, WORDS, PASSAGE = 0.55, 0.30, 0.15
ROLE_PRIOR: Mapping[Role, float] = {
    Role.RECOMMENDATION: 0.10,
    Role.CONCLUSION: 0.10,
    Role.RESULT: 0.08,
    Role.SUMMARY: 0.02,
    Role.BODY: 0.0,
    Role.ELIGIBILITY: -0.05,
    Role.BACKGROUND: -0.25,
    Role.METHOD: -0.25,
}
LEANING = -0.08
MIN_MEANING = 0.68  # cosine of question and sentence under which nothing is an answer
MIN_COVERAGE = 0.5  # weighted share of the question's key terms that sentence, title and headings must hold
MIN_TOGETHER = 1.05  # meaning + coverage / 2: the less of the question a sentence names, the closer it must be
MIN_RELATIVE = 0.6  # of the best sentence's score


@dataclass(frozen=True, slots=True)
class Chosen:
    """A sentence of the answer, with its scores in [0, 1]: overall, closeness in meaning, share of the key terms held."""

    candidate: Candidate
    score: float
    meaning: float
    coverage: float

    @property
    def answers(self) -> bool:
        """Whether the sentence is about what was asked, as far as meaning and words can tell."""
        if self.meaning < MIN_MEANING or self.coverage < MIN_COVERAGE:
            return False
        return self.meaning + self.coverage / 2 >= MIN_TOGETHER


@dataclass(frozen=True, slots=True)
class Composition:
    """What was chosen, and when nothing was: the key terms that no passage held together."""

    chosen: tuple[Chosen, ...]
    considered: int
    missing: tuple[str, ...] = ()


def compose(plan: Plan, hits: Sequence[Hit], frequencies: Mapping[Term, int], vectors: SentenceVectors) -> Composition:
    """Sentences of the hits that answer the plan's question, best first, at most `MAX_CLAIMS`.

    `frequencies` says in how many passages of the library each key term occurs: the rarer, the more it must be there. A sentence
    qualifies when it is close to the question in meaning and, together with its title and headings, holds enough of the key terms.
    """
    weights = {term: term_weight(frequencies[term]) for term in plan.terms}
    pool = [c for c in candidates(hits) if plan.wants_trials or c.role is not Role.ELIGIBILITY]
    if not pool:
        return Composition((), 0, tuple(term.text for term in plan.terms))
    coverages = [_coverage(plan.terms, weights, candidate) for candidate in pool]
    shortlist = sorted(range(len(pool)), key=lambda i: (-coverages[i] - 0.5 * pool[i].hit.scores.fused, i))[:SHORTLIST]
    matrix = vectors.sentences([pool[i].text for i in shortlist])
    meanings = matrix @ vectors.question(plan.question)
    scored = [
        Chosen(pool[i], _score(plan, pool[i], float(meaning), coverages[i]), float(meaning), coverages[i])
        for i, meaning in zip(shortlist, meanings, strict=True)
    ]
    order = sorted(range(len(scored)), key=lambda n: -scored[n].score)
    qualified = [n for n in order if scored[n].answers]
    chosen: list[int] = []
    per_document: dict[str, int] = {}
    for n in qualified:
        document = scored[n].candidate.hit.passage.document_id
        if scored[n].score < MIN_RELATIVE * scored[qualified[0]].score or per_document.get(document, 0) >= PER_DOCUMENT:
            continue
        if any(float(matrix[n] @ matrix[m]) >= DUPLICATE for m in chosen):
            continue
        chosen.append(n)
        per_document[document] = per_document.get(document, 0) + 1
        if len(chosen) == MAX_CLAIMS:
            break
    return Composition(
        tuple(scored[n] for n in chosen), len(pool), _missing(plan, weights, pool, coverages) if not chosen else ()
    )


def term_weight(frequency: int) -> float:
    """How telling a term is that occurs in so many passages: from 1 (common) to 3 (unknown to the library)."""
    return 1.0 + 2.0 / (1.0 + math.log2(1 + frequency))


def _score(plan: Plan, candidate: Candidate, meaning: float, coverage: float) -> float:
    passage = candidate.hit.scores.dense or 0.0
    score = MEANING * _stretch(meaning) + WORDS * coverage + PASSAGE * _stretch(passage) + ROLE_PRIOR[candidate.role]
    if candidate.leans:
        score += LEANING
    if candidate.hit.passage.kind is Kind.TRIAL:
        score += 0.05 if plan.wants_trials else -0.10
    if candidate.hit.passage.kind is Kind.GUIDELINE and plan.wants_guidance:
        score += 0.05
    if plan.wants_figures and any(character.isdigit() for character in candidate.text):
        score += 0.06
    return score


def _stretch(cosine: float) -> float:
    """This embedder's cosines lie between about 0.5 (unrelated) and 0.9 (the same): spread over [0, 1]."""
    return float(np.clip((cosine - 0.5) / 0.4, 0.0, 1.0))


def _coverage(terms: Sequence[Term], weights: Mapping[Term, float], candidate: Candidate) -> float:
    """Weighted share of key terms that the sentence holds, those only in its title or headings counting a little less."""
    sentence, context = content_of(candidate.text), content_of(_headings(candidate))
    held = sum(
        weights[term] * (1.0 if term.occurs_in(sentence) else 0.9 if term.occurs_in(context) else 0.0) for term in terms
    )
    total = sum(weights[term] for term in terms)
    return held / total if total else 0.0


def _missing(
    plan: Plan, weights: Mapping[Term, float], pool: Sequence[Candidate], coverages: Sequence[float]
) -> tuple[str, ...]:
    """The key terms that the best-covering sentence and its document's title lack."""
    best = max(range(len(pool)), key=lambda i: coverages[i])
    content = content_of(f"{pool[best].text} . {_headings(pool[best])}")
    lacking = [term for term in plan.terms if not term.occurs_in(content)]
    return tuple(term.text for term in sorted(lacking, key=lambda term: -weights[term]))


def _headings(candidate: Candidate) -> str:
    """The title and headings that a sentence stands under."""
    passage = candidate.hit.passage
    return " . ".join((passage.title, *passage.section, passage.part_at(candidate.start).heading))
