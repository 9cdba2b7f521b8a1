"""What a question before is about, in words that a question after can carry along: its head, the people and the disease.

A completed question must lose nobody: "what dose?" after a question on children is a question on children.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.conversation.slots import Slots
from assistant.planning.terms import Term, content_of

_TAIL = re.compile(r"\s(?:in|for|among|during)\s(?!(?:order|general|addition|case|how|what|which)\b).*$", re.IGNORECASE)
_SCREENING = re.compile(r"\bscreening (?:for|of)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class About:
    """The one thing a question is about (`head`) and where it asks about it, in the question's words, each with its preposition; may be empty."""

    head: str
    term: Term
    is_drug: bool
    rest: str
    people: str
    disease: str


def about(before: Slots) -> About | None:
    """What a question is about, or `None` where it is about several things, or about something that rules cannot put into words."""
    if before.denies or not before.editable:
        return None
    head = _head(before)
    if head is None:
        return None
    words, term = head
    tail = _tail(before.text, words)
    if tail is None:
        return None
    inside = content_of(tail)
    said = content_of(words)
    lost = [other for other in before.others if not other.occurs_in(inside) and not other.occurs_in(said)]
    lost += [drug for drug in before.drugs if drug is not term and not drug.occurs_in(inside)]
    if term in before.drugs:  # what is done around a procedure is not what is done at other times
        lost += [one for one in before.interventions if not one.occurs_in(inside)]
    if lost:  # a word no list knows may be what matters most ("transplant")
        return None
    who = [one for one in before.who if one.text.lower() not in tail.lower()]
    where = [one for one in before.settings if one is not term and not one.occurs_in(inside) and one.text not in words]
    if len(who) > 1 or len(where) > 1:
        return None
    people = f" in {who[0].text}" if who else ""
    rest = tail + people + "".join(f" {'with' if people else 'in'} {one.text}" for one in where)
    everyone = before.who[0].text if len(before.who) == 1 else ""
    settings = [one for one in before.settings if one is not term]
    return About(
        head=words,
        term=term,
        is_drug=term in before.drugs,
        rest=rest,
        people=f" in {everyone}" if everyone else "",
        disease=settings[0].text if len(settings) == 1 else "",
    )


def _head(before: Slots) -> tuple[str, Term] | None:
    """The drug a question names; without one the procedure, the screening, or the disease. Of several, none is it."""
    for terms in (before.drugs, before.interventions):
        if terms:
            return (terms[0].text, terms[0]) if len(terms) == 1 else None
    if len(before.conditions) != 1:
        return None
    (disease,) = before.conditions
    if screening := _SCREENING.search(before.text):
        start, end = screening.start(), before.text.find(disease.text) + len(disease.text)
        return (before.text[start:end], disease) if start < end else None
    return disease.text, disease


def _tail(question: str, head: str) -> str | None:
    """The end of a question from the word that says where it is asked; empty where there is none, `None` where it cannot be cut off."""
    after = question[question.find(head) + len(head) :].rstrip(" ?.!")
    found = _TAIL.search(after)
    if found is None:
        return ""
    return None if any(mark in found.group() for mark in ":;,") else found.group()
