"""Queries of other people's sets: one that names nothing, which the product refuses, has found nothing, and the measurement goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from indexes.asked import check_words
from indexes.errors import UnusableQueryError
from indexes.passage import Hit
from indexes.searcher import Mode, Searcher


def hits_for(searcher: Searcher, query: str, k: int, mode: Mode = Mode.BLEND) -> list[Hit]:
    """What the product finds for a query; nothing where it refuses it."""
    try:
        return searcher.search(query, k, mode=mode)
    except UnusableQueryError:
        return []


def refused(queries: Mapping[str, str], asked: Iterable[str]) -> Iterator[str]:
    """Which of the queries asked the product refuses, and why, a line each."""
    for query in asked:
        try:
            check_words(queries[query])
        except UnusableQueryError as error:
            yield f"query {query!r} counts as one that found nothing: {error}"
