"""Whoever opens connections and asks nothing keeps nobody out."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from page_server import Server

from ui import connections
from ui.connections import PatientProtocol

HALF = b"GET /healthz HTTP/1.1\r\nHost: loc"


def connect(port: int, sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(sent)
    return connection


def answer(connection: socket.socket, body: bytes) -> bytes:
    """What came, up to that body."""
    came = b""
    while not came.endswith(body):
        came += connection.recv(1000)
    return came


def was_closed(connection: socket.socket) -> bool:
    """Whether the other side has closed the connection; waits for it."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A small server of little patience for heads, in a thread of this process."""
    monkeypatch.setattr(connections, "HEAD_S", 0.2)
    app = FastAPI()

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    @app.post("/body")
    async def body(request: Request) -> int:
        return len(await request.body())

    @app.post("/refused")
    async def refused() -> str:
        return "no"

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, http=PatientProtocol, log_level="error", timeout_keep_alive=60))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    "sent",
    [b"", HALF, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + HALF],
    ids=["nothing", "half a head", "half a head after a request"],
)
def test_a_connection_without_a_whole_request_is_closed(port: int, sent: bytes) -> None:
    with connect(port, sent) as connection:
        if len(sent) > len(HALF):
            answer(connection, b'"ok"')
        assert was_closed(connection)


def test_a_body_may_take_longer_than_a_head(port: int) -> None:
    head = b"POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"
    with connect(port, head + b"ab") as slow, connect(port, HALF) as half:
        assert was_closed(half)  # so the time of a head is over
        slow.sendall(b"cd")
        assert answer(slow, b"4").startswith(b"HTTP/1.1 200")


def test_a_body_that_is_not_wanted_may_be_sent_to_its_end(port: int) -> None:
    with connect(port, b"POST /refused HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\na") as sending:
        assert answer(sending, b'"no"').startswith(b"HTTP/1.1 200")
        with connect(port, HALF) as half:
            assert was_closed(half)
        sending.sendall(b"bcd" + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer(sending, b'"ok"').startswith(b"HTTP/1.1 200")


def test_where_there_are_too_many_the_most_silent_goes(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 60.0)
    monkeypatch.setattr(PatientProtocol, "most", 3)
    with ExitStack() as stack:
        first, second, third = (stack.enter_context(connect(port, HALF)) for _ in range(3))
        assert httpx.get(f"http://127.0.0.1:{port}/healthz").json() == "ok"
        assert was_closed(first)
        second.sendall(b"alhost\r\n\r\n")
        assert answer(second, b'"ok"').startswith(b"HTTP/1.1 200")
        third.settimeout(0.1)
        assert not was_closed(third)


def test_a_thousand_half_requests_keep_nobody_out(server: Server) -> None:
    port = int(server.url.rpartition(":")[2])
    with ExitStack() as stack:
        opened = [stack.enter_context(connect(port, HALF)) for _ in range(connections.MOST + 100)]
        assert httpx.get(f"{server.url}/healthz").json() == {"status": "ok"}
        assert all(was_closed(connection) for connection in opened[:100])
    assert server.said == ""
