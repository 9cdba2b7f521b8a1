"""ClinicalTrials.gov over the wire: every study once, whatever the service does wrong, and no word of the search in a message."""

from __future__ import annotations

import gzip
import io
import json
import logging
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from native import study
from scripted_service import Reply, Request, Server, remembering

from ingestion.clients import ctgov_search
from ingestion.clients.base import Fetcher
from ingestion.clients.ctgov import AllTrials, NamedTrials
from ingestion.clients.ctgov_query import STATUSES, TrialQuery, nct_numbers, status_named
from ingestion.clients.ctgov_search import TrialSearch
from ingestion.clients.folder import open_generation
from ingestion.clients.http import Http
from ingestion.errors import LiveSourceError, QueryError
from ingestion.library import Library
from ingestion.live import ingest_live
from ingestion.report import Report

PATIENT = "Jane Roe born 1950"
SEARCH = TrialQuery(condition=PATIENT)
Fault = Callable[[Request, Reply], Reply]


def number(n: int) -> str:
    return f"NCT{n:08}"


@dataclass
class Registry:
    """A service like ClinicalTrials.gov over so many studies; `faults` change its answer to the request of that ordinal (from 1)."""

    count: int
    faults: dict[int, Fault] = field(default_factory=dict)
    asked: int = 0

    def __call__(self, request: Request) -> Reply:
        self.asked += 1
        reply = self._honest(request)
        fault = self.faults.get(self.asked)
        return fault(request, reply) if fault else reply

    def _honest(self, request: Request) -> Reply:
        if "filter.ids" in request.form:
            now = [study(name, "It has ended.") for name in request.form["filter.ids"].split(",")]
            return Reply(f'{{"studies": [{", ".join(now)}]}}'.encode())
        if request.path.startswith("/studies/NCT"):
            name = request.path.rpartition("/")[2]
            known = name in {number(n) for n in range(1, self.count + 1)}
            return Reply(study(name).encode()) if known else Reply(b"NCT number not found", 404)
        size = int(request.form["pageSize"])
        start = int(request.form.get("pageToken", "t0")[1:])
        listed = [json.loads(study(number(n))) for n in range(start + 1, min(start + size, self.count) + 1)]
        page: dict[str, object] = {"studies": listed}
        if request.form.get("countTotal") == "true" and "pageToken" not in request.form:
            page = {"totalCount": self.count, **page}
        if start + size < self.count:
            page["nextPageToken"] = f"t{start + size}"
        return Reply(json.dumps(page).encode())


@contextmanager
def service(answer: Callable[[Request], Reply], timeout: float = 10) -> Iterator[tuple[Server, Http]]:
    with (
        remembering(answer) as server,
        Http(server.url, name="ClinicalTrials.gov", per_second=1000, timeout=timeout, sleep=lambda _: None) as http,
    ):
        yield server, http


def live(library: Library, fetcher: Fetcher) -> Report:
    report = Report()
    ingest_live(library, fetcher, report)
    return report


def run(library: Library, answer: Callable[[Request], Reply], query: TrialQuery = SEARCH) -> Report:
    with service(answer) as (_, http):
        return live(library, TrialSearch(http, query))


def fetched(home: Path, fetcher: Fetcher) -> list[Path]:
    """The files that a fetcher saves, without a library."""
    with open_generation(home, fetcher.name, fetcher.asked) as generation:
        fetcher.find()
        return [page.path for page in fetcher.fetch(generation)]


def held(library: Library) -> set[str]:
    return {passage.document_id for passage in library.ledger.passages()}


def numbers(count: int) -> set[str]:
    return {f"nct:{number(n)}" for n in range(1, count + 1)}


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctgov_search, "PAGE", 3)


@pytest.fixture(autouse=True)
def nothing_of_the_search_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    assert "Jane" not in caplog.text


def respond(**changes: object) -> Fault:
    return lambda _, reply: Reply(**{"body": reply.body, **changes})  # type: ignore[arg-type]


def edited(**changes: object) -> Fault:
    """The honest page with other values beside the studies; `None` takes one away."""

    def fault(_: Request, reply: Reply) -> Reply:
        page = {name: value for name, value in {**json.loads(reply.body), **changes}.items() if value is not None}
        return Reply(json.dumps(page).encode())

    return fault


