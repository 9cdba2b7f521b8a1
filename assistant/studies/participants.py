"""Who was studied, and how many: spans of a text."""

from __future__ import annotations

import re

from assistant.studies.words import words

Span = tuple[int, int]

_PEOPLE, _ADJECTIVE = words("people"), words("adjectives")
_NUMERAL = words("numerals")
_NUMBER = (
    rf"(?P<n>\d{{1,3}}(?:[, \u2009\u202f]\d{{3}})+(?!\d)|\d+(?![.·]\d)|{_NUMERAL}(?:(?:[ -]|, ?| and ){_NUMERAL})*)"
)
_NOUN = (
    rf"(?P<who>(?:(?!\d|trials?\b|studies\b|with\b|and\b|cent(?:er|re)s?\b|hospitals?\b|of\b|in\b|from\b|"
    rf"were\b|was\b)[\w'’/-]+ ){{0,6}}?{_PEOPLE}\b)"
)
_TAKEN = (
    r"(?:randomi[sz]ed|randomly (?:assigned|allocated)|enrol(?:l)?ed|recruited|included|allocated|"
    r"assigned|analy[sz]ed|studied|evaluated|screened)"
)
_MADE = (
    r"(?:randomi[sz]ed|randomly|enrol(?:l)?ed|recruited|included|assigned|allocated|underwent|participated|"
    r"studied|took part|were (?:followed|eligible))"
)

# In the order in which they are believed: what was randomised, what was taken in, what a review pools, then a bare total.
_SURE, _LIKELY = (
    tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)
    for patterns in (
        (
            rf"\b(?:we )?(?:randomi[sz]ed|randomly (?:assigned|allocated)) (?:a total of )?{_NUMBER} {_NOUN}",
            rf"\b{_NUMBER} {_NOUN}(?: [\w,.'’%()=<>/≥≤-]+){{0,28}}? (?:were |was )?(?:randomi[sz]ed|randomly)\b",
            rf"\b{_TAKEN} (?:a total of )?{_NUMBER} {_NOUN}",
            rf"\ba total of {_NUMBER} {_NOUN}",
        ),
        (
            rf"\b{_NUMBER} {_NOUN}(?: [\w,'’%()-]+){{0,14}}? {_MADE}\b",
            rf"\((?:a total of |total |n ?= ?)?{_NUMBER} {_NOUN}\)",
            rf"\b(?:involving|comprising|totall?ing|with|of|in|from|data (?:on|from|for)|among|sample of) (?:a "
            rf"total of )?{_NUMBER} (?:of their )?{_NOUN}",
        ),
    )
)
_EACH = re.compile(rf"\b{_NUMBER.replace('?P<n>', '?:')} {_NOUN.replace('?P<who>', '?:')}", re.IGNORECASE)
_SAID = re.compile(r"(?<![\w])[Nn] ?= ?(?P<n>\d{1,3}(?:,\d{3})+|\d+)(?![\d.])")
_ARM = re.compile(
    r"^[^.;]{0,160}?\bto (?!be\b)[^.;]{1,120}?[,;]? (?:and|or|,) (?:the (?:other|remaining) )?(?:\d[\d,]"
    r"*|[a-z]+) (?:(?:[\w-]+ ){0,3})?(?:to|received|were|patients|participants)\b",
    re.IGNORECASE,
)
_GROUP = re.compile(r"\b(?:groups?|arms?|placebo|controls?)\b", re.IGNORECASE)
_PART = re.compile(
    r"\b(?:group|arm|died|deaths?|events?|dropped|withdrew|discontinued|excluded|lost|each|per|of whom|of these|of the)\b"
)

