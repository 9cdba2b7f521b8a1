"""What is said against a drug: whoever asks for its dose has to see that it is not to be given, and a list's line that says so stands for itself."""

from __future__ import annotations

import re

from assistant.composing.candidates import Candidate
from assistant.planning.rules import Plan
from assistant.planning.terms import Term, classes_of, content_of
from assistant.planning.vocabulary import TermKind

FORBIDS = re.compile(
    r"\bcontra-?indicat(?:ed|ion)\b|\bteratogenic\b|\bunsafe\b|\bavoid(?:ed)?\b|\b(?:should|must) (?:not|never)\b"
    r"|\b(?:not|no longer|never|nor) (?:to )?(?:be )?(?:\w+ )?"
    r"(?:recommended|advised|advisable|given|used|administered|indicated|standard)\b"
    r"|\b(?:not|never) (?:to )?be (?:\w+ )?prescribed\b"  # "others, for whom they are not prescribed" says nothing against it
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
    if not drugs or not _forbids(text):
        return False
    content = content_of(text)
    return any(drug.occurs_in(content) or _is_of_a_class_in(drug, content) for drug in drugs)


def forbids_class_of(drug: Term, text: str) -> bool:
    """Whether a text says that the class of a drug which it does not name is not to be given: what holds for beta blockers holds for propranolol."""
    return _forbids(text) and not drug.occurs_in(content_of(text)) and _is_of_a_class_in(drug, content_of(text))


def _is_of_a_class_in(drug: Term, content: str) -> bool:
    return any(each.occurs_in(content) for each in classes_of(drug))


def _forbids(text: str) -> bool:
    return FORBIDS.search(text) is not None and not _UNLESS.search(text)
