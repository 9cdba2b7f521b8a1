"""Whose advice a sentence reports, and whether they still give it.

Guidelines tell what they once recommended and what others do, in the words of a recommendation. Read alone, neither is told from the advice in
force: "In 2016, the USPSTF recommended screening … starting at age 50" answers the question when to start with an age that no longer holds.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

_NAME = re.compile(
    r"\b(?:Society|Societies|Association|College|Academy|Institutes?|Foundation|Board|Committee|Council|Network|Panel|Department|Administration|Initiative"
    r"|Program(?:me)?|Collaboration|Federation|Organi[sz]ation|Task Force|Group|Service|[A-Z]{3,})\b"
)
_WORDS_TOO = ("NICE", "GOLD", "SIGN", "CHEST")
_GUIDELINE = "guideline:"
_ABBREVIATION = 7  # letters of the longest: the others are names, which count whatever their case


def is_former(text: str, year: int | None = None, *, after_former: bool = False) -> bool:
    """Whether the sentence tells what was once advised, and says nothing of what is now.

    `year` is its document's: what was advised then or later is in force there. `after_former`: the sentence before it in the same paragraph tells
    what was once advised; then a past tense of a body is enough ("In addition, it concluded …").
    """
    if _words("in_force").search(text):
        return False
    dated = [int(match[1]) for pattern in (_in_a_year(), _of_a_year()) for match in pattern.finditer(text)]
    if any(year is None or each < year for each in dated):
        return True
    return _words("former").search(text) is not None or (after_former and _goes_on().match(text) is not None)


def says_when(text: str) -> bool:
    """Whether the words give a year, or say that it was once."""
    return _words("when").search(text) is not None


def asks_of_the_past(question: str) -> bool:
    """Whether a question may be asking for what was once advised, or since when, or what has changed."""
    return _words("about_then").search(question) is not None


def then_asked(question: str) -> str | None:
    """When the advice that is asked for was given: a year, or `once`; `None` where the question does not ask for that."""
    if match := _words("in_that_year").search(question):
        return next(year for year in match.groups() if year)
    return "once" if _words("asked_once").search(question) else None


def body_asked(question: str) -> str | None:
    """The body whose advice is asked for, by its first name in `bodies.txt`; `None` where none or several are named.

    A bare abbreviation counts only beside a word of advising: GOLD is a class of COPD too, and ACS a heart attack.
    """
    named = {_bodies()[name.casefold()] for match in _asked().finditer(question) for name in match.groups() if name}
    return named.pop() if len(named) == 1 else None


def speaks_for(body: str, text: str, document_id: str, *, surely: bool = False) -> bool:
    """Whether a sentence may give the advice of `body`: it names no other that advises, and its guideline is not another's.

    `surely`: its guideline is of a publisher that is known to be that body.
    """
    named = _named(text)
    if body in named:
        return True
    if named and _says().search(text):
        return False
    publisher = _publisher(document_id)
    return publisher == body if surely else not document_id.startswith(_GUIDELINE) or publisher in (None, body)


def country_of(document_id: str) -> str | None:
    """The country whose guideline it is, where its publisher is a body of one country."""
    return _countries().get(_publisher(document_id) or "")


def advises_unnamed(text: str, headings: str) -> bool:
    """Whether it gives the advice of another body, by its heading, and does not say whose: "It suggests …", "All should be screened"."""
    if _words("of_others").search(headings) is None or _words("advice").search(text) is None:
        return False
    return not _named(text) and _NAME.search(text) is None


def _publisher(document_id: str) -> str | None:
    """The body that a guideline's identifier names as its publisher, by its first name."""
    if not document_id.startswith(_GUIDELINE):
        return None
    slug = document_id.removeprefix(_GUIDELINE).partition("/")[0]
    return _bodies().get(slug.replace("-", " ")) or _bodies().get(slug.replace("-", "/"))


def _named(text: str) -> set[str]:
    return {_bodies()[match[0].casefold()] for match in _body().finditer(text)}


