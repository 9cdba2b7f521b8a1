"""Filters as conditions on a payload: the two shapes that an engine has to know, and the fields it must find fast."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from indexes.filters import Filters

FIELDS: dict[str, Literal["keyword", "integer", "float"]] = {
    "kind": "keyword",
    "document_id": "keyword",
    "year": "integer",
    "evidence_level": "keyword",
    "status": "keyword",
    "language": "keyword",
    "facets.publication_types": "keyword",
    "facets.mesh": "keyword",
    "facets.trial_status": "keyword",
    "facets.phases": "keyword",
    "facets.sex": "keyword",
    "facets.min_age": "float",
    "facets.max_age": "float",
    "facets.countries": "keyword",
    "facets.conditions": "keyword",
}
"""What a payload (`Passage.to_payload`) can be filtered by, and its type; a point stands before the field of a mapping within the payload."""


@dataclass(frozen=True, slots=True)
class Among:
    """The payload's value, or one of its values where it is a list, is one of these, which are sorted and at least one."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """The payload's number is there, not below `low` and not above `high`; `None` is no bound, and one of them is one."""

    field: str
    low: float | None = None
    high: float | None = None


def conditions(filters: Filters) -> Iterator[Among | Within]:
    """What a payload must meet, all of it, for `filters.accepts` to be true of its passage."""
    among: tuple[tuple[str, Iterable[str]], ...] = (
        ("kind", filters.kinds),
        ("document_id", filters.document_ids),
        ("evidence_level", filters.evidence_levels),
        ("status", filters.statuses),
        ("language", filters.languages),
        ("facets.publication_types", filters.publication_types),
        ("facets.mesh", filters.mesh),
        ("facets.trial_status", filters.trial_statuses),
        ("facets.phases", filters.phases),
        ("facets.sex", filters.sexes),
        ("facets.countries", filters.countries),
        ("facets.conditions", filters.conditions),
    )
    for field, values in among:
        if values:
            yield Among(field, tuple(sorted(map(str, values))))
    within = (
        Within("year", filters.year_from, filters.year_to),
        Within("facets.min_age", high=filters.age),
        Within("facets.max_age", low=filters.age),
    )
    yield from (each for each in within if each.low is not None or each.high is not None)