HALF: Fault = lambda _, reply: Reply(reply.body[: len(reply.body) // 2])  # noqa: E731
HTML = f"<html><body>Sorry, {PATIENT}: we are down for maintenance.</body></html>".encode()


# what may be asked


def test_a_search_is_asked_in_the_words_of_the_api() -> None:
    query = TrialQuery(
        "heart failure", "sotagliflozin", "AREA[Phase]PHASE3", ("RECRUITING", "COMPLETED"), date(2024, 1, 31)
    )
    assert query.parameters() == {
        "query.cond": "heart failure",
        "query.intr": "sotagliflozin",
        "query.term": "AREA[Phase]PHASE3",
        "filter.overallStatus": "COMPLETED,RECRUITING",
        "filter.advanced": "AREA[LastUpdatePostDate]RANGE[2024-01-31,MAX]",
    }


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("recruiting", "RECRUITING"),
        ("Active, not recruiting", "ACTIVE_NOT_RECRUITING"),
        ("not-yet-recruiting", "NOT_YET_RECRUITING"),
        ("by invitation", "ENROLLING_BY_INVITATION"),
        ("Unknown status", "UNKNOWN"),
        *((status, status) for status in STATUSES),
    ],
)
def test_a_status_may_be_said_as_people_say_it(words: str, status: str) -> None:
    assert status_named(words) == status


def test_what_cannot_be_asked_is_said_with_the_way_to_ask_it() -> None:
    with pytest.raises(QueryError, match=r"no status 'running'\. Choose from: not yet recruiting, recruiting"):
        status_named("running")
    with pytest.raises(QueryError, match="NCT and eight digits"):
        nct_numbers(["NCT02651584", "NCT1"])
    with pytest.raises(QueryError, match="--condition"):
        TrialQuery(condition="  ").parameters()
    with pytest.raises(QueryError, match="limit"):
        TrialQuery("asthma", limit=0).parameters()
    with pytest.raises(QueryError, match="longer") as error:
        TrialQuery(PATIENT * 1000).parameters()
    assert "Jane" not in str(error.value)
    assert nct_numbers(["nct02651584 ", "NCT:NCT02651584"]) == ("NCT02651584",)


@given(st.text(max_size=60))
def test_any_words_name_a_status_or_are_refused(words: str) -> None:
    try:
        assert status_named(words) in STATUSES
    except QueryError as error:
        assert "Choose from" in str(error)  # noqa: PT017 - either is right


# a search


def test_every_study_that_matches_is_in_the_library_once(library: Library) -> None:
    with service(Registry(8)) as (server, http):
        report = live(library, TrialSearch(http, SEARCH))
    assert (report.added, report.failures) == (8, [])
    assert held(library) == numbers(8)
    assert [request.form.get("pageToken") for request in server.requests] == [None, None, "t3", "t6"]
    assert all(request.form["query.cond"] == PATIENT for request in server.requests)
    assert run(library, Registry(8)).unchanged == 8


def test_a_limit_is_kept_to_the_study(library: Library) -> None:
    assert run(library, Registry(9), TrialQuery("asthma", limit=5)).added == 5
    assert held(library) == numbers(5)


def test_a_search_that_finds_nothing_is_no_failure(library: Library) -> None:
    report = run(library, Registry(0))
    assert (report.added, report.files, report.failures) == (0, 0, [])


@pytest.mark.parametrize(
    "fault",
    [
        respond(status=500, body=HTML),
        respond(status=503, headers={"Retry-After": "7"}),
        respond(status=429, headers={"Retry-After": "Mon, 01 Jan 2024 00:00:00 GMT"}),
        respond(body=HTML, headers={"Content-Type": "text/html"}),
        respond(sent=40),
        respond(body=b'{"error": "none"}'),
        respond(body=b'{"studies": {}}'),
        respond(body=b"[" * 100_000),
        respond(body=b"\xff\xfe\x00"),
        respond(body=b""),
        HALF,
    ],
    ids=["500", "503", "429", "html", "dropped", "no studies", "object", "deep", "bytes", "empty", "half"],
)
@pytest.mark.parametrize("at", [1, 3])
def test_a_bad_answer_is_asked_for_again(fault: Fault, at: int, tmp_path: Path) -> None:
    with service(Registry(8, {at: fault})) as (_, http):
        paths = fetched(tmp_path, TrialSearch(http, SEARCH))
    pages = [json.loads(gzip.decompress(path.read_bytes())) for path in paths]
    found = [study["protocolSection"]["identificationModule"]["nctId"] for page in pages for study in page["studies"]]
    assert found == [number(n) for n in range(1, 9)]


