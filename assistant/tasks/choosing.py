"""The sentences of one document that tell most of it: by what they do in it, where they stand, and how much of the rest they are like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.composing.candidates import Candidate, candidates
from assistant.composing.duplicates import DUPLICATE
from assistant.composing.vectors import SentenceVectors
from assistant.planning.terms import Term, content_of, key_terms
from indexes.passage import Hit, Kind, Passage, Role

SHORTLIST = 120
"""Sentences whose vectors are computed: of a guideline of hundreds of pages those that matter most by role and words."""
ROLE: Mapping[Role, float] = {
    Role.RECOMMENDATION: 1.0,
    Role.CONCLUSION: 0.9,
    Role.RESULT: 0.7,
    Role.SUMMARY: 0.6,
    Role.BODY: 0.3,
    Role.METHOD: 0.1,
    Role.BACKGROUND: 0.0,
    Role.ELIGIBILITY: 0.0,
}
TOLD = 0.3
"""The weight from which a role tells what a document found or says; the others fill in where it has too few of these."""
CENTRALITY, POSITION, FOCUS, FIGURES, LEANING = 0.5, 0.1, 1.5, 0.1, -0.2
SHARE = {Role.CONCLUSION: 0.5, Role.BODY: 0.5}
"""Of a summary, how much may be of one role: conclusions alone would not say what they rest on."""

MIN_MEANING = 0.68
"""Cosine from which a sentence that names little of the focus is on it all the same."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A sentence with its score; `about` is whether it is on the focus."""

    candidate: Candidate
    score: float
    about: bool


def weigh(passages: Sequence[Passage], focus: str, vectors: SentenceVectors) -> list[Weighed]:
    """The quotable sentences of a document, best first."""
    pool = list(candidates([Hit(passage) for passage in passages]))
    terms = key_terms(focus) if focus else ()
    shortlist = sorted(range(len(pool)), key=lambda n: (-_promise(pool[n], terms), n))[:SHORTLIST]
    if not shortlist:
        return []
    matrix = vectors.sentences([pool[n].text for n in shortlist])
    middle = matrix.mean(axis=0)
    central = matrix @ (middle / (np.linalg.norm(middle) or 1.0))
    meanings = matrix @ vectors.question(focus) if focus else np.zeros(len(shortlist))
    found = []
    for n, centrality, meaning in zip(shortlist, central, meanings, strict=True):
        one = pool[n]
        covered = _covered(one, terms)
        score = _promise(one, ()) + CENTRALITY * float(centrality) + POSITION * (n == 0) + LEANING * one.leans
        score += FIGURES * (one.role is Role.RESULT and any(c.isdigit() for c in one.text))
        score += FOCUS * (float(meaning) + covered) / 2
        found.append(
            Weighed(one, score, not focus or covered >= 0.5 or (covered > 0 and float(meaning) >= MIN_MEANING))
        )
    return sorted(found, key=lambda one: -one.score)


def choose(weighed: Sequence[Weighed], count: int, vectors: SentenceVectors) -> list[Candidate]:
    """At most so many sentences on the focus, no two alike, in the order of the document."""
    chosen: list[Candidate] = []
    on_focus = [one.candidate for one in weighed if one.about]
    recommends = any(one.role is Role.RECOMMENDATION for one in on_focus)
    told = [one for one in on_focus if ROLE[one.role] >= TOLD] or on_focus
    matrix = vectors.sentences([one.text for one in told])
    kept: list[int] = []
    for n, one in enumerate(told):
        limit = max(1, round(count * SHARE.get(one.role, 1.0)))
        if len(kept) == count or sum(told[m].role is one.role for m in kept) >= limit:
            continue
        if recommends and one.role not in {Role.RECOMMENDATION, Role.CONCLUSION, Role.SUMMARY}:
            continue
        if any(float(matrix[n] @ matrix[m]) >= DUPLICATE for m in kept):
            continue
        kept.append(n)
        chosen.append(one)
    return sorted(chosen, key=lambda one: (one.hit.passage.start + one.start, one.start))


def _promise(candidate: Candidate, terms: Sequence[Term]) -> float:
    """What a sentence is worth before its meaning is known."""
    weight = ROLE[candidate.role]
    if candidate.hit.passage.kind is Kind.TRIAL and candidate.role is Role.METHOD:
        weight = TOLD  # of a registration, what is planned is what it says
    return weight + FOCUS * _covered(candidate, terms)


def _covered(candidate: Candidate, terms: Sequence[Term]) -> float:
    """The share of the focus's key terms that a sentence or its headings hold."""
    around = content_of(f"{candidate.text} . {' . '.join(candidate.hit.passage.section)}")
    return sum(term.occurs_in(around) for term in terms) / len(terms) if terms else 0.0
