"""The size of an effect with its interval, as it is printed: a span of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.studies.words import words

Span = tuple[int, int]

_VALUE = r"[<>≤≥]?\s?[-−–+±]?\s?(?:\d+(?:[.·,]\d+)?|[.·]\d+)"
_UNIT = (
    r"(?:\s?%|\s(?:percentage points?|mm ?Hg|mg/dL|mmol/[Ll]|points?|kg(?:/m2)?|days?|weeks?|months?|"
    r"years?|hours?|minutes?|mL|m?g|L|cm|m|per [\d,]+ [\w-]+))?"
)
_BOUND = rf"{_VALUE}{_UNIT}"
_INTERVAL = (
    rf"(?:9[0-9](?:\.\d+)?\s?%?\s?(?:\([^()]*\)\s?)?(?:CIs?|CrIs?|confidence intervals?|confidence "
    rf"limits?|credible intervals?)\b(?:\s?\[(?:CI|CrI)\]|\s?\((?:CI|CrI)\))?"
    rf"[\s,:=\[(]*{_BOUND}\s?(?:to|through|and|[-−–,;])\s?{_BOUND}[\])]?)"
)
_P = (
    r"(?:[Pp]\s?(?:-?value|for (?:superiority|trend|non-?inferiority|interaction))?\s?(?:[<=>≤≥]|was|"
    r"of)\s?(?:0?[.·]\d+(?:\s?[×x]\s?10[-−–⁻]?\S+)?|NS\b|\d))"
)
_SHORT = r"(?:\s?[\[(](?:a?HR|a?OR|a?RR|IRR|ARR|ARD|RD|SMD|WMD|MD|NNT)[\])]?)?"
_QUALIFIED = (
    r"(?:\b(?i:adjusted|unadjusted|pooled|summary|multivariable-adjusted|multivariate|common|risk-adjusted|"
    r"estimated|crude|age-adjusted|absolute|mean|median|overall)[ -]){0,2}"
)
_LINK = r"(?:\s?(?:for|of|in|was|were|is|with|[=:,;])\s?|\s(?:for|of|in|with) [\w -]{2,60}?(?:,| was| of| =)\s|\s?[\[(]\s?|\s){1,2}"

_NAME = rf"(?:(?i:{words('effects')})|{words('effect_abbreviations')})"

_MEASURED = re.compile(
    rf"(?P<e>{_QUALIFIED}\b{_NAME}\b{_SHORT}{_LINK}{_VALUE}(?![\d.]*\s?%?\s?(?:CI|confidence|CrI|credible)"
    rf"){_UNIT}(?P<ci>\s?[\s,;\[(]*{_INTERVAL})?(?P<p>[\s,;)\]]*{_P})?)",
)
_WITH_INTERVAL = re.compile(rf"(?P<e>{_VALUE}{_UNIT}(?P<ci>\s?[\s,;\[(]+{_INTERVAL})(?P<p>[\s,;)\]]*{_P})?)")
_AGAINST = re.compile(
    rf"(?<![\d./±+-])(?P<e>\d[\d.,·]*{_UNIT}(?:\s?\([^()]{{1,30}}\))? (?:vs\.?|versus|v|compared with) \d[\d.,·]"
    rf"*{_UNIT}(?:\s?\([^()]{{1,30}}\))?[^.;()]{{0,40}}?[,;(\s]+{_P})"
)
_CLOSED = {"(": ")", "[": "]"}
_COMPARES = re.compile(  # else a figure with an interval may be what one group had
    r"\b(?:reduc|differ|increas|decreas|improv|lower|higher|greater|fewer|less|more|longer|shorter|"
    r"gain|chang|effect|ratio|odds|relative)",
    re.IGNORECASE,
)
_NO_RATIO = re.compile(r"^(?:difference|mean change)", re.IGNORECASE)
_NAMED_ANYHOW = re.compile(
    r"ratio|risk|odds|\b(?:a?HR|a?OR|a?RR|IRR|SMD|WMD|MD|ARR|RD)s?\b|number needed|mean difference|NN[TH]",
    re.IGNORECASE,
)


def find_effects(text: str) -> Iterator[Span]:
    """The effects in a sentence, as printed, in the order in which they are believed: a named measure with an interval, a value with one, a named
    measure with a P value or a ratio alone, then two figures with a P value. A bare difference without interval or P value is none."""
    measured = list(_MEASURED.finditer(text))
    yield from (_whole(text, match) for match in measured if match["ci"])
    yield from (
        _whole(text, match) for match in _WITH_INTERVAL.finditer(text) if _COMPARES.search(text[: match.start()])
    )
    yield from (
        _whole(text, match)
        for match in measured
        if not match["ci"] and (match["p"] or (_NAMED_ANYHOW.search(match["e"]) and not _NO_RATIO.match(match["e"])))
    )
    yield from (_whole(text, match) for match in _AGAINST.finditer(text))


def holds_effect(text: str) -> bool:
    """Whether a measure of effect with its value stands in the words."""
    return _MEASURED.search(text) is not None


def _whole(text: str, match: re.Match[str]) -> Span:
    """The span with a bracket that it opened closed, and without one that it did not open."""
    start, end = match.span("e")
    said = text[start:end]
    start += len(said) - len(said.lstrip(" ,;"))
    for opening, closing in _CLOSED.items():
        said = text[start:end]
        if said.count(opening) > said.count(closing) and text[end : end + 1] == closing:
            end += 1
        elif said.count(opening) < said.count(closing) and said.endswith(closing):
            end -= 1
    return start, end
