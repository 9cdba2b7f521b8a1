"""Whether the sources deny what a question takes for granted. Then that is said first: an answer on a wrong premise would confirm it."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answer import Warning as AnswerWarning
from assistant.drafts import Checked
from assistant.planning.premises import premise_of
from assistant.planning.terms import Term, content_of, key_terms
from assistant.verification.checks import examine
from assistant.verification.evidence import Evidence
from assistant.verification.features import Judge
from assistant.verification.labels import LABELS
from assistant.verification.words import stems

MIN_TERMS, MIN_WORDS = 0.6, 0.5
"""Shares of the premise's key terms and of its words that a quote must hold, the former with its title, to speak of it at all."""
BAR = 0.5
"""Probability of contradiction from which a quote denies the premise."""


def corrected(question: str, claims: Sequence[Checked], judge: Judge) -> tuple[list[Checked], list[AnswerWarning]]:
    """The claims, those first whose quote denies what the question takes for granted; and a warning for each document that does.

    A quote denies it where the rules find it contradicted, in direction or by a denial, and the trained verifier (`judge`) does too: rules alone take
    a sentence that says two things at its wrong word.
    """
    premise = premise_of(question)
    terms = key_terms(premise) if premise else ()
    opposed = [each for each in claims if terms and _speaks_of(premise, terms, each) and _opposed(premise, each)]
    asked = [(premise, _quote(each)) for each in opposed]
    judged = judge(asked)[:, LABELS.index("contradict")] if asked else ()
    against = [each for each, contradiction in zip(opposed, judged, strict=True) if contradiction >= BAR]
    said = {checked.passages[0].document_id: checked for checked in reversed(against)}
    warnings = [
        AnswerWarning(
            kind="premise",
            document_id=document_id,
            text=f"The question takes for granted: “{premise}”. The source says otherwise: “{_quote(checked)}”",
        )
        for document_id, checked in said.items()
    ]
    return [*against, *(each for each in claims if each not in against)], warnings


def _quote(checked: Checked) -> str:
    """The source's own words: a claim may be a model's."""
    return checked.claim.citations[0].quote


def _speaks_of(premise: str, terms: Sequence[Term], checked: Checked) -> bool:
    content = content_of(f"{_quote(checked)} . {checked.passages[0].title}")
    words = set(stems(premise))
    return sum(term.occurs_in(content) for term in terms) >= MIN_TERMS * len(terms) and len(
        words & set(stems(_quote(checked)))
    ) >= MIN_WORDS * len(words)


def _opposed(premise: str, checked: Checked) -> bool:
    evidence = Evidence(_quote(checked), context=checked.passages[0].title)
    return any(finding.contradicts for finding in examine(premise, evidence).values())
