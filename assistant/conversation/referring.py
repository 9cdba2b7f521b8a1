"""Sources of an answer, called by their numbers or places: "source 3", "[2]", "the second trial"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.answer import Source
from assistant.conversation.cues import cue, table
from assistant.conversation.slots import slots
from assistant.conversation.turns import Turn


@dataclass(frozen=True, slots=True)
class Reference:
    """Words that call a source: where they stand, and its number, or why it is not known."""

    start: int
    end: int
    number: int | None
    why: str = ""


def reopened(words: str) -> int | None:
    """The number of the source that is to be shown again ("open 2", "[2]"), or `None` where the words ask for something else."""
    match = cue("requests", "reopen").match(words.strip(" ?.!"))
    return int(next(group for group in match.groups() if group)) if match else None


def refers(asked: str, turn: Turn | None) -> Reference | None:
    """The source of that turn's answer that a question is about; `None` where it speaks of none."""
    sources = turn.sources if turn else ()
    if match := cue("requests", "number").search(asked):
        number = int(match["number"] or match["bracket"])
        return Reference(match.start(), match.end(), *_within(number, sources))
    match = cue("requests", "ordinal").search(asked)
    if match is None:
        return None
    own = slots(asked)
    if cue("requests", "described").match(asked[match.end() :]) and own.has_topic:
        return None  # "the first trial of streptomycin" is described, not called
    if match["ordinal"] is None and (own.drugs or own.conditions):
        return None  # "what does the guideline say about gout?"
    return Reference(match.start(), match.end(), *_placed(match["ordinal"], match["document"], sources))


def _within(number: int, sources: tuple[Source | None, ...]) -> tuple[int | None, str]:
    if 1 <= number <= len(sources):
        return (number, "") if sources[number - 1] else (None, f"source [{number}] is not in the library any more")
    return None, _none(sources)


def _placed(ordinal: str | None, document: str, sources: tuple[Source | None, ...]) -> tuple[int | None, str]:
    """The number of "the second trial": the second of the answer's trials, where source 2 is not another trial of it."""
    document = document.lower()
    numbers = [number for number, source in enumerate(sources, start=1) if source and _is_a(source, document)]
    if not numbers:
        return None, _none(sources)
    if ordinal is None:
        return (numbers[0], "") if len(numbers) == 1 else (None, _which(document))
    if ordinal.lower() == "last":
        return numbers[-1], ""
    place = table("ordinals").get(ordinal.lower())
    if place is None or place > len(numbers):
        return None, _which(document) if len(sources) > 1 else _none(sources)
    number = numbers[place - 1]
    at_place = sources[place - 1]
    if number != place and not (at_place and at_place.kind == "guideline"):
        return None, _which(document)  # the second of the trials, or source 2, which a reader may call a trial too
    return number, ""


def _is_a(source: Source, document: str) -> bool:
    """Whether a source is what a reader calls so."""
    if re.match(r"source|reference|citation", document):
        return True
    if document.startswith("guideline"):
        return source.kind == "guideline"
    if document.startswith("registration"):
        return source.kind == "trial"
    if document.startswith("trial"):
        return source.kind == "trial" or (source.kind == "literature" and source.evidence_level == "2")
    if re.match(r"review|meta", document):
        return source.kind == "literature" and source.evidence_level == "1"
    return source.kind == "literature"


def _none(sources: tuple[Source | None, ...]) -> str:
    if not sources:
        return "the answer before has no sources"
    if len(sources) == 1:
        return "the answer before has one source, [1]"
    return f"the answer before has no such source: their numbers go from 1 to {len(sources)}"


def _which(document: str) -> str:
    return f"more than one source may be that {document.rstrip('s')}: say its number, as in “source 2”"