@cache
def _cues() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("advisers.toml").read_text(encoding="utf-8"))


@cache
def _words(name: str) -> re.Pattern[str]:
    return re.compile(rf"\b{_any(_cues()[name]).replace('ADVISED', _any(_cues()['advised']))}\b", re.IGNORECASE)


@cache
def _in_a_year() -> re.Pattern[str]:
    """A year, and what was advised in it: by a body, or by no one ("aspirin was recommended"), and not "of recommended doses"."""
    by_a_body = (
        rf"(?:(?-i:{_body().pattern})|\b{_any(_cues()['advisers'])}\b)[^.;]{{0,80}}?\b{_any(_cues()['concluded'])}"
    )
    passive = rf"\b(?:was|were|had been) {_any(_cues()['advised'])}"
    return re.compile(
        rf"\b(?:in|until|before|by)\s+(?:the |its )?((?:19|20)\d\d)\b[^.;]{{0,120}}?(?:{by_a_body}|{passive})\b",
        re.IGNORECASE,
    )


@cache
def _of_a_year() -> re.Pattern[str]:
    return re.compile(rf"\b{_cues()['of_a_year'].replace('ADVISED', _any(_cues()['concluded']))}\b", re.IGNORECASE)


@cache
def _goes_on() -> re.Pattern[str]:
    """A body in the past tense at the beginning of a sentence."""
    who = rf"(?:(?-i:{_body().pattern})|{_any(_cues()['advisers'])}\b)"
    return re.compile(rf"{_cues()['goes_on']}{who}[^.;]{{0,60}}?\b{_any(_cues()['concluded'])}\b", re.IGNORECASE)


@cache
def _bodies() -> Mapping[str, str]:
    """Each name, small, to its body's first."""
    return {name.casefold(): names[0] for names, _ in _rows() for name in names}


@cache
def _countries() -> Mapping[str, str]:
    """The first name of each body of one country, to the country."""
    return {names[0]: country for names, country in _rows() if country}


@cache
def _rows() -> list[tuple[list[str], str]]:
    lines = files(__package__).joinpath("bodies.txt").read_text(encoding="utf-8").splitlines()
    parted = [line.partition("@") for line in lines if line.strip() and not line.startswith("#")]
    return [([name.strip() for name in names.split("|")], country.strip()) for names, _, country in parted]


@cache
def _body() -> re.Pattern[str]:
    """Any name: abbreviations as written ("WHO" is not "who"); the longest first, or the Canadian Task Force would be the Task Force."""
    return re.compile(rf"(?<!\w){_any([*_full_names(), *_abbreviations()])}(?!\w)")


@cache
def _asked() -> re.Pattern[str]:
    """A full name; or an abbreviation, in small letters too where that is no word, beside a word of advising."""
    short = _any(
        [*_abbreviations(), *(name.casefold() for name in _abbreviations() if len(name) > 3 and name not in _WORDS_TOO)]
    )
    beside = rf"(?<!\w)({short})(?:['’]s)?(?=(?i:{_cues()['asked_of']}))"
    after = rf"\b(?i:{_cues()['asking']})({short})(?!\w)"
    return re.compile(rf"(?<!\w)({_any(_full_names())})(?!\w)|{beside}|{after}")


def _full_names() -> list[str]:
    names = [name for name in _bodies() if not _is_short(name)]
    return [rf"(?i:{re.escape(name)})" for name in sorted(names, key=len, reverse=True)]


def _abbreviations() -> list[str]:
    return [re.escape(name.upper()) for name in sorted(_bodies(), key=len, reverse=True) if _is_short(name)]


def _is_short(name: str) -> bool:
    return " " not in name and len(name) <= _ABBREVIATION


@cache
def _says() -> re.Pattern[str]:
    """A body, and a verb by which it advises."""
    return re.compile(rf"{_body().pattern}(?i:{_cues()['between']}{_any(_cues()['advises'])}\w*)")


def _any(patterns: Sequence[str]) -> str:
    return f"(?:{'|'.join(patterns)})"
