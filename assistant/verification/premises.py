"""Whether the sources deny what a question takes for granted. Then that is said first: an answer on a wrong premise would confirm it."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answer import Warning as AnswerWarning
from assistant.drafts import Checked
from assistant.planning.premises import premise_of
from assistant.planning.terms import Term, content_of, key_terms
from assistant.verification.checks import examine
from assistant.verification.evidence import Evidence
from assistant.verification.words import stems

MIN_TERMS, MIN_WORDS = 0.6, 0.5
"""Shares of the premise's key terms and of its words that a sentence must hold, the former with its title, to speak of it at all."""


def corrected(question: str, claims: Sequence[Checked]) -> tuple[list[Checked], list[AnswerWarning]]:
    """The claims, those first that deny what the question takes for granted; and a warning for each document that does."""
    premise = premise_of(question)
    terms = key_terms(premise) if premise else ()
    against = [each for each in claims if terms and _speaks_of(premise, terms, each) and _contradicts(premise, each)]
    said = {checked.passages[0].document_id: checked for checked in reversed(against)}
    warnings = [
        AnswerWarning(
            kind="premise",
            document_id=document_id,
            text=f"The question takes for granted: “{premise}”. The source says otherwise: “{checked.claim.text}”",
        )
        for document_id, checked in said.items()
    ]
    return [*against, *(each for each in claims if each not in against)], warnings


def _speaks_of(premise: str, terms: Sequence[Term], checked: Checked) -> bool:
    content = content_of(f"{checked.claim.text} . {checked.passages[0].title}")
    words = set(stems(premise))
    return sum(term.occurs_in(content) for term in terms) >= MIN_TERMS * len(terms) and len(
        words & set(stems(checked.claim.text))
    ) >= MIN_WORDS * len(words)


def _contradicts(premise: str, checked: Checked) -> bool:
    evidence = Evidence(checked.claim.text, context=checked.passages[0].title)
    return any(finding.contradicts for finding in examine(premise, evidence).values())
