"""Whether a recommendation speaks of what is asked: of its drugs, conditions and people, and of no others."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.planning.ages import asked_age, covers
from assistant.planning.risk import other_risk
from assistant.planning.terms import Term, content_of, key_terms
from assistant.planning.vocabulary import TermKind
from assistant.verdicts.advice import legible
from assistant.verdicts.sentences import cue

_GIVEN = (TermKind.DRUG, TermKind.INTERVENTION)
_FOR = (TermKind.CONDITION, TermKind.POPULATION)


def share_named(question: str, text: str, title: str) -> float:
    """The share of the question's key terms that a recommendation names, itself or by its title; 0 where the question has none."""
    terms = key_terms(question)
    return sum(_names(term, text, title) for term in terms) / max(1, len(terms))


def speaks_of(question: str, text: str, title: str) -> bool:
    """Whether it is advice on what is asked, for those asked about.

    It names all that the question would give and all whom it is for, gives no other drug, is for no condition that the question does not name
    (what it is to prevent apart), holds at the age asked about, and is for screening or for a time ("before surgery") only where the question is too.
    """
    question, text = legible(question), legible(text)
    wanted = [term for term in key_terms(question) if term.kind in (*_GIVEN, *_FOR)]
    if not any(term.kind in _GIVEN or _looks(question) for term in wanted):
        return False
    plain = cue("advice", "aim").sub(" ", text)
    theirs = [term for term in key_terms(plain) if term.kind in (*_GIVEN, *_FOR)]
    age = asked_age(question)
    return (
        all(_names(term, text, title) for term in wanted)
        and all(any(_meets(term, one) for one in wanted) for term in theirs if term.kind is not TermKind.POPULATION)
        and (age is None or covers(text, age) is not False)
        and other_risk(question, text) is None
        and _looks(question) == _looks(text)
        and _around(text) <= _around(question)
    )


def _names(term: Term, text: str, title: str) -> bool:
    """Whether the text names it; the title does so where the text names nothing of the kind, and only for things, not for words."""
    if term.occurs_in(content_of(text)):
        return True
    kinds = next((kinds for kinds in (_GIVEN, _FOR) if term.kind in kinds), ())
    other = any(each.kind in kinds for each in key_terms(text))
    return bool(kinds) and not other and term.occurs_in(content_of(title))


def _meets(term: Term, asked: Term) -> bool:
    return not term.names.isdisjoint(asked.names)


def _looks(words: str) -> bool:
    return cue("advice", "looking").search(words) is not None


def _around(words: str) -> frozenset[str]:
    found: Sequence[str] = cue("advice", "around").findall(words)
    return frozenset(each.lower() for each in found)
