"""Comparisons within a table of adverse events: more here than there, more of this than of that, twice as many, the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.verification.registry.clauses import Clause, Reading
from assistant.verification.registry.counts import at_risk
from assistant.verification.registry.figures import number, number_pattern
from assistant.verification.registry.report import Arm
from assistant.verification.registry.scope import trials_of, united

_N = number_pattern()
_THAN = re.compile(
    r"\b(?:than|compared (?:to|with)|as (?=the (?:secondary|primary)|(?:cohort|group|arm)|in (?:the|cohort)))\b"
)
_HOW = re.compile(
    r"\b(more|higher|greater|larger|fewer|less|lower|smaller|worse|twice|double|triple|half|same|equal|similar|times|different|identical)\b"
)
_SAME = re.compile(r"\b(?:same|equal|identical|as many)\b")
_BOUND = re.compile(
    rf"(?:more|less|fewer|under|over|greater|higher|lower) than {_N}(?! (?:more|less|fewer))\b(\s?%| percent| times)?"
)
_SHARE = re.compile(r"percent|proportion|%|\brate\b|incidence|relative|likel|prevalen|common")
_FOLD = re.compile(rf"(twice|double|triple|half|({_N})(?: times|x| x))")
_BY = re.compile(rf"(?<![\d./])({_N})\s*(%)? (?:\w+ )?(more|fewer|less|higher|lower|greater)\b")
_UP = frozenset({"more", "higher", "greater", "larger"})
_FOLDS = {"twice": 2.0, "double": 2.0, "triple": 3.0, "half": 0.5}
_ABOUT, _POINTS = 0.26, 0.6  # share by which a multiple, points by which a percentage may be off


@dataclass(frozen=True, slots=True)
class _Side:
    arms: Sequence[Arm]
    rows: frozenset[str]


def compared(clause: Clause) -> Reading | None:
    """Whether a comparison is right; `None` where the clause makes none, or its sides are not known."""
    text = clause.text
    how, than, same = _HOW.search(text), _than(text), _SAME.search(text)
    if not how or not (than or same) or _is_bound(text):
        return None
    sides = _sides(clause, than)
    if sides is None or not all(side.arms for side in sides):
        return None
    if not clause.names.found and clause.names.unknown and not clause.on_events:
        return None
    return _read(clause, how[1], *sides)


def _than(text: str) -> re.Match[str] | None:
    """Where the second side begins; "more than 3" begins none."""
    bounds = [match.span() for match in _BOUND.finditer(text)]
    return next(
        (match for match in _THAN.finditer(text) if not any(start <= match.start() < end for start, end in bounds)),
        None,
    )


def _is_bound(text: str) -> bool:
    bound = _BOUND.search(text)
    return bool(bound and "than" not in text[bound.end() :] and (bound[1] or "").strip() != "times")


def _sides(clause: Clause, than: re.Match[str] | None) -> tuple[_Side, _Side] | None:
    said = clause.names
    if than is None:
        return _equals(clause)
    left = [scope for scope in clause.scopes if scope.end <= than.start()]
    right = [scope for scope in clause.scopes if scope.start >= than.end()]
    first = frozenset().union(*(each.rows for each in said.found if each.end <= than.start()))
    second = frozenset().union(*(each.rows for each in said.found if each.start >= than.end()))
    two_events = any(each.end <= than.start() for each in said.found) and any(
        each.start >= than.end() for each in said.found
    )
    if left and right and not two_events:
        return _Side(united(left), said.rows), _Side(united(right), said.rows)
    if two_events:
        return _Side(united(left or right) or clause.arms, first), _Side(united(right or left) or clause.arms, second)
    if right:
        theirs = united(right)
        rest = clause.beside(theirs) or tuple(arm for arm in clause.all_arms if arm not in theirs)
        if len(trials_of(rest)) == 1:
            return _Side(rest, said.rows), _Side(theirs, said.rows)
    return None


def _equals(clause: Clause) -> tuple[_Side, _Side] | None:
    """The sides of "the same number in A and B", or "of X and of Y"."""
    said = clause.names
    if len(clause.scopes) > 1:
        return _Side(clause.scopes[0].arms, said.rows), _Side(clause.scopes[1].arms, said.rows)
    if (
        re.search(
            r"(?:both|all|each) (?:cohorts?|groups?|arms?)|(?:cohort|group|arm)s? \w+ and|both trials", clause.text
        )
        and len(clause.arms) > 1
    ):
        return _Side(clause.arms[:1], said.rows), _Side(clause.arms[1:], said.rows)
    if len(said.found) > 1:
        return _Side(clause.arms, said.found[0].rows), _Side(clause.arms, said.found[1].rows)
    return None


def _read(clause: Clause, how: str, ours: _Side, theirs: _Side) -> Reading | None:
    text, sure = clause.text, not clause.names.unknown
    shares = bool(_SHARE.search(text))
    people = not clause.names.found and not clause.on_events and bool(re.search(r"patients|participants", text))

    def have(side: _Side, of: frozenset[str], percent: bool = shares) -> float | None:
        return float(at_risk(side.arms)) if people else clause.cases(side.arms, percent=percent, of=of)

    first, second = have(ours, ours.rows), have(theirs, theirs.rows)
    if first is None or second is None:
        return None
    if fold := _FOLD.search(text):
        return Reading(_is_fold(text, fold, first, second), sure, "fold")
    if how in {"same", "equal", "similar", "identical"}:
        return Reading((abs(first - second) < 0.05) != clause.denied, sure, "same")
    if how == "different":
        return Reading((first != second) != clause.denied, sure, "same")
    up = how in _UP
    if (by := _BY.search(text)) and by[1] != "half":
        if by[2]:
            points = (have(ours, ours.rows, percent=True) or 0.0) - (have(theirs, theirs.rows, percent=True) or 0.0)
            return Reading(abs((points if by[3] in _UP else -points) - number(by[1])) < _POINTS, sure, "by points")
        return Reading(
            ((first - second) if up or by[3] in _UP else (second - first)) == number(by[1]), sure, "by so many"
        )
    said = [each.rows for each in clause.names.found]
    if len(said) > 1 and " and " in text and ours.rows == theirs.rows:
        pairs = [(have(ours, rows) or 0.0, have(theirs, rows) or 0.0) for rows in said]
        true = all(one > other if up else one < other for one, other in pairs)
    else:
        true = first > second if up else first < second
    return Reading(true != clause.denied, sure, "compared")


def _is_fold(text: str, fold: re.Match[str], first: float, second: float) -> bool:
    wanted = _FOLDS.get(fold[1]) or number(fold[2])
    if not second:
        return False
    before = text[max(0, fold.start() - 14) : fold.start()]
    if re.search(r"more than|over|at least", before):
        return first / second > wanted
    if re.search(r"less than|under|fewer than", before):
        return first / second < wanted
    return abs(first / second - wanted) < _ABOUT * wanted
