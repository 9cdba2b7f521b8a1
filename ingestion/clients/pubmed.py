"""The live PubMed source: a question in PubMed's own query language becomes files of at most 200 records each.

A search names its records before any is fetched, so that what a page should hold is known: a page counts when PubMed's parser reads it to its
end, and what it lacks is asked for by identifier, then reported. More than 9,999 records, all that one search gives out, are searched for in
windows of time, halved until each holds few enough, and those of one day in ranges of PMIDs, as NCBI's own EDirect does.

Three dates can bound a question. `edat`, the day a record entered PubMed, is the default and right for "what is new", with one exception: a
record that enters more than a year after its publication bears the day of publication instead
(https://www.nlm.nih.gov/pubs/techbull/nd08/nd08_pm_new_date_field.html). `mdat`, the day of the last change, misses none, and brings
retractions, corrections and new indexing of older records too. `pdat` is the publication's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from ingestion.clients.base import Found, Page
from ingestion.clients.eutils import FIRST, DateKind, Eutils, History, HistoryLostError, Search, Window
from ingestion.clients.folder import Generation
from ingestion.clients.patience import AskAgainError
from ingestion.document import Deletion, Document, Problem
from ingestion.errors import LiveSourceError, SourceError
from ingestion.sources.pubmed import PubMedXml

BATCH = 200
"""Records a page: what NCBI asks not to exceed without the history server, and a file that is fetched again without regret."""
MOST = 1_000_000
"""Records one question may bring. NCBI asks that more be taken from its files."""
SEARCHES = 2
"""How often a page is asked of the history server, before it is asked for by identifiers."""
EARLIEST, LATEST = date(1700, 1, 1), date(3000, 12, 31)
HIGHEST = 99_999_999
"""No PMID is higher: they have eight digits, and half of these are used."""
_MEND = "run the same command again; if it stays away, PubMed has withdrawn it"


@dataclass(frozen=True, slots=True)
class _Span:
    """What one search is for: all that matches in a window of time, or of one day that with a PMID from `low` to `high`."""

    window: Window | None
    low: int = 1
    high: int = HIGHEST

    @property
    def whole(self) -> bool:
        """Whether all PMIDs are meant."""
        return (self.low, self.high) == (1, HIGHEST)

    @property
    def key(self) -> str:
        """What it is remembered by."""
        window = f"{self.window.first}..{self.window.last}" if self.window else "all"
        return window if self.whole else f"{window} {self.low}..{self.high}"

    def term(self, query: str) -> str:
        """The question, of these PMIDs only."""
        return query if self.whole else f"({query}) AND {self.low}:{self.high}[uid]"

    def halves(self) -> list[_Span]:
        """The earlier and the later half, of one day the lower and the higher PMIDs; none where there is nothing left to divide."""
        window = self.window or Window(DateKind.ENTERED, EARLIEST, LATEST)
        if window.first < window.last:
            middle = window.first + (window.last - window.first) // 2
            return [_Span(replace(window, last=middle)), _Span(replace(window, first=middle + timedelta(days=1)))]
        if self.low < self.high:
            border = (self.low + self.high) // 2
            return [_Span(window, self.low, border), _Span(window, border + 1, self.high)]
        return []


@dataclass(frozen=True, slots=True)
class _Slice:
    """The records of one search that are to be fetched."""

    span: _Span
    pmids: tuple[str, ...]
    history: History | None


class _OtherRecordsError(Exception):
    """A page holds other records than the search named."""


class PubMedQuery:
    """One question to PubMed, a `Fetcher`. `limit` fetches the first so many in PubMed's order, the newest first."""

    name = "pubmed"
    kind = "pubmed"

    def __init__(self, eutils: Eutils, query: str, *, window: Window | None = None, limit: int | None = None) -> None:
        self._eutils = eutils
        self._query = query
        self._window = window
        self._limit = limit

    @property
    def asked(self) -> Mapping[str, object]:
        """The question, its window and its limit."""
        window = self._window.parameters() if self._window else None
        return {"query": self._query, "window": window, "limit": self._limit}

    def find(self) -> Found:
        """How many records match. Raises `LiveSourceError`, also where they are too many to be asked for one by one."""
        search = self._eutils.search(self._query, self._window, first=0)
        total = min(search.count, self._limit or search.count)
        if total > MOST:
            raise LiveSourceError(
                f"PubMed has {search.count:,} records for this, more than the {MOST:,} that can be fetched by asking. Narrow the query, "
                "give --limit, or download NLM's baseline files and ingest those."
            )
        return Found(total, search.count, search.remarks)

    def fetch(self, generation: Generation) -> Iterator[Page]:
        """The pages, newest records first. Raises `LiveSourceError`."""
        number, left = 0, self._limit
        for part in self._slices(generation):
            pmids = part.pmids[:left]
            history = part.history
            for start in range(0, len(pmids), BATCH):
                number += 1
                wanted = pmids[start : start + BATCH]
                name = f"{number:06}.xml"
                settled = _settled_in(generation.path(name))
                if settled is None:
                    settled, history = self._page(generation, name, part.span, history, start, wanted)
                yield Page(generation.path(name), len(wanted), tuple(_lacking(wanted, settled)))
            if left is not None and not (left := left - len(pmids)):
                return

    def _page(
        self,
        generation: Generation,
        name: str,
        span: _Span,
        history: History | None,
        start: int,
        wanted: Sequence[str],
    ) -> tuple[frozenset[str], History | None]:
        """Save a page, as wanted from the history server, else by identifiers: the records it settles, and the history to go on with."""
        for _ in range(SEARCHES):
            history = history or self._eutils.search(span.term(self._query), span.window).history
            if history is None:
                break
            try:
                exactly = partial(_save, generation, name, frozenset(wanted))
                return self._eutils.fetch(history, start, len(wanted), exactly), history
            except HistoryLostError:
                history = None
            except _OtherRecordsError:  # PubMed has moved on since the search, or sends less than it should
                break
        return self._eutils.fetch(wanted, 0, len(wanted), partial(_save, generation, name, None)), history

    def _slices(self, generation: Generation) -> Iterator[_Slice]:
        """Searches that together name all that match, each no more than one can; those an earlier run made are remembered.

        The newest window comes first, so that a limit, or a run that is broken off, has the newest.
        """
        known = dict(generation.state())
        span = _Span(self._window)
        whole = self._search(generation, known, span)
        if len(whole.pmids) == min(whole.count, self._limit or whole.count):
            yield _Slice(span, whole.pmids, whole.history)
            return
        pending = span.halves()
        unnamed = 0
        while pending:
            span = pending.pop()
            found = self._search(generation, known, span)
            if found.count > FIRST and self._divides(generation, known, span, found):
                pending += span.halves()
                continue
            unnamed += found.count - len(found.pmids)
            yield _Slice(span, found.pmids, found.history)
        if unnamed:
            raise LiveSourceError(
                f"PubMed names only the first {FIRST:,} records of a day, and {unnamed:,} more match. All others are in the library; narrow "
                "the query to reach these."
            )

    def _divides(self, generation: Generation, known: dict[str, object], span: _Span, found: Search) -> bool:
        """Whether the span's halves are narrower searches: a service that reads no range of PMIDs would have them divided without end."""
        halves = span.halves()
        if not halves or halves[0].whole:
            return bool(halves)
        return sum(self._search(generation, known, half).count for half in halves) == found.count

    def _search(self, generation: Generation, known: dict[str, object], span: _Span) -> Search:
        """A search, remembered from an earlier run or made now. Of one that has to be split only the count is kept."""
        if isinstance(before := known.get(span.key), dict):
            return Search(before["count"], tuple(before["pmids"]), None, ())
        found = self._eutils.search(span.term(self._query), span.window, first=min(FIRST, self._limit or FIRST))
        one_day = span.window is not None and span.window.first == span.window.last
        last = found.count <= FIRST or one_day or (self._limit or MOST) <= FIRST
        known[span.key] = {"count": found.count, "pmids": found.pmids if last else ()}
        generation.remember(known)
        return found


