"""`search_trials`: which trials are registered, and for whom."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from assistant.filtering import OLDEST_ASKED
from assistant.tools.base import Bench, Found
from assistant.tools.searching import SearchArguments, Word, search
from indexes.filters import Filters
from indexes.passage import Kind, Sex

TrialStatus = Literal[
    "recruiting", "not yet recruiting", "enrolling by invitation", "active not recruiting", "completed", "terminated"
]
Phase = Literal["early phase 1", "1", "2", "3", "4"]
Age = Annotated[float, Field(ge=0, le=OLDEST_ASKED, description="In years.")]


class TrialSearch(SearchArguments):
    """A search of trial registrations."""

    status: Annotated[tuple[TrialStatus, ...], Field(max_length=6)] = ()
    phases: Annotated[tuple[Phase, ...], Field(max_length=5)] = ()
    age: Age | None = None
    sex: Literal["female", "male"] | None = None
    country: Word | None = None
    condition: Annotated[Word | None, Field(description="Its exact MeSH name.")] = None


class SearchTrials:
    """The trial registrations of the library."""

    name = "search_trials"
    description = (
        "Registered trials: who may enter, what is compared, where. Not for what came out.\n"
        "Open trials for a woman of 70 with heart failure? -> query: heart failure, status: [recruiting], age: 70, sex: female\n"
        "Phase 3 trials of dapagliflozin? -> query: dapagliflozin, phases: [3]"
    )
    arguments = TrialSearch

    def run(self, arguments: TrialSearch, bench: Bench) -> Found:
        """The best passages. Raises `ToolError` where the question's filters leave none to search."""
        call = Filters(
            trial_statuses=frozenset(arguments.status),
            phases=frozenset(arguments.phases),
            age=arguments.age,
            sex=Sex(arguments.sex) if arguments.sex else None,
            countries=frozenset(filter(None, [arguments.country])),
            conditions=frozenset(filter(None, [arguments.condition])),
        )
        return search(bench, arguments, Kind.TRIAL, call)
