"""What was seen in animals or in a dish is not clinical evidence."""

from __future__ import annotations

import re

from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding
from assistant.verification.words import cue, has

_PARTS = re.compile(
    r"\bhuman(?:[\s-]+[\w-]+){0,4}?[\s-]+(?:cells?|lines?|tissues?|biops(?:y|ies)|tumou?rs?|xenografts?|fibroblasts|platelets|serum|plasma)\b",
    re.IGNORECASE,
)
"""Of humans, and nobody among them: cells of theirs in a dish."""


def check_setting(claim: str, evidence: Evidence) -> Finding:
    """0 where the evidence is from animals or cells and the claim does not say so."""
    if speaks_of_animals(claim):
        return FINE
    quote, context = evidence.quote, evidence.context
    if word := _animal(quote) or (not _people(f"{context} . {quote}") and _cells(quote)):
        return Finding(0.0, f"the evidence is not from people (“{word}”), and the claim does not say so", fault=True)
    if evidence.animal:
        return Finding(0.0, "the study is indexed as one of animals, and the claim does not say so", fault=True)
    if (word := _animal(context) or _cells(context)) and not _people(f"{context} . {quote}"):
        return Finding(0.0, f"the study is not of people (“{word}”), and the claim does not say so", fault=True)
    return FINE


def not_in_people(sentence: str, title: str = "") -> str:
    """The word by which a sentence or the title above it says that it is of animals or cells, and of no people; empty where neither does."""
    return next(
        (word for text in (title, sentence) if (word := _animal(text) or _cells(text)) and not _people(text)), ""
    )


def in_people(sentence: str) -> bool:
    """Whether a sentence speaks of people; their cells are none."""
    return _people(sentence)


def speaks_of_animals(text: str) -> bool:
    """Whether a text speaks of animals or of cells in a dish."""
    return bool(_animal(text) or _cells(text))


def _animal(text: str) -> str:
    """The first word for animals or experiments; rabbit antibodies, dog bites and red yeast rice are none."""
    harmless = [match.span() for match in cue("no animal").finditer(text)]
    return next(
        (
            match[0]
            for match in cue("animal").finditer(text)
            if not any(start <= match.start() and match.end() <= end for start, end in harmless)
        ),
        "",
    )


def _cells(text: str) -> str:
    match = cue("cells").search(text)
    return match[0] if match else ""


def _people(text: str) -> bool:
    return has("human", _PARTS.sub(" ", text))
