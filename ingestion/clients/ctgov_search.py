"""A search of ClinicalTrials.gov, page by page, and the studies that have left it since it was asked last.

https://clinicaltrials.gov/data-api/api. The order of pages is the service's; a page is asked for by the token that the one before it gave.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from ingestion.clients.base import Found, Page
from ingestion.clients.ctgov import nct_of, object_of, page_of, total_of
from ingestion.clients.ctgov_query import TrialQuery
from ingestion.clients.folder import Generation, outdated
from ingestion.clients.http import Http
from ingestion.errors import LiveSourceError, QueryError
from ingestion.sources.json_values import objects_at

PAGE = 100
"""Studies a page. The service gives up to 1,000, but with posted results one study may take megabytes: 100 stay far below what a page may be."""


class _ExpiredError(Exception):
    """The service no longer knows the page token."""


@dataclass(frozen=True, slots=True)
class _Position:
    """Where a search stands: the studies on each page that is saved, the token of the next one, and how many the service says there are."""

    pages: tuple[int, ...] = ()
    token: str = ""
    total: int | None = None
    ended: bool = False

    @classmethod
    def of(cls, generation: Generation) -> _Position:
        """Where an earlier run stopped; the beginning where what it left is not all there."""
        state = generation.state()
        pages, token, total, ended = (state.get(name) for name in ("pages", "token", "total", "ended"))
        if not isinstance(pages, list) or not all(type(count) is int for count in pages):
            return cls()
        if not isinstance(token, str) or not all(_file(generation, n).is_file() for n in range(1, len(pages) + 1)):
            return cls()
        return cls(tuple(pages), token, total if type(total) is int else None, ended is True)

    @property
    def studies(self) -> int:
        return sum(self.pages)


class TrialSearch:
    """A `Fetcher` of what a search finds."""

    name = "trials"
    kind = "trials"

    def __init__(self, http: Http, query: TrialQuery) -> None:
        """Raises `QueryError` where the search cannot be asked."""
        self._http = http
        self._limit = query.limit
        self._parameters = {**query.parameters(), "format": "json"}

    @property
    def asked(self) -> Mapping[str, object]:
        """The search and its limit."""
        return {"search": self._parameters, "limit": self._limit}

    def find(self) -> Found:
        """How many studies match. Raises `LiveSourceError`, and `QueryError` where the service cannot read the search."""
        matching = total_of(self._ask({"pageSize": "1", "countTotal": "true"})[1]) or 0
        return Found(total=min(matching, self._limit or matching), matching=matching)

    def fetch(self, generation: Generation) -> Iterator[Page]:
        """The pages, from where an earlier run stopped. Raises `LiveSourceError`, also where the pages never end or end before all has come."""
        at = _Position.of(generation)
        settled = 0
        for number, count in enumerate(at.pages, 1):
            settled += count
            yield Page(_file(generation, number), count)
        afresh = False
        seen: set[str] = set()
        while not at.ended:
            try:
                body, page = self._next(at)
            except _ExpiredError as error:
                generation.remember({})
                if afresh:
                    raise LiveSourceError(
                        "ClinicalTrials.gov forgets its pages before they can be asked for. Run the same command again later."
                    ) from error
                at, afresh = _Position(), True  # pages that come again unchanged are not read again
                seen.clear()
                continue
            studies = page["studies"]
            identifiers = {nct_of(study) for study in studies}
            at = self._after(at, page)
            if not at.ended and identifiers <= seen:
                generation.remember({})
                raise LiveSourceError(
                    "ClinicalTrials.gov gives the same studies again and again. What came before is kept; run the same command again later."
                )
            seen |= identifiers
            if studies:
                path = generation.save(f"{len(at.pages):05}.json", body)
                generation.remember(asdict(at))
                fresh = max(0, at.studies - settled)
                settled += fresh
                yield Page(path, fresh)
        self._check_all_came(generation, at)
        yield from self._those_that_left(generation)

    def _after(self, at: _Position, page: Mapping[str, Any]) -> _Position:
        """Where the search stands once this page is saved."""
        count, token, total = len(page["studies"]), page.get("nextPageToken"), total_of(page)
        enough = self._limit is not None and at.studies + count >= self._limit
        return _Position(
            pages=(*at.pages, count) if count else at.pages,
            token=token if isinstance(token, str) else "",
            total=at.total if total is None else total,
            ended=enough or not isinstance(token, str) or not token,
        )

    def _check_all_came(self, generation: Generation, at: _Position) -> None:
        due = min(at.total or 0, self._limit or at.total or 0)
        if at.studies < due:
            generation.remember({})
            raise LiveSourceError(
                f"ClinicalTrials.gov has {due:,} studies for this and gave {at.studies:,}. What came is kept; run the same command again."
            )

    def _those_that_left(self, generation: Generation) -> Iterator[Page]:
        """Studies that the last fetch of this search found and this one did not, as they are now.

        A trial that no longer recruits leaves the search for those that do: the library must not go on saying that it recruits.
        """
        before = set[str]().union(*map(_numbers_in, outdated(generation)))
        left = sorted(before - _numbers_in(generation.folder))
        for start in range(0, len(left), PAGE):
            path = generation.path(f"left-{start // PAGE + 1:05}.json")
            if not path.is_file():
                some = left[start : start + PAGE]
                named = {"filter.ids": ",".join(some), "pageSize": str(len(some)), "format": "json"}
                page, body = self._http.ask("studies", lambda a: (page_of(a), a.content), params=named, expected=(403,))
                if not page["studies"]:
                    continue
                generation.save(f"left-{start // PAGE + 1:05}.json", body)
            yield Page(path, 0)

    def _next(self, at: _Position) -> tuple[bytes, dict[str, Any]]:
        size = PAGE if self._limit is None else min(PAGE, self._limit - at.studies)
        paging = {"pageSize": str(size)} | ({"pageToken": at.token} if at.token else {"countTotal": "true"})
        return self._ask(paging)

    def _ask(self, paging: Mapping[str, str]) -> tuple[bytes, dict[str, Any]]:
        """A page as it came, and read. Raises `_ExpiredError` where the token is no longer good."""

        def read(answer: httpx.Response) -> tuple[bytes, dict[str, Any]]:
            if answer.status_code == 400 and "pageToken" in paging:
                raise _ExpiredError
            if answer.status_code == 400:
                raise QueryError(
                    "ClinicalTrials.gov cannot read this search. Check its brackets, quotation marks and operators (AND, OR, NOT)."
                )
            return answer.content, page_of(answer)

        return self._http.ask("studies", read, params={**self._parameters, **paging}, expected=(400, 403))


def _numbers_in(folder: Path) -> set[str]:
    """The NCT numbers on the pages of a fetch."""
    found: set[str] = set()
    for path in folder.glob("[0-9]*.json.gz"):
        try:
            page = object_of(gzip.decompress(path.read_bytes()))
        except (OSError, EOFError, zlib.error):
            continue  # what cannot be read was found by nobody
        found.update(number for study in objects_at(page, "studies") if (number := nct_of(study)))
    return found


def _file(generation: Generation, number: int) -> Path:
    return generation.path(f"{number:05}.json")
