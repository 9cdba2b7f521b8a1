"""A question for a class of drugs, put with the member that a sentence names.

An embedder does not know that dabigatran is a DOAC: to "warfarin or a DOAC?" a sentence on warfarin and dabigatran seems far. Which drug belongs to
which class is known (`planning/concepts.txt`), and the rules of fit have made sure that the sentence is about one, so it is compared with the
question for that drug too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.composing.vectors import SentenceVectors
from assistant.planning.rules import Plan
from assistant.planning.terms import Term, content_of, drugs_in
from assistant.planning.vocabulary import TermKind
from indexes.embedding import Vectors

MOST = 4
"""Members that a question is put with; each is one more text to embed."""
LESS = 0.05
"""By how much closer in meaning a member must be: what holds of one holds less surely of its class."""


def meanings(plan: Plan, texts: Sequence[str], matrix: Vectors, vectors: SentenceVectors) -> Vectors:
    """The cosine of each sentence with the question, or, where that is closer, with the question for what the sentence names of a class.

    `matrix` are the sentences' vectors, of shape (len(texts), dimension).
    """
    found: Vectors = matrix @ vectors.question(plan.question)
    asked: dict[str, Vectors] = {}
    for number, text in enumerate(texts):
        question = narrowed(plan, text)
        if question == plan.question or (question not in asked and len(asked) == MOST):
            continue
        if question not in asked:
            asked[question] = vectors.question(question)
        found[number] = np.maximum(found[number], matrix[number] @ asked[question] - LESS)
    return found


def narrowed(plan: Plan, text: str) -> str:
    """The question with each class of drugs that the text names only by a member replaced by that member, in the text's word."""
    content, question = content_of(text), plan.question
    for term in plan.of_kind(TermKind.DRUG):
        if content_of(term.text) in content:
            continue
        member = next((drug for drug in drugs_in(text) if _is_a(drug, term)), None)
        if member:
            question = question.replace(term.text, member.text, 1)
    return question


def _is_a(drug: Term, term: Term) -> bool:
    """Whether the drug is narrower than the term: all its names are among the term's, and not the other way round."""
    return drug.names < term.names
