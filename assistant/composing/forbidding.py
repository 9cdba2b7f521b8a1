"""What is said against a drug: whoever asks for its dose has to see that it is not to be given, and a list's line that says so stands for itself."""

from __future__ import annotations

import re

from assistant.composing.candidates import Candidate
from assistant.planning.rules import Plan
from assistant.planning.terms import content_of
from assistant.planning.vocabulary import TermKind

FORBIDS = re.compile(
    r"\bcontra-?indicat(?:ed|ion)\b|\bteratogenic\b|\bunsafe\b|\bavoid(?:ed)?\b|\b(?:should|must) (?:not|never)\b"
    r"|\b(?:not|no longer|never|nor) (?:to )?(?:be )?(?:\w+ )?"
    r"(?:recommended|advised|advisable|given|used|administered|indicated|prescribed|standard)\b"
    r"|\b(?:do not|don[’']t|never) (?:use|give|prescribe|administer)\b",
    re.IGNORECASE,
)
_UNLESS = re.compile(r"\b(?:not|no) contra-?indicat", re.IGNORECASE)


def forbids(plan: Plan, candidate: Candidate) -> bool:
    """Whether a sentence or line says that a drug which the question names is not to be given, to whomever."""
    return forbids_in(plan, candidate.text)


def forbids_in(plan: Plan, text: str) -> bool:
    """The same of words."""
    drugs = plan.of_kind(TermKind.DRUG)
    if not drugs or not FORBIDS.search(text) or _UNLESS.search(text):
        return False
    content = content_of(text)
    return any(drug.occurs_in(content) for drug in drugs)
