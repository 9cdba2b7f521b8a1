"""`live_trials`: ClinicalTrials.gov as it is today."""

from __future__ import annotations

import re
import weakref
from collections.abc import Sequence
from typing import Annotated, Literal

import httpx
from pydantic import Field, ValidationError

from assistant.errors import ToolError
from assistant.settings import Settings
from assistant.tools.base import Arguments, Bench, Found
from assistant.tools.leaving import refuse_identifiers
from assistant.tools.live import REPLY_S, SPARE, TIME_S, Hurry, said, shelved
from assistant.tools.live_shelf import LiveShelf
from assistant.tools.narrowing import Both
from assistant.tools.search_trials import Age, Phase, TrialStatus
from assistant.tools.searching import Word
from indexes.filters import Filters
from indexes.passage import Kind
from ingestion.clients.ctgov import PER_SECOND, page_of, total_of
from ingestion.clients.ctgov_query import status_named
from ingestion.clients.http import Http
from ingestion.document import Document
from ingestion.errors import LiveSourceError
from ingestion.sources.trials import read_study

MOST = 20
_OPERATORS = re.compile(r"[^\w\s'’,.%+/-]+|_")  # quotation marks and brackets are the registry's language
Words = Annotated[tuple[Word, ...], Field(max_length=8)]


class TrialsArguments(Arguments):
    """A search of ClinicalTrials.gov, in parts."""

    conditions: Annotated[Words, Field(description="Synonyms.")] = ()
    interventions: Annotated[Words, Field(description="Synonyms.")] = ()
    status: Annotated[tuple[TrialStatus, ...], Field(max_length=6)] = ()
    phases: Annotated[tuple[Phase, ...], Field(max_length=5)] = ()
    age: Age | None = None
    sex: Literal["female", "male"] | None = None
    country: Annotated[str, Field(max_length=80)] = ""
    k: Annotated[int, Field(ge=1, le=MOST)] = 10


class LiveTrials:
    """ClinicalTrials.gov, asked now. What is sent is the search and nothing else."""

    name = "live_trials"
    description = (
        "ClinicalTrials.gov itself, for trials the library lacks or their status today. Slow. Never send patient details.\n"
        "Open trials for psoriasis in France at 40? -> conditions: [psoriasis], status: [recruiting], age: 40, country: France\n"
        "Phase 3 trials of tirzepatide? -> interventions: [tirzepatide, LY3298176], phases: [3]"
    )
    arguments = TrialsArguments

    def __init__(self, settings: Settings, live: LiveShelf, *, seconds: float = TIME_S) -> None:
        """Raises `LiveSourceError` where the address of the registry in the settings is none. `seconds` is what one call may take."""
        self._live = live
        self._hurry = Hurry("ClinicalTrials.gov", seconds)
        self._http = Http(
            str(settings.ctgov_url),
            name="ClinicalTrials.gov",
            per_second=PER_SECOND,
            timeout=min(REPLY_S, seconds),
            sleep=self._hurry.sleep,
        )
        self.close = weakref.finalize(self, self._http.close)

    def run(self, arguments: TrialsArguments, bench: Bench) -> Found:
        """The best matches. Raises `ToolError` where the registry cannot be asked, or nothing may be sent."""
        arguments = _with_those_of_the_question(arguments, bench.filters)
        both = Both(bench.filters, Filters(kinds=frozenset({Kind.TRIAL}), age=arguments.age))
        words = [*arguments.conditions, *arguments.interventions]
        refuse_identifiers([*words, arguments.country])
        parameters = parameters_of(arguments)
        total, documents = self._hurry.within(lambda: self._ask(parameters, arguments.k + SPARE))
        found = shelved(bench, self._live, documents, both, " ".join(words), arguments.k)
        return said(
            found, f"ClinicalTrials.gov has {total:,} studies for this" + ("." if total else "; use fewer conditions.")
        )

    def _ask(self, parameters: dict[str, str], most: int) -> tuple[int, list[Document]]:
        def read(answer: httpx.Response) -> tuple[int, list[Document]]:
            if answer.status_code == 400:
                raise LiveSourceError("ClinicalTrials.gov cannot read this search; use plain words.")
            page = page_of(answer)
            items = [read_study(study, f"study {number}") for number, study in enumerate(page["studies"][:most], 1)]
            documents = [item for item in items if isinstance(item, Document)]
            return max(total_of(page) or 0, len(documents)), documents

        paging = {"pageSize": str(most), "countTotal": "true", "format": "json"}
        return self._http.ask("studies", read, params={**parameters, **paging}, expected=(400, 403))


def _with_those_of_the_question(arguments: TrialsArguments, filters: Filters) -> TrialsArguments:
    """What the question asks for and the call does not, so that the registry finds it; whatever it sends must pass the question's filters."""
    said = {
        "status": sorted(filters.trial_statuses),
        "phases": sorted(phase.replace("phase", "") for phase in filters.phases),
        "age": filters.age,
        "sex": filters.sex if filters.sex in ("female", "male") else None,
        "country": next(iter(filters.countries)) if len(filters.countries) == 1 else "",
    }
    missing = {name: value for name, value in said.items() if value and not getattr(arguments, name)}
    try:
        return TrialsArguments.model_validate(arguments.model_dump() | missing)
    except ValidationError:  # the question's own words need not be the registry's
        return arguments


def parameters_of(arguments: TrialsArguments) -> dict[str, str]:
    """The search as the API takes it (https://clinicaltrials.gov/data-api/api). Raises `ToolError` where nothing is searched for."""
    asked = {"query.cond": _any(arguments.conditions), "query.intr": _any(arguments.interventions)}
    if not any(asked.values()):
        raise ToolError("Say which trials: conditions or interventions.")
    asked["query.locn"] = _any([arguments.country])
    asked["filter.overallStatus"] = ",".join(status_named(each) for each in arguments.status)
    asked["filter.advanced"] = " AND ".join(_advanced(arguments))
    return {name: value for name, value in asked.items() if value}


def _advanced(arguments: TrialsArguments) -> list[str]:
    """The rest in the registry's search language (https://clinicaltrials.gov/find-studies/constructing-complex-search-queries)."""
    parts: list[str] = []
    if arguments.phases:
        names = [f"{'EARLY_PHASE1' if phase.startswith('early') else f'PHASE{phase}'}" for phase in arguments.phases]
        parts.append(f"AREA[Phase]({' OR '.join(names)})")
    if arguments.sex:
        parts.append(f"AREA[Sex](ALL OR {arguments.sex.upper()})")
    if arguments.age is not None:
        years = f"{max(1, round(arguments.age * 12))} months" if arguments.age < 2 else f"{int(arguments.age)} years"
        parts.append(f"(AREA[MinimumAge]RANGE[MIN, {years}] OR AREA[MinimumAge]MISSING)")
        parts.append(f"(AREA[MaximumAge]RANGE[{years}, MAX] OR AREA[MaximumAge]MISSING)")
    return parts


def _any(phrases: Sequence[str]) -> str:
    """Any of the phrases, each quoted."""
    plain = (" ".join(_OPERATORS.sub(" ", phrase).split()) for phrase in phrases)
    return " OR ".join(f'"{phrase}"' for phrase in dict.fromkeys(plain) if any(map(str.isalnum, phrase)))
