"""Ages, in a question and in a text: a sentence for adults of 40 to 75 years is no answer for a boy of 15."""

from __future__ import annotations

import re

_OLDEST = 120
_A_DAY, _IN_MONTHS = 1 / 365, 2  # in years
_PEOPLE = (
    r"(?:adults?|wom[ae]n|m[ae]n|people|persons?|patients?|children|adolescents?|individuals?|those|participants?)"
)
_AGED = r"(?:of age|old)"
_RANGE = re.compile(
    rf"(?:\b(?:aged?|ages|between|from)\s+|\b{_PEOPLE}\s+)(\d{{1,3}})\s*(?:years?\s*)?(?:to|and|-|–|through)\s*(\d{{1,3}})\s*years?\b"
    rf"|\b(\d{{1,3}})\s*(?:to|-|–|through)\s*(\d{{1,3}})[\s-]*years?[\s-]*{_AGED}\b"
    r"|\b(?:aged?|ages)\s+(\d{1,3})\s*(?:to|-|–)\s*(\d{1,3})\b(?!\s*(?:months?|weeks?|days?|hours?)\b)"
    r"|\b(\d{1,2})\s*(?:to|-|–)\s*(\d{1,2})\s*years?\s*:"
    r"|(?:^|\bchild(?:ren)?\s*[:;,-]?|[;•]|,\s*or|\b(?:mg|mcg|g|ml|iu|units?|daily|hourly|day|hours)\s*[;,-])\s*"
    r"(\d{1,2})\s*(?:to|-|–)\s*(\d{1,2})\s*years?\b(?=\s*(?:[,;:(=–-]|\d|old\b))"
    r"|\bat (?:age )?(\d{1,3})(?: years)?,? and (?:continuing|continues?|ending) (?:until|through|to|at) (?:age )?(\d{1,3})\b",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"\b(\d{1,3})\s*years?(?:\s*of age)?\s*(?:or|and)\s*(?:older|over|above|more)\b|\b(?:aged|age)\s*(?:≥|>=|>|over|above|at least)\s*(\d{1,3})\b"
    r"|\b(?:older than|over the age of)\s*(\d{1,3})\b"
    r"|[≥>]=?\s*(\d{1,3})\s*years?\b|\b(?:after|beyond|past) (?:the )?age (?:of )?(\d{1,3})\b"
    r"|\bfrom (?:the age of |age )?(\d{1,2}) years?(?: of age)?\b(?! (?:to|until|through|of follow\S*)\b)",
    re.IGNORECASE,
)
_STARTS = re.compile(
    r"\b(?:starting|beginning|start(?:s|ed)?|begin(?:s|ning)?) (?:\w+ ){0,3}?at (?:the )?(?:age (?:of )?)?(\d{1,3})\b",
    re.IGNORECASE,
)
_BELOW = re.compile(
    r"\b(?:younger than|under|below age|below the age of)\s*(\d{1,3})\s*years?\b|\b(?:aged?\s*)?<\s*(\d{1,3})\s*years?\b"
    r"|\baged?\s*<\s*(\d{1,3})\b|\bbefore (?:the )?age (?:of )?(\d{1,3})\b",
    re.IGNORECASE,
)
_TO = re.compile(
    r"\b(\d{1,3})\s*years?(?:\s*of age)?\s*(?:or|and)\s*(?:younger|under|below|less)\b"
    r"|\bup to (?:the )?(?:age (?:of )?)?(\d{1,3})\s*years?(?: of age)?\b"
    r"(?!\s*(?:of|after|later|follow))|[≤]\s*(\d{1,3})\s*years?\b|<=\s*(\d{1,3})\s*years?\b",
    re.IGNORECASE,
)
_YOUNG = r"(?:infants?|child(?:ren)?|bab(?:y|ies)|neonates?|newborns?|boys?|girls?|aged?)"
_MONTHS = re.compile(  # "5 - 7 days" and "for 6 months to 2 years" are how long, not how old
    r"(?<!\bfor )(?<!\bafter )(?<!\bwithin )(?<!\bevery )(?<!\blasting )"
    r"\b(\d{1,2})\s*(months?|weeks?|days?)\s*(?:to|-|–)\s*(\d{1,2})\s*(years?|yrs?|months?)\b"
    r"|\b(\d{1,2})\s*(?:to|-|–)\s*(\d{1,2})\s*(months?)\s*(?=[:=]|(?:old|of age)\b|\d[\d.,\s–-]*m?c?g\b)",
    re.IGNORECASE,
)
_UNDER_MONTHS = re.compile(
    rf"\b{_YOUNG}\s*[(:,]?\s*(?:under|below|less than|younger than|<)\s*(\d{{1,2}})\s*(months?|weeks?)\b", re.IGNORECASE
)
_OVER_MONTHS = re.compile(
    rf"\b{_YOUNG}\s*[(:,]?\s*(?:over|above|older than|>)\s*(\d{{1,2}})\s*months?\b", re.IGNORECASE
)
_OVER = re.compile(
    rf"\b(?:{_PEOPLE}|{_YOUNG})\s*[(:,]?\s*(?:over|above|more than)\s*(\d{{1,3}})\s*(?:years?|yrs?)\b"
    r"|\b(\d{1,2})\s*(?:years?\s*)?and above\s*:",
    re.IGNORECASE,
)
_HEAVY = re.compile(r"\b(?:over|above|more than|>)\s*(\d{2,3})\s*kg\b", re.IGNORECASE)
_HEAVY_FROM, _HEAVY_AGE = 20, 4  # kilograms that no child under four years weighs
_ADULTS = re.compile(r"\badults?\b", re.IGNORECASE)
ADULT = 18  # years
_BEYOND = re.compile(r"\bolder (?:adults?|people|persons?|wom[ae]n|m[ae]n)\b|\belderly\b", re.IGNORECASE)
_BENEATH = re.compile(r"\byounger (?:adolescents?|adults?|people|persons?|children|wom[ae]n|m[ae]n)\b", re.IGNORECASE)
OLD = 65  # years from which on one is elderly
_ASKED = re.compile(
    r"\b(\d{1,3})[\s-]*(?:years?|yrs?|y)[\s/-]*(?:old|o)?s?\b(?=.{0,40}\b(?:man|woman|male|female|boy|girl|child|patient|person|adult|teen|old|with|who|smokers?|diabetics?|f|m)\b)"
    r"|\b(\d{1,3})[\s-]*(?:year|yr|y)[\s-]*olds?\b|\b(\d{1,3})\s?(?:yo|y/o)\b|\b(?:aged?|is|at)\s+(\d{1,3})\b(?!\s*(?:mg|%|mcg|g|ml|days?|weeks?|months?|mm))"
    rf"|\b{_PEOPLE} of\s+(\d{{1,3}})\b(?!\s*(?:mg|%|mcg|g|ml|kg|days?|weeks?|months?|mm|/))",
    re.IGNORECASE,
)
_ASKED_FROM = re.compile(
    r"\b(?:older than|over|above|aged?\s*(?:over|above|>=?|≥)|>=?|≥)\s*(?:the age of\s*)?(\d{2,3})\b(?!\s*(?:mg|%|mcg|g|ml|mm|/))"
    r"|\b(\d{2,3})\s*(?:years?\s*)?(?:of age\s*)?(?:or|and) (?:older|over|above)\b",
    re.IGNORECASE,
)
_ASKED_YOUNGER = re.compile(  # "amoxicillin for a child 5 days" is how long
    r"\b(\d{1,2})[\s-]*(months?|weeks?|days?)[\s-]*olds?\b"
    rf"|\b{_YOUNG}\s+(?:of\s+|aged\s+)?(\d{{1,2}})\s*(months?)\b"
    r"|\b(?:neonates?|newborns?|aged?)\s+(?:of\s+|aged\s+)?(\d{1,2})\s*(weeks?|days?)\b",
    re.IGNORECASE,
)
_ASKED_BELOW = re.compile(  # so is "symptoms for under 3 months"
    r"(?<!\bfor )(?<!\bof )(?<!\blasting )(?<!expectancy )(?<!duration )\b(?:under|below|younger than)\s+(?:the age of\s+)?(\d{1,2})"
    r"\s*(years?|yrs?|months?)\b(?!\s+(?:ago|of|duration))"
    r"|\bchild(?:ren)?\s+(?:under|below|younger than)\s+(\d{1,2})\b(?!\s*(?:m?c?g|kg|days?|weeks?|hours?|months?|years?|yrs?|%))",
    re.IGNORECASE,
)
_TO_THE_YEAR = {"y": 1, "m": 12, "w": 52, "d": 365}


