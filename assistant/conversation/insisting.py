"""Opinions and orders about an answer: "are you sure?", "my professor says otherwise", "ignore the sources". None of them is evidence."""

from __future__ import annotations

import re

from assistant.conversation.cues import cue, cues
from assistant.conversation.slots import slots
from assistant.conversation.turns import Turn
from assistant.planning.terms import Term

_SENTENCE = re.compile(r"[.!?;]+\s+")
UNMOVED = "The answer rests on its sources, and no opinion moves it: the question before was answered from them again."


def insists(asked: str, turn: Turn) -> str | None:
    """What to tell a reader who argues with an answer rather than asking something; `None` where the words are a question of their own."""
    words = asked.strip(" ?.!,;")
    if cue("insistence", "somebody").search(words):
        return None
    if not any(pattern.search(words) for pattern in cues("insistence", "patterns")):
        return None
    last = _SENTENCE.split(words)[-1]
    if asked.rstrip().endswith("?") and not any(pattern.search(last) for pattern in cues("insistence", "patterns")):
        return None  # an opinion first, and then a question
    new = _new(asked, turn)
    if not new:
        return UNMOVED
    if asked.rstrip().endswith("?"):
        return None
    return f"{UNMOVED} Nothing was looked up on {', '.join(term.text for term in new)}: ask about that in a question of its own."


def _new(asked: str, turn: Turn) -> list[Term]:
    """Drugs, diseases and procedures that neither the question before nor its answer names."""
    own = slots(asked)
    known = {name for term in turn.terms for name in term.names}
    return [term for term in (*own.drugs, *own.conditions, *own.interventions) if not term.names & known]
