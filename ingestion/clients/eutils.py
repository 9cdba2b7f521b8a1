"""NCBI's E-utilities for PubMed: what matches (ESearch) and the records themselves (EFetch).

https://www.ncbi.nlm.nih.gov/books/NBK25499/ says what they take. Beyond it: ESearch gives, and keeps on the history server, no more than the
first 9,999 records of a search; errors come with status 200 as well as 400, in JSON that holds raw line breaks. Everything is sent as a form
in the body, since addresses end up in the logs of proxies and a question may be about a patient.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, TypeVar

import httpx
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from ingestion.clients.http import Http
from ingestion.clients.patience import AskAgainError
from ingestion.errors import LiveSourceError

URL = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
FIRST = 9_999
"""How many records of one search PubMed gives out."""
PER_SECOND, PER_SECOND_WITH_KEY = 3.0, 10.0
_NAME = "PubMed"
_FAULT = re.compile(rb"<ERROR>(.*?)</ERROR>", re.DOTALL)
_HISTORY = re.compile(r"history|webenv|query_?key|obtain query", re.IGNORECASE)
_WORD = re.compile(r"\w{3,}")
_LONGEST_SAYING = 200
_LONGEST_ANSWER = (
    2 << 20
)  # bytes; one that names 9,999 records has 150 kB, and each list in it takes a hundred times its two bytes

T = TypeVar("T")


class DateKind(StrEnum):
    """Which of a record's dates is meant."""

    ENTERED = "entered"
    PUBLISHED = "published"
    CHANGED = "changed"


_DATETYPES = {DateKind.ENTERED: "edat", DateKind.PUBLISHED: "pdat", DateKind.CHANGED: "mdat"}


@dataclass(frozen=True, slots=True)
class Window:
    """The records whose date of that kind lies between two days, both included."""

    kind: DateKind
    first: date
    last: date

    def parameters(self) -> dict[str, str]:
        """The window as ESearch takes it."""
        days = {"mindate": f"{self.first:%Y/%m/%d}", "maxdate": f"{self.last:%Y/%m/%d}"}
        return {"datetype": _DATETYPES[self.kind], **days}


@dataclass(frozen=True, slots=True)
class History:
    """A search as NCBI's history server keeps it, for some hours."""

    webenv: str
    query_key: str


@dataclass(frozen=True, slots=True)
class Search:
    """How many records match, the first of them in PubMed's order, and what PubMed remarked about the words."""

    count: int
    pmids: tuple[str, ...]
    history: History | None
    remarks: tuple[str, ...]


class HistoryLostError(Exception):
    """The history server no longer knows the search. It never leaves the clients: the search is made again."""


def _mapping(value: object) -> object:
    return value if isinstance(value, dict) else {}  # absent, null, or an empty string where there is nothing to say


class _Said(BaseModel):
    phrasesnotfound: list[str] = []
    fieldsnotfound: list[str] = []
    phrasesignored: list[str] = []
    quotedphrasesnotfound: list[str] = []
    outputmessages: list[str] = []


class _Answer(BaseModel):
    """`esearchresult`, as far as it is read."""

    count: int = Field(ge=0)
    idlist: list[Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}$")]]
    webenv: str = ""
    querykey: str = ""
    errorlist: Annotated[_Said, BeforeValidator(_mapping)] = _Said()
    warninglist: Annotated[_Said, BeforeValidator(_mapping)] = _Said()


