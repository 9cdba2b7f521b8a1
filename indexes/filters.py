"""Conditions that passages must meet: the same in every engine, and refused where nothing could meet them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from indexes import asked
from indexes.passage import OLDEST, Kind, Passage, Sex, Status, folded, known_phase

_FOLDED = ("publication_types", "mesh", "trial_statuses", "countries", "conditions")
_SETS = ("document_ids", "evidence_levels", "languages")


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions a hit must meet, all of them; of several values of one condition any will do. `None` or empty means no condition.

    A passage that does not say what a condition asks for fails it: an article has no trial status, and of some documents the year is not known.
    Words are compared folded (`folded`), as wholes. Years are inclusive. `age` is one age in years: trials whose range holds it. `sex`: trials
    open to it, which those for all are.
    """

    kinds: frozenset[Kind] = frozenset()
    year_from: int | None = None
    year_to: int | None = None
    document_ids: frozenset[str] = frozenset()
    evidence_levels: frozenset[str] = frozenset()
    publication_types: frozenset[str] = frozenset()
    mesh: frozenset[str] = frozenset()
    statuses: frozenset[Status] = frozenset()
    languages: frozenset[str] = frozenset()
    trial_statuses: frozenset[str] = frozenset()
    phases: frozenset[str] = frozenset()
    age: float | None = None
    sex: Sex | None = None
    countries: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Raises `UnusableQueryError` where a condition is none that anything could meet: nothing would be found, and nobody told why."""
        said: dict[str, object] = {name: asked.words(name, getattr(self, name)) for name in _SETS}
        said |= {name: frozenset(map(folded, asked.words(name, getattr(self, name)))) for name in _FOLDED}
        for name, known in (("kinds", Kind), ("statuses", Status)):
            said[name] = frozenset(asked.member(name, each, known) for each in asked.words(name, getattr(self, name)))
        said["phases"] = frozenset(map(known_phase, asked.words("phases", self.phases)))
        if self.sex is not None:
            said["sex"] = asked.member("sex", self.sex, Sex)
        for name, value in said.items():
            object.__setattr__(self, name, value)
        asked.check_year("year_from", self.year_from)
        asked.check_year("year_to", self.year_to)
        asked.check_age(self.age, OLDEST)

    @property
    def empty(self) -> bool:
        """Whether every passage passes."""
        return self == Filters()

    @property
    def sexes(self) -> frozenset[Sex]:
        """What a trial may say of sex to pass; empty where it may say anything."""
        return frozenset({self.sex, Sex.ALL}) if self.sex else frozenset()

    def accepts(self, passage: Passage) -> bool:
        """The meaning of the filters, engine-free: what every engine must agree with."""
        facets = passage.facets
        return (
            _among(self.kinds, [passage.kind])
            and _among(self.document_ids, [passage.document_id])
            and _among(self.evidence_levels, [passage.evidence_level])
            and _among(self.publication_types, facets.publication_types)
            and _among(self.mesh, facets.mesh)
            and _among(self.statuses, [passage.status])
            and _among(self.languages, [passage.language])
            and _among(self.trial_statuses, [facets.trial_status] if facets.trial_status else [])
            and _among(self.phases, facets.phases)
            and _among(self.sexes, [facets.sex] if facets.sex else [])
            and _among(self.countries, facets.countries)
            and _among(self.conditions, facets.conditions)
            and _at_least(passage.year, self.year_from)
            and _at_most(passage.year, self.year_to)
            and _at_most(facets.min_age, self.age)
            and _at_least(facets.max_age, self.age)
        )


def _among(wanted: frozenset[Any], said: Iterable[Any]) -> bool:
    return not wanted or not wanted.isdisjoint(said)


def _at_least(value: float | None, bound: float | None) -> bool:
    return bound is None or (value is not None and value >= bound)


def _at_most(value: float | None, bound: float | None) -> bool:
    return bound is None or (value is not None and value <= bound)