def asked_age(question: str) -> float | None:
    """The age a question is about, in years, or `None`: "a 52-year-old", "age 15", "6 months old" as 0.5, "over 75" as 76, "under 5 years" as 4."""
    if younger := _ASKED_YOUNGER.search(question):
        number, unit = (group for group in younger.groups() if group)
        return _years(number, unit)
    if below := _ASKED_BELOW.search(question):
        number, unit = below[1] or below[3], below[2] or "years"
        return max(0.0, _years(number, unit) - _years("1", unit))
    for pattern, more in ((_ASKED_FROM, 1), (_ASKED, 0)):
        for match in pattern.finditer(question):
            age = int(next(group for group in match.groups() if group))
            if age + more <= _OLDEST:
                return age + more
    return None


def in_words(age: float) -> str:
    """An age as it is told: in years, under two in months, under a month in days."""
    if age >= _IN_MONTHS or age == int(age) > 0:
        return f"age {age:g}"
    return f"age {round(age * 12)} months" if age * 12 >= 1 else f"age {round(age / _A_DAY)} days"


def _years(number: str, unit: str) -> float:
    return int(number) / _TO_THE_YEAR[unit[0].lower()]


def age_ranges(text: str) -> list[tuple[float, float]]:
    """The age ranges a text speaks of, in years, ends included."""
    found: list[tuple[float, float]] = []
    for match in _RANGE.finditer(text):
        low, high = (int(group) for group in match.groups() if group)
        if low <= high <= _OLDEST:
            found.append((low, high))
    for match in _MONTHS.finditer(text):
        first, unit, last, other = match.groups()[:4] if match[1] else (match[5], match[7], match[6], match[7])
        found += [(_years(first, unit), _years(last, other))]
    found += [(0, _years(match[1], match[2]) - _A_DAY) for match in _UNDER_MONTHS.finditer(text)]
    found += [(_years(match[1], "months"), _OLDEST) for match in _OVER_MONTHS.finditer(text)]
    found += [(int(match[1] or match[2]), _OLDEST) for match in _OVER.finditer(text)]
    found += [(_HEAVY_AGE, _OLDEST) for match in _HEAVY.finditer(text) if int(match[1]) >= _HEAVY_FROM]
    found += [(int(next(g for g in m.groups() if g)), _OLDEST) for m in _FROM.finditer(text)]
    for pattern, less in ((_BELOW, _A_DAY), (_TO, 0)):
        found += [(0, int(next(g for g in m.groups() if g)) - less) for m in pattern.finditer(text)]
    return found


def covers(text: str, age: float) -> bool | None:
    """Whether one of the text's age ranges holds the age, or words for those beyond them do; `None` where it speaks of none.

    "Starting at age 45" says until when only where another range does: below 45 it does not hold, above it tells nothing by itself.
    """
    ranges, starts = age_ranges(text), [int(match.group(1)) for match in _STARTS.finditer(text)]
    if any(low <= age <= high for low, high in ranges):
        return True
    if ranges and (
        (age > max(high for _, high in ranges) and age >= OLD and _BEYOND.search(text))
        or (age < min(low for low, _ in ranges) and _BENEATH.search(text))
    ):
        return True  # "adults 15 to 65 years old, and older adults at risk"
    if ranges and age >= ADULT >= max(high for _, high in ranges) and _ADULTS.search(text):
        return True  # "Adult: 1 g daily. Child: 6 - 12 years: 250 mg daily"
    if starts and age >= min(starts):
        return max(high for _, high in ranges) >= age if ranges else None
    return False if ranges or starts else None
