"""What the registries behind the WHO's platform write into its fields, in the spelling of ClinicalTrials.gov's API v2.

"18 Year(s)", "18" and "18years-old" are 18 Years; "Both males and females" is ALL; "Human pharmacology (Phase I): no …" is read by its yes.
What cannot be read is left out rather than guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ingestion.sources import trials_legacy

_LONGEST_NAME = 200  # characters: a condition or an intervention that is longer is prose
_OLDEST = 120  # years: what is above means "no limit"
_AGE = re.compile(r"\s*([0-9]{1,3})(?:\.0+)?\s*([A-Za-z]*)")
_UNITS = {"y": "Year", "mo": "Month", "w": "Week", "d": "Day", "h": "Hour", "mi": "Minute"}
_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_YEAR_FIRST = re.compile(r"((?:19|20)[0-9]{2})([/.-]?)([0-9]{1,2})\2([0-9]{1,2})")
_DAY_MONTH = re.compile(r"([0-9]{1,2}) ([A-Z][a-z]+) ([0-9]{4})")
_EU_PHASE = re.compile(r"\(Phase (I{1,3}|IV)\)\s*:\s*(yes|no)", re.IGNORECASE)
_PHASE = re.compile(r"\b(EARLY PHASE 1|0|[1-4]|IV|I{1,3})[AB]?\b")
_PHASES = re.compile(r"(?:\s|PHASE|EARLY|AND|TO|[/,&+()-]|\b(?:0|[1-4]|IV|I{1,3})[AB]?\b)+")
_ROMAN = {"I": "1", "II": "2", "III": "3", "IV": "4"}
_COUNT = re.compile(r":\s*([0-9]{1,7})\s*(?:;|$)")
_TYPED = re.compile(
    r"(?:Drug|Device|Biological|Procedure|Radiation|Behavioral|Genetic|Dietary Supplement|Combination Product|Diagnostic Test|Other): "
)
_PRODUCT = re.compile(r"^(?:Trade|Product) Name:\s*(\S.*)$", re.MULTILINE)
_NO_CONDITION = re.compile(r"MedDRA version|Therapeutic area|Not Applicable$|System Organ Class", re.IGNORECASE)
_FEMALE, _MALE = re.compile(r"\b(?:females?|women|f)\b"), re.compile(r"\b(?:males?|men|m)\b")


def age(words: str) -> str:
    """An age limit: "18 Years". Empty where there is none: "N/A", "0", "-1", "No limit", "999"."""
    found = _AGE.match(words)
    if not found or int(found[1]) == 0:
        return ""
    number, said = int(found[1]), found[2].lower()
    unit = next((unit for start, unit in _UNITS.items() if said.startswith(start)), "" if said else "Year")
    if not unit or (unit == "Year" and number >= _OLDEST):
        return ""
    return f"{number} {unit}{'s' if number > 1 else ''}"


def sex(words: str) -> str:
    """ALL, FEMALE or MALE; empty where it is not said. The EU register writes "Female: yes" and "Male: no"."""
    said = re.sub(r"\b\w+\s*:\s*no\b", "", words.lower())
    if re.search(r"\b(?:all|both)\b", said):
        return "ALL"
    female, male = _FEMALE.search(said) is not None, _MALE.search(said) is not None
    if female and male:
        return "ALL"
    return "FEMALE" if female else "MALE" if male else ""


def phases(words: str, kind: str) -> list[str]:
    """The phases: "Phase II/III", "2-3", "Phase 2b". Only an interventional study (`kind`) can have the phase NA."""
    if told := _EU_PHASE.findall(words):
        return [f"PHASE{_ROMAN[number.upper()]}" for number, said in told if said.lower() == "yes"]
    said = " ".join(words.upper().split())
    if said in ("N/A", "NA", "NOT APPLICABLE"):
        return ["NA"] if kind == "INTERVENTIONAL" else []
    if not _PHASES.fullmatch(said):
        return []  # "Retrospective study"
    found = [_ROMAN.get(number, number) for number in _PHASE.findall(said)]
    early = {"EARLY PHASE 1": "EARLY_PHASE1", "0": "EARLY_PHASE1"}
    return list(dict.fromkeys(early.get(number, f"PHASE{number}") for number in found))


def study_type(words: str) -> str:
    """INTERVENTIONAL, OBSERVATIONAL, or what else is said, in capitals."""
    said = trials_legacy.study_type(words)
    return next((known for known in ("INTERVENTIONAL", "OBSERVATIONAL") if said.startswith(known)), said)


def allocation(design: str) -> str:
    """RANDOMIZED, NON_RANDOMIZED or empty, from the words on the design."""
    if re.search(r"\bnon[- ]?randomi[sz]ed|\brandomi[sz]ed: no\b", design, re.IGNORECASE):
        return "NON_RANDOMIZED"
    return "RANDOMIZED" if re.search(r"\brandomi[sz]ed\b", design, re.IGNORECASE) else ""


def masking(design: str) -> str:
    """The masking as ClinicalTrials.gov's records have it within the design: "Masking: Single (Participant)"."""
    found = re.search(r"\bMasking: ([A-Z][A-Za-z -]{3,20})", design)
    said = trials_legacy.masking(found[1]) if found else ""
    return said if said in {"NONE", "SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE"} else ""


