"""HTTP for live sources, against a loopback service that misbehaves: an answer is whole or it is an error, and nothing is asked too often."""

from __future__ import annotations

import gzip
import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count, pairwise

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_service import Clock, Reply, Request, serving

from ingestion.clients import http as module
from ingestion.clients.http import MAX_REDIRECTS, Http
from ingestion.clients.patience import ATTEMPTS, PATIENCE_S, AskAgainError
from ingestion.errors import LiveSourceError

BODY = b"Aspirin prevented strokes. " * 40


class Service:
    """Gives the answers it was handed, one a request, the last one for ever."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Reply:
        self.asked.append(request)
        return self.replies[min(len(self.asked), len(self.replies)) - 1]


@pytest.fixture
def clock() -> Clock:
    return Clock()


Client = Callable[..., tuple[Http, Service]]


@pytest.fixture
def client(clock: Clock) -> Iterator[Client]:
    """Makes a client of a service that gives these answers."""
    with ExitStack() as stack:

        def make(*replies: Reply, per_second: float = 1000, timeout: float = 5) -> tuple[Http, Service]:
            service = Service(*replies)
            url = stack.enter_context(serving(service)) + "api/"
            http = Http(url, name="The service", per_second=per_second, timeout=timeout, clock=clock, sleep=clock.sleep)
            return stack.enter_context(http), service

        yield make


def test_an_answer_comes_whole_and_says_who_asks(client: Client) -> None:
    http, service = client(Reply(BODY, headers={"X-Total": "3"}))
    answer = http.get("records", {"page": "2"})
    assert (answer.status_code, answer.content, answer.headers["x-total"]) == (200, BODY, "3")
    assert service.asked[0].address == "/api/records?page=2"
    assert service.asked[0].headers["user-agent"].startswith("citewell/")


def test_a_form_stands_in_the_body(client: Client) -> None:
    http, service = client(Reply(BODY))
    assert http.post("search", {"term": "Jane Roe"}).content == BODY
    assert (service.asked[0].method, service.asked[0].address) == ("POST", "/api/search")
    assert service.asked[0].form == {"term": "Jane Roe"}


def test_a_compressed_answer_is_decompressed(client: Client) -> None:
    http, _ = client(Reply(gzip.compress(BODY), headers={"Content-Encoding": "gzip"}))
    answer = http.get("records")
    assert answer.content == BODY
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_a_service_in_trouble_is_asked_again_after_growing_pauses(code: int, client: Client, clock: Clock) -> None:
    http, service = client(Reply(status=code), Reply(status=code), Reply(BODY))
    assert http.get("records").content == BODY
    assert len(service.asked) == 3
    first, second = (pause for pause in clock.slept if pause > 0.5)
    assert 1 <= first <= 2 <= second <= 3


@pytest.mark.parametrize(
    "reply",
    [
        Reply(BODY, sent=100),
        Reply(BODY, sent=0),
        Reply(BODY, declared=len(BODY) + 1),
        Reply(gzip.compress(BODY)[:-9], headers={"Content-Encoding": "gzip"}),
        Reply(b"", headers={"Content-Encoding": "gzip"}),
        Reply(b"no gzip", headers={"Content-Encoding": "gzip"}),
        Reply(BODY, headers={"Content-Encoding": "br"}),
        Reply(silent=True),
    ],
    ids=["dropped", "no byte", "shorter than declared", "gzip cut", "gzip empty", "not gzip", "brotli", "silent"],
)
def test_what_is_not_whole_is_asked_for_again(reply: Reply, client: Client) -> None:
    http, service = client(reply, Reply(BODY), timeout=0.2)
    assert http.get("records").content == BODY
    assert len(service.asked) == 2


def test_what_never_gets_better_is_an_error_with_its_mend(client: Client, clock: Clock) -> None:
    http, service = client(Reply(status=503))
    with pytest.raises(
        LiveSourceError, match=r"The service \(127\.0\.0\.1\) answered 503\..*run the same command"
    ) as raised:
        http.get("records")
    assert (raised.value.transient, raised.value.status) == (True, 503)
    assert len(service.asked) == ATTEMPTS
    assert sum(clock.slept) < PATIENCE_S


def test_an_address_where_nobody_listens_is_an_error_with_its_mend(clock: Clock) -> None:
    with serving(Service(Reply())) as url:
        pass
    with (
        Http(url, name="The service", per_second=1000, clock=clock, sleep=clock.sleep) as http,
        pytest.raises(LiveSourceError, match=r"cannot be reached.*HTTPS_PROXY"),
    ):
        http.get("records")


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410])
def test_a_refusal_is_not_asked_again(code: int, client: Client) -> None:
    http, service = client(Reply(b"Jane Roe", status=code))
    with pytest.raises(LiveSourceError, match=f"answered {code}") as raised:
        http.get("records")
    assert (raised.value.transient, raised.value.status, len(service.asked)) == (False, code, 1)
    assert http.get("records", expected={code}).content == b"Jane Roe"


def test_the_service_says_how_long_to_wait(client: Client, clock: Clock) -> None:
    http, _ = client(Reply(status=429, headers={"Retry-After": "17"}), Reply(BODY))
    assert http.get("records").content == BODY
    assert 17 in clock.slept


def test_the_service_says_until_when_to_wait_by_its_own_clock(client: Client, clock: Clock) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    wait = {"Retry-After": format_datetime(now + timedelta(seconds=44), usegmt=True)}
    http, _ = client(Reply(status=503, headers=wait), Reply(BODY))
    assert http.get("records").content == BODY
    assert any(40 <= pause <= 45 for pause in clock.slept)


@pytest.mark.parametrize(
    "wait", ["soon", "-5", "", "٣", "Wed, 99 Foo 2026", "Wed, 21 Oct 2015 07:28:00", "1 Jan 2026 99999999999:0:0"]
)
def test_a_wait_that_means_nothing_is_ours_to_choose(wait: str, client: Client, clock: Clock) -> None:
    http, _ = client(Reply(status=503, headers={"Retry-After": wait.encode().decode("latin-1")}), Reply(BODY))
    assert http.get("records").content == BODY
    assert max(clock.slept) <= 2


def test_a_service_that_wants_to_be_left_alone_for_long_is(client: Client, clock: Clock) -> None:
    http, service = client(Reply(status=429, headers={"Retry-After": "86400"}))
    with pytest.raises(LiveSourceError, match="asks to wait 86400 seconds"):
        http.get("records")
    assert (len(service.asked), clock.slept) == (1, [])


def test_requests_begin_no_more_often_than_allowed_retries_included(clock: Clock) -> None:
    times: list[float] = []
    replies = iter([Reply(BODY), Reply(status=500), *[Reply(BODY)] * 6])

    def answer(request: Request) -> Reply:
        times.append(clock.now)
        return next(replies)

    with serving(answer) as url, Http(url, name="S", per_second=3, clock=clock, sleep=clock.sleep) as http:
        for _ in range(7):
            http.get("records")
    assert len(times) == 8
    assert min(later - earlier for earlier, later in pairwise(times)) >= 1 / 3 - 1e-9


def test_threads_share_one_pace(clock: Clock) -> None:
    waits: list[float] = []
    pace = module.Pace(10, clock, waits.append)
    threads = [threading.Thread(target=pace.wait) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(waits) == pytest.approx([number / 10 for number in range(1, 20)])


def test_a_redirect_within_the_service_is_followed(client: Client) -> None:
    http, service = client(Reply(status=302, headers={"Location": "/api/moved"}), Reply(BODY))
    assert http.get("records").content == BODY
    assert service.asked[1].address == "/api/moved"


@pytest.mark.parametrize(
    "target",
    ["https://example.org/x", "http://127.0.0.2/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://127.0.0.1:1/x"],
)
def test_a_redirect_to_elsewhere_is_not_followed(target: str, client: Client) -> None:
    http, service = client(Reply(status=302, headers={"Location": target}), Reply(BODY))
    with pytest.raises(LiveSourceError, match="another address, which Citewell does not follow"):
        http.get("records")
    assert len(service.asked) == 1


def test_a_form_is_not_lost_in_a_redirect(client: Client) -> None:
    http, service = client(Reply(status=307, headers={"Location": "/api/b"}), Reply(BODY))
    http.post("a", {"term": "statins"})
    assert service.asked[1].form == {"term": "statins"}
    http, service = client(Reply(status=302, headers={"Location": "/api/b"}), Reply(BODY))
    with pytest.raises(LiveSourceError, match="does not follow"):
        http.post("a", {"term": "statins"})


def test_redirects_in_a_circle_end(client: Client) -> None:
    http, service = client(Reply(status=302, headers={"Location": "/api/records"}))
    with pytest.raises(LiveSourceError, match="circle"):
        http.get("records")
    assert len(service.asked) == MAX_REDIRECTS + 1


@pytest.mark.parametrize("url", ["ftp://example.org/", "file:///etc/", "example.org", "", "http://", "http://[::1"])
def test_only_web_addresses_are_taken(url: str) -> None:
    with pytest.raises(LiveSourceError, match="not an http or https address"):
        Http(url, name="The service", per_second=1)


def test_a_path_cannot_lead_elsewhere(client: Client) -> None:
    http, service = client(Reply(BODY))
    with pytest.raises(LiveSourceError, match="another address"):
        http.get("https://example.org/x")
    assert http.get("//example.org/x").content == BODY
    assert service.asked[0].headers["host"].startswith("127.0.0.1")


def test_an_answer_that_is_too_long_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1 << 20)
    bomb = Reply(gzip.compress(bytes(8 << 20)), headers={"Content-Encoding": "gzip"})
    for reply in (bomb, Reply(bytes((1 << 20) + 1))):
        http, service = client(reply)
        with pytest.raises(LiveSourceError, match="more than 1 MiB"):
            http.get("records")
        assert len(service.asked) == 1


def test_what_follows_the_end_of_compressed_data_is_not_gathered(client: Client) -> None:
    http, service = client(Reply(gzip.compress(BODY) + b"x" * 1_000_000, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(LiveSourceError, match="more than the data that it began"):
        http.get("records")
    assert len(service.asked) == ATTEMPTS


def test_cookies_are_not_kept(client: Client) -> None:
    http, service = client(Reply(BODY, headers={"Set-Cookie": "who=Jane; Path=/"}))
    http.get("records")
    http.get("records")
    assert "cookie" not in service.asked[1].headers


def test_an_answer_that_drips_is_given_up() -> None:
    hours = count(0.0, 3600.0)  # an hour passes whenever somebody looks
    with (
        serving(Service(Reply(BODY))) as url,
        Http(url, name="S", per_second=1000, clock=lambda: next(hours), sleep=lambda seconds: None) as http,
        pytest.raises(LiveSourceError, match="too slowly"),
    ):
        http.get("records")


def test_the_reader_of_an_answer_may_ask_again(client: Client) -> None:
    http, service = client(Reply(b"<html>busy</html>"), Reply(BODY))

    def read(response: httpx.Response) -> int:
        if response.content.startswith(b"<"):
            raise AskAgainError("is busy")
        return len(response.content)

    assert http.ask("records", read) == len(BODY)
    http, service = client(Reply(b"<html>busy</html>"))
    with pytest.raises(LiveSourceError, match=r"\(127\.0\.0\.1\) is busy\."):
        http.ask("records", read)
    assert len(service.asked) == ATTEMPTS


def test_a_stream_is_read_as_it_comes(client: Client) -> None:
    http, service = client(Reply(status=503), Reply(BODY, headers={"ETag": "x"}))
    with http.stream("file", limit=1 << 20, headers={"Range": "bytes=5-"}) as stream:
        assert (stream.status, stream.length, stream.headers["etag"]) == (200, len(BODY), "x")
        assert b"".join(stream.chunks) == BODY
    assert service.asked[1].headers["range"] == "bytes=5-"
    assert service.asked[1].headers["accept-encoding"] == "identity"


def test_a_stream_that_breaks_off_says_so_after_what_came(client: Client) -> None:
    http, _ = client(Reply(BODY, sent=100))
    with http.stream("file", limit=1 << 20) as stream:
        came = next(stream.chunks)
        with pytest.raises(LiveSourceError, match="broke off") as raised:
            next(stream.chunks)
    assert raised.value.transient
    assert came == BODY[:100]


def test_a_stream_that_is_too_long_is_refused_declared_or_not(client: Client) -> None:
    http, _ = client(Reply(bytes(3 << 20)), Reply(bytes(3 << 20), declared=-1))
    with pytest.raises(LiveSourceError, match="more than 1 MiB"), http.stream("file", limit=1 << 20):
        pass
    with http.stream("file", limit=1 << 20) as stream, pytest.raises(LiveSourceError, match="more than 1 MiB"):
        b"".join(stream.chunks)


def test_what_is_searched_for_and_the_key_reach_no_log_and_no_error(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = {"term": "Jane Roe", "api_key": "k3y-0f-m1ne"}
    spoilt = [Reply(status=500), Reply(BODY, sent=3), Reply(b"k3y-0f-m1ne", status=400), Reply(silent=True)]
    spoilt += [Reply(status=302, headers={"Location": "http://127.0.0.2/?term=Jane+Roe&api_key=k3y-0f-m1ne"})]
    told = []
    for reply in spoilt:
        http, _ = client(reply, timeout=0.1)
        with pytest.raises(LiveSourceError) as raised:
            http.get("records", secrets)
        told.append("".join(traceback.format_exception(raised.value)))
    http, _ = client(Reply(BODY))
    http.get("records", secrets)
    for text in (caplog.text, *told):
        assert "Jane" not in text
        assert "k3y" not in text


def test_no_prefix_of_a_framed_answer_passes_for_the_whole() -> None:
    service, clock = Service(), Clock()
    with serving(service) as url, Http(url, name="S", per_second=1000, clock=clock, sleep=clock.sleep) as http:

        @settings(max_examples=60, deadline=None)
        @given(st.data(), st.booleans(), st.booleans())
        def holds(data: st.DataObject, packed: bool, framed: bool) -> None:
            body = gzip.compress(BODY) if packed else BODY
            sent = data.draw(st.integers(0, len(body) - 1))
            headers = {"Content-Encoding": "gzip"} if packed else {}
            # What is packed is not taken even where the length says that this is all.
            service.replies = [
                Reply(body[:sent], headers=headers) if packed and framed else Reply(body, headers=headers, sent=sent)
            ]
            with pytest.raises(LiveSourceError):
                http.get("records")

        holds()
