"""A running page, and a browser that is watched: whatever it asks of another host fails the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from page_server import Server, scripted_server

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
