"""What a question names, by the part it plays: drugs, diseases, people, procedures, effects, and words that no list knows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from assistant.conversation.cues import cue, listed, table
from assistant.planning.rules import plan
from assistant.planning.terms import Term, key_terms
from assistant.planning.vocabulary import TermKind, concepts

_SENTENCES = re.compile(r"[.!?]\s+\S")
_AMOUNT = re.compile(r"\d\s*(?:mg|mcg|µg|μg|g|units?|iu|ml|mmol)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class People:
    """Words of a question that say whom it is about. `vague` names nobody in particular ("patients"); `state` is a time of life ("pregnancy")."""

    text: str
    start: int
    end: int
    vague: bool
    state: bool


@dataclass(frozen=True, slots=True)
class Slots:
    """A question taken apart. `settings` are diseases in which something is asked, `treated` those whose management is; `effects` are diseases
    that are asked about as results ("prevent stroke")."""

    text: str
    drugs: tuple[Term, ...]
    settings: tuple[Term, ...]
    treated: tuple[Term, ...]
    effects: tuple[Term, ...]
    interventions: tuple[Term, ...]
    harms: tuple[Term, ...]
    people: tuple[People, ...]
    others: tuple[Term, ...]
    denies: bool  # "without diabetes": what a completed question would have to repeat, and rules cannot

    @property
    def conditions(self) -> tuple[Term, ...]:
        """All diseases, whatever their part."""
        return (*self.settings, *self.treated, *self.effects)

    @property
    def has_topic(self) -> bool:
        """Whether it says what it is about: a drug, a disease, a procedure, or a word that no list knows."""
        return bool(self.drugs or self.conditions or self.interventions or self.others)

    @property
    def unknown(self) -> tuple[Term, ...]:
        """Words that no list knows."""
        return tuple(term for term in self.others if not term.names & concepts().keys())

    @property
    def editable(self) -> bool:
        """Whether rules may take words out of it and put others in: one sentence about nobody who is called he or she, and nothing denied."""
        return not self.denies and not _SENTENCES.search(self.text) and not cue("people", "he_or_she").search(self.text)

    @property
    def has_amount(self) -> bool:
        """Whether it names an amount, which belongs to one drug and no other."""
        return bool(_AMOUNT.search(self.text))

    @property
    def who(self) -> tuple[People, ...]:
        """The people who are somebody in particular."""
        return tuple(people for people in self.people if not people.vague)

    @property
    def is_on_safety(self) -> bool:
        """Whether it asks if something is safe, or its dose: what is asked in one disease at a time."""
        return bool(cue("roles", "safety").search(self.text))


def slots(question: str) -> Slots:
    """A question taken apart."""
    planned = plan(question)
    people = people_in(question)
    settings, treated, effects = [], [], []
    for term in planned.of_kind(TermKind.CONDITION):
        before, after = _around(question, term)
        if cue("roles", "treated").search(before) or cue("roles", "treated_after").search(after):
            treated.append(term)
        elif cue("roles", "setting").search(before):
            settings.append(term)
        else:
            effects.append(term)
    return Slots(
        text=question,
        drugs=planned.of_kind(TermKind.DRUG),
        settings=tuple(settings),
        treated=tuple(treated),
        effects=tuple(effects),
        interventions=planned.of_kind(TermKind.INTERVENTION),
        harms=planned.of_kind(TermKind.HARM, TermKind.OUTCOME),
        people=people,
        others=tuple(term for term in planned.of_kind(TermKind.OTHER) if not _says_nothing_new(term, people)),
        denies=bool(planned.absent),
    )


def people_in(question: str) -> tuple[People, ...]:
    """Whom a question is about, in order."""
    return tuple(
        People(
            match["whole"],
            match.start("whole"),
            match.end("whole"),
            vague=cue("people", "vague").match(match["whole"]) is not None,
            state=match["state"] is not None,
        )
        for match in re.finditer(rf"(?<![\w-]){cue('people', 'phrase').pattern}(?![\w-])", question, re.IGNORECASE)
    )


def people_called(words: str) -> str | None:
    """How a fragment's people are put into a question ("pregnancy": pregnant women; "over 75": people over 75), or `None` where it names none."""
    words = " ".join(words.lower().split())
    if known := table("populations").get(words):
        return str(known)
    if cue("people", "age").fullmatch(words):
        return f"people {words}"
    if exact := cue("people", "exact").fullmatch(words):
        return f"a {exact['years']}-year-old"
    return None


def is_comorbidity(term: Term) -> bool:
    """Whether other diseases are treated in its presence, so that it is added to a question rather than put in its disease's place."""
    return term.names in _comorbidities()


def same(one: Term, other: Term) -> bool:
    """Whether two terms are names of one thing."""
    return one.names == other.names or bool(one.names & other.names)


@cache
def _comorbidities() -> frozenset[frozenset[str]]:
    return frozenset(term.names for name in listed("roles", "comorbidities") for term in key_terms(name))


def _around(question: str, term: Term) -> tuple[str, str]:
    place = question.find(term.text)
    return question[:place], question[place + len(term.text) :]


def _says_nothing_new(term: Term, people: tuple[People, ...]) -> bool:
    words = term.text.lower()
    return (
        words in listed("aspects", "names")
        or any(cue("pronouns", kind).fullmatch(words) for kind in ("of_drug", "of_condition"))
        or any(words in one.text.lower() for one in people)
    )
