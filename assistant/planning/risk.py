"""Risk, in a question and in a text: what is advised for people at increased risk is not advised for those at low risk."""

from __future__ import annotations

import re

_PEOPLE = r"(?:adults?|people|persons?|wom[ae]n|m[ae]n|patients?|individuals?|groups?|populations?|adolescents?|teenagers?|children|pregnan\w+)"
_LOW = re.compile(
    r"\b(?:low|average|lower)[- ]risk\b|\bat (?:an? )?(?:low|average|lower) risk\b|\b(?:no|without(?: any)?) (?:known |other )?risk factors?\b"
    r"|\bnot (?:at|of) (?:an? )?(?:increased|high|higher|elevated) risk\b",
    re.IGNORECASE,
)
_HIGH = re.compile(  # an "increased risk of bleeding" is a harm, and no people
    r"\bat (?:an? )?(?:increased|high|higher|elevated|greater|substantial) risk\b|\bwho are at risk\b"
    rf"|\b(?:high|increased|higher)[- ]risk {_PEOPLE}|\b(?:have|with|having|more) (?:\w+[ -]){{0,4}}risk factors?\b",
    re.IGNORECASE,
)


def other_risk(question: str, text: str) -> str | None:
    """Whom the question is about, by their risk, where the text is for people of the other sort alone; `None` where it may be for them."""
    asked_low, asked_high = _sorts(question)
    if asked_low == asked_high:  # most questions say nothing of risk, and many sentences are looked at
        return None
    low, high = _sorts(text)
    if low in (high, asked_low):
        return None
    return "people at low risk" if asked_low else "people at increased risk"


def _sorts(text: str) -> tuple[bool, bool]:
    """Whether it speaks of people at low, and at increased risk."""
    low = _LOW.search(text) is not None
    return low, _HIGH.search(_LOW.sub(" ", text)) is not None
