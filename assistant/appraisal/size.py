"""The number of people that a study reports on, where its own words leave no doubt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from assistant.answer import Participants
from assistant.appraisal.rules import rules
from assistant.studies.participants import find_count
from assistant.studies.reader import Sentence, sentences_of
from assistant.studies.words import words
from assistant.verification.measures import measures
from indexes.passage import Kind, Passage, Role
from ingestion.document import Document

_COUNTED_IN = {Role.METHOD: 0, Role.RESULT: 1, Role.SUMMARY: 2, Role.BODY: 3, Role.CONCLUSION: 4}
"""Where a study says how many it studied, the likeliest place first; what stands in its background counts others."""

_COUNTED = re.compile(rf"\bn ?= ?(\d[\d,]*)|\b(\d[\d,]*) (?:[\w-]+,? ){{0,4}}?{words('people')}\b", re.IGNORECASE)


def participants(document: Document, passages: Sequence[Passage]) -> Participants | None:
    """Everybody who was studied, as the passages say; `None` where they say nothing, or more than one thing."""
    if document.kind is Kind.TRIAL:
        count = document.attributes.get("enrollment")
        return Participants(number=count) if isinstance(count, int) and count > 0 else None
    told = [one for one in sentences_of(passages) if one.role in _COUNTED_IN]
    for sentence in sorted(told, key=lambda one: _COUNTED_IN[one.role]):
        if number := _number(sentence):
            return Participants(
                number=number,
                passage_id=sentence.passage.passage_id,
                quote=sentence.text,
                start=sentence.start,
                end=sentence.end,
            )
    return None


def _number(sentence: Sentence) -> int | None:
    text = sentence.text
    span = find_count(text)
    if span is None:
        return None
    around = {"sentence": text, "before": text[: span[0]], "after": text[span[1] :]}
    if any(pattern.search(around[place]) for place, pattern in _not_all()):
        return None
    said = text[slice(*span)]
    figures = measures(said).quantities
    if len(figures) != 1 or not figures[0].value.isdigit() or (len(said.split()) > 1 and said[0].isalpha()):
        return None  # "one hundred and fifty" is read as its last word
    number = int(figures[0].value)
    counted = [int(re.sub(r"\D", "", match[1] or match[2])) for match in _COUNTED.finditer(text)]
    if number < rules()["size"]["fewest"] or any(other > number for other in counted):
        return None  # what is less than a part is not the whole
    return number


@cache
def _not_all() -> tuple[tuple[str, re.Pattern[str]], ...]:
    said = rules()["size"]
    places = ("sentence", "before", "after")
    return tuple((place, re.compile(pattern, re.IGNORECASE)) for place in places for pattern in said[place])
