"""Whether a sentence holds the kind of fact that a question asks for: a dose, a duration, a percentage, a harm."""

from __future__ import annotations

import re

from assistant.composing.candidates import Candidate
from assistant.composing.regimens import AMOUNT, DOSE, regimens
from assistant.planning.aspects import aspect_headed
from assistant.planning.rules import Plan, Wanted
from assistant.planning.terms import drugs_in, key_terms
from assistant.planning.vocabulary import TermKind
from ingestion.sources.recommendations import grade_of

_SMALL = r"one|two|three|four|five|six|seven|eight|nine|ten"
_FACTS: dict[Wanted, re.Pattern[str]] = {
    Wanted.DOSE: DOSE,
    Wanted.DURATION: re.compile(
        AMOUNT + r"[- ]?(?:hours?|days?|weeks?|months?|years?)\b|\b(?:lifelong|indefinitely|one year)\b", re.IGNORECASE
    ),
    Wanted.FREQUENCY: re.compile(
        r"\b(?:every|once|twice|times|daily|weekly|monthly|annual(?:ly)?|yearly|biennial(?:ly)?|each|intervals?|per (?:day|week|month|year)"
        r"|\d+[- ]?hourly|q\d+h|bd|bid|tds|tid|qds|qid)\b",
        re.IGNORECASE,
    ),
    Wanted.AGE: re.compile(r"\d+\D{0,20}\b(?:years?|age|older|younger)\b|\bage[sd]?\s+\d+", re.IGNORECASE),
    Wanted.FIGURE: re.compile(r"\d"),
    Wanted.PERCENTAGE: re.compile(
        r"\d\s?%|\bper ?cent\b|\b(?:half|third|two-thirds|quarter|three-quarters|majority)\b"
        rf"|\b(?:\d+|{_SMALL}) (?:in|of|out of)(?: every)? (?!(?:19|20)\d\d\b)(?:\d+|{_SMALL})\b(?! ?m?c?g\b)",
        re.IGNORECASE,
    ),
    Wanted.GRADE: re.compile(
        r"\b(?:an?|its|the|this|current) [A-DI] (?:recommendation|statement|grade)\b"
        r"|\b(?i:grade):? (?:[A-DI]|[12][A-D]?)\b"
    ),
    Wanted.DATE: re.compile(r"\b(?:19|20)\d\d\b"),
    Wanted.HARM: re.compile(
        r"\b(?:side[- ]effects?|adverse|harm(?:s|ful|ed)?|toxic\w*|contraindicat\w+|intoleran\w+|risks? of|caus(?:es?|ed|ing)"
        r"|(?:raises?|raised|increas\w+|higher|excess) (?:the )?(?:\w+ ){0,2}?risks?)\b",
        re.IGNORECASE,
    ),
}
_CLAUSE = re.compile(r"[,;:]\s")
_REGIMEN = re.compile(
    r"\b(?:dos(?:e|es|age|ing)|daily|weekly|once|twice|every|per|start\w*|give[ns]?|titrat\w*|maxim\w+|up to|initial\w*|recommended)\b"
    r"|/(?:d|day|kg|week)\b",
    re.IGNORECASE,
)


def holds(plan: Plan, wanted: Wanted, candidate: Candidate, sentence: str) -> bool:
    """Whether the sentence holds the kind of fact; a dose counts only as a regimen beside its drug's name, a grade also where it is the row's."""
    text = candidate.text
    if wanted is Wanted.GRADE and (candidate.grade or grade_of(text)):
        return True
    if wanted is Wanted.HARM and (
        aspect_headed(candidate.lowest_first) == "cautions"
        or any(term.kind is TermKind.HARM for term in key_terms(text))
    ):
        return True
    if not _FACTS[wanted].search(text):
        return False
    drugs = plan.of_kind(TermKind.DRUG)
    if wanted is Wanted.FREQUENCY and drugs and not candidate.listed:
        said = [drugs_in(clause) for clause in _CLAUSE.split(text) if _FACTS[wanted].search(clause)]
        return any(not named or any(one.names & asked.names for one in named for asked in drugs) for named in said)
    if wanted is not Wanted.DOSE or not drugs:
        return True
    if candidate.listed:
        return any(_FACTS[wanted].search(text[start:end]) for start, end in regimens(text, drugs))
    return (candidate.item or bool(_REGIMEN.search(text))) and any(term.occurs_in(sentence) for term in drugs)
