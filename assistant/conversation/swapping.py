"""One thing of a question put in the place of another: "and in pregnancy?", "what about rivaroxaban?".

Each gives the whole new question, or `None` where more than one reading is possible: a wrong one would change the medicine.
"""

from __future__ import annotations

import re

from assistant.conversation.cues import listed
from assistant.conversation.setting import about
from assistant.conversation.slots import Slots, is_comorbidity, slots
from assistant.planning.terms import Term

_PLURAL = re.compile(r"(?:s|men|children|people)$|^people\b|^(?:wo)?men\b", re.IGNORECASE)
_MANY = {"Does": "Do", "Is": "Are", "Has": "Have"}


def swap_drug(before: Slots, new: Term) -> str | None:
    """The question for another drug. One that names several drugs, or an amount, does not say which to replace, or by how much; and a word that
    no list knows may be a drug too."""
    if not before.editable or before.has_amount or before.unknown:
        return None
    if len(before.drugs) != 1 or before.drugs[0].names == new.names:
        return None
    measured = listed("electrolytes", "names")
    if new.text.lower() in measured and before.drugs[0].text.lower() not in measured:
        return None  # its level may be meant
    return _checked(_replaced(before.text, before.drugs[0], new.text), drug=new)


def swap_intervention(before: Slots, new: Term) -> str | None:
    """The question for another procedure, where it names one and no drug."""
    if not before.editable or before.drugs or len(before.interventions) != 1:
        return None
    if before.interventions[0].names == new.names or before.others:
        return None
    return _replaced(before.text, before.interventions[0], new.text)


def swap_harm(before: Slots, new: Term) -> str | None:
    """The question for another effect: in the place of the one it names, else of what it is about."""
    if not before.editable or len(before.harms) > 1:
        return None
    if before.harms:
        return None if before.harms[0].names == new.names else _replaced(before.text, before.harms[0], new.text)
    topic = about(before)
    if topic is None or topic.head == new.text:
        return None
    return f"{new.text[0].upper()}{new.text[1:]} with {topic.head}{topic.rest}?"


def swap_people(before: Slots, who: str) -> str | None:
    """The question for other people: in the place of those it is about, else added. Of several groups none is known to be meant."""
    if not before.editable or len(before.who) > 1:
        return None
    if not before.who:
        if before.people and re.match(r"an? ", before.people[0].text, re.IGNORECASE):
            return None  # a patient who is described, and not by words that could be put in others' place
        return f"{_open(before.text)} in {who}?"
    old = before.who[0]
    aged = re.compile(r"\b\d{1,3}([- ]years?[- ]old)\b", re.IGNORECASE)
    if (exact := re.fullmatch(r"a (\d{1,3})-year-old", who)) and aged.search(old.text):
        who = aged.sub(rf"{exact[1]}\1", old.text)
    if old.text.lower() == who.lower():
        return None
    return _agreeing(before.text[: old.start] + _cased(who, old.start) + before.text[old.end :], who)


def swap_disease(before: Slots, new: Term, preposition: str) -> str | None:
    """The question for another disease: in the place of the one in which, or of which, it asks; or added to it where the new one is a comorbidity.

    "Is metformin safe in kidney disease?" asks in one disease at a time, "how is hypertension treated?" may be asked of people who have another.
    """
    if not before.editable or preposition == "without" or any(new.names == old.names for old in before.conditions):
        return None
    places = (*before.settings, *before.treated)
    if len(places) > 1:
        return None
    if not places:
        if before.effects or not preposition:
            return None
        return _added(before, new)
    (old,) = places
    if before.is_on_safety and old in before.settings and not before.effects and len(before.drugs) == 1:
        replaces = is_comorbidity(old) or not is_comorbidity(new)
    elif preposition and is_comorbidity(new):
        replaces = False
    elif is_comorbidity(old) or before.interventions:
        return None
    elif preposition:
        replaces = old in before.settings or not before.drugs
    else:
        replaces = not before.effects and (old in before.treated or not is_comorbidity(new))
        if not replaces:
            return None
    return _replaced(before.text, old, new.text) if replaces else _added(before, new)


def _added(before: Slots, disease: Term) -> str:
    """With one disease more, in words that fit what the question ends with."""
    start = _open(before.text)
    if any(start.endswith(old.text) for old in before.settings):
        return f"{start} and {disease.text}?"
    if before.people and start.endswith(before.people[-1].text) and not before.people[-1].state:
        return f"{start} with {disease.text}?"
    return f"{start} in patients with {disease.text}?"


def _replaced(text: str, old: Term, new: str) -> str | None:
    """The text with every mention of a term replaced by another's words, in lower case but where a sentence begins."""
    mention = re.compile(rf"(?<![\w-]){re.escape(old.text)}(?![\w-])", re.IGNORECASE)
    done = _agreeing(mention.sub(lambda match: _cased(new, match.start()), text), new)
    left = slots(done)
    gone = all(old.names != term.names for term in (*left.drugs, *left.conditions, *left.interventions, *left.harms))
    return done if gone and done != text else None


def _checked(question: str | None, *, drug: Term) -> str | None:
    """The question, where the drug it now names is that one and no other."""
    if question is None:
        return None
    return question if {term.names for term in slots(question).drugs} == {drug.names} else None


def _agreeing(question: str, words: str) -> str:
    """The question with its first word in the plural where what follows now is: "Do men …", "Are statins …"."""
    if not _PLURAL.search(words) or words.startswith("a "):
        return question
    first, _, rest = question.partition(" ")
    return f"{_MANY[first]} {rest}" if first in _MANY and rest.startswith(words) else question


def _cased(words: str, place: int) -> str:
    return words[0].upper() + words[1:] if place == 0 else words


def _open(question: str) -> str:
    return question.rstrip(" ?.!")
