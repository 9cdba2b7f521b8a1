"""The rule planner: what to look for and where, without an LLM."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.planning.terms import Term, key_terms
from indexes.passage import Filters, Kind

_TRIALS = re.compile(
    r"\b(recruit\w*|enrol\w*|clinical trials?|registered|trials?\b.*\b(for|of|in)\b|nct\d+|eligib\w+)", re.IGNORECASE
)
_GUIDANCE = re.compile(
    r"\b(should|recommend\w*|guidelines?|advis\w+|when (?:do|to|should)|how often|first[- ]line|screen\w*)\b",
    re.IGNORECASE,
)
_FIGURES = re.compile(
    r"\b(how (?:much|many|common|often|long|likely|high|low)|rates?|risks?|nnt|dos(?:e|es|age)|percent\w*|incidence|prevalence|mortality|reduc\w+"
    r"|what (?:age|dose|level|threshold)|which (?:age|dose|values?))\b",
    re.IGNORECASE,
)
_SINCE = re.compile(
    r"\b(?:since|after|from)\s+((?:19|20)\d\d)\b(?!\s*(?:to|-|–|m?c?g|µg|ml|iu|units?)\b)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a question will be answered. `quotas` is how many passages of each kind are looked at."""

    question: str
    terms: tuple[Term, ...]
    quotas: dict[Kind, int]
    filters: Filters
    wants_trials: bool = False
    wants_guidance: bool = False
    wants_figures: bool = False


def plan(question: str, filters: Filters | None = None) -> Plan:
    """A plan for a screened question. Filters given by the caller win over a year named in the question."""
    filters = filters or Filters()
    since = _SINCE.search(question)
    if since and filters.year_from is None:
        filters = Filters(filters.kinds, int(since.group(1)), filters.year_to, filters.document_ids)
    wants_trials = bool(_TRIALS.search(question))
    quotas = {Kind.GUIDELINE: 10, Kind.LITERATURE: 12, Kind.TRIAL: 10 if wants_trials else 4}
    if filters.kinds:
        quotas = {kind: quota for kind, quota in quotas.items() if kind in filters.kinds}
    return Plan(
        question,
        key_terms(question),
        quotas,
        filters,
        wants_trials=wants_trials,
        wants_guidance=bool(_GUIDANCE.search(question)),
        wants_figures=bool(_FIGURES.search(question)),
    )
