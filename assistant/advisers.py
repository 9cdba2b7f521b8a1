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
_ABBREVIATION = 7  # letters of the longest: the others are names, which count whatever their case


def is_former(text: str, *, after_former: bool = False) -> bool:
    """Whether the sentence tells what was once advised, and says nothing of what is now.

    `after_former`: the sentence before it in the same paragraph does; then a past tense is enough ("In addition, it concluded …").
    """
    tells = _in_a_year().search(text) or _words("former").search(text) or (after_former and _past().search(text))
    return bool(tells) and _words("in_force").search(text) is None


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
    """The body whose advice is asked for, by its first name in `bodies.txt`; `None` where none or several are named."""
    named = _named(question)
    return named.pop() if len(named) == 1 else None


def speaks_for(body: str, text: str, document_id: str) -> bool:
    """Whether a sentence may give the advice of `body`: it names no other that advises, and its guideline is not another's."""
    named = _named(text)
    if body in named:
        return True
    if named and _says().search(text):
        return False
    kind, _, rest = document_id.partition(":")
    publisher = _bodies().get(rest.partition("/")[0].replace("-", " "))
    return kind != "guideline" or publisher in (None, body)


def advises_unnamed(text: str, headings: str) -> bool:
    """Whether it gives the advice of another body, by its heading, and does not say whose: "It suggests …", "All should be screened"."""
    if _words("of_others").search(headings) is None or _words("advice").search(text) is None:
        return False
    return not _named(text) and _NAME.search(text) is None


def _named(text: str) -> set[str]:
    return {_bodies()[match[0].casefold()] for match in _body().finditer(text)}


@cache
def _cues() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("advisers.toml").read_text(encoding="utf-8"))


@cache
def _words(name: str) -> re.Pattern[str]:
    return re.compile(rf"\b{_any(_cues()[name]).replace('ADVISED', _any(_cues()['advised']))}\b", re.IGNORECASE)


@cache
def _past() -> re.Pattern[str]:
    """A verb of advising in the past tense that is no participle before a noun: "of recommended doses"."""
    return re.compile(rf"(?<!\bis )(?<!are )(?<!the )(?<!of )(?<!, )\b{_any(_cues()['advised'])}\b", re.IGNORECASE)


@cache
def _in_a_year() -> re.Pattern[str]:
    return re.compile(
        rf"\b(?:in|of|from|since|until|before)\s+(?:the |its )?(?:19|20)\d\d\b[^.;]{{0,120}}?{_past().pattern}",
        re.IGNORECASE,
    )


@cache
def _bodies() -> Mapping[str, str]:
    """Each name, small, to its body's first."""
    lines = files(__package__).joinpath("bodies.txt").read_text(encoding="utf-8").splitlines()
    rows = [[name.strip() for name in line.split("|")] for line in lines if line.strip() and not line.startswith("#")]
    return {name.casefold(): row[0] for row in rows for name in row}


@cache
def _body() -> re.Pattern[str]:
    """Any name: abbreviations as written ("WHO" is not "who"); the longest first, or the Canadian Task Force would be the Task Force."""
    names = [
        re.escape(name.upper()) if " " not in name and len(name) <= _ABBREVIATION else rf"(?i:{re.escape(name)})"
        for name in sorted(_bodies(), key=len, reverse=True)
    ]
    return re.compile(rf"(?<!\w){_any(names)}(?!\w)")


@cache
def _says() -> re.Pattern[str]:
    """A body, and a verb by which it advises."""
    return re.compile(rf"{_body().pattern}(?i:{_cues()['between']}{_any(_cues()['advises'])}\w*)")


def _any(patterns: Sequence[str]) -> str:
    return f"(?:{'|'.join(patterns)})"
