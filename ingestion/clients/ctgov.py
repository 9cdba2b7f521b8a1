"""ClinicalTrials.gov's API v2: what its answers must be, single studies by their NCT number, and all of the registry as one zip file.

https://clinicaltrials.gov/data-api/api. Keyless. A page counts when it is whole JSON with `studies`: what the service says beside that (an error
page with status 200, half a page without a length) is asked for again and then told, never saved. Its words are not repeated in an error: they
may hold the search.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from ingestion.clients.base import Found, Page
from ingestion.clients.ctgov_query import nct_numbers
from ingestion.clients.download import download
from ingestion.clients.folder import Generation
from ingestion.clients.http import Http
from ingestion.clients.patience import AskAgainError
from ingestion.document import Problem
from ingestion.errors import LiveSourceError, QueryError
from ingestion.sources.json_values import decode, object_at

URL = "https://clinicaltrials.gov/api/v2/"
PER_SECOND = 40 / 60
"""Requests a second. The service documents no figure; its users report to be turned away beyond some 50 a minute and address: stay well below."""
MAX_ZIP = 64 << 30
"""Bytes. The registry's zip file is a few GiB."""
ALL_FILE = "ctg-studies.json.zip"
_AT_HAND = "Search on https://clinicaltrials.gov in a browser, download the result as JSON, and ingest the file: citewell ingest files"


def connect(base_url: str = URL) -> Http:
    """The service. Raises `LiveSourceError` where the address is none."""
    return Http(base_url, name="ClinicalTrials.gov", per_second=PER_SECOND)


class NamedTrials:
    """A `Fetcher` of single studies."""

    name = "trials"
    kind = "trials"

    def __init__(self, http: Http, identifiers: Sequence[str]) -> None:
        """Raises `QueryError` where one is no NCT number."""
        self._http = http
        self._numbers = nct_numbers(identifiers)

    @property
    def asked(self) -> Mapping[str, object]:
        """The numbers."""
        return {"studies": list(self._numbers)}

    def find(self) -> Found:
        """As many as were named; which of them exist, fetching tells."""
        return Found(total=len(self._numbers), matching=len(self._numbers))

    def fetch(self, generation: Generation) -> Iterator[Page]:
        """A file for each study; one that the registry does not hold is a problem of the next file. Raises `LiveSourceError`."""
        missing: list[Problem] = []
        last: Path | None = None
        for number in self._numbers:
            path = generation.path(f"{number}.json")
            if not path.is_file():
                body = self._study(number)
                if body is None:
                    missing.append(Problem(f"nct:{number}", "ClinicalTrials.gov has no such study", "check the number"))
                    continue
                path = generation.save(f"{number}.json", body)
            yield Page(path, 1 + len(missing), tuple(missing))
            last, missing = path, []
        if missing and last:
            yield Page(last, len(missing), tuple(missing))
        elif missing:
            names = ", ".join(problem.record.removeprefix("nct:") for problem in missing[:5])
            raise QueryError(f"ClinicalTrials.gov has no study {names}{'…' if missing[5:] else ''}. Check the numbers.")

    def _study(self, number: str) -> bytes | None:
        def read(answer: httpx.Response) -> bytes | None:
            if answer.status_code in (400, 404):
                return None
            _check_open(answer.status_code)
            if not nct_of(object_of(answer.content)):
                raise AskAgainError("sent no whole study")
            return answer.content

        return self._http.ask(f"studies/{number}", read, params={"format": "json"}, expected=(400, 403, 404))


class AllTrials:
    """A `Fetcher` of the whole registry: a zip file of one JSON file a study, as the registry makes it once a day."""

    name = "trials"
    kind = "trials"

    def __init__(self, http: Http) -> None:
        self._http = http
        self._total = 0

    @property
    def asked(self) -> Mapping[str, object]:
        """Everything."""
        return {"all": True}

    def find(self) -> Found:
        """How many studies there are. Raises `LiveSourceError`."""
        one = {"pageSize": "1", "countTotal": "true", "format": "json"}
        self._total = total_of(self._http.ask("studies", page_of, params=one, expected=(403,))) or 0
        return Found(total=self._total, matching=self._total)

    def fetch(self, generation: Generation) -> Iterator[Page]:
        """The one file. Raises `LiveSourceError`, and `IngestionError` where the disk is full."""
        path = generation.folder / ALL_FILE
        if not path.is_file():
            download(
                self._http, "studies/download", path, limit=MAX_ZIP, params={"format": "json.zip"}, check=_check_zip
            )
        yield Page(path, self._total)


def _check_zip(path: Path) -> None:
    """Raises `LiveSourceError` where the file has no directory at its end: it is cut off, or an error page."""
    if not zipfile.is_zipfile(path):
        raise LiveSourceError(
            "ClinicalTrials.gov sent what is no whole zip file. Run the same command again later.", transient=True
        )


def _check_open(status: int) -> None:
    if status == 403:
        raise LiveSourceError(
            f"ClinicalTrials.gov turns programs from this network away (403). {_AT_HAND}.", status=403
        )


def page_of(answer: httpx.Response) -> dict[str, Any]:
    """The page of studies that the answer is. Raises `AskAgainError` where it is none, or not all of one."""
    _check_open(answer.status_code)
    page = object_of(answer.content)
    if not isinstance(page.get("studies"), list):
        raise AskAgainError("sent no whole page of studies")
    return page


def object_of(body: bytes) -> dict[str, Any]:
    """The JSON object that the body is; empty where it is none."""
    try:
        value = decode(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def total_of(page: Mapping[str, Any]) -> int | None:
    """How many studies there are in all, where the page says so."""
    total = page.get("totalCount")
    return total if type(total) is int and total >= 0 else None


def nct_of(study: Any) -> str:
    """The study's NCT number; empty where it has none."""
    number = object_at(study, "protocolSection", "identificationModule").get("nctId")
    return number if isinstance(number, str) else ""
