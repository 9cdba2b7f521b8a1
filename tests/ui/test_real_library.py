"""The page over the real library: a real question, and the cited words marked in their source."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from page_server import ROOT, ask, free_port

pytestmark = pytest.mark.browser

QUESTION = "Is losartan better than atenolol at preventing stroke in hypertension with left ventricular hypertrophy?"


@pytest.fixture
def url(starter_home: Path, tmp_path: Path) -> Iterator[str]:
    """The real server over a copy of the starter library."""
    shutil.copytree(starter_home, tmp_path / "home")
    port = free_port()
    program = "import sys; from assistant.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "serve", "--port", str(port)]
    environment = os.environ | {"CITEWELL_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    with (tmp_path / "errors").open("w") as errors:
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    with process:
        try:
            assert process.stdout is not None
            assert "Citewell is ready" in process.stdout.readline(), (tmp_path / "errors").read_text()
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def test_a_real_answer_opens_its_source_with_the_cited_words_marked(
    url: str, open_page: Callable[..., Any], tmp_path: Path
) -> None:
    answer = httpx.post(f"{url}/v1/ask", json={"question": QUESTION}).json()
    assert answer["claims"]
    page = open_page(url)
    shown = ask(page, QUESTION)
    claims = shown.locator(".cw-claim")
    assert claims.count() == len(answer["claims"])
    assert shown.locator(".cw-sources li").count() == len(answer["sources"])
    marked = page.locator(".cw-source mark")
    for number in reversed(range(len(answer["claims"]))):  # ends with the first open, for the picture
        claim = answer["claims"][number]
        (citation,) = claim["citations"]
        passage = httpx.get(f"{url}/v1/passages/{quote(citation['passage_id'])}").json()
        words = passage["text"][citation["start"] : citation["end"]]
        assert claims.nth(number).inner_text().startswith(words)
        claims.nth(number).get_by_role("button").click()
        marked.filter(has_text=words).wait_for()
        assert marked.all_text_contents() == [words]
        link = page.locator(".cw-source").get_by_role("link", name="Open the original")
        assert link.get_attribute("href") == passage["url"]
    page.wait_for_timeout(600)  # the panel slides in
    folder = Path(os.environ.get("CITEWELL_SCREENSHOT_DIR", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    assert len(page.screenshot(path=folder / "answer.png")) > 20_000


def test_what_the_real_library_does_not_hold_is_said(url: str, open_page: Callable[..., Any]) -> None:
    words = ask(open_page(url), "What is the capital of France?").inner_text()
    assert words.startswith("I found nothing in the library that supports an answer.")
