"""Whether the sources deny what a question takes for granted. Then that is said first: an answer on a wrong premise would confirm it.

To tell a clinician who is right that the source says otherwise is worse than silence. So only plain forms of denial count, and effects that the
model of verdicts finds next to impossible beside what the sentence says; and only where no other cited sentence says the same as the premise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answer import Warning as AnswerWarning
from assistant.appraisal import IN_FORCE
from assistant.drafts import Checked
from assistant.planning.premises import Premised, premise_of, premised
from assistant.planning.terms import content_of, key_terms
from assistant.planning.vocabulary import TermKind
from assistant.verdicts import effects
from assistant.verdicts.advice import advises
from assistant.verdicts.models import Models, probabilities, shipped
from assistant.verdicts.reading import EVIDENCE
from assistant.verdicts.sentences import said_by, seen_in_people
from assistant.verification.direction import matches
from assistant.verification.ratios import ratios
from assistant.verification.words import negations, stems
from indexes.passage import Role

MIN_WORDS = 0.5
"""Share of the premise's words that a quote must hold to speak of it at all."""
NEAR = 0.4
"""Nearness of shared words from which two directions are surely of the same thing."""
NO_CHANCE, FAIR_CHANCE = 0.03, 0.2
"""Probability of an effect beside a sentence on its outcome: up to this it is ruled out, above that not. Figures: docs/verification.md."""
_NAMED = frozenset({TermKind.DRUG, TermKind.CONDITION, TermKind.INTERVENTION, TermKind.HARM, TermKind.OUTCOME})
_UNREAD = re.compile(
    r"\b(?:than|compared|versus|vs|similar\w*|same|without|only|except|unless|better|worse|not?|never)\b|n't\b",
    re.IGNORECASE,
)
"""With one of these two statements may differ in more than their direction."""
_OTHER_ARM = re.compile(
    r"\b(?:placebo|controls?|usual care|standard care|no treatment|compared|versus|vs|than)\b", re.IGNORECASE
)
_LASTING = re.compile(r"surviv|-free|\balive\b|duration|time to", re.IGNORECASE)
"""Of these more is better, and a ratio below one means more."""
_NOT = re.compile(r"\bnot\b|n't\b", re.IGNORECASE)
_ADVISED = re.compile(r"\b(?:recommended|advised|indicated|started?|given|offered)\b", re.IGNORECASE)


def corrected(
    question: str, claims: Sequence[Checked], models: Models | None = None
) -> tuple[list[Checked], list[AnswerWarning]]:
    """The claims, those first whose quote denies what the question takes for granted; and a warning for each document that does."""
    premise = premise_of(question)
    if not premise:
        return list(claims), []
    against = []
    if _readable(premise):
        against = [each for each in claims if _speaks_of(premise, each) and _denies(premise, each)]
    if stated := premised(premise):
        against += [each for each in claims if each not in against and _denied_by_ratio(premise, stated, each)]
        against += [each for each in _ruled_out(premise, stated, claims, models or shipped()) if each not in against]
    against = [each for each in against if seen_in_people(each)]
    if any(_says_so(premise, each) for each in claims):
        against = []
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


def _readable(premise: str) -> bool:
    """Whether it is one plain statement: about something named, with no comparison and no denial."""
    return any(term.kind in _NAMED for term in key_terms(premise)) and not _UNREAD.search(premise)


def _speaks_of(premise: str, checked: Checked) -> bool:
    """Whether the quote names all of the premise, and holds half of its words itself."""
    words = set(stems(premise))
    return _names_all(premise, checked) and len(words & set(stems(_quote(checked)))) >= MIN_WORDS * len(words)


def _names_all(premise: str, checked: Checked) -> bool:
    """Whether the quote, under its title, names every drug, condition, intervention, outcome and harm of the premise."""
    content = content_of(f"{_quote(checked)} . {checked.passages[0].title}")
    return all(term.occurs_in(content) for term in key_terms(premise) if term.kind in _NAMED)


def _denies(premise: str, checked: Checked) -> bool:
    """A recommendation in force against what is said to be advised; or one direction, turned round, in a quote that denies nothing else."""
    quote, passage = _quote(checked), checked.passages[0]
    if _ADVISED.search(premise):
        stands = passage.status in IN_FORCE
        is_advice = passage.part_at(checked.claim.citations[0].start).role is Role.RECOMMENDATION
        return stands and is_advice and advises(quote) == -1
    near = [match for match in matches(premise, quote) if match.nearness >= NEAR]
    opposite = [match for match in near if match.relation == "opposite"]
    if not opposite or len(near) > len(opposite):
        return False
    denied = (
        len(negations(quote)) == 1 and opposite[0].quote.negated
    )  # "did not prevent": the one denial is of just this
    return not _UNREAD.search(_NOT.sub(" ", quote) if denied else quote)


def _ruled_out(premise: str, stated: Premised, claims: Sequence[Checked], models: Models) -> list[Checked]:
    """The claim whose quote names most of the outcome, where that leaves the effect no chance, and no other on it leaves it a fair one."""
    said = [said_by(each) for each in claims]
    on_it = [n for n, each in enumerate(said) if each.role in EVIDENCE and effects.is_on(stated.effect, each)]
    number = effects.most_telling(stated.effect, [said[n] for n in on_it])
    if number is None:
        return []
    chances = [probabilities(models.effect, effects.values(stated.effect, said[n]))[stated.way] for n in on_it]
    if chances[number] > NO_CHANCE or max(chances) > FAIR_CHANCE or not _names_all(premise, claims[on_it[number]]):
        return []
    return [claims[on_it[number]]]


def _denied_by_ratio(premise: str, stated: Premised, checked: Checked) -> bool:
    """Whether the quote's ratios, of what is given to what it is compared with, go the other way on the outcome, or show no difference."""
    quote = _quote(checked)
    content = content_of(quote)
    outcome = [term for term in key_terms(stated.effect.outcome) if term.kind in _NAMED]
    ways = {ratio.way for ratio in ratios(quote)}
    if len(ways) != 1 or not outcome or not all(term.occurs_in(content) for term in outcome):
        return False
    given = [quote.lower().find(term.text.lower()) for term in key_terms(stated.effect.intervention)]
    beside = _OTHER_ARM.search(quote)
    first = min((place for place in given if place >= 0), default=-1)
    if first < 0 or beside is None or beside.start() < first or not _names_all(premise, checked):
        return False
    return ways.isdisjoint({1 if stated.way == "increased" else -1}) and not _LASTING.search(f"{quote} {premise}")


def _says_so(premise: str, checked: Checked) -> bool:
    """Whether the quote says the same direction of the same thing, whatever else it says."""
    return (
        not _ADVISED.search(premise)
        and _speaks_of(premise, checked)
        and any(match.relation == "same" for match in matches(premise, _quote(checked)))
    )
