"""Does a sentence fit the question? Drug, condition, population, age and the kind of fact asked for must match: near is not enough.

Likeness in meaning cannot tell apixaban from edoxaban or a child from an adult; these rules can, and say in words what does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.advisers import advises_unnamed, asks_of_the_past, body_asked, country_of, speaks_for, then_asked
from assistant.composing.candidates import Candidate
from assistant.composing.criteria import asks_for_criteria, lacks
from assistant.composing.facts import holds
from assistant.composing.forbidding import forbids, forbids_class_of
from assistant.composing.kinds import lacking_kinds
from assistant.composing.opposites import other_label, other_stage
from assistant.composing.people import other_people, treats
from assistant.composing.posted import is_table
from assistant.composing.regimens import what_for
from assistant.planning.asking import Asks
from assistant.planning.aspects import aspect_headed, says
from assistant.planning.places import Country
from assistant.planning.rules import Plan, Wanted
from assistant.planning.terms import Term, content_of, drugs_in
from assistant.planning.vocabulary import TermKind, looks_like_a_condition
from indexes.passage import Kind, Role

_AGAINST = re.compile(r"\b(?:do not|don't|against|should not|not recommended|avoid)\b", re.IGNORECASE)
_POINTS_ELSEWHERE = re.compile(r"\(see\b[^)]*\)|\bsee [A-Z]\w+", re.IGNORECASE)
SCREENS = re.compile(r"\bscreen", re.IGNORECASE)


def misfits(plan: Plan, candidate: Candidate) -> Iterator[str]:
    """What the question asks for and the sentence, read under its title and headings, is not about; nothing where it fits."""
    if candidate.item and is_table(candidate.hit.passage):  # chosen for all that the question names
        return
    sentence = content_of(_POINTS_ELSEWHERE.sub(" ", candidate.text))
    around = sentence + content_of(candidate.headings)
    if asks_for_criteria(plan):
        yield from lacks(plan, candidate)
        yield from (wanted.value for wanted in plan.wanted if not holds(plan, wanted, candidate, sentence))
        return
    drugs = [drug for drug in plan.of_kind(TermKind.DRUG) if not forbids_class_of(drug, candidate.text)]
    yield from _lacking(drugs, around)
    yield from _lacking(plan.of_kind(TermKind.CONDITION), around)
    interventions = plan.of_kind(TermKind.INTERVENTION)
    if len(interventions) == 1:
        yield from _lacking(interventions, around)
    yield from _lacking(plan.of_kind(TermKind.HARM), around)
    if (sibling := _other_drug(drugs, candidate, sentence)) is not None:
        yield sibling
    yield from other_people(plan, candidate, around)
    if stage := other_stage(plan.question, candidate.headings if candidate.listed else candidate.text, plan.terms):
        yield stage
    if label := other_label(plan.question, f"{candidate.text} . {candidate.headings}"):
        yield label
    if candidate.former and not asks_of_the_past(plan.question):
        yield "advice in force"
    if (then := then_asked(plan.question)) and not _is_of(then, candidate):
        yield f"the advice of {then}" if then.isdigit() else "what was once advised"
    if screens_only(plan, candidate) and candidate.role is Role.RECOMMENDATION and candidate.grade:
        yield "a treatment"
    document = candidate.hit.passage.document_id
    if (body := body_asked(plan.question)) and not speaks_for(body, candidate.text, document, surely=candidate.listed):
        yield f"what the {body} says"
    if plan.country and not _is_guidance_of(plan.country, candidate):
        yield f"guidance for {plan.country.name}"
    # A dose is for what it is for, even where no list knows what that is; and so is the treatment of a disease.
    unknown = [term for term in what_for(plan) if Wanted.DOSE in plan.wanted or _is_treated(plan, candidate, term)]
    yield from (term.text for term in unknown if not term.occurs_in(around))
    yield from lacking_kinds(plan.question, f"{candidate.headings} . {candidate.text}")
    if advises_unnamed(candidate.text, candidate.headings):
        yield "whose advice it is"
    if Asks.YES_NO not in plan.asks:
        yield from (aspect for aspect in plan.aspects if not _tells(aspect, candidate))
    against = candidate.role is Role.RECOMMENDATION and _AGAINST.search(candidate.text)
    if candidate.listed or not (against or forbids(plan, candidate)):  # "do not" answers "what dose?" too
        yield from (wanted.value for wanted in plan.wanted if not holds(plan, wanted, candidate, sentence))


def _is_treated(plan: Plan, candidate: Candidate, term: Term) -> bool:
    guideline = candidate.hit.passage.kind is Kind.GUIDELINE
    return guideline and treats(plan) and looks_like_a_condition(term.text)


def screens_only(plan: Plan, candidate: Candidate) -> bool:
    """Whether the sentence is of a guideline on screening, and no graded advice on anything else, though the question is how to treat."""
    return (
        "treatment" in plan.sections
        and SCREENS.search(candidate.hit.passage.title) is not None
        and not SCREENS.search(plan.question)
        and not (candidate.role is Role.RECOMMENDATION and candidate.grade and not SCREENS.search(candidate.text))
    )


def _lacking(terms: Sequence[Term], around: str) -> list[str]:
    """The terms that are not there; of three or more, a third may be missing (a list of alternatives)."""
    lacking = [term.text for term in terms if not term.occurs_in(around)]
    return [] if len(terms) > 2 and len(lacking) * 3 <= len(terms) else lacking


def _other_drug(asked: Sequence[Term], candidate: Candidate, sentence: str) -> str | None:
    """The drug asked for, where the sentence is about another: it names drugs and not that one, or that one only in passing.

    In passing is: not the first drug of a study's sentence, under a title that names drugs and not that one.
    """
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


def _is_of(then: str, candidate: Candidate) -> bool:
    """Whether the sentence tells what was advised then: in that year, by its words or its document's date, or once."""
    if not then.isdigit():
        return candidate.former
    return then in f"{candidate.text} {candidate.headings}" or str(candidate.hit.passage.year) == then


def _is_guidance_of(country: Country, candidate: Candidate) -> bool:
    """Whether the sentence is of a guideline of that country, or names it."""
    home = country_of(candidate.hit.passage.document_id)
    return home == country.name or country.named_in(f"{candidate.text} . {candidate.headings}")