def test_a_silent_service_is_asked_again(library: Library) -> None:
    with service(Registry(4, {2: respond(silent=True)}), timeout=0.3) as (_, http):
        assert live(library, TrialSearch(http, SEARCH)).added == 4


@pytest.mark.parametrize("fault", [respond(status=500, body=HTML), respond(body=HTML), HALF, respond(sent=40)])
def test_a_run_that_breaks_off_keeps_what_came_and_goes_on_there(fault: Fault, library: Library) -> None:
    broken = Registry(8, dict.fromkeys(range(3, 50), fault))
    with pytest.raises(LiveSourceError, match="again later") as error:
        run(library, broken)
    assert "Jane" not in str(error.value)
    assert held(library) == numbers(3)
    with service(Registry(8)) as (server, http):
        report = live(library, TrialSearch(http, SEARCH))
    assert (report.added, report.changed, report.files_unchanged) == (5, 0, 1)
    assert [request.form.get("pageToken") for request in server.requests] == [None, "t3", "t6"]
    assert held(library) == numbers(8)


def test_an_expired_token_starts_the_paging_over_without_reading_anything_twice(library: Library) -> None:
    with pytest.raises(LiveSourceError):
        run(library, Registry(8, dict.fromkeys(range(4, 50), respond(status=500))))
    assert held(library) == numbers(6)
    expired = Registry(8, {2: respond(status=400, body=b"Page token expired")})
    report = run(library, expired)
    assert (report.added, report.changed, report.unchanged) == (2, 0, 0)
    assert held(library) == numbers(8)
    assert expired.asked == 1 + 1 + 3


def test_a_service_that_forgets_every_token_is_given_up(library: Library) -> None:
    def forgetful(request: Request) -> Reply:
        return Reply(status=400) if "pageToken" in request.form else Registry(8)(request)

    with pytest.raises(LiveSourceError, match="forgets its pages"):
        run(library, forgetful)
    assert held(library) == numbers(3)


def test_paging_that_goes_in_a_circle_ends(library: Library) -> None:
    again = edited(nextPageToken="t3")
    with pytest.raises(LiveSourceError, match="again and again"):
        run(library, Registry(9, dict.fromkeys(range(3, 50), again)))
    assert held(library) == numbers(6)


def test_paging_that_never_ends_ends(library: Library) -> None:
    """The same page under ever new tokens, and ever new empty pages."""
    for studies in ([json.loads(study(number(1)))], []):
        fresh = iter(range(10_000))

        def endless(_: Request, studies: object = studies, fresh: Iterator[int] = fresh) -> Reply:
            page = {"studies": studies, "nextPageToken": f"x{next(fresh)}", "totalCount": 10**9}
            return Reply(json.dumps(page).encode())

        with pytest.raises(LiveSourceError, match="again and again"):
            run(library, endless)
        assert next(fresh) < 6


def test_a_service_that_gives_less_than_it_announced_is_told(library: Library) -> None:
    with pytest.raises(LiveSourceError, match="has 8 studies for this and gave 3"):
        run(library, Registry(8, {2: edited(nextPageToken=None)}))
    assert held(library) == numbers(3)
    assert run(library, Registry(8)).added == 5


@pytest.mark.parametrize("total", [2, -1, "many", None, True])
def test_a_total_that_changes_or_is_none_does_no_harm(total: object, library: Library) -> None:
    wrong = Registry(8, dict.fromkeys((1, 2, 3), edited(totalCount=total)))
    assert run(library, wrong).added == 8


def test_a_search_that_the_service_cannot_read_is_the_users_to_mend(library: Library) -> None:
    body = f"Query error: {PATIENT} AND AND".encode()
    with pytest.raises(QueryError, match="brackets") as error:
        run(library, lambda _: Reply(body, 400))
    assert "Jane" not in str(error.value)


def test_a_service_that_turns_programs_away_leaves_a_way_by_hand(library: Library) -> None:
    with pytest.raises(LiveSourceError, match="citewell ingest files"):
        run(library, lambda _: Reply(HTML, 403))


