"""The server program: start, doors, stop, and a port that is taken."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import httpx
import pytest
import typer
from page_server import Server, scripted_server
from typer.testing import CliRunner

from ui.cli import _url, serve


def test_the_api_wins_over_the_page(server: Server) -> None:
    with httpx.Client(base_url=server.url) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.post("/v1/ask").json() == {"door": "api"}
        assert "/v1/ask" in client.get("/openapi.json").json()["paths"]
        assert client.get("/docs").status_code == 200
        assert client.get("/v1/ask").status_code == 405


@pytest.mark.parametrize("path", ["/v1/none", "/mcp", "/login", "/auth/jwt", "/project/file", "/project/threads"])
def test_the_page_answers_nothing_it_does_not_need(server: Server, path: str) -> None:
    for method in ("GET", "POST"):
        response = httpx.request(method, server.url + path)
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"


def test_the_page_tells_the_browser_to_stay_here(server: Server) -> None:
    response = httpx.get(server.url)
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "//" not in response.text.replace("</", "")
    settings = httpx.get(f"{server.url}/project/settings").json()
    assert settings["features"]["spontaneous_file_upload"]["enabled"] is False
    assert settings["dataPersistence"] is False


def test_a_start_leaves_nothing_and_a_stop_is_clean(tmp_path: Path) -> None:
    with scripted_server(tmp_path) as server:
        assert httpx.get(server.url).status_code == 200
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(10) == 0
        assert server.process.stdout is not None
        assert server.process.stdout.read() == "Stopped.\n"
        assert server.said == ""
    assert list((tmp_path / "cwd").iterdir()) == []
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["cache"]
    assert not (tmp_path / "outside").exists()


def test_a_taken_port_is_told_with_the_mend() -> None:
    app = typer.Typer()
    app.command()(serve)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["--port", str(port)])
    assert result.exit_code == 1
    assert f"Port {port} on 127.0.0.1 is in use" in result.stderr
    assert "citewell serve --port" in result.stderr


def test_an_address_of_another_machine_is_told() -> None:
    app = typer.Typer()
    app.command()(serve)
    result = CliRunner().invoke(app, ["--host", "192.0.2.1", "--port", "8999"])
    assert result.exit_code == 1
    assert "Give an address of this machine" in result.stderr


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://localhost:80"),
        ("::", "http://localhost:80"),
        ("10.0.0.5", "http://10.0.0.5:80"),
        ("fd00::1", "http://[fd00::1]:80"),
    ],
)
def test_the_address_can_be_typed_into_a_browser(host: str, url: str) -> None:
    assert _url(host, 80) == url
