"""What a sentence that leans on others refers to: "this drug", "both groups", "it". Words of the text before it, or of the title, verbatim.

The reader is shown them beside the quote. A wrong antecedent would name the wrong drug, so that a drug is only given where it is the only one in the
sentences before, the title and the sentence itself; else the title, cut where it is long, says what the sentence is about.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from assistant.planning.terms import drugs_in, key_terms
from assistant.planning.vocabulary import TermKind
from assistant.studies.arms import find_arms, find_intervention
from assistant.studies.participants import find_people
from indexes.passage import Passage
from ingestion.sentences import sentence_spans

BEFORE = 4  # sentences before it in which an antecedent is looked for
LONGEST = 160  # characters of an antecedent
_CODE = re.compile(r"\b[A-Z]{1,6}-?\d{2,}\w*\b|\b[A-Z]{2,}-\d+\w*\b")
_SUBJECT = re.compile(r"\W*[\w-]+ (?:was|were|is|are|has|had|reduc|increas|improv|caus|prevent|lower)", re.IGNORECASE)
_NO_SUBJECT = re.compile(
    r"(?:develops|follows|occurs|presents|affects|causes|results|begins|spreads|responds|resolves|is|are|has|have|may|can)\s+(?!you|we|i\b|there)",
    re.IGNORECASE,
)  # "Develops as a complication of …": guidelines leave out what their title names
_SEVERAL = re.compile(r"\b(?:both|they|their)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Seen:
    """A sentence, those before it, the nearest first, and the title."""

    text: str
    before: tuple[str, ...]
    title: str

    @property
    def all(self) -> tuple[str, ...]:
        """All that is looked at."""
        return (self.text, *self.before, self.title)


Find = Callable[[Seen], str | None]

_GROUPS, _GIVEN, _PEOPLE, _PRONOUN, _STUDY, _STATES = (
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:both|two|either|each|the other|(?:the )?(?:intervention|treatment|experimental|active|control|comparison)) (?:\w+ )?"
        r"(?:groups?|arms?|treatments?|drugs?|regimens?)\b|\b(?:between|among|across|in) (?:the )?(?:groups|arms|treatments)\b|\bof the two\b",
        r"\b(?:this|the study|the same) (?:new |novel )?(?:drug|medicine|medication|agent|compound|treatment|therapy|vaccine|intervention"
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
    seen = Seen(text, _before(passage.text[:start]), passage.title)
    for pattern, find in _FINDERS:
        if pattern.search(text):
            found = find(seen)
            return found if found and len(found) <= LONGEST else _clipped(passage.title) or None
    return None


def lacks_subject(text: str) -> bool:
    """Whether the sentence begins with what is said of something that it does not name."""
    return _NO_SUBJECT.match(text) is not None


def _before(text: str) -> tuple[str, ...]:
    """The sentences before, the nearest first."""
    return tuple(text[a:b] for a, b in sentence_spans(text)[: -BEFORE - 1 : -1])


def _clipped(title: str) -> str:
    """The title on one line; a long one ends in "…" after a whole word."""
    title = " ".join(title.split())
    return title if len(title) <= LONGEST else (title[:LONGEST].rpartition(" ")[0] or title[: LONGEST - 1]) + "…"


def _first(find: Callable[[str], str | None], seen: Seen) -> str | None:
    """What the nearest sentence, then the title, has for it."""
    return next((found for words in (*seen.before, seen.title) if (found := find(words))), None)


def _groups(seen: Seen) -> str | None:
    return _first(_compared, seen)


def _compared(words: str) -> str | None:
    """From the first thing compared to the second."""
    arms = find_arms(words)
    if not arms or not arms.intervention or not arms.comparator:
        return None
    spans = sorted((arms.intervention, arms.comparator))
    compared = words[spans[0][0] : spans[1][1]]
    return None if _STATES.search(compared) else compared


def _given(seen: Seen) -> str | None:
    """The only drug named anywhere near; where none is, what was studied."""
    drug = _only_drug(seen)
    if drug:
        return drug
    if any(drugs_in(words) for words in seen.all) or _unknown(seen):
        return None
    return _first(_studied, seen)


def _studied(words: str) -> str | None:
    span = find_intervention(words)
    return words[slice(*span)] if span else None


def _only_drug(seen: Seen) -> str | None:
    """The drug of the sentences before, or of the title, where all that is looked at, the sentence itself too, names no other thing given."""
    if len({term.names for words in seen.all for term in drugs_in(words)}) != 1 or _unknown(seen):
        return None
    return next((term.text for words in (*seen.before, seen.title) for term in drugs_in(words)), None)


def _unknown(seen: Seen) -> bool:
    """Whether anything could be a drug that no list knows: a code ("XB-123"), a name in capitals, or what was given."""
    return any(_CODE.search(words) for words in seen.all) or any(_named_otherwise(words) for words in seen.before)


def _named_otherwise(words: str) -> bool:
    """Whether a sentence names something with a capital that is in no list, or what was compared is no drug that is."""
    arms = find_arms(words)
    if arms and arms.intervention and not drugs_in(words[slice(*arms.intervention)]):
        return True
    for term in key_terms(words):
        at = words.find(term.text)
        first = not words[:at].strip()
        if term.kind is TermKind.OTHER and term.text[:1].isupper() and (not first or _SUBJECT.match(words)):
            return True
    return False


def _people(seen: Seen) -> str | None:
    return _first(_described, seen)


def _described(words: str) -> str | None:
    span = find_people(words)
    return words[slice(*span)] if span else None


def _pronoun(seen: Seen) -> str | None:
    """The drug that the sentence just before begins with, where it names nothing else that "it" could be; never of several."""
    drug, last = _only_drug(seen), next(iter(seen.before), "")
    alone = drug and last.lower().startswith(drug.lower()) and len(key_terms(last)) == 1
    return drug if alone and not _SEVERAL.search(seen.text) else None


def _nothing(seen: Seen) -> str | None:  # noqa: ARG001
    """A study and its results are only told from the title."""
    return None


_FINDERS: tuple[tuple[re.Pattern[str], Find], ...] = (
    (_GROUPS, _groups),
    (_GIVEN, _given),
    (_PEOPLE, _people),
    (_PRONOUN, _pronoun),
    (_STUDY, _nothing),
    (re.compile(rf"^{_NO_SUBJECT.pattern}", re.IGNORECASE), _nothing),
)