def _lacking(wanted: Sequence[str], settled: Collection[str]) -> Iterator[Problem]:
    for pmid in wanted:
        if pmid not in settled:
            yield Problem(f"pubmed:{pmid}", "PubMed names it but does not send it", _MEND)


def _save(generation: Generation, name: str, wanted: frozenset[str] | None, content: bytes) -> frozenset[str]:
    """Save a page and tell the records it settles: what is wanted and nothing else, where that is given.

    Raises `AskAgainError` where the content is not a whole set of PubMed records, and `_OtherRecordsError`.
    """
    draft = generation.draft(name, content)
    settled = _settled_in(draft)
    if settled is None or (wanted is not None and settled != wanted):
        draft.unlink(missing_ok=True)
        raise AskAgainError("sent an incomplete page") if settled is None else _OtherRecordsError
    generation.keep(draft)
    return settled


def _settled_in(path: Path) -> frozenset[str] | None:
    """The PMIDs a file speaks of, as the parser sees them that will ingest it; `None` where there is no such file, whole.

    A record that cannot be read is settled too: it becomes a problem of its own.
    """
    found = set()
    try:
        for item in PubMedXml().parse(path):
            if isinstance(item, Deletion):  # no answer to a question; taken at its word it would remove documents
                return None
            found.add((item.document_id if isinstance(item, Document) else item.record).removeprefix("pubmed:"))
    except SourceError:
        return None
    return frozenset(found)
