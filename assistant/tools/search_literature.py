"""`search_literature`: what studies found."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from assistant.tools.base import Bench, Found
from assistant.tools.searching import SearchArguments, Word, search
from indexes.filters import Filters
from indexes.passage import Kind


class LiteratureSearch(SearchArguments):
    """A search of articles."""

    evidence_levels: Annotated[
        tuple[Literal["1", "2", "3", "4", "5"], ...],
        Field(max_length=5, description="1 systematic review, 2 randomised trial, 3 cohort, 4 cases, 5 opinion."),
    ] = ()
    publication_types: Annotated[tuple[Word, ...], Field(max_length=5, description="PubMed's.")] = ()
    mesh: Annotated[tuple[Word, ...], Field(max_length=5, description="Descriptors; any of them.")] = ()


class SearchLiterature:
    """The articles of the library."""

    name = "search_literature"
    description = (
        "What studies found: effects, harms, prognosis, accuracy. Not for advice or trials under way.\n"
        "Does apixaban bleed less than warfarin? -> query: apixaban warfarin major bleeding, evidence_levels: [1, 2]\n"
        "Reviews on naloxone? -> query: naloxone, publication_types: [Review]"
    )
    arguments = LiteratureSearch

    def run(self, arguments: LiteratureSearch, bench: Bench) -> Found:
        """The best passages. Raises `ToolError` where the question's filters leave none to search."""
        call = Filters(
            evidence_levels=frozenset(arguments.evidence_levels),
            publication_types=frozenset(arguments.publication_types),
            mesh=frozenset(arguments.mesh),
        )
        return search(bench, arguments, Kind.LITERATURE, call)
