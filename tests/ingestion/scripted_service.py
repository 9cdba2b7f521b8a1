"""A loopback service that answers as a test tells it to, misbehaviour included, and an E-utilities with records of its own behind it."""

from __future__ import annotations

import json
import re
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from native import article, pubmed_xml

SHOWN = 9_999  # of one search, as PubMed has it


@dataclass(frozen=True)
class Request:
    """What was asked: `name` is the last part of the path, `form` the parameters of address and body."""

    method: str
    name: str
    address: str
    form: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        """The address up to its parameters."""
        return urlsplit(self.address).path


@dataclass(frozen=True)
class Reply:
    """What is answered.

    Only `sent` bytes of the body leave before the line drops; `declared` is the Content-Length, -1 for none; `silent` answers nothing.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: int | None = None
    declared: int | None = None
    silent: bool = False


Answer = Callable[[Request], Reply]
Spoil = Callable[[Reply], Reply]


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """The address of a service on the loopback that answers so; stopped at the end."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each body waits for its head's acknowledgement

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            parts = urlsplit(self.path)
            form = dict(parse_qsl(parts.query) + parse_qsl(body))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = answer(Request(self.command, parts.path.rpartition("/")[2], self.path, form, headers))
            if reply.silent:
                over.wait(30)
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            declared = len(reply.body) if reply.declared is None else reply.declared
            if declared >= 0:
                self.send_header("Content-Length", str(declared))
            self.end_headers()
            self.wfile.write(reply.body[: reply.sent])
            self.close_connection = declared != len(reply.body) or reply.sent is not None

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is part of the test."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            over.set()
            server.shutdown()
            thread.join(30)


@dataclass(frozen=True)
class Server:
    """A service that remembers: where it is (`url` ends with a slash), and what it was asked, in order."""

    url: str
    requests: list[Request]


@contextmanager
def remembering(answer: Answer) -> Iterator[Server]:
    """A service on the loopback that answers so and remembers what it was asked; stopped at the end."""
    requests: list[Request] = []

    def note(request: Request) -> Reply:
        requests.append(request)
        return answer(request)

    with serving(note) as url:
        yield Server(url, requests)


class PubMed:
    """E-utilities over records of its own: PMIDs with the day each entered. `spoil` makes its next answers go wrong, one after the other."""

    def __init__(self, records: Mapping[int, date], clock: Callable[[], float] = lambda: 0.0) -> None:
        self.records = dict(records)
        self.withheld: set[int] = set()  # named by searches and never sent
        self.edited: set[int] = set()  # whose abstracts say something else
        self.remarks: dict[str, object] = {}
        self.api_key: str | None = None  # the only key it knows
        self.reads_ranges = True  # of PMIDs
        self.asked: list[Request] = []
        self.times: list[float] = []
        self._clock = clock
        self._spoilt: dict[str, deque[Spoil]] = defaultdict(deque)
        self._searches: dict[str, list[int]] = {}

    def spoil(self, name: str, *ways: Spoil) -> None:
        """The next answers of `esearch` or `efetch` pass through these."""
        self._spoilt[name + ".fcgi"].extend(ways)

    def forget_searches(self) -> None:
        """What the history server does after some hours."""
        self._searches.clear()

    def count(self, name: str) -> int:
        """How often `esearch` or `efetch` was asked."""
        return sum(request.name == f"{name}.fcgi" for request in self.asked)

    def __call__(self, request: Request) -> Reply:
        self.asked.append(request)
        self.times.append(self._clock())
        reply = self._search(request.form) if request.name == "esearch.fcgi" else self._fetch(request.form)
        if self.api_key and request.form.get("api_key", self.api_key) != self.api_key:
            body = {"error": "API key invalid", "api-key": request.form["api_key"], "type": "client"}
            reply = Reply(json.dumps(body).encode(), 400)
        ways = self._spoilt[request.name]
        return ways.popleft()(reply) if ways else reply

    def _search(self, form: Mapping[str, str]) -> Reply:
        low, high = (form.get(name, day).replace("/", "-") for name, day in (("mindate", "0"), ("maxdate", "9")))
        found = [pmid for pmid, day in self.records.items() if low <= day.isoformat() <= high]
        if self.reads_ranges and (span := re.search(r"\) AND (\d+):(\d+)\[uid\]$", form["term"])):
            found = [pmid for pmid in found if int(span[1]) <= pmid <= int(span[2])]
        found.sort(key=lambda pmid: (self.records[pmid], pmid), reverse=True)
        webenv = f"MCID_{len(self._searches)}_{len(self.asked)}"
        self._searches[webenv] = found[:SHOWN]
        result = {
            "count": str(len(found)),
            "idlist": [str(pmid) for pmid in found[: min(int(form["retmax"]), SHOWN)]],
            "webenv": webenv,
            "querykey": "1",
            **self.remarks,
        }
        return Reply(json.dumps({"header": {"type": "esearch"}, "esearchresult": result}).encode())

    def _fetch(self, form: Mapping[str, str]) -> Reply:
        if "id" in form:
            pmids = [int(pmid) for pmid in form["id"].split(",")]
        elif (known := self._searches.get(form["WebEnv"])) is None:
            return fault("Unable to obtain query #1")
        elif int(form["retstart"]) > SHOWN - 1:
            return fault("Search backend cannot retrieve history data. Reason: 'retstart' cannot be larger than 9998.")
        else:
            pmids = known[int(form["retstart"]) :][: int(form["retmax"])]
        sent = (
            article(pmid, "Aspirin prevented no strokes.") if pmid in self.edited else article(pmid)
            for pmid in pmids
            if pmid not in self.withheld
        )
        return Reply(pubmed_xml(*sent).encode())


def fault(said: str) -> Reply:
    """EFetch's way to say that something went wrong."""
    return Reply(f'<?xml version="1.0" ?>\n<eFetchResult>\n\t<ERROR>{said}</ERROR>\n</eFetchResult>'.encode(), 400)


def status(code: int, **headers: str) -> Spoil:
    """Answers that status instead."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda reply: Reply(b"<html>" + str(code).encode() + b"</html>", code, named)


def dropped(sent: int) -> Spoil:
    """The line drops after so many bytes of the body."""
    return lambda reply: replace(reply, sent=sent, declared=len(reply.body))


def cut(length: int) -> Spoil:
    """Only the beginning, declared as if it were all."""
    return lambda reply: replace(reply, body=reply.body[:length])


def instead(body: bytes) -> Spoil:
    """Something else, with status 200."""
    return lambda reply: Reply(body)


def fine(reply: Reply) -> Reply:
    """Nothing goes wrong."""
    return reply


def mute(reply: Reply) -> Reply:
    """No answer ever comes."""
    return Reply(silent=True)
