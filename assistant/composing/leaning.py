"""What a sentence that leans on others refers to: "this drug", "both groups", "it". Words of the text before it, or of the title, verbatim.

The reader is shown them beside the quote. A wrong antecedent would name the wrong drug, so that one is only given where there is but one candidate;
else the title says what the sentence is about.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from assistant.planning.terms import drugs_in
from assistant.studies.arms import find_arms, find_intervention
from assistant.studies.participants import find_people
from indexes.passage import Passage
from ingestion.sentences import sentence_spans

BEFORE = 4  # sentences before it in which an antecedent is looked for
LONGEST = 160  # characters of an antecedent
Find = Callable[[str], str | None]

_GROUPS, _GIVEN, _PEOPLE, _PRONOUN, _STUDY, _STATES = (
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:both|two|either|each|the other|(?:the )?(?:intervention|treatment|experimental|active|control|comparison)) (?:\w+ )?"
        r"(?:groups?|arms?|treatments?|drugs?|regimens?)\b|\b(?:between|among|across|in) (?:the )?(?:groups|arms|treatments)\b|\bof the two\b",
        r"\b(?:this|that|the study|the same) (?:new |novel )?(?:drug|medicine|medication|agent|compound|treatment|therapy|vaccine|intervention"
        r"|regimen|combination|procedure)\b|^the (?:drug|intervention|treatment|procedure)\b(?! of)",
        r"\b(?:these|this|such|the same) (?:patients?|people|persons|children|infants|women|men|adults|individuals|participants|subjects"
        r"|populations?|groups?)\b|\bof (?:these|those|them)\b",
        r"^(?:(?:however|moreover|furthermore|thus|therefore|in addition|in contrast),? )?(?:it|its|they|their|both)\b"
        r"(?! (?:is|was|remains?|appears?|seems?) (?:\w+ )?(?:that|to|whether))",
        r"^(?:this|these)\b|\b(?:this|these) (?:results?|findings?|data|effects?|differences?|changes?|associations?|risks?|disease|condition"
        r"|disorder)\b",
        r"\b(?:was|were|is|are|groups?)\b",  # a stretch that says something names no two things
    )
)


def context_of(passage: Passage, start: int, end: int) -> str | None:
    """What the sentence at these places refers to; `None` where it stands by itself. Always words of the text before it or of the title."""
    text = passage.text[start:end]
    before = _before(passage.text[:start])
    for pattern, find in _FINDERS:
        if pattern.search(text):
            return _found(find, before, passage.title) or passage.title or None
    return None


def _before(text: str) -> list[str]:
    """The sentences before, the nearest first."""
    return [text[a:b] for a, b in sentence_spans(text)][: -BEFORE - 1 : -1]


def _found(find: Find, before: list[str], title: str) -> str | None:
    """What the nearest sentence, then the title, has for it; `None` where that is much too long to stand in brackets."""
    for words in (*before, title):
        if (found := find(words)) and len(found) <= LONGEST:
            return found
    return None


def _groups(words: str) -> str | None:
    """From the first thing compared to the second."""
    arms = find_arms(words)
    if not arms or not arms.intervention or not arms.comparator:
        return None
    spans = sorted((arms.intervention, arms.comparator))
    compared = words[spans[0][0] : spans[1][1]]
    return None if _STATES.search(compared) else compared


def _given(words: str) -> str | None:
    """The only drug named; where none is, what was studied."""
    drugs = {term.names: term.text for term in drugs_in(words)}
    if drugs:
        return next(iter(drugs.values())) if len(drugs) == 1 else None
    span = find_intervention(words)
    return words[slice(*span)] if span else None


def _people(words: str) -> str | None:
    span = find_people(words)
    return words[slice(*span)] if span else None


def _pronoun(words: str) -> str | None:
    """The only drug of a sentence that begins with it: what it speaks of."""
    drugs = drugs_in(words)
    if len({term.names for term in drugs}) != 1 or not words.lower().startswith(drugs[0].text.lower()):
        return None
    return drugs[0].text


def _nothing(words: str) -> str | None:  # noqa: ARG001
    """A study and its results are only told from the title."""
    return None


_FINDERS: tuple[tuple[re.Pattern[str], Find], ...] = (
    (_GROUPS, _groups),
    (_GIVEN, _given),
    (_PEOPLE, _people),
    (_PRONOUN, _pronoun),
    (_STUDY, _nothing),
)
