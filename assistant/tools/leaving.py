"""What a live tool may send out of this machine: words of medicine, never a person."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant.errors import ToolError

# What tells a person apart and is in no search of literature: dates to the day, addresses of mail, long numbers, titles before names.
_IDENTIFYING = re.compile(
    r"""
    \b[\w.+-]{1,64}@[\w-]{1,64}\.\w                                  # mail
    | (?<![\w.])\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?![\w.])              # a day, in any order
    | \b\d{1,2}\.?\s+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s+\d{2,4}\b
    | \b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d{1,2},?\s+\d{4}\b
    | (?<![A-Za-z\d])(?!\d{4}-\d{4}\b)\+?\d(?:[\s().-]{0,2}\d){6,}  # telephone, record, insurance; but no years
    | \b(?:mrn|dob|ssn|nhs\s+n|date\s+of\s+birth|born\s+(?:on|in))\b
    | \b(?:mr|mrs|ms|miss)\b\.?\s+\w
    """,
    re.IGNORECASE | re.VERBOSE,
)


def refuse_identifiers(words: Iterable[str]) -> None:
    """Raises `ToolError` where something in the words may identify a patient; it is not repeated."""
    if any(_IDENTIFYING.search(each) for each in words):
        raise ToolError(
            "Something in the arguments may identify a person (a name, a day, a long number, an address). Nothing was sent. "
            "Search by condition, drug, age in years and sex only."
        )
