"""What MEDLINE's fields mean: abstract labels, publication dates and language codes."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from lxml import etree

from indexes.passage import Role

_CATEGORIES = {
    "BACKGROUND": Role.BACKGROUND,
    "OBJECTIVE": Role.BACKGROUND,
    "METHODS": Role.METHOD,
    "RESULTS": Role.RESULT,
    "CONCLUSIONS": Role.CONCLUSION,
}
# Where NLM gives no category, the words of the label decide, the first rule that fits. An outcome *measure* is a method, so methods come
# before results there; "results and conclusions" is what a reader wants of both.
_LABELS = (
    (Role.CONCLUSION, re.compile(r"\b(?:conclu\w+|interpretation|implications?|discussion|significance|relevance)\b")),
    (Role.METHOD, re.compile(r"\b(?:outcome measures?|measures?|measurements?)$")),
    (Role.RESULT, re.compile(r"\b(?:results?|findings?|outcomes?|data synthesis)\b")),
    (
        Role.METHOD,
        re.compile(
            r"\b(?:methods?|methodology|design|setting|settings|participants?|patients?|subjects?|interventions?|materials?|procedures?"
            r"|measures?|measurements?|data sources?|data extraction|study selection|search strategy|eligibility criteria|sample"
            r"|analysis|population)\b"
        ),
    ),
    (
        Role.BACKGROUND,
        re.compile(
            r"\b(?:background|introduction|objectives?|aims?|purposes?|context|rationale|hypothes[ie]s|goals?|importance|question)\b"
        ),
    ),
)
_LONGEST_LABEL = 200  # characters that are looked at, so that what is remembered of labels stays small


def abstract_role(label: str, category: str) -> Role:
    """The role of a stretch of abstract from NLM's category, else from its label as printed; a body part where neither says.

    Categories: https://www.nlm.nih.gov/bsd/policy/structured_abstracts.html (`UNASSIGNED` says nothing).
    """
    if (role := _CATEGORIES.get(category.upper())) is not None:
        return role
    return _label_role(label[:_LONGEST_LABEL]) if label else Role.BODY


@lru_cache(maxsize=1024)  # a few hundred labels make up nearly all of PubMed
def _label_role(label: str) -> Role:
    lowered = label.lower()
    return next((role for role, pattern in _LABELS if pattern.search(lowered)), Role.BODY)


_MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}
_YEAR = re.compile(r"(?:1[5-9]|20)[0-9]{2}")
_MEDLINE_DATE = re.compile(
    rf"(?<![0-9])({_YEAR.pattern})(?![0-9])(?:\s+({'|'.join(_MONTHS)})[a-z]*(?:\s+([0-9]{{1,2}})(?![0-9]))?)?",
    re.IGNORECASE,
)
_DIGITS = re.compile(rf"({_YEAR.pattern})/?([0-9]{{2}})/?([0-9]{{2}})(?![0-9])")


def publication_date(element: etree._Element | None) -> tuple[int | None, str | None]:
    """Year and ISO date, as exact as the element says ("2019", "2019-09", "2019-09-05"); `(None, None)` where it gives no year.

    Reads Year/Month/Day with month names or numbers, and `MedlineDate` ranges by their beginning ("1998 Dec-1999 Jan" is 1998-12). A
    season names no month, and a day that the month does not have is left out.
    """
    if element is None:
        return None, None
    parts = {part.tag: (part.text or "").strip() for part in element}
    found = exact_date(parts.get("Year", ""), parts.get("Month", ""), parts.get("Day", ""))
    if found[0]:
        return found
    return written_date(parts.get("MedlineDate") or parts.get("Year", ""))  # "1992.0" has passed through a spreadsheet


def written_date(text: str) -> tuple[int | None, str | None]:
    """What `publication_date` gives, of a date in words ("2006 Mar 1", "1998 Dec-1999 Jan") or digits ("20060110", "2006/01/10 09:00")."""
    if match := _DIGITS.match(text) or _MEDLINE_DATE.search(text):
        return exact_date(match[1], match[2] or "", match[3] or "")
    return None, None


def exact_date(year: str, month: str, day: str) -> tuple[int | None, str | None]:
    """Year and ISO date from the parts as printed, each as far as it can be read; `(None, None)` where the year cannot."""
    if not _YEAR.fullmatch(year):
        return None, None
    number, of_year, of_month = int(year), _MONTHS.get(month[:3].lower()) or _number(month, 12), _number(day, 31)
    if of_year is None:
        return number, year
    if of_month is None:
        return number, f"{year}-{of_year:02}"
    try:
        return number, date(number, of_year, of_month).isoformat()
    except ValueError:
        return number, f"{year}-{of_year:02}"


def _number(text: str, last: int) -> int | None:
    """A month's or a day's number; `None` where the text is none between 1 and `last`."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0
    return number if 1 <= number <= last else None


# MARC codes as PubMed uses them (https://www.nlm.nih.gov/bsd/language_table.html) and their ISO 639-1 equals.
_LANGUAGES: dict[str, str] = dict(
    re.findall(
        r"(\w+):(\w+)",
        "afr:af alb:sq amh:am ara:ar arm:hy aze:az ben:bn bos:bs bul:bg cat:ca chi:zh cze:cs dan:da dut:nl eng:en epo:eo est:et "
        "fin:fi fre:fr geo:ka ger:de gla:gd gre:el heb:he hin:hi hrv:hr hun:hu ice:is ind:id ita:it jpn:ja kin:rw kor:ko lat:la "
        "lav:lv lit:lt mac:mk mal:ml mao:mi may:ms nor:no per:fa pol:pl por:pt pus:ps rum:ro rus:ru san:sa slo:sk slv:sl spa:es "
        "srp:sr swe:sv tha:th tib:bo tur:tr ukr:uk urd:ur vie:vi wel:cy",
    )
)


def iso_language(code: str) -> str:
    """The ISO 639-1 code of a MARC language code; the code itself ("mul", "und") where there is none."""
    code = code.strip().lower()
    return _LANGUAGES.get(code, code)