class Eutils:
    """The client. Safe to share between threads; close it, or use it as a context manager.

    NCBI asks every user to name an `email` to be written to before being shut out, and lets a request every third of a second pass without an
    `api_key` (https://www.ncbi.nlm.nih.gov/account/settings/), ten a second with one.
    """

    def __init__(
        self,
        url: str = URL,
        *,
        email: str | None = None,
        api_key: str | None = None,
        timeout: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises `LiveSourceError` where `url` is no address."""
        pace = PER_SECOND_WITH_KEY if api_key else PER_SECOND
        base = url if url.endswith("/") else url + "/"
        self._http = Http(base, name=_NAME, per_second=pace, timeout=timeout, clock=clock, sleep=sleep)
        self._api_key = api_key
        given = {"db": "pubmed", "tool": "citewell", "email": email, "api_key": api_key}
        self._always = {name: value for name, value in given.items() if value}

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def __enter__(self) -> Eutils:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def search(
        self, query: str, window: Window | None = None, *, first: int = FIRST, by_relevance: bool = False
    ) -> Search:
        """What matches: all of it counted, the `first` so many named, the newest or the best match first. Raises `LiveSourceError`."""
        asked = {"term": query, "usehistory": "y", "retmode": "json", "retmax": str(first)}
        if by_relevance:
            asked["sort"] = "relevance"
        if window:
            asked |= window.parameters()

        def read(response: httpx.Response) -> Search:
            answer = self._answer(response, query)
            if len(set(answer.idlist)) != min(answer.count, first):
                raise AskAgainError("gave another number of records than it says it has")
            history = History(answer.webenv, answer.querykey) if answer.webenv and answer.querykey else None
            return Search(answer.count, tuple(answer.idlist), history, tuple(_remarks(answer)))

        return self._http.ask("esearch.fcgi", read, data=self._always | asked, expected={400})

    def fetch(self, source: History | Sequence[str], start: int, size: int, take: Callable[[bytes], T]) -> T:
        """What `take` makes of the XML of some of a search's records, or of those of these identifiers.

        `take` raises `AskAgainError` where the XML is not whole. Raises `LiveSourceError`, and `HistoryLostError` where the search has to be
        made again.
        """
        if isinstance(source, History):
            asked = {
                "WebEnv": source.webenv,
                "query_key": source.query_key,
                "retstart": str(start),
                "retmax": str(size),
            }
        else:
            asked = {"id": ",".join(source[start : start + size])}

        def read(response: httpx.Response) -> T:
            body = response.content
            self._check_key(body)
            head = body[:4096]
            if b"<eFetchResult" in head or response.status_code == 400:
                said = "; ".join(fault.decode(errors="replace") for fault in _FAULT.findall(head))
                if isinstance(source, History) and _HISTORY.search(said):
                    raise HistoryLostError
                raise AskAgainError("could not give the records")
            return take(body)

        return self._http.ask("efetch.fcgi", read, data=self._always | asked | {"retmode": "xml"}, expected={400})

    def _answer(self, response: httpx.Response, query: str) -> _Answer:
        self._check_key(response.content)
        if len(response.content) > _LONGEST_ANSWER:
            raise AskAgainError("sent something that is no answer to a search")
        try:
            data = json.loads(response.content, strict=False)  # NCBI's messages hold raw line breaks
            result = data["esearchresult"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise AskAgainError("sent something that is no answer to a search") from None
        if isinstance(result, dict) and (said := result.get("ERROR")):
            raise AskAgainError("could not search" + self._quotable(str(said), query))
        try:
            return _Answer.model_validate(result)
        except ValidationError:
            raise AskAgainError("sent something that is no answer to a search") from None

    def _check_key(self, body: bytes) -> None:
        if self._api_key and b"api key invalid" in body[:4096].lower():
            raise LiveSourceError(f"{_NAME} does not know the API key. Correct CITEWELL_NCBI_API_KEY, or leave it out.")

    def _quotable(self, said: str, query: str) -> str:
        """PubMed's own words where they repeat nothing of the question or the key; questions reach no error message."""
        plain = " ".join(said.split())[:_LONGEST_SAYING]
        private = {*_WORD.findall(query.lower()), (self._api_key or "").lower()} - {""}
        return "" if any(word in plain.lower() for word in private) else f" (“{plain}”)"


def _remarks(answer: _Answer) -> list[str]:
    """What PubMed has to say about the words of the question, for the person who asked it."""
    errors, warnings = answer.errorlist, answer.warninglist
    said: Mapping[str, list[str]] = {
        "not in PubMed, left out": errors.phrasesnotfound,
        "no such search field": errors.fieldsnotfound,
        "quoted phrase not in PubMed, searched without the quotes": warnings.quotedphrasesnotfound,
        "ignored": warnings.phrasesignored,
    }
    remarks = [f"{meaning}: {words}" for meaning, phrases in said.items() for words in dict.fromkeys(phrases)]
    return remarks + [message for message in warnings.outputmessages if not message.startswith("Restrictions achieved")]
