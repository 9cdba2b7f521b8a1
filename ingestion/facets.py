"""What a document can be found by: its publication types, MeSH descriptors and, of a trial, status, phase, sex, ages, countries and conditions."""

from __future__ import annotations

import re

from indexes.passage import OLDEST, YOUNGEST, Facets, Kind, Sex
from ingestion.document import Document

_AGE = re.compile(r"\s*([0-9]{1,4})\s*(year|month|week|day|hour|minute)s?\s*", re.IGNORECASE)
_YEARS = {"year": 1.0, "month": 1 / 12, "week": 7 / 365.25, "day": 1 / 365.25, "hour": 1 / 8766, "minute": 1 / 525960}
_DAY = _YEARS["day"]


def facets_of(document: Document) -> Facets:
    """The facets of every passage of this document. A MeSH heading counts without its qualifiers."""
    mesh = tuple(heading.partition("/")[0] for heading in document.mesh)
    if document.kind is not Kind.TRIAL:
        return Facets(publication_types=document.publication_types, mesh=mesh)
    said = document.attributes
    sex = str(said.get("sex", "")).lower()
    return Facets(
        publication_types=document.publication_types,
        mesh=mesh,
        trial_status=said.get("status", ""),
        phases=tuple(said.get("phases", ())),
        sex=Sex(sex) if sex in set(Sex) else None,
        min_age=first_age(said.get("minimum_age", "")),
        max_age=last_age(said.get("maximum_age", "")),
        countries=tuple(said.get("countries", ())),
        conditions=(*said.get("conditions", ()), *said.get("condition_mesh", ())),
    )


def first_age(limit: str) -> float:
    """The youngest age in years that a lower limit like "18 Years" or "6 Months" lets in; `YOUNGEST` where it cannot be read as one."""
    found = _AGE.fullmatch(limit)
    return round(int(found[1]) * _YEARS[found[2].lower()], 4) if found else YOUNGEST


def last_age(limit: str) -> float:
    """The oldest age in years that an upper limit lets in; `OLDEST` where it cannot be read as one.

    Who is 17 years and eleven months old is 17: "17 Years" lets in until the day before the birthday, and "6 Months" until the seventh is full.
    """
    found = _AGE.fullmatch(limit)
    if not found:
        return OLDEST
    number, unit = int(found[1]), _YEARS[found[2].lower()]
    return round(max(number * unit, (number + 1) * unit - _DAY), 4)
