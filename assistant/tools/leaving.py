"""What a live tool may send out of this machine: words of medicine, never a person."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant.errors import ToolError
from assistant.guardrails.identifiers import looks_identifying

# A search of literature has no use for these even where nothing beside them says whose they are: days, long numbers (but years: 2019-2020).
_DAY_OR_NUMBER = re.compile(
    r"""
    (?<![\w.])\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?![\w.])
    | \b(?:\d{1,2}\.?\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d{1,2},?\s+\d{4}\b
    | \b\d{1,2}\.?\s+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s+\d{2,4}\b
    | (?<![A-Za-z\d])(?!\d{4}-\d{4}\b)\+?\d(?:[\s().-]{0,2}\d){6,}
    | \b(?:mrn|dob|ssn)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def refuse_identifiers(words: Iterable[str]) -> None:
    """Raises `ToolError` where something in the words may identify a patient; it is not repeated."""
    if any(_DAY_OR_NUMBER.search(each) or looks_identifying(each) for each in words):
        raise ToolError(
            "Something in the arguments may identify a person (a name, a day, a long number, an address). Nothing was sent. "
            "Search by condition, drug, age in years and sex only."
        )
