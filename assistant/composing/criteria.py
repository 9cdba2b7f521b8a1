"""Criteria of eligibility of registered trials: which list a question asks for, what answers it, and where a criterion stands.

A criterion says whom it is about; only its list says whether they may take part. So one is never shown without its list, a question for those kept
out is answered from the exclusions alone, and a trial that is on what is asked about is read on to the end of its list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.composing.candidates import Candidate
from assistant.planning.asking import Asks
from assistant.planning.rules import Plan, Wanted
from assistant.planning.terms import Term, content_of
from assistant.planning.vocabulary import TermKind
from assistant.verification.admission import keeps_out
from indexes.passage import Hit, Passage, Role
from ingestion.document import Document
from ingestion.sources.criteria import EXCLUSION, INCLUSION, is_criterion, side_in

_OF_TRIALS = frozenset({TermKind.DRUG, TermKind.CONDITION, TermKind.INTERVENTION})
_ON_AGE = re.compile(r"\b(?:age[ds]?|ages|older|younger|years? old|adults?|child(?:ren)?|minors?)\b", re.IGNORECASE)
_LET_IN = re.compile(r"\binclusion criteri\w+", re.IGNORECASE)
_TELLS = re.compile(
    r"\b(?:eligib\w+|ineligib\w+|exclu\w+|inclusion|enrol\w*|recruit\w*|randomi[sz]ed|randomly|assigned|participa\w+|included)\b",
    re.IGNORECASE,
)


def asks_for_criteria(plan: Plan) -> bool:
    """Whether a question asks who may take part in trials."""
    return plan.wants_trials and plan.wants_eligibility


def place_of_criterion(passage: Passage, document: Document | None) -> str:
    """The list that a criterion stands in, and how far down: a reader sees whether people are let in or kept out, and that the list is longer."""
    side = side_in(passage.section)
    name = f"{side} criterion" if side else "Eligibility criterion"
    groups = [step for step in passage.section[1:] if step != side]
    where = "".join(f", {group}" for group in groups)
    listed = [
        section.start
        for section in (document.sections if document else ())
        if section.role is Role.ELIGIBILITY and side_in(section.path) == side
    ]
    at = sum(start <= passage.start for start in listed)
    return f"{name} {at} of {len(listed)}{where}" if at else f"{name}{where}"


def whole_criteria(plan: Plan, hits: Sequence[Hit]) -> list[Candidate]:
    """The criteria found, trial after trial, in order. Each is whole: of a part of one ("any of the following:") nobody can tell whom it is about."""
    if not asks_for_criteria(plan):
        return []
    found = [hit for hit in hits if is_criterion(hit.passage)]
    trials = list(dict.fromkeys(hit.passage.document_id for hit in found))
    found.sort(key=lambda hit: (trials.index(hit.passage.document_id), hit.passage.start))
    return [Candidate(hit, 0, len(hit.passage.text), Role.ELIGIBILITY, leans=False, item=True) for hit in found]


def lacks(plan: Plan, candidate: Candidate) -> Iterator[str]:
    """What a question on criteria names and the sentence has not: who asks about dialysis wants that criterion alone.

    What the trials are of or in must be what theirs are ("trials of empagliflozin in heart failure"): a criterion may name any disease.
    """
    passage = candidate.hit.passage
    study = content_of(" . ".join((passage.title, *passage.facets.conditions)))
    around = study + content_of(f"{candidate.text} . {candidate.headings}")
    for term in plan.terms:
        of_trials = term.kind in _OF_TRIALS and Asks.YES_NO not in plan.asks and not _is_of_people(plan.question, term)
        if not term.occurs_in(study if of_trials and is_criterion(passage) else around):
            yield term.text
    if Wanted.AGE in plan.wanted and not _ON_AGE.search(candidate.text):  # "cancer in the last 5 years" has years too
        yield Wanted.AGE.value


def _is_of_people(question: str, term: Term) -> bool:
    """Whether the question says that patients have it, or take it."""
    said = rf"\b(?:with|having|have|on|taking|after|whose)\s+(?:[\w-]+\s+){{0,2}}?{re.escape(term.text)}"
    return re.search(said, question, re.IGNORECASE) is not None


def tells_who(plan: Plan, candidate: Candidate) -> bool:
    """Whether a sentence says who may take part, on the side that is asked for: a criterion by its list, any other by its words."""
    if candidate.role is Role.ELIGIBILITY:
        return is_asked_for(plan, candidate.hit.passage)
    return _TELLS.search(candidate.text) is not None and (_sides(plan) != (EXCLUSION,) or keeps_out(candidate.text))


def is_asked_for(plan: Plan, passage: Passage) -> bool:
    """Whether a passage is a criterion of a list that the question asks for, or of one that does not say which it is."""
    return is_criterion(passage) and side_in(passage.section) in {*_sides(plan), ""}


def _sides(plan: Plan) -> tuple[str, ...]:
    """The lists that answer. A question for yes or no may be answered from either, and who can take part is said by both."""
    out, let_in = keeps_out(plan.question), _LET_IN.search(plan.question) is not None
    if Asks.YES_NO in plan.asks or out == let_in:
        return INCLUSION, EXCLUSION
    return (EXCLUSION,) if out else (INCLUSION,)
