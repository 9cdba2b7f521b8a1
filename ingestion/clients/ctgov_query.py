"""What may be asked of ClinicalTrials.gov's API v2: conditions, interventions, other terms, status and date of the last update.

Parameters: https://clinicaltrials.gov/data-api/api. The words of a search are the user's own, in the registry's search language (Essie); they
reach the registry and nothing else: no message repeats them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ingestion.errors import QueryError

# The enumeration `Status` of the API, in the order in which a trial goes through them.
STATUSES = (
    "NOT_YET_RECRUITING",
    "RECRUITING",
    "ENROLLING_BY_INVITATION",
    "ACTIVE_NOT_RECRUITING",
    "SUSPENDED",
    "TERMINATED",
    "COMPLETED",
    "WITHDRAWN",
    "UNKNOWN",
    "AVAILABLE",  # the rest is expanded access and withheld records
    "NO_LONGER_AVAILABLE",
    "TEMPORARILY_NOT_AVAILABLE",
    "APPROVED_FOR_MARKETING",
    "WITHHELD",
)
# What people say for them, as `_plain` writes it.
_ALSO = {
    "ACTIVE": "ACTIVE_NOT_RECRUITING",
    "BY_INVITATION": "ENROLLING_BY_INVITATION",
    "NOT_RECRUITING_YET": "NOT_YET_RECRUITING",
    "OPEN": "RECRUITING",
    "UNKNOWN_STATUS": "UNKNOWN",
}
_NCT = re.compile(r"NCT[0-9]{8}")
LONGEST = 4000
"""Characters of one search term: addresses longer than 8 KiB are refused by servers, and a character may take several bytes in one."""


def status_named(words: str) -> str:
    """The API's status for a user's words ("recruiting", "Active, not recruiting"). Raises `QueryError` with the choices."""
    plain = re.sub(r"[^A-Z]+", "_", words.upper()).strip("_")
    if plain in STATUSES:
        return plain
    if plain in _ALSO:
        return _ALSO[plain]
    choices = ", ".join(status.lower().replace("_", " ") for status in STATUSES)
    raise QueryError(f"There is no status {words[:40]!r}. Choose from: {choices}.")


def nct_numbers(identifiers: Sequence[str]) -> tuple[str, ...]:
    """The NCT numbers, each once, whatever case and prefix they came in. Raises `QueryError` where one is none."""
    found = [identifier.strip().upper().removeprefix("NCT:") for identifier in identifiers]
    for given, number in zip(identifiers, found, strict=True):
        if not _NCT.fullmatch(number):
            raise QueryError(f"{given[:40]!r} is no NCT number. One is NCT and eight digits, as in NCT02651584.")
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class TrialQuery:
    """A search. `statuses` are the API's own; `since` is the first day of the last update; `limit` is the most studies to fetch."""

    condition: str = ""
    intervention: str = ""
    term: str = ""
    statuses: tuple[str, ...] = ()
    since: date | None = None
    limit: int | None = None

    def parameters(self) -> dict[str, str]:
        """The search as the API's parameters, without those of paging. Raises `QueryError` where it asks for everything or cannot be asked."""
        texts = {"query.cond": self.condition, "query.intr": self.intervention, "query.term": self.term}
        asked = {name: text.strip() for name, text in texts.items() if text.strip()}
        if not asked and not self.statuses and not self.since:
            raise QueryError(
                "Say which trials: --condition, --intervention, --term, --status, --since or NCT numbers; --all for all of them."
            )
        if any(len(text) > LONGEST for text in asked.values()):
            raise QueryError(
                f"A search term is longer than {LONGEST:,} characters. Shorten it, or make several searches."
            )
        if self.limit is not None and self.limit < 1:
            raise QueryError(f"A limit of {self.limit} fetches nothing. Give 1 or more.")
        if self.statuses:
            asked["filter.overallStatus"] = ",".join(sorted(set(self.statuses)))
        if self.since:
            asked["filter.advanced"] = f"AREA[LastUpdatePostDate]RANGE[{self.since.isoformat()},MAX]"
        return asked
