"""Which documents may be used, as every door takes it: the model of the API, from which the command line makes its options."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from assistant.answer import Model
from indexes.errors import UnusableQueryError
from indexes.filters import Filters
from indexes.passage import PHASES, Kind, Sex, Status, folded, known_phase

OLDEST_ASKED = 130.0
_MOST = 100  # values of a condition


def _says_something(word: str) -> str:
    if not folded(word):
        raise ValueError("nothing that could be compared")
    return word


def _of_a_trial(phase: str) -> str:
    try:
        known_phase(phase)
    except UnusableQueryError:
        raise PydanticCustomError("no_such_phase", "no phase of a trial", {"expected": PHASES}) from None
    return phase


_Word = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_says_something)]
_Words = Annotated[list[_Word], Field(max_length=_MOST)]
_Phases = Annotated[list[Annotated[_Word, AfterValidator(_of_a_trial)]], Field(max_length=_MOST)]
_Year = Annotated[int, Field(ge=1000, le=3000)]
EvidenceLevel = Literal["guideline", "1", "2", "3", "4", "5", "registration", "unknown"]


class FiltersIn(Model):
    """Which documents may be used: all conditions hold, of several values of one any will do, and what a document does not say it fails.

    Words count whatever their case, and as wholes. Years are inclusive.
    """

    kinds: list[Kind] = Field(default_factory=list, max_length=_MOST)
    year_from: _Year | None = None
    year_to: _Year | None = None
    evidence_levels: list[EvidenceLevel] = Field(default_factory=list, max_length=_MOST)
    publication_types: _Words = Field(
        default_factory=list, description="As PubMed names them: Randomized Controlled Trial."
    )
    mesh: _Words = Field(default_factory=list, description="MeSH descriptors by name: Heart Failure.")
    statuses: list[Status] = Field(default_factory=list, max_length=_MOST)
    languages: list[Annotated[str, StringConstraints(pattern="^[a-z]{2,3}$")]] = Field(
        default_factory=list, max_length=_MOST, description="ISO 639 codes: en."
    )
    trial_statuses: _Words = Field(default_factory=list, description="As ClinicalTrials.gov has them: RECRUITING.")
    phases: _Phases = Field(default_factory=list, description="Of a trial: 3, PHASE3 or III; early phase 1; na.")
    age: float | None = Field(
        default=None, ge=0, le=OLDEST_ASKED, description="In years: trials that are open to this age."
    )
    sex: Sex | None = Field(default=None, description="Trials that are open to this sex; `all`: to both.")
    countries: _Words = Field(default_factory=list, description="Where a trial has sites.")
    conditions: _Words = Field(
        default_factory=list,
        description="What a trial is on, by a name in its record or the registry's MeSH terms, broader ones too.",
    )

    def to_filters(self) -> Filters:
        """The filters as the searcher takes them."""
        said: dict[str, Any] = {name: frozenset(value) if isinstance(value, list) else value for name, value in self}
        return Filters(**said)


def _in_order(filters: FiltersIn) -> FiltersIn:
    first, last = filters.year_from, filters.year_to
    if first is not None and last is not None and first > last:
        expected = f"year_from, {first}, to be no later than year_to, {last}"
        raise PydanticCustomError("years_out_of_order", "years out of order", {"expected": expected})
    return filters


OrderedFiltersIn = Annotated[FiltersIn, AfterValidator(_in_order)]
"""Filters as requests have them, whose sender sees no more than that nothing was found; the command line says why nothing passes."""


def said_by(filters: Filters) -> dict[str, object]:
    """Filters as JSON that `FiltersIn` reads; what is no condition is left out."""
    values = {name: getattr(filters, name) for name in FiltersIn.model_fields}
    said: dict[str, Any] = {
        name: sorted(value) if isinstance(value, frozenset) else value for name, value in values.items()
    }
    model = FiltersIn.model_construct(**said)  # unchecked: folded words may be longer than those that were asked for
    return model.model_dump(mode="json", exclude_defaults=True)