def people(words: str) -> int | None:
    """How many take part: "500", or the sum of "Case series:40;Controls:20;"."""
    groups = [int(count) for count in _COUNT.findall(words)]
    return sum(groups) if groups else trials_legacy.count(words)


def iso_date(words: str) -> str:
    """A date of any register: 27/01/2020, 2020-01-27, 20200127, "January 27, 2020", "27 January 2020"; empty where it is none."""
    said = words.strip()
    if found := _YEAR_FIRST.match(said):
        year, month, day = found[1], found[3], found[4]
    elif found := _DAY_FIRST.match(said):
        day, month, year = found.groups()
    else:
        named = _DAY_MONTH.fullmatch(said)
        date = trials_legacy.iso_date(f"{named[2]} {named[1]}, {named[3]}" if named else said)
        return date if date[:4].isdecimal() else ""
    return f"{year}-{int(month):02}-{int(day):02}" if 1 <= int(month) <= 12 and 1 <= int(day) <= 31 else ""


def items(words: str) -> list[str]:
    """What is listed with semicolons, those in brackets apart."""
    listed, depth, begin = [], 0, 0
    for at, character in enumerate(words):
        if character in "([":
            depth += 1
        elif character in ")]":
            depth = max(0, depth - 1)
        elif character == ";" and not depth:
            listed.append(words[begin:at])
            begin = at + 1
    return [item.strip() for item in (*listed, words[begin:]) if item.strip()]


def conditions(words: str) -> list[str]:
    """The conditions, without the codes and areas that some registers add."""
    said = [item.strip() for line in words.split("\n") if not _NO_CONDITION.match(line) for item in line.split(";")]
    return [
        item for item in dict.fromkeys(said) if item and len(item) <= _LONGEST_NAME and not _NO_CONDITION.match(item)
    ]


def interventions(words: str) -> list[str]:
    """The names of what is tested, where the register gives names and not prose."""
    if named := [found.strip() for found in _PRODUCT.findall(words)]:
        return list(dict.fromkeys(named))
    said = [_TYPED.sub("", item, count=1) for item in items(words)]
    return list(dict.fromkeys(item for item in said if len(item) <= _LONGEST_NAME and "\n" not in item))


def has_results(fields: Mapping[str, str]) -> bool:
    """Whether results are said to be posted, linked or summarised."""
    told = fields.get("resultsyesno", "").strip().lower() == "yes"
    return told or any(fields.get(f"results{name}", "").strip() for name in ("summary", "urllink", "dateposted"))
