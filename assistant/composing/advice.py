"""Graded advice among the sentences that answer: it goes before what its guideline says around it, and nothing stands in for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.appraisal import IN_FORCE
from assistant.composing.candidates import Candidate
from assistant.composing.fit import SCREENS
from assistant.planning.ages import in_words
from assistant.planning.asking import Asks
from assistant.planning.rules import Plan
from assistant.planning.terms import content_of
from assistant.planning.vocabulary import TermKind
from assistant.verdicts.sentences import leaves_open
from indexes.passage import Role
from ingestion.sources.recommendations import recommends

if TYPE_CHECKING:
    from assistant.composing.extractive import Chosen

_SCREENING_TESTS = re.compile(
    r"\b(?:colonoscop\w+|mammogra\w+|pap (?:smears?|tests?)|low-dose ct|ldct|lung ct|psa)\b", re.IGNORECASE
)


def advises(plan: Plan, candidate: Candidate) -> bool:
    """Whether the question asks for advice, or may, and the sentence is a graded recommendation in force."""
    return (
        bool(plan.asks & {Asks.GUIDANCE, Asks.NOTE})
        and candidate.role is Role.RECOMMENDATION
        and candidate.grade is not None
        and candidate.hit.passage.status in IN_FORCE
    )


def tells_what_to_do(plan: Plan, candidate: Candidate) -> bool:
    """Whether it advises, or says that nobody can."""
    return advises(plan, candidate) or recommends(candidate.text) or leaves_open(candidate.text)


def is_beyond(plan: Plan, read: Sequence[Candidate], faults: Sequence[Sequence[str]]) -> bool:
    """Whether graded recommendations would fit but for the age, and none is for it, unless it leaves something open: then only advice that names that
    age may answer, as other words on the matter would stand in for the advice that there is not."""
    graded = [
        set(found)
        for candidate, found in zip(read, faults, strict=True)
        if advises(plan, candidate) and not leaves_open(candidate.text)
    ]
    return plan.age is not None and set() not in graded and {in_words(plan.age)} in graded


def lacks_only_how(plan: Plan, candidate: Candidate, faults: Sequence[str]) -> bool:
    """Whether it is graded advice on screening that fits but for how that is done: whoever asks for screening by ECG must see that."""
    ways = {term.text for term in plan.of_kind(TermKind.INTERVENTION)}
    return bool(faults) and ways.issuperset(faults) and _is_on_screening(plan, candidate) and advises(plan, candidate)


def advice_around(plan: Plan, qualified: Sequence[int], scored: Sequence[Chosen]) -> list[int]:
    """Where screening is asked about, the graded advice on it that fits, of the guidelines that answer: it may lack a word of the question."""
    answering = {scored[n].candidate.hit.passage.document_id for n in qualified}
    return [
        n
        for n, each in enumerate(scored)
        if n not in qualified
        and each.candidate.hit.passage.document_id in answering
        and advises(plan, each.candidate)
        and _is_on_screening(plan, each.candidate)
    ]


def advice_first(plan: Plan, qualified: Sequence[int], scored: Sequence[Chosen]) -> list[int]:
    """The sentences with, of each guideline that answers with graded advice, the advice before what it says around it."""
    first: dict[str, int] = {}
    for n in qualified:
        if advises(plan, scored[n].candidate):
            first.setdefault(scored[n].candidate.hit.passage.document_id, n)
    order: list[int] = []
    for n in qualified:
        order += [first.get(scored[n].candidate.hit.passage.document_id, n), n]
    return list(dict.fromkeys(order))


def _is_on_screening(plan: Plan, candidate: Candidate) -> bool:
    """Whether the sentence is on screening, and the question too: by name, or by a test that is mostly done for it. Then all else that it names
    must be there: a mammogram for whom BRCA1 was found is no screening of everybody."""
    if not SCREENS.search(candidate.text):
        return False
    if SCREENS.search(plan.question):
        return True
    around = content_of(f"{candidate.text} . {candidate.headings}")
    rest = [term for term in plan.terms if term.kind not in (TermKind.INTERVENTION, TermKind.POPULATION)]
    return _SCREENING_TESTS.search(plan.question) is not None and all(term.occurs_in(around) for term in rest)
