"""Who may drive the server: its own page and programs of this machine, never a page of another site."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from page_server import Server
from starlette.types import Message, Scope

from ui.origin import SameOrigin

PAGE = "http://localhost:8000"


async def answered(scope: Scope) -> list[Message]:
    """What a browser is sent for a request that the application behind would answer with 200."""
    sent: list[Message] = []

    async def application(scope: Scope, receive: object, send: object) -> None:
        sent.append({"type": "http.response.start", "status": 200})

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    await SameOrigin(application)(scope, receive, send)
    return sent


@pytest.mark.parametrize(
    ("listens", "host", "origin", "allowed"),
    [
        ("127.0.0.1", "localhost:8000", None, True),
        ("127.0.0.1", "127.0.0.1:8000", "http://127.0.0.1:8000", True),
        ("127.0.0.1", "LOCALHOST:8000", PAGE, True),
        ("::1", "[::1]:8000", "http://[::1]:8000", True),
        ("127.0.0.1", "localhost:8000", "http://evil.example", False),
        ("127.0.0.1", "localhost:8000", "http://localhost:9000", False),
        ("127.0.0.1", "localhost:8000", "null", False),
        ("127.0.0.1", "localhost:8000", "http://[", False),
        ("127.0.0.1", "evil.example:8000", "http://evil.example:8000", False),
        ("127.0.0.1", "localhost.evil.example", None, False),
        ("127.0.0.1", "", None, False),
        ("10.0.0.5", "citewell.example:8000", "https://citewell.example:8000", True),
        ("10.0.0.5", "citewell.example:8000", PAGE, False),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_only_the_page_itself_may_ask(kind: str, listens: str, host: str, origin: str | None, allowed: bool) -> None:
    headers = [(b"host", host.encode())] + ([(b"origin", origin.encode())] if origin is not None else [])
    scope: Scope = {"type": kind, "headers": headers, "server": (listens, 8000)}
    with ThreadPoolExecutor(1) as apart:  # the browser of other tests keeps a loop running in this thread
        first = apart.submit(lambda: asyncio.run(answered(scope))).result()[0]
    if allowed:
        assert first["status"] == 200
    else:
        assert first.get("status", 403) == 403
        assert first["type"] == ("http.response.start" if kind == "http" else "websocket.close")


def test_another_site_can_neither_open_a_socket_nor_ask(server: Server) -> None:
    evil = {"Origin": "http://evil.example"}
    response = httpx.post(f"{server.url}/v1/ask", headers=evil)
    assert response.status_code == 403
    assert response.headers["content-type"] == "application/problem+json"
    assert "Open the page of this server itself" in response.json()["detail"]
    assert httpx.get(f"{server.url}/healthz", headers={"Host": "evil.example"}).status_code == 403
    assert _handshake(server, "http://evil.example") == 403
    assert _handshake(server, server.url) == 101


def _handshake(server: Server, origin: str) -> int:
    """The status of a websocket handshake for a page of `origin`."""
    host = server.url.removeprefix("http://")
    lines = (
        "GET /ws/socket.io/?EIO=4&transport=websocket HTTP/1.1",
        f"Host: {host}",
        f"Origin: {origin}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
    )
    name, _, port = host.partition(":")
    with socket.create_connection((name, int(port)), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return int(connection.recv(64).split()[1])