_WHO = re.compile(
    rf"(?P<who>(?:\b{_ADJECTIVE},? (?:and |or )?){{0,4}}\b{_PEOPLE}(?:,? (?:and|or) (?:{_ADJECTIVE} )?{_PEOPLE})?"
    rf" (?:\([^()]{{1,40}}\) )?{words('which')}(?:[^,;.()\n]|(?<=\d)[.,](?=\d)|(?<=\b[A-Z])\.(?= [a-z])|,(?= (?:[\w-]+, ){{0,4}}[\w-]"
    rf"+,? (?:or|and) [\w-]+)|\([^()]{{1,30}}\)){{2,160}}?)"
    rf"(?=,? {words('people_end')}\b|\s?(?:[;)\n]|\((?![^()\d]{{1,30}}\) [a-z])|(?<!\b[A-Z])[.,](?!\d)"
    rf"(?! (?:[\w-]+, ){{0,4}}[\w-]+,? (?:or|and) [\w-]+))|$)",
    re.IGNORECASE,
)
_PLAIN_WHO = re.compile(rf"\b(?P<who>(?:{_ADJECTIVE} ){{1,4}}{_PEOPLE})\b", re.IGNORECASE)
_ONE = re.compile(
    r"\b(?P<who>\d{1,3}[- ]?(?:years?|yrs?|months?|weeks?|days?|yo|y/o)?[- ]?old (?:[\w-]+ ){0,3}?(?:man|"
    r"woman|boy|girl|male|female|patient|infant|child|adult|men|women|people|children)s?"
    r"(?: (?:with|on|who (?:has|is)|presenting with|admitted (?:for|with))(?:[^,;.()?\n]|(?<=\d)[.,]"
    r"(?=\d)){2,120}?)?)(?=,? (?:who (?!has|is)|should|does|is|was|would|to|in whom)\b|\s?(?:[;()?\n]"
    r"|[.,](?!\d))|$)",
    re.IGNORECASE,
)
_AGE = re.compile(
    r"\b(?:years?|months?|weeks?|days?|centers?|centres?|hospitals?|sites?|countries|trials|studies)\b", re.IGNORECASE
)


def find_count(text: str) -> Span | None:
    """The number of participants in a sentence, as printed; `None` where it is not said or is only that of a group.

    What was randomised goes before what was enrolled, and that before what a review pools.
    """
    match = _counted(text)
    if match:
        return match.span("n")
    said = list(_SAID.finditer(text))
    if len(said) == 1 and not _GROUP.search(text):
        return said[0].span("n")
    return None


def find_counted_people(text: str) -> Span | None:
    """Who was studied where they are only named beside their number: "10480 heart failure patients"."""
    match = _counted(text)
    return match.span("who") if match and " " in match["who"] else None


def _counted(text: str) -> re.Match[str] | None:
    for pattern in _SURE:
        if match := next((match for match in pattern.finditer(text) if _is_total(text, match)), None):
            return match
    for pattern in _LIKELY:  # where two numbers of people stand in a sentence, each may be that of a group
        found = [match for match in pattern.finditer(text) if _is_total(text, match)]
        if len(found) == 1 and len(_EACH.findall(text)) == 1:
            return found[0]
    return None


def find_people(text: str) -> Span | None:
    """The words of a sentence that say who was studied: "adults aged 70 years or older", "patients with type 2 diabetes"."""
    for pattern in (_ONE, _WHO):
        for match in pattern.finditer(text):
            start, end = match.span("who")
            return start, start + len(text[start:end].rstrip(" ,–-"))
    return None


def find_plain_people(text: str) -> Span | None:
    """Who was studied where only an adjective says it: "postmenopausal women"."""
    match = _PLAIN_WHO.search(text)
    return match.span("who") if match else None


def _is_total(text: str, match: re.Match[str]) -> bool:
    """Whether a count is that of everybody: not of one group of several, nor of those who died or dropped out."""
    number = match["n"]
    if (
        not number[0].isdigit()
        and len(number) < 6
        and number.lower() in {"one", "two", "three", "four", "five", "six", "ten"}
    ):
        return False
    if (
        number.isdigit()
        and 1900 <= int(number) <= 2035
        and re.search(r"\b(?:in|since|from|until|to) $", text[: match.start("n")])
    ):
        return False
    if _PART.search(match.group().lower()) or _AGE.search(match.group()[: match.end("n") - match.start() + 12]):
        return False
    if re.search(r"(?:\bof|/) $", text[: match.start("n")]) and re.search(
        r"\d (?:\([^()]*\) )?of $", text[: match.start("n")]
    ):
        return False
    return not _ARM.match(text[match.end("n") :])
