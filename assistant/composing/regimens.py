"""Doses in lists of drugs: the lines that give the regimen of a drug, and what a question asks for the dose of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.planning.rules import Plan, Wanted
from assistant.planning.terms import Term, content_of, drugs_in
from assistant.planning.vocabulary import TermKind

AMOUNT = r"(?<![\d.,])\d[\d.,]{0,12}(?:\s*(?:-|–|to)\s*\d[\d.,]{0,12})?\s*"
DOSE = re.compile(
    AMOUNT
    + r"(?:million )?(?:mg|mcg|micrograms?|µg|μg|g|grams?|ml|units?|iu|mmol|puffs?|tablets?|inhalations?|actuations?|drops?)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"\W*(?:\d|adults?|child\w*|infants?|neonat\w*|elderly|over|under|above|below|dose|day|up to|or|then|initial|maintenance|loading|maxim)",
    re.IGNORECASE,
)
_OF_DOSES = re.compile(
    r"dos\w+|volumes?|amounts?|ml|millilit\w+|lit(?:er|re)s?|k?g|loading|maintenance|max\w*|initial|starting|usual|normal|standard|oral|iv|intravenous|im|intramuscular|rectal|daily|adults?",
    re.IGNORECASE,
)
_BEGINNING = 4  # words of a line in which the drug that it is on stands


def regimens(items: str, drugs: Sequence[Term]) -> Iterator[tuple[int, int]]:
    """Where a list says something of each of the drugs: the line that names it, with those after it that go on ("Co-amoxiclav", "Adult: 500 mg")."""
    start = at = 0
    goes_on = False
    for line in items.split("\n"):
        named = any(drug.occurs_in(content_of(line)) for drug in drugs)
        still = goes_on and not named and _GOES_ON.match(line) is not None and not drugs_in(line)
        if goes_on and not still:
            yield start, at - 1
        if named:
            start = at
        goes_on = named or still
        at += len(line) + 1
    if goes_on:
        yield start, len(items)


def is_on(line: str, drugs: Sequence[Term]) -> bool:
    """Whether a line is on one of the drugs: it begins with its name."""
    beginning = content_of(" ".join(line.split()[:_BEGINNING]))
    return any(drug.occurs_in(beginning) for drug in drugs)


def asks_of_a_drug(plan: Plan) -> bool:
    """Whether a question asks for the dose or the harms of a drug."""
    asked = Wanted.DOSE in plan.wanted or bool(plan.aspects & {"cautions", "contraindications"})
    return asked and bool(plan.of_kind(TermKind.DRUG))


def asks_of_a_drug_alone(plan: Plan) -> bool:
    """Whether it names nothing else: "dose of phenytoin". Then it is the reader who knows for what."""
    return asks_of_a_drug(plan) and not what_for(plan)


def what_for(plan: Plan) -> list[Term]:
    """What a question names beside drugs and people, without the words that only say which dose."""
    return [term for term in plan.matters if not _OF_DOSES.fullmatch(term.text)]
