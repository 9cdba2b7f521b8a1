"""What the three searches of the library have in common."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from assistant.appraisal import usable
from assistant.tools.base import Arguments, Bench, Found
from assistant.tools.narrowing import Both
from indexes.filters import Filters
from indexes.passage import Hit, Kind, Passage, folded

MOST = 12
"""Passages of one search: some 300 words each, so that a few searches fit a small model."""
_SPARE = (
    24  # passages that are looked at beyond those wanted, as some may be retracted or fail the question's own filters
)


def _in_words(text: str) -> str:
    if not any(character.isalnum() for character in folded(text)):
        raise ValueError("nothing that could be searched for")
    return text


Query = Annotated[
    str,
    StringConstraints(min_length=1, max_length=400, strip_whitespace=True),
    AfterValidator(_in_words),
    Field(description="Key words."),
]
Count = Annotated[int, Field(ge=1, le=MOST, description="1 to 12 passages; 6.")]
Year = Annotated[int, Field(ge=1900, le=2100)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=120), AfterValidator(_in_words)]


class SearchArguments(Arguments):
    """What every search takes."""

    query: Query
    k: Count = 6
    year_from: Year | None = None
    year_to: Year | None = None


def search(bench: Bench, arguments: SearchArguments, kind: Kind, call: Filters) -> Found:
    """The best passages of one kind that pass the filters of the question and of the call; retracted work is counted and left out.

    Raises `ToolError` where nothing can pass both.
    """
    narrowed = replace(call, kinds=frozenset({kind}), year_from=arguments.year_from, year_to=arguments.year_to)
    both = Both(bench.filters, narrowed)
    hits = bench.library.searcher.search(arguments.query, arguments.k + _SPARE, both.nearest)
    kept, retracted = _best([hit for hit in hits if both.accepts(hit.passage)], arguments.k)
    return Found([hit.passage for hit in kept], _told(len(kept), len(retracted), both), kept, retracted)


def _best(hits: list[Hit], k: int) -> tuple[list[Hit], list[Passage]]:
    """The first `k` that may be evidence, and of each retracted document that stood among them the first passage."""
    kept: list[Hit] = []
    retracted: dict[str, Passage] = {}
    for hit in hits:
        if len(kept) == k:
            break
        if usable(hit.passage):
            kept.append(hit)
        else:
            retracted.setdefault(hit.passage.document_id, hit.passage)
    return kept, list(retracted.values())


def _told(found: int, retracted: int, both: Both) -> str:
    parts = [f"{found} {'passage' if found == 1 else 'passages'} found."]
    if not found:
        parts = [f"Nothing found ({both.words}). Use other words or fewer filters."]
    if retracted:
        parts.append(left_out(retracted))
    return " ".join(parts)


def left_out(retracted: int) -> str:
    """What a model is told of retracted documents that were found."""
    return f"{retracted} retracted {'document' if retracted == 1 else 'documents'} left out: retracted work is no evidence."
