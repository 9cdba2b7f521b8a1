"""Does a sentence fit the question? Drug, condition, population, age and the kind of fact asked for must match: near is not enough.

Likeness in meaning cannot tell apixaban from edoxaban or a child from an adult; these rules can, and say in words what does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.advisers import advises_unnamed, asks_of_the_past, body_asked, country_of, speaks_for, then_asked
from assistant.composing.candidates import Candidate
from assistant.composing.opposites import other_label, other_stage
from assistant.composing.regimens import DOSE, lacking_kinds, regimens
from assistant.planning.ages import covers
from assistant.planning.asking import Asks
from assistant.planning.aspects import aspect_headed, says
from assistant.planning.places import Country
from assistant.planning.rules import Plan, Wanted
from assistant.planning.terms import Term, content_of, drugs_in, key_terms
from assistant.planning.vocabulary import TermKind, synonyms
from indexes.lexical import stem, tokens
from indexes.passage import Kind, Role
from ingestion.sources.recommendations import grade_of

_AMOUNT = r"(?<![\d.,])\d[\d.,]{0,12}(?:\s*(?:-|–|to)\s*\d[\d.,]{0,12})?\s*"
_SMALL = r"one|two|three|four|five|six|seven|eight|nine|ten"
_FACTS: dict[Wanted, re.Pattern[str]] = {
    Wanted.DOSE: DOSE,
    Wanted.DURATION: re.compile(
        _AMOUNT + r"[- ]?(?:hours?|days?|weeks?|months?|years?)\b|\b(?:lifelong|indefinitely|one year)\b", re.IGNORECASE
    ),
    Wanted.FREQUENCY: re.compile(
        r"\b(?:every|once|twice|times|daily|weekly|monthly|annual(?:ly)?|yearly|biennial(?:ly)?|each|intervals?|per (?:day|week|month|year))\b",
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
_REGIMEN = re.compile(
    r"\b(?:dos(?:e|es|age|ing)|daily|weekly|once|twice|every|per|start\w*|give[ns]?|titrat\w*|maxim\w+|up to|initial\w*|recommended)\b"
    r"|/(?:d|day|kg|week)\b",
    re.IGNORECASE,
)
_AGAINST = re.compile(r"\b(?:do not|don't|against|should not|not recommended|avoid)\b", re.IGNORECASE)
_OTHERS = re.compile(
    r"\b(?:HIV[- ]+(?:infected|positive)|(?:people|persons|patients|women|men|those) with HIV|neonat\w*|infants?|newborns?|allerg\w*|pregnan\w*"
    r"|contacts|(?:sex(?:ual)? )?partners?|latent|resistan\w+|suppressive)\b",
    re.IGNORECASE,
)
_POINTS_ELSEWHERE = re.compile(r"\(see\b[^)]*\)|\bsee [A-Z]\w+", re.IGNORECASE)
_LATENT = re.compile(r"\blatent\b", re.IGNORECASE)
_NEWBORN = re.compile(r"\b(?:newborns?|neonat\w*|ba(?:by|bies)|infants?|preterms?|premature)\b", re.IGNORECASE)
_SCREENS = re.compile(r"\bscreen", re.IGNORECASE)
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
ADULT, OLDEST_MOTHER = 18, 55
_SPECIAL_BY_NAME = re.compile(
    r"\b(?:child|pa?ediatric|adolescen|postnatal|perinatal|postpartum|antenatal|maternal)", re.IGNORECASE
)
"""What is about them by its name: childhood asthma, postnatal depression."""


def misfits(plan: Plan, candidate: Candidate) -> Iterator[str]:
    """What the question asks for and the sentence, read under its title and headings, is not about; nothing where it fits."""
    sentence = content_of(_POINTS_ELSEWHERE.sub(" ", candidate.text))
    around = sentence + content_of(candidate.headings)
    yield from _lacking(plan.of_kind(TermKind.DRUG), around)
    yield from _lacking(plan.of_kind(TermKind.CONDITION), around)
    interventions = plan.of_kind(TermKind.INTERVENTION)
    if len(interventions) == 1:
        yield from _lacking(interventions, around)
    yield from (term.text for term in plan.of_kind(TermKind.POPULATION) if not term.occurs_in(around))
    yield from _lacking(plan.of_kind(TermKind.HARM), around)
    yield from (f"without {term.text}" for term in plan.absent if not _says_without(candidate, term))
    if (sibling := _other_drug(plan, candidate, sentence)) is not None:
        yield sibling
    yield from _wrong_people(plan, candidate, around)
    if stage := other_stage(plan.question, candidate.headings if candidate.listed else candidate.text, plan.terms):
        yield stage
    if label := other_label(plan.question, f"{candidate.text} . {candidate.headings}"):
        yield label
    if candidate.former and not asks_of_the_past(plan.question):
        yield "advice in force"
    if (then := then_asked(plan.question)) and not _is_of(then, candidate):
        yield f"the advice of {then}" if then.isdigit() else "what was once advised"
    if candidate.listed and (special_people(plan, candidate) or _is_for_newborns(plan, candidate)):
        yield "people of any age"
    if _FORESTALLS.search(candidate.text) and not _FORESTALLED.search(plan.question):
        yield "people who have it already"
    if _EXPOSED.search(plan.question) and (
        _GIVEN_BEFORE.search(candidate.text)
        or (_UNEXPOSED.search(candidate.text) and not _EXPOSED.search(candidate.text))
    ):
        yield "people already exposed"
    if screens_only(plan, candidate) and candidate.role is Role.RECOMMENDATION and candidate.grade:
        yield "a treatment"
    if (surgery := _AFTER.search(candidate.text)) and stem(surgery[1]) not in content_of(plan.question):
        yield f"people without a {surgery[1]}"
    treats = Wanted.DOSE in plan.wanted or ("treatment" in plan.aspects and Wanted.HARM not in plan.wanted)
    if (treats or candidate.listed) and (others := _for_others(plan, candidate)):
        yield f"people other than {others}"
    document = candidate.hit.passage.document_id
    if (body := body_asked(plan.question)) and not speaks_for(body, candidate.text, document, surely=candidate.listed):
        yield f"what the {body} says"
    if plan.country and not _is_guidance_of(plan.country, candidate):
        yield f"guidance for {plan.country.name}"
    if treats:
        yield from lacking_kinds(plan.question, f"{candidate.headings} . {candidate.text}")
    if advises_unnamed(candidate.text, candidate.headings):
        yield "whose advice it is"
    if Asks.YES_NO not in plan.asks:
        yield from (aspect for aspect in plan.aspects if not _tells(aspect, candidate))
    if candidate.listed or not (
        candidate.role is Role.RECOMMENDATION and _AGAINST.search(candidate.text)
    ):  # "do not" answers "what dose?" too
        yield from (wanted.value for wanted in plan.wanted if not _holds(plan, wanted, candidate, sentence))


def screens_only(plan: Plan, candidate: Candidate) -> bool:
    """Whether the sentence is of a guideline on screening, and no graded advice on anything else, though the question is how to treat."""
    return (
        "treatment" in plan.sections
        and _SCREENS.search(candidate.hit.passage.title) is not None
        and not _SCREENS.search(plan.question)
        and not (candidate.role is Role.RECOMMENDATION and candidate.grade and not _SCREENS.search(candidate.text))
    )


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


def _lacking(terms: Sequence[Term], around: str) -> list[str]:
    """The terms that are not there; of three or more, a third may be missing (a list of alternatives)."""
    lacking = [term.text for term in terms if not term.occurs_in(around)]
    return [] if len(terms) > 2 and len(lacking) * 3 <= len(terms) else lacking


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


def _other_drug(plan: Plan, candidate: Candidate, sentence: str) -> str | None:
    """The drug asked for, where the sentence is about another: it names drugs and not that one, or that one only in passing.

    In passing is: not the first drug of a study's sentence, under a title that names drugs and not that one.
    """
    asked = plan.of_kind(TermKind.DRUG)
    named = drugs_in(candidate.text)
    if not asked or not named:
        return None
    if not any(term.occurs_in(sentence) for term in asked):
        return asked[0].text
    title = candidate.hit.passage.title
    first = content_of(named[0].text)
    study = candidate.hit.passage.kind is Kind.LITERATURE
    if (
        study
        and drugs_in(title)
        and not any(term.occurs_in(content_of(title)) or term.occurs_in(first) for term in asked)
    ):
        return asked[0].text
    return None


def _tells(aspect: str, candidate: Candidate) -> bool:
    if candidate.listed or (aspect in ("treatment", "prevention") and candidate.hit.passage.kind is not Kind.GUIDELINE):
        return True
    return says(aspect, candidate.text) or aspect_headed(candidate.lowest_first) == aspect


def _wrong_people(plan: Plan, candidate: Candidate, around: str) -> Iterator[str]:
    question = content_of(plan.question)
    for asked, other, name in ((_MALE, _FEMALE, "men"), (_FEMALE, _MALE, "women")):
        if asked.occurs_in(question) and other.occurs_in(around) and not asked.occurs_in(around):
            yield name
    young = any(people.occurs_in(around) for people in _YOUNG)
    if young and " adult " in question and " adult " not in around:
        yield "adults"
    if plan.age is None:
        return
    if plan.age > OLDEST_MOTHER and _PREGNANT.occurs_in(around) and not _PREGNANT.occurs_in(question):
        yield f"age {plan.age}"
        return
    covered = _covers(candidate, plan.age)
    if covered is None:  # what follows on a recommendation is for those whom its first sentence names
        covered = covers(candidate.row, plan.age)
    if covered is False:
        yield f"age {plan.age}"
    if covered is None and (plan.age < ADULT if not young else plan.age >= ADULT and " adult " not in around):
        yield f"age {plan.age}"


def _covers(candidate: Candidate, age: int) -> bool | None:
    """Whether the sentence is for that age, as `covers`; of a list one line that is for it is enough."""
    if not candidate.listed:
        return covers(candidate.text, age)
    said = {covers(line, age) for line in (candidate.headings, *candidate.text.split("\n"))} - {None}
    return any(said) if said else None


def _is_of(then: str, candidate: Candidate) -> bool:
    """Whether the sentence tells what was advised then: in that year, by its words or its document's date, or once."""
    if not then.isdigit():
        return candidate.former
    return then in f"{candidate.text} {candidate.headings}" or str(candidate.hit.passage.year) == then


def _is_guidance_of(country: Country, candidate: Candidate) -> bool:
    """Whether the sentence is of a guideline of that country, or names it."""
    home = country_of(candidate.hit.passage.document_id)
    return home == country.name or country.named_in(f"{candidate.text} . {candidate.headings}")


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
        if ("hiv" if "hiv" in name else stem(name)[:5]) not in asked:
            return match[0]
    return None


def _holds(plan: Plan, wanted: Wanted, candidate: Candidate, sentence: str) -> bool:
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
    if wanted is not Wanted.DOSE or not drugs:
        return True
    if candidate.listed:
        return any(_FACTS[wanted].search(text[start:end]) for start, end in regimens(text, drugs))
    return bool(_REGIMEN.search(text)) and any(term.occurs_in(sentence) for term in drugs)