def test_state_that_was_tampered_with_is_not_trusted(library: Library) -> None:
    with pytest.raises(LiveSourceError):
        run(library, Registry(8, dict.fromkeys(range(4, 50), respond(status=500))))
    (state,) = (library.home / "fetched").rglob("fetch.json")
    whole = json.loads(state.read_text())
    for wreck in ({"pages": "two"}, {"pages": [3, 3], "token": 7}, {"pages": [3, 3, 3, 3], "token": "t3"}, {}):
        state.write_text(json.dumps({**whole, "state": wreck}))
        with pytest.raises(LiveSourceError):
            run(library, Registry(8, dict.fromkeys(range(3, 50), respond(status=500))))
    assert run(library, Registry(8)).added == 2


def test_pages_are_kept_as_they_came(library: Library) -> None:
    run(library, Registry(2))
    (path,) = (library.home / "fetched" / "trials").rglob("*.json.gz")
    assert json.loads(gzip.decompress(path.read_bytes()))["totalCount"] == 2


def test_a_study_that_no_longer_matches_is_brought_up_to_date(library: Library) -> None:
    run(library, Registry(8))
    with service(Registry(4)) as (server, http):
        report = live(library, TrialSearch(http, SEARCH))
    assert (report.added, report.changed, report.failures) == (0, 4, [])
    assert [request.form.get("filter.ids") for request in server.requests[-2:]] == [
        ",".join(map(number, (5, 6, 7))),
        number(8),
    ]
    assert all("query.cond" not in request.form for request in server.requests[-2:])
    texts = {passage.document_id: passage.text for passage in library.ledger.passages()}
    assert {name for name, text in texts.items() if text == "It has ended."} == numbers(8) - numbers(4)
    assert run(library, Registry(4)).changed == 0


# single studies


def test_single_studies_are_fetched_by_number_and_a_missing_one_is_named(library: Library) -> None:
    with service(Registry(3)) as (server, http):
        report = live(library, NamedTrials(http, [number(2), number(9), "nct00000003", number(8)]))
    assert held(library) == {f"nct:{number(2)}", f"nct:{number(3)}"}
    assert [(record, reason) for _, record, reason, _ in report.failures] == [
        (f"nct:{number(n)}", "ClinicalTrials.gov has no such study") for n in (9, 8)
    ]
    assert [request.path for request in server.requests] == [f"/studies/{number(n)}" for n in (2, 9, 3, 8)]


def test_where_no_study_exists_that_is_the_answer(library: Library) -> None:
    with service(Registry(0)) as (_, http), pytest.raises(QueryError, match=f"no study {number(1)}"):
        live(library, NamedTrials(http, [number(1)]))


@pytest.mark.parametrize("fault", [respond(body=HTML), HALF, respond(sent=20), respond(status=502)])
def test_half_a_study_is_asked_for_again(fault: Fault, library: Library) -> None:
    with service(Registry(2, {1: fault})) as (_, http):
        assert live(library, NamedTrials(http, [number(1), number(2)])).added == 2


# all of the registry


def archive(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name in names:
            file.writestr(f"{name}.json", study(name))
    return packed.getvalue()


def registry_of(body: bytes) -> Callable[[Request], Reply]:
    """A service that has that file for its registry."""
    return lambda request: Reply(body) if request.path == "/studies/download" else Registry(2)(request)


def test_all_of_the_registry_comes_as_one_zip(tmp_path: Path) -> None:
    body = archive(number(1), number(2))
    with service(registry_of(body)) as (server, http):
        (path,) = fetched(tmp_path, AllTrials(http))
        assert AllTrials(http).find().total == 2
    assert path.read_bytes() == body
    assert server.requests[1].form == {"format": "json.zip"}


@pytest.mark.parametrize("body", [archive(number(1), number(2))[:-40], HTML, b""], ids=["cut off", "html", "nothing"])
def test_what_is_no_whole_zip_is_not_taken_for_one(body: bytes, tmp_path: Path) -> None:
    """The service declares what it sends as all there is, so that only the file's end can tell."""
    with service(registry_of(body)) as (_, http), pytest.raises(LiveSourceError, match="no whole zip") as error:
        fetched(tmp_path, AllTrials(http))
    assert "Jane" not in str(error.value)
    assert not list(tmp_path.rglob("*.zip*"))
