"""The design of a document: as the indexers or its title say it, else as its own text does.

New records carry no more than "Journal Article" for months, and many never get more; the text says then how it was done, where it says "we", "this
trial" or that its people were randomised. What it says of other people's studies is none of its design.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.appraisal.preliminary import has_results
from assistant.studies.reader import Sentence, read_study, sentences_of
from assistant.studies.words import words
from indexes.passage import Kind, Passage, Role
from ingestion.design import study_design
from ingestion.document import Document

_WEAK = frozenset({"unknown", "comparative study"})
_RANDOMISED = re.compile(
    rf"\b(?:we|were|was)\b(?:[ ,\w-]{{0,40}}?)\brandom(?:ly (?:assigned|allocated|divided)|i[sz]ed)\b(?=.*\b{words('people')}\b)"
    rf"|\b{words('people')}\b.*\b(?:were|was)\b(?:[ ,\w-]{{0,40}}?)\brandom(?:ly (?:assigned|allocated|divided)|i[sz]ed)\b",
    re.IGNORECASE,
)
_OF_OTHERS = re.compile(
    r"\b(?:trials|studies|previous\w*|earlier|meta-?analys[ei]s|review|mendelian|non-?randomi[sz]ed|not randomi[sz]ed|rats?|mice|animals?"
    r"|post[- ]hoc|secondary analys[ei]s|future|willing|needed|warranted|required|should|await\w*)\b",
    re.IGNORECASE,
)
_READ = frozenset({"randomised trial", "clinical trial", "observational study", "case-control study"})
"""What a text is believed to be when it says so; of reviews and cases, others' are spoken of more than one's own."""
_UNTOLD = frozenset({Role.BACKGROUND, Role.ELIGIBILITY})


@dataclass(frozen=True, slots=True)
class Designed:
    """A design in the words of `ingestion.design`, its level, and the sentence it was read from where neither indexers nor title say it."""

    design: str
    level: str
    quote: str | None = None


def design_of(document: Document, passages: Sequence[Passage]) -> Designed:
    """The design of a document, read from its passages where nothing else says it. A registered trial is one once it has results."""
    if document.kind is Kind.GUIDELINE:
        return Designed("guideline", document.evidence_level)
    if document.kind is Kind.TRIAL:
        randomised = str(document.attributes.get("allocation", "")).upper() == "RANDOMIZED"
        if not has_results(document):
            return Designed("registration", document.evidence_level)
        return Designed("randomised trial" if randomised else "clinical trial", document.evidence_level)
    design, level = study_design(document.publication_types, document.title)
    told = [one for one in sentences_of(passages) if one.role not in _UNTOLD]
    return (_in_text(document, passages, told) if design in _WEAK else None) or Designed(design, level)


def _in_text(document: Document, passages: Sequence[Passage], told: Sequence[Sentence]) -> Designed | None:
    for one in told:
        if _RANDOMISED.search(one.text) and not _OF_OTHERS.search(one.text):
            return Designed("randomised trial", "2", one.text)
    read = read_study(document, passages).get("design")
    if read is None or read.quote is None:
        return None
    passage, start = read.quote.passage, read.quote.start
    sentence = next((one for one in told if one.passage == passage and one.start <= start < one.end), None)
    design, level = study_design((), read.value)
    if sentence is None or design not in _READ or (design == "randomised trial" and _OF_OTHERS.search(sentence.text)):
        return None
    return Designed(design, level, sentence.text)
