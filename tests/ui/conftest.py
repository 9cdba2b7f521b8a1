"""A running page, and a browser that is watched: whatever it asks of another host fails the test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Server:
    """A server program under test."""

    url: str
    folder: Path
    process: subprocess.Popen[str]

    @property
    def said(self) -> str:
        """What it wrote to standard error so far."""
        return (self.folder / "stderr").read_text(encoding="utf-8")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def scripted_server(folder: Path) -> Iterator[Server]:
    """The page with the scripted assistant, in a process of its own with an empty working directory."""
    port = free_port()
    cwd = folder / "cwd"
    cwd.mkdir()
    program = Path(__file__).with_name("scripted_server.py")
    command = [sys.executable, str(program), str(folder / "home"), str(port), str(folder / "outside")]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    with (folder / "stderr").open("w") as errors:
        process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        server = Server(f"http://127.0.0.1:{port}", folder, process)
        assert line == "ready\n", server.said
        yield server
    finally:
        process.terminate()
        process.wait(20)
        if process.stdout:
            process.stdout.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One scripted server for all tests. At the end it may have left nothing behind and reached for nothing outside."""
    with scripted_server(tmp_path_factory.mktemp("page")) as running:
        yield running
        assert not (running.folder / "outside").exists()
        assert list((running.folder / "cwd").iterdir()) == []
        assert [path for path in running.folder.rglob(".files/**/*") if path.is_file()] == []


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium; skips where there is none."""
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page at an address. At the end, nothing may have been asked of another host, refused or broken."""
    wrong: list[str] = []

    def watch(page: Any, origin: str) -> None:
        def on_request(request: Any) -> None:
            if not request.url.startswith((f"{origin}/", "data:", "blob:")):
                wrong.append(f"asked for {request.url}")

        def on_console(message: Any) -> None:
            if "Content Security Policy" in message.text:  # asked for, and stopped only by the door's policy
                wrong.append(message.text)

        page.on("request", on_request)
        page.on("console", on_console)
        page.on("pageerror", lambda error: wrong.append(f"broke: {error}"))
        page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))

    with ExitStack() as stack:

        def open_at(url: str, width: int = 1280, height: int = 800, theme: str = "light") -> Any:
            context = browser.new_context(viewport={"width": width, "height": height})
            stack.callback(context.close)
            context.add_init_script(f"localStorage.setItem('vite-ui-theme', '{theme}')")
            page = context.new_page()
            page.set_default_timeout(20_000)
            watch(page, url)
            page.goto(url)
            page.locator("#starters button:enabled").first.wait_for()
            return page

        yield open_at
    assert wrong == []


def ask(page: Any, question: str) -> Any:
    """Ask, and return the answer that appears."""
    answers = page.locator(".cw-answer")
    already = answers.count()
    page.locator("#chat-input").fill(question)
    page.keyboard.press("Enter")
    answers.nth(already).wait_for()
    return answers.nth(already)
