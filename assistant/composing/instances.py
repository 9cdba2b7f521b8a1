"""A question put in a sentence's words: a class of drugs by the member that it names, a thing by the name that it has for it.

An embedder does not know that dabigatran is a DOAC, nor that a Pap test is screening for cervical cancer: to "warfarin or a DOAC?" a sentence on
warfarin and dabigatran seems far. Which names are one thing's and which drug belongs to which class is known (`planning/concepts.txt`), and the rules
of fit have made sure that the sentence is about one, so it is compared with the question in its own words too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from assistant.composing.vectors import SentenceVectors
from assistant.planning.rules import Plan
from assistant.planning.terms import Term, content_of, drugs_in, key_terms
from assistant.planning.vocabulary import TermKind
from indexes.embedding import Vectors

_ABBREVIATION = re.compile(
    r"(?=\w*[A-Z]\w*[A-Z])\w{2,6}"
)  # which an embedder may not know, even where the sentence has it too
MOST = 4
"""Wordings that a question is put in; each is one more text to embed."""
LESS = 0.05
"""By how much closer in meaning a member must be: what holds of one holds less surely of its class."""


def meanings(plan: Plan, texts: Sequence[str], matrix: Vectors, vectors: SentenceVectors) -> Vectors:
    """The cosine of each sentence with the question, or, where that is closer, with the question in the sentence's words.

    `matrix` are the sentences' vectors, of shape (len(texts), dimension).
    """
    found: Vectors = matrix @ vectors.question(plan.question)
    asked: dict[str, Vectors] = {}
    for number, text in enumerate(texts):
        question, less = reworded(plan, text)
        if question == plan.question or (question not in asked and len(asked) == MOST):
            continue
        if question not in asked:
            asked[question] = vectors.question(question)
        found[number] = np.maximum(found[number], matrix[number] @ asked[question] - less)
    return found


def reworded(plan: Plan, text: str) -> tuple[str, float]:
    """The question with what the text calls otherwise in the text's words, a class of drugs by a member; and how much less that is worth."""
    content, question, less = content_of(text), plan.question, 0.0
    for term in plan.terms:
        named = content_of(term.text) in content
        if named and not _ABBREVIATION.fullmatch(term.text):
            continue
        others = (one for one in key_terms(text) if one.names == term.names and _is_as_narrow(one, term))
        if other := next((one for one in others if not named or " " in one.text), None):
            question = question.replace(term.text, other.text, 1)
        elif not named and (member := next((one for one in drugs_in(text) if _is_a(one, term)), None)):
            question, less = question.replace(term.text, member.text, 1), LESS
    return question, less


def _is_as_narrow(named: Term, term: Term) -> bool:
    """Whether it may be another name of the same: TDF/FTC is not tenofovir, and an infarction need not be a heart attack."""
    if any(sign in one.text for sign in "/+" for one in (named, term)):
        return False
    return " " in named.text or " " not in term.text or not named.text.islower()


def _is_a(drug: Term, term: Term) -> bool:
    """Whether the drug is narrower than the term: all its names are among the term's, and not the other way round."""
    return term.kind is TermKind.DRUG and drug.names < term.names
