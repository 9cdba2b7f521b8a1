"""What the claim names, the quote names: the same drug, condition, outcome and group, under whatever name.

Conditions and groups may stand in the title or headings the quote stands under; drugs and outcomes must be in the quote itself.
"""

from __future__ import annotations

import re

from assistant.planning.terms import content_of
from assistant.planning.vocabulary import TermKind
from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding
from assistant.verification.naming import Entity, named

_NOUNS = {
    TermKind.DRUG: "drug",
    TermKind.CONDITION: "condition",
    TermKind.POPULATION: "group",
    TermKind.INTERVENTION: "intervention",
    TermKind.HARM: "harm",
    TermKind.OUTCOME: "outcome",
    TermKind.OTHER: "name",
}
_IN_CONTEXT = frozenset({TermKind.CONDITION, TermKind.POPULATION, TermKind.INTERVENTION, TermKind.OTHER})
_BRACKETS = re.compile(r"[(\[][^()\[\]]*[)\]]")  # "left ventricular (LV) hypertrophy" names the whole
_SMALL = 0.25  # taken off for what may be said in other words


def check_entities(claim: str, evidence: Evidence) -> Finding:
    """0 where the claim names a drug, condition, group, harm or outcome that the source does not; less than 1 for an unknown acronym."""
    missing, soft = missing_entities(claim, evidence)
    if missing:
        return Finding(0.0, "; ".join(_said(entity, evidence) for entity in missing), fault=True)
    if soft:
        names = ", ".join(entity.text for entity in soft)
        return Finding(max(0.25, 1.0 - _SMALL * len(soft)), f"not in the quoted words: {names}")
    return FINE


def missing_entities(claim: str, evidence: Evidence) -> tuple[list[Entity], list[Entity]]:
    """What the claim names and the source does not: what it must name, and what may be said in other words."""
    quote = content_of(evidence.spelt_out(evidence.quote)) + content_of(_BRACKETS.sub(" ", evidence.quote))
    around = quote + content_of(evidence.spelt_out(evidence.context))
    must: list[Entity] = []
    may: list[Entity] = []
    for entity in _spelt(claim, evidence):
        if entity.occurs_in(around if entity.kind in _IN_CONTEXT else quote):
            continue
        (may if entity.kind is TermKind.OTHER else must).append(entity)
    return must, may


def _spelt(claim: str, evidence: Evidence) -> tuple[Entity, ...]:
    """The claim's entities, an abbreviation also under what it stands for here."""
    longs = dict(evidence.pairs)
    found = []
    for entity in named(claim):
        long = longs.get(entity.text) or longs.get(entity.text.removesuffix("s"))
        if long:
            spelt = frozenset({content_of(long).strip()}).union(
                *(each.names for each in named(long) if each.text.lower() == long.lower())
            )
            entity = Entity(entity.kind, entity.text, entity.names | spelt, entity.narrower, entity.start)
        found.append(entity)
    return tuple(found)


def _said(entity: Entity, evidence: Evidence) -> str:
    content = content_of(evidence.quote)
    if any(f" {name} " in content for name in entity.narrower):
        return f"the source is about something narrower than {entity.text}"
    return f"{_NOUNS[entity.kind]} not in the source: {entity.text}"
