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
_WRAPPED = 80  # columns: a line that its next word would have kept below this was ended by its author
_WIDEST = 110  # no line of a wrapped text is longer, entities and indents and all
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


def allocation(words: str) -> str:
    """The allocation: "Non-Randomized" is NON_RANDOMIZED, "N/A" is NA."""
    constant = _constant(words)
    return _NOT_APPLICABLE.get(constant, constant)


def masking(words: str) -> str:
    """The masking: "Double (Participant, Investigator)" is DOUBLE, "None (Open Label)" and "Open Label" are NONE."""
    constant = _constant(words.partition("(")[0])
    return {"OPEN_LABEL": "NONE", "NO_MASKING": "NONE", "SINGLE_BLIND": "SINGLE", "DOUBLE_BLIND": "DOUBLE"}.get(
        constant, constant
    )


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


def is_wrapped(block: str) -> bool:
    """Whether a text block has been wrapped: no line is longer than the export makes them."""
    return all(len(line.rstrip()) <= _WIDEST for line in block.split("\n"))


def unwrapped(block: str) -> str:
    """A text block with the lines that the export wrapped at a fixed width made whole again."""
    pieces: list[str] = []
    width = 0  # of the line before; 0 where that is blank
    for line in block.replace("\r\n", "\n").split("\n"):
        words = line.strip()
        if words and width and width + 1 + len(words.split(maxsplit=1)[0]) > _WRAPPED:
            pieces.append(f" {words}")
        else:
            pieces.append(f"\n{line.rstrip()}")
        width = len(line.rstrip())
    return "".join(pieces)
