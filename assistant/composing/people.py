"""Whom a sentence is for, and whom a question is about: a regimen for newborns, or before exposure, is no one else's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.composing.candidates import Candidate
from assistant.planning.ages import ADULT, OLD, covers, in_words
from assistant.planning.risk import other_risk
from assistant.planning.rules import Plan, Wanted
from assistant.planning.terms import Term, content_of, key_terms
from assistant.planning.vocabulary import TermKind, synonyms
from indexes.lexical import stem, tokens

_OTHERS = re.compile(
    r"\b(?:HIV[- ]+(?:infected|positive)|(?:people|persons|patients|women|men|those) with HIV|neonat\w*|infants?|newborns?|allerg\w*|pregnan\w*"
    r"|contacts|(?:sex(?:ual)? )?partners?|latent|resistan\w+|suppressive)\b",
    re.IGNORECASE,
)
_LATENT = re.compile(r"\blatent\b", re.IGNORECASE)
_NEWBORN = re.compile(r"\b(?:newborns?|neonat\w*|ba(?:by|bies)|infants?|preterms?|prematur\w+)\b", re.IGNORECASE)
_UNDER = re.compile(r"(?:\b(?:under|below|less than|younger than)|<)\s*(\d+)\s*months?\b", re.IGNORECASE)
_OVER = re.compile(r"(?:\b(?:over|above|more than|older than)|>)\s*(\d+)\s*months?\b", re.IGNORECASE)
_FORESTALLS = re.compile(  # a bowel prep does not
    r"\b(?:pre|post)-?exposure prophylaxis|\b(?-i:PrEP|PEP)\b", re.IGNORECASE
)
_FORESTALLED = re.compile(r"\b(?:PrEP|PEP|prophyla\w+|prevent\w*|exposure|exposed|avoid\w*|at risk)\b", re.IGNORECASE)
_EXPOSED = re.compile(
    r"\bpost[- ]?exposure|\bPEP\b|\bafter (?:an? )?(?:\w+ )?(?:bite|exposure|needle)|\bneedle-?stick", re.IGNORECASE
)
_UNEXPOSED = re.compile(r"\bpre[- ]?exposure|\b(?-i:PrEP)\b", re.IGNORECASE)
_GIVEN_BEFORE = re.compile(
    r"\b(?:give|offer|administer|start)\w* (?:\w+ ){0,2}?(?:pre[- ]?exposure|(?-i:PrEP))", re.IGNORECASE
)
_AFTER = re.compile(r"\b(?:have|has|had) had an? (?:\w+ ){0,2}?(\w+ectomy|\w+plasty|transplant\w*)\b", re.IGNORECASE)
_MALE, _FEMALE = (key_terms(word)[0] for word in ("men", "women"))
_YOUNG = tuple(key_terms(word)[0] for word in ("children", "adolescents"))
_SPECIAL = (*_YOUNG, *(key_terms(word)[0] for word in ("pregnancy", "postpartum", "breastfeeding")))
_PREGNANT = key_terms("pregnancy")[0]
_FOR_ADULTS = re.compile(r"\badults?\s*(?:\([^)]*\)\s*)?[:–-]\s*(?:\w+ ){0,2}\d", re.IGNORECASE)
_FOR_THE_YOUNG = re.compile(
    r"\b(?:child(?:ren)?|infants?|neonat\w+|newborns?|pa?ediatric|bab(?:y|ies)|adolescents?)(?:\s+\w+){0,2}\s*[:–(-]|\d\s*(?:months?|years?)\b|\bkg\b",
    re.IGNORECASE,
)
"""Labels of doses: of a line that has one for adults alone, "child mortality" does not make one for children."""
_FOR_THE_OLD = re.compile(r"\b(?:elderly|older (?:adults|people|persons)|geriatric)\b", re.IGNORECASE)
OLDEST_MOTHER, _INFANT = 55, 2  # years
_SPECIAL_BY_NAME = re.compile(
    r"\b(?:child|pa?ediatric|adolescen|postnatal|perinatal|postpartum|antenatal|maternal|prematur|preterm|neonat|newborn|infan|bab(?:y|ies)\b)",
    re.IGNORECASE,
)
"""What is about them by its name: childhood asthma, postnatal depression."""


def other_people(plan: Plan, candidate: Candidate, around: str) -> Iterator[str]:
    """Whom the question is about and the sentence is not for; `around` is its content with that of its headings."""
    yield from (term.text for term in plan.of_kind(TermKind.POPULATION) if not term.occurs_in(around))
    yield from (f"without {term.text}" for term in plan.absent if not _says_without(candidate, term))
    yield from _by_sex_and_age(plan, candidate, around)
    if risk := other_risk(plan.question, candidate.text):
        yield risk
    if candidate.listed and (special_people(plan, candidate) or _is_for_newborns(plan, candidate)):
        yield "people of any age"
    yield from _by_exposure(plan, candidate.headings if candidate.listed else candidate.text)
    yield from _by_months(plan.question, candidate.text)
    if (surgery := _AFTER.search(candidate.text)) and stem(surgery[1]) not in content_of(plan.question):
        yield f"people without a {surgery[1]}"
    if (treats(plan) or candidate.listed) and (others := _for_others(plan, candidate)):
        yield f"people other than {others}"


def treats(plan: Plan) -> bool:
    """Whether the question asks for a treatment, and not only for its harms."""
    return Wanted.DOSE in plan.wanted or ("treatment" in plan.aspects and Wanted.HARM not in plan.wanted)


def special_people(plan: Plan, candidate: Candidate) -> bool:
    """Whether the sentence is about children, adolescents or pregnancy though the question does not say so."""
    if plan.of_kind(TermKind.POPULATION) or (plan.age is not None and plan.age < ADULT):
        return False
    if _SPECIAL_BY_NAME.search(plan.question):
        return False
    around = content_of(candidate.headings)
    if not candidate.listed:  # which may have a line for children too
        around += content_of(candidate.text)
    return any(people.occurs_in(around) for people in _SPECIAL)


def _says_without(candidate: Candidate, term: Term) -> bool:
    """Whether the sentence or a heading speaks of people without the condition, under this name or another of the same kind of thing.

    "Without cardiovascular disease" meets "without heart disease"; "without a stroke" does not. Primary prevention is for those without it.
    """
    kind = stem(term.text.split()[-1].lower())
    same = synonyms().get(" ".join(tokens(term.text)), frozenset())
    others = {name.split()[0][:5] for name in {*term.names, *same} if name.split()[-1] == kind or name in same}
    starts = "|".join(map(re.escape, sorted({term.text[:5], *others})))
    without = re.compile(rf"\b(?:no|without|non|free of|absence of)[\s-]*(?:\w+\s+){{0,2}}(?:{starts})", re.IGNORECASE)
    said = f"{candidate.text} . {candidate.headings}"
    first = re.compile(rf"\b(?:primary prevention of|first) (?:\w+ ){{0,2}}(?:{starts})", re.IGNORECASE)
    return without.search(said) is not None or first.search(said) is not None


def _by_months(question: str, text: str) -> Iterator[str]:
    """A line for those over so many months is not for those under them, nor the reverse."""
    for asked, other in ((_UNDER, _OVER), (_OVER, _UNDER)):
        for match in asked.finditer(question):
            months = match[1]
            if months in other.findall(text) and months not in asked.findall(text):
                yield match[0]


def _by_exposure(plan: Plan, text: str) -> Iterator[str]:
    question, ill = plan.question, plan.of_kind(TermKind.CONDITION) or treats(plan)
    if ill and _FORESTALLS.search(text) and not _FORESTALLED.search(question):
        yield "people who have it already"
    before = _GIVEN_BEFORE.search(text) or (_UNEXPOSED.search(text) and not _EXPOSED.search(text))
    if _EXPOSED.search(question) and before:
        yield "people already exposed"


def _by_sex_and_age(plan: Plan, candidate: Candidate, around: str) -> Iterator[str]:
    question = content_of(plan.question)
    for asked, other, name in ((_MALE, _FEMALE, "men"), (_FEMALE, _MALE, "women")):
        if asked.occurs_in(question) and other.occurs_in(around) and not asked.occurs_in(around):
            yield name
    infant = plan.age is not None and plan.age < _INFANT and _NEWBORN.search(candidate.text) is not None
    young = infant or any(people.occurs_in(around) for people in _YOUNG)
    if young and " adult " in question and " adult " not in around:
        yield "adults"
    if plan.age is None:
        return
    if plan.age > OLDEST_MOTHER and _PREGNANT.occurs_in(around) and not _PREGNANT.occurs_in(question):
        yield in_words(plan.age)
        return
    if plan.age < ADULT and _FOR_ADULTS.search(candidate.text) and not _FOR_THE_YOUNG.search(candidate.text):
        yield in_words(plan.age)
        return
    covered = _covers(candidate, plan.age)
    if covered is None:  # what follows on a recommendation is for those whom its first sentence names
        covered = covers(candidate.row, plan.age)
    if covered is False:
        yield in_words(plan.age)
    if covered is None and (plan.age < ADULT if not young else plan.age >= ADULT and " adult " not in around):
        yield in_words(plan.age)


def _covers(candidate: Candidate, age: float) -> bool | None:
    """Whether the sentence is for that age, as `covers`; of a list one line that is for it is enough."""
    if not candidate.listed:
        return covers(candidate.text, age)
    said = {covers(line, age) for line in (candidate.headings, *candidate.text.split("\n"))} - {None}
    if age >= OLD and _FOR_THE_OLD.search(candidate.text):
        return True
    return any(said) if said else None


def _is_for_newborns(plan: Plan, candidate: Candidate) -> bool:
    return _NEWBORN.search(candidate.headings) is not None and not _NEWBORN.search(plan.question)


def _for_others(plan: Plan, candidate: Candidate) -> str | None:
    """Whom a treatment is for that the question does not name: a regimen for the newborn, the allergic or a latent infection is no one else's."""
    asked = content_of(plan.question)
    about = candidate.headings if candidate.listed or candidate.item else candidate.text
    if _LATENT.search(candidate.hit.passage.title):
        about += " . latent"
    for match in _OTHERS.finditer(about):
        name = match[0].lower()
        if name == "latent" and (" ltbi " in asked or _FORESTALLED.search(plan.question)):
            continue
        if name.startswith("pregnan") and " concept " in asked:
            continue
        if _NEWBORN.match(name) and _NEWBORN.search(plan.question):
            continue
        if ("hiv" if "hiv" in name else stem(name)[:5]) not in asked:
            return match[0]
    return None
