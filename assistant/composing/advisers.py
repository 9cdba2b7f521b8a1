"""Whose advice a sentence reports, and whether they still give it.

Guidelines tell what they once recommended and what others do, in the words of a recommendation. Read alone, neither is told from the advice in
force: "In 2016, the USPSTF recommended screening … starting at age 50" answers the question when to start with an age that no longer holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_ADVISED = r"(?:recommended|advised|endorsed|concluded|issued|suggested|found (?:that|insufficient|inadequate|adequate))"
_IN_A_YEAR = re.compile(
    rf"\b(?:in|of|from|since|until|before)\s+(?:19|20)\d\d\b[^.;]{{0,120}}?(?<!\bis )(?<!are )(?<!the )(?<!of )(?<!, )\b{_ADVISED}\b",
    re.IGNORECASE,
)
_FORMER = re.compile(
    rf"\b(?:previously|formerly|earlier|historically) {_ADVISED}\b|\b{_ADVISED} (?:previously|formerly)\b"
    r"|\bused to (?:recommend|advise)\b|\bno longer (?:recommended|recommends?)\b"
    r"|\b(?:previous|prior|former|earlier|(?:19|20)\d\d)(?: [\w./-]+){0,3} (?:recommendation|statement|guidelines?)s? (?:was|were|had|recommended|advised)\b",
    re.IGNORECASE,
)
_PAST = re.compile(rf"(?<!\bis )(?<!are )(?<!the )(?<!of )(?<!, )\b{_ADVISED}\b", re.IGNORECASE)
_IN_FORCE = re.compile(
    r"\b(?:currently?|now|continues?|reaffirm\w*|still|consistent with|unchanged|at present|this (?:final )?(?:recommendation|guideline|statement)|replaces|since then)\b",
    re.IGNORECASE,
)
_OF_THE_PAST = re.compile(
    r"\b(?:did|was|were|had|previous(?:ly)?|prior|former(?:ly)?|earlier|histor\w+|chang(?:e|es|ed)|until|used to|old|since|new|updat\w+|(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_SAYS = r"\s*(?:\([^()]{1,40}\)\s*)?(?:(?:also|now|currently|strongly|conditionally|has|have|and the [\w /-]{3,60})\s+){0,2}(?:recommend|suggest|advis|endors|stat|support|encourag|call|conclud)\w*"


def is_former(text: str, *, after_former: bool = False) -> bool:
    """Whether the sentence tells what was once advised, and says nothing of what is now.

    `after_former`: the sentence before it in the same paragraph does; then a past tense is enough ("In addition, it concluded …").
    """
    tells = _IN_A_YEAR.search(text) or _FORMER.search(text) or (after_former and _PAST.search(text))
    return bool(tells) and _IN_FORCE.search(text) is None


def asks_of_the_past(question: str) -> bool:
    """Whether a question may be asking for what was once advised, or since when, or what has changed."""
    return _OF_THE_PAST.search(question) is not None


def body_asked(question: str) -> str | None:
    """The body whose advice is asked for, by its first name in `bodies.txt`; `None` where none or several are named."""
    named = _named(question)
    return named.pop() if len(named) == 1 else None


def others_advise(text: str, body: str) -> bool:
    """Whether the sentence gives the advice of bodies that it names, and `body` is none of them."""
    named = _named(text)
    return bool(named) and body not in named and _says().search(text) is not None


def _named(text: str) -> set[str]:
    return {_bodies()[match[0].casefold()] for match in _pattern().finditer(text)}


@cache
def _bodies() -> Mapping[str, str]:
    """Each name, small, to its body's first."""
    lines = files(__package__).joinpath("bodies.txt").read_text(encoding="utf-8").splitlines()
    rows = [[name.strip() for name in line.split("|")] for line in lines if line.strip() and not line.startswith("#")]
    return {name.casefold(): row[0] for row in rows for name in row}


@cache
def _pattern() -> re.Pattern[str]:
    """Any name; the longest first, so that the Canadian Task Force is not taken for the Task Force."""
    names = sorted(_spelt(), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)")


@cache
def _says() -> re.Pattern[str]:
    names = sorted(_spelt(), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(names)}){_SAYS}")


def _spelt() -> list[str]:
    """Names as patterns: abbreviations as written ("WHO" is not "who"), others in any case."""
    return [
        re.escape(name.upper()) if " " not in name and len(name) <= len("CTFPHC") + 1 else rf"(?i:{re.escape(name)})"
        for name in _bodies()
    ]
