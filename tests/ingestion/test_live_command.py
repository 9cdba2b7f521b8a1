"""`citewell ingest pubmed` from end to end, against an E-utilities of our own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from command_line import Run
from hashed_embedder import HashedEmbedder
from scripted_service import PubMed, Reply, Request, cut, fine, instead, mute, serving

from ingestion.clients import patience
from ingestion.library import Library

ROOT = Path(__file__).parents[2]
KEY = "0123456789abcdef"


@pytest.fixture
def pubmed() -> PubMed:
    return PubMed({number: date(2026, 1, 1) + timedelta(days=number) for number in range(1, 251)})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(citewell: Run, pubmed: PubMed, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs `citewell ingest pubmed` in this process; with a key, since ten requests a second are quicker than three."""
    monkeypatch.chdir(home.parent)
    monkeypatch.setattr("ingestion.library.load_embedder", HashedEmbedder)
    with serving(pubmed) as url:
        monkeypatch.setenv("CITEWELL_HOME", str(home))
        monkeypatch.setenv("CITEWELL_EUTILS_URL", url + "entrez/eutils/")
        monkeypatch.setenv("CITEWELL_NCBI_API_KEY", KEY)
        yield partial(citewell, "ingest", "pubmed")


def documents(home: Path) -> int:
    """How many the library holds."""
    with Library.open(home, purpose="a test", embedder=HashedEmbedder()) as library:
        return sum(count for count, _ in library.ledger.counts().values())


def test_records_come_into_the_library_with_their_source(run: Run, home: Path, pubmed: PubMed) -> None:
    result = run("--query", "statins AND strokes")
    assert (result.code, result.err) == (0, "PubMed has 250 matching records.\n")
    assert result.out == "250 documents added, 0 changed, 0 unchanged, 0 deleted; 250 passages indexed.\n"
    with Library.open(home, purpose="a test", embedder=HashedEmbedder()) as library:
        known = library.ledger.known("pubmed:7")
    assert known
    source = Path(known.source)
    assert source.is_relative_to(home / "fetched" / "pubmed")
    assert source.is_file()
    assert {request.form["api_key"] for request in pubmed.asked} == {KEY}
    assert pubmed.asked[0].form["term"] == "statins AND strokes"


def test_a_second_run_finds_everything_unchanged(run: Run) -> None:
    run("--query", "statins")
    assert run("--query", "statins", "--json").json["unchanged"] == 250


def test_dates_and_limit_for_a_program(run: Run, pubmed: PubMed) -> None:
    result = run(
        "--query", "x", "--since", "2026-01-11", "--until", "2026-01-30", "--by", "changed", "--limit", "5", "--json"
    )
    assert (result.code, result.json["added"], result.json["failures"]) == (0, 5, [])
    assert result.err == "PubMed has 20 matching records; the first 5 are fetched.\n"
    asked = pubmed.asked[0].form
    assert (asked["datetype"], asked["mindate"], asked["maxdate"]) == ("mdat", "2026/01/11", "2026/01/30")


def test_since_alone_has_no_end(run: Run) -> None:
    assert run("--query", "x", "--since", "2026-09-01", "--json").json["added"] == 8


def test_nothing_found_is_said_with_pubmeds_own_warning(run: Run, pubmed: PubMed) -> None:
    pubmed.records.clear()
    pubmed.remarks = {
        "errorlist": {"phrasesnotfound": ["statinz"]},
        "warninglist": {"outputmessages": ["No items found."]},
    }
    result = run("--query", "statinz")
    assert result.code == 0
    assert "nothing that matches. Try other words" in result.err
    assert "PubMed says: not in PubMed, left out: statinz" in result.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--query", "  "], "empty"),
        ([], "--query"),
        (["--query", "x", "--since", "yesterday"], "--since"),
        (["--query", "x", "--since", "2026-02-01", "--until", "2026-01-01"], "--until"),
        (["--query", "x", "--limit", "0"], "--limit"),
        (["--query", "x", "--by", "moon"], "--by"),
    ],
)
def test_a_call_that_is_wrong_is_said_and_nothing_is_asked(
    arguments: list[str], said: str, run: Run, pubmed: PubMed, home: Path
) -> None:
    result = run(*arguments)
    assert result.code == 2
    assert said in result.err
    assert pubmed.asked == []
    assert not home.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [("CITEWELL_EUTILS_URL", "ftp://example.org"), ("CITEWELL_NCBI_EMAIL", "nobody"), ("CITEWELL_EUTILS_URL", "x")],
)
def test_a_setting_that_is_wrong_is_named(name: str, value: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    result = run("--query", "x")
    assert result.code == 2
    assert name in result.err


def test_a_service_that_fails_for_good_is_an_error_that_keeps_what_came(
    run: Run, pubmed: PubMed, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "ATTEMPTS", 1)  # nobody waits
    pubmed.spoil("efetch", fine, cut(1000))
    result = run("--query", "statins")
    assert result.code == 1
    assert "200 documents came before this and are kept" in result.err
    assert "PubMed (127.0.0.1) sent an incomplete page." in " ".join(result.err.split())
    assert KEY not in result.err
    assert documents(home) == 200
    result = run("--query", "statins")
    assert result.code == 0
    assert "Going on with the fetch of " in result.err
    assert documents(home) == 250


def test_what_pubmed_keeps_back_is_a_failure(run: Run, pubmed: PubMed) -> None:
    pubmed.withheld = {17}
    result = run("--query", "statins", "--json")
    assert (result.code, result.json["added"]) == (1, 249)
    assert [(one["record"], one["reason"]) for one in result.json["failures"]] == [
        ("pubmed:17", "PubMed names it but does not send it")
    ]


def test_a_page_of_html_never_enters_the_library(
    run: Run, pubmed: PubMed, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "ATTEMPTS", 1)
    pubmed.spoil("efetch", instead(b"<html><body>Sign in to the hospital's network</body></html>"))
    assert run("--query", "statins").code == 1
    assert documents(home) == 0


@contextmanager
def silent_after(pages: int, pubmed: PubMed) -> Iterator[tuple[str, threading.Event]]:
    """The service, silent after so many pages, and the event that it was asked once more."""
    asked = threading.Event()

    def answer(request: Request) -> Reply:
        if request.name == "efetch.fcgi" and pubmed.count("efetch") >= pages:
            asked.set()
            return mute(Reply())
        return pubmed(request)

    with serving(answer) as url:
        yield url, asked


@pytest.mark.slow
def test_ctrl_c_keeps_what_came_and_the_same_command_goes_on(pubmed: PubMed, home: Path) -> None:
    code = (
        "import ingestion.library; from hashed_embedder import HashedEmbedder; ingestion.library.load_embedder = HashedEmbedder; "
        "from assistant.cli import main; main()"
    )
    command = [sys.executable, "-c", code, "ingest", "pubmed", "--query", "statins"]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CITEWELL_")}
    variables = inherited | {"CITEWELL_HOME": str(home), "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    with silent_after(1, pubmed) as (url, asked):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen(
            command, env=variables | {"CITEWELL_EUTILS_URL": url}, cwd=home.parent, restore_signals=True, **pipes
        )
        try:
            assert asked.wait(60)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
            process.communicate()
    assert process.returncode == 130
    assert "What was finished is kept" in err
    assert documents(home) == 200
    with serving(pubmed) as url:
        done = subprocess.run(
            command,
            env=variables | {"CITEWELL_EUTILS_URL": url},
            cwd=home.parent,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert (done.returncode, documents(home)) == (0, 250)
    assert "Going on with the fetch of " in done.stderr
    assert pubmed.count("efetch") == 2
