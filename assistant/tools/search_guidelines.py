"""`search_guidelines`: what guidelines recommend."""

from __future__ import annotations

from typing import Literal

from assistant.tools.base import Bench, Found
from assistant.tools.searching import SearchArguments, search
from indexes.filters import Filters
from indexes.passage import Kind, Status


class GuidelineSearch(SearchArguments):
    """A search of guidelines."""

    status: Literal["current", "draft", "superseded"] | None = None


class SearchGuidelines:
    """The guidelines of the library."""

    name = "search_guidelines"
    description = (
        "What guidelines recommend: screening, treatment, doses. Try it first. Not for study results.\n"
        "Who should take a statin? -> query: statin primary prevention\n"
        "Advice on opioid tapering since 2020? -> query: opioid tapering, year_from: 2020"
    )
    arguments = GuidelineSearch

    def run(self, arguments: GuidelineSearch, bench: Bench) -> Found:
        """The best passages. Raises `ToolError` where the question's filters leave none to search."""
        statuses = frozenset({Status(arguments.status)}) if arguments.status else frozenset[Status]()
        return search(bench, arguments, Kind.GUIDELINE, Filters(statuses=statuses))
