"""The words of ClinicalTrials.gov before API v2, in the spelling of API v2: "Active, not recruiting" is ACTIVE_NOT_RECRUITING.

Both spellings: https://clinicaltrials.gov/data-api/about-api/api-migration.
"""

from __future__ import annotations

import re

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DATE = re.compile(r"([A-Z][a-z]+)\s+(?:([0-9]{1,2}),\s*)?([0-9]{4})")
_NOT_APPLICABLE = {"N_A": "NA", "NOT_APPLICABLE": "NA"}


def status(words: str) -> str:
    """The overall status: "Unknown status" is UNKNOWN."""
    return _constant(words).removesuffix("_STATUS")


def study_type(words: str) -> str:
    """The study type; a registry is OBSERVATIONAL ("Observational [Patient Registry]"), a withheld study's "N/A" is empty."""
    found = _constant(words.partition("[")[0])
    return "" if found in _NOT_APPLICABLE else found


def phases(words: list[str], kind: str) -> list[str]:
    """The phases: "Phase 1/Phase 2" is PHASE1 and PHASE2. Only an interventional study (`kind`) can have the phase NA."""
    found = [_phase(part) for phase in words for part in re.split(r"/(?=\s*(?:Early )?Phase)", phase)]
    return [phase for phase in found if phase and (phase != "NA" or kind == "INTERVENTIONAL")]


def _phase(words: str) -> str:
    constant = _constant(words).replace("PHASE_", "PHASE")
    return "EARLY_PHASE1" if constant == "PHASE0" else _NOT_APPLICABLE.get(constant, constant)


def _constant(words: str) -> str:
    return re.sub("[^A-Z0-9]+", "_", words.upper()).strip("_")


def iso_date(words: str) -> str:
    """ "August 4, 2008" as 2008-08-04, "August 2008" as 2008-08; anything else as it is."""
    found = _DATE.fullmatch(words.strip())
    if not found or found[1] not in _MONTHS:
        return words
    month = f"{found[3]}-{_MONTHS.index(found[1]) + 1:02}"
    return f"{month}-{int(found[2]):02}" if found[2] else month


def count(words: str) -> int | None:
    """A number of people; none where there is no number."""
    return int(words) if re.fullmatch("[0-9]{1,9}", words.strip()) else None


def healthy_volunteers(words: str) -> bool | None:
    """Whether healthy people are accepted; none where it is not said."""
    return {"accepts healthy volunteers": True, "yes": True, "no": False}.get(words.strip().lower())
