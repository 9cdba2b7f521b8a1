"""What a question takes for granted, in its own words: "Why does X raise Y?" says that X raises Y."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistant.planning.asking import Effect, effect_of

FEWEST_WORDS = 3
_SAID = (
    re.compile(
        r"^(?:since|given that|considering that|now that|if it is true that)\s+(?P<premise>[^,?]+),\s*(?:then\s+)?"
        r"(?=(?:at|for|in|with|to|by)?\s*(?:what|which|who|how|when|where|why|should|is|are|does|do|can|could|may|must|will)\b)",
        re.IGNORECASE,
    ),
    re.compile(
        r"^(?:and\s+)?(?:why|how come|by how much|how (?:much|strongly|quickly|soon|well))\s+"
        r"(?:is|are|was|were|does|do|did|has|have|can|will|would)\s+(?P<premise>[^?]+)\?*$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^what (?:explains|is the (?:reason|explanation|mechanism)(?: for the fact)?)(?: that| why)\s+(?P<premise>[^?]+)\?*$",
        re.IGNORECASE,
    ),
)
_OF_ONE_PERSON = re.compile(r"\b(?:i|my|me|we|our|he|his|she|her|this patient)\b", re.IGNORECASE)
"""What is said of a patient is no statement that evidence could deny."""
_UP, _DOWN = r"increas|rais|elevat|heighten", r"reduc|lower|decreas|cut|diminish|prevent"
_AGAINST = (
    r"(?:\s+(?:(?:as |when )?compared (?:with|to)|versus|vs\.?|relative to|(?:(?:more|less) )?than(?: with| on| after)?)"
    r"\s+(?P<comparator>.+))?$"
)
_EFFECT = (
    re.compile(
        rf"^(?P<intervention>.+?)\s+(?:(?P<up>{_UP})|(?P<down>{_DOWN}))(?:e|s|es|d|ed)?\s+(?P<outcome>(?!by\b|with\b|after\b|in\b).+?){_AGAINST}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^(?P<outcome>.+?)\s+(?:(?P<up>{_UP})|(?P<down>{_DOWN}))(?:e?d)?\s+(?:by|with|after)\s+(?P<intervention>.+?){_AGAINST}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^(?P<outcome>.+?)\s+(?:(?P<up>higher|greater|more)|(?P<down>less))\s+(?:with|on|after)\s+(?P<intervention>.+?){_AGAINST}",
        re.IGNORECASE,
    ),
)
_WHETHER = re.compile(
    r"^(?:is|are|was|were|does|do|did|has|have|can|could|will|would)\s+(?P<statement>[^?]+)\?*$", re.IGNORECASE
)
_OF_WHOM = re.compile(r"\s+(?:in|among|for)\s+.*$", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Premised:
    """An effect that a premise states, and which way the outcome is said to go."""

    effect: Effect
    way: Literal["increased", "decreased"]


def premised(premise: str) -> Premised | None:
    """The effect that a premise states: "X raises Y in Z, compared with C"; `None` where it states none in a form that is known."""
    premise = " ".join(premise.split())
    for pattern in _EFFECT:
        if match := pattern.match(premise):
            given, outcome, other = (
                _ARTICLE.sub("", (match[name] or "").strip()) for name in ("intervention", "outcome", "comparator")
            )
            return Premised(
                Effect(given, other, _OF_WHOM.sub("", outcome)), "increased" if match["up"] else "decreased"
            )
    return None


def effect_asked(question: str) -> Effect | None:
    """The effect that a question is on, whether it asks what it is, whether it is so ("Does X lower Y?"), or takes it for granted."""
    stated = _WHETHER.match(question.strip())
    of_it = premised(stated["statement"] if stated else premise_of(question))
    return effect_of(question) or (of_it.effect if of_it else None)


def premise_of(question: str) -> str:
    """The words that the question takes for granted; empty where it does so in no form that is known.

    Of a question with inverted order the auxiliary is left out: "Why is aspirin advised?" gives "aspirin advised", which is compared by its words.
    """
    for pattern in _SAID:
        if found := pattern.match(question.strip()):
            premise = found["premise"].strip(" .")
            return premise if len(premise.split()) >= FEWEST_WORDS and not _OF_ONE_PERSON.search(premise) else ""
    return ""
