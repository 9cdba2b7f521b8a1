"""A library is held by one process at a time, and says to the next who holds it and what to do."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hashed_embedder import HashedEmbedder

from indexes.errors import EngineUnavailableError, IncompatibleIndexError, LibraryInUseError
from ingestion.errors import IngestionError
from ingestion.home import ledger_path
from ingestion.library import Library
from ingestion.pipeline import ingest_files
from ingestion.places import Server

HOLD = """
import sys, time
sys.path[:0] = {path!r}
from pathlib import Path
from hashed_embedder import HashedEmbedder
from ingestion.library import Library
with Library.open(Path({home!r}), purpose="citewell ingest files", embedder=HashedEmbedder()) as library:
    {then}
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts another process that holds the library in `tmp_path`."""
    started: list[subprocess.Popen[str]] = []

    def hold(then: str = "") -> subprocess.Popen[str]:
        script = HOLD.format(path=sys.path, home=str(tmp_path), then=then or "pass")
        process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.communicate()


def open_library(home: Path, embedder: HashedEmbedder | None = None) -> Library:
    return Library.open(home, purpose="a test", embedder=embedder or HashedEmbedder())


def test_a_second_process_is_told_who_holds_the_library_and_may_wait(
    tmp_path: Path, held: Callable[[str], subprocess.Popen[str]]
) -> None:
    holder = held("")
    with pytest.raises(LibraryInUseError) as error:
        open_library(tmp_path)
    message = str(error.value)
    assert str(tmp_path) in message
    assert f"process {holder.pid} (citewell ingest files)" in message
    assert "Wait until it ends, or stop it first." in message
    assert error.value.url is None


def test_a_second_process_is_told_where_the_server_can_be_asked(
    tmp_path: Path, held: Callable[[str], subprocess.Popen[str]]
) -> None:
    holder = held("library.announce('citewell serve', 'http://localhost:8000')")
    with pytest.raises(LibraryInUseError) as error:
        open_library(tmp_path)
    assert f"process {holder.pid} (citewell serve)" in str(error.value)
    assert "Ask that server (http://localhost:8000), or stop it first." in str(error.value)
    assert error.value.url == "http://localhost:8000"


def test_the_library_is_free_once_its_holder_was_killed(
    tmp_path: Path, held: Callable[[str], subprocess.Popen[str]]
) -> None:
    holder = held("")
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with open_library(tmp_path) as library:
        assert library.searcher.engine.count() == 0


def test_a_holder_that_left_no_name_is_still_told(tmp_path: Path) -> None:
    with open_library(tmp_path):
        (tmp_path / "holder.json").write_text("[1]")
        with pytest.raises(LibraryInUseError, match="in use by another process"):
            open_library(tmp_path)


def test_a_closed_library_can_be_opened_again_and_closing_twice_is_harmless(tmp_path: Path) -> None:
    library = open_library(tmp_path)
    library.close()
    library.close()
    with open_library(tmp_path):
        pass


def test_a_library_that_could_not_be_opened_is_not_held(tmp_path: Path) -> None:
    with open_library(tmp_path):
        pass
    (tmp_path / "ledger.sqlite").rename(tmp_path / "kept")
    (tmp_path / "ledger.sqlite").write_text("dear diary " * 100)
    with pytest.raises(IngestionError, match="not a readable ledger"):
        open_library(tmp_path)
    (tmp_path / "kept").replace(tmp_path / "ledger.sqlite")
    with open_library(tmp_path):
        pass


def test_a_library_of_another_embedder_is_refused_with_the_way_on(tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        signature = library.signature
    assert signature.startswith("hashed+")
    with pytest.raises(
        IncompatibleIndexError,
        match=r"built with the embedder hashed, and other is asked for.*CITEWELL_EMBEDDER=hashed.*library reindex",
    ) as error:
        open_library(tmp_path, HashedEmbedder("other"))
    assert str(tmp_path) in str(error.value)
    with open_library(tmp_path) as library:
        assert library.signature == signature


def test_a_home_that_is_a_file_is_refused_with_the_way_on(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("x")
    for path in (home, home / "below"):
        with pytest.raises(IngestionError, match="CITEWELL_HOME") as error:
            open_library(path)
        assert str(path) in str(error.value)


def test_a_server_has_a_ledger_of_its_own_for_each_collection(tmp_path: Path) -> None:
    names = {
        ledger_path(tmp_path, None),
        ledger_path(tmp_path, Server("http://localhost:6333")),
        ledger_path(tmp_path, Server("http://localhost:6333", "ward-7")),
    }
    assert len(names) == 3
    assert ledger_path(tmp_path, Server("http://localhost:6333", "../ward/7")).parent == tmp_path


def test_a_server_that_does_not_answer_leaves_the_embedded_library_alone(tmp_path: Path) -> None:
    with open_library(tmp_path), pytest.raises(EngineUnavailableError, match="CITEWELL_QDRANT_URL"):
        Library.open(tmp_path, purpose="x", server=Server("http://127.0.0.1:9"), embedder=HashedEmbedder())


def test_a_library_is_its_owners_alone(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    with Library.open(home, purpose="a test", embedder=HashedEmbedder()):
        assert home.stat().st_mode & 0o777 == 0o700


def test_an_index_that_was_moved_away_is_made_again_at_the_next_opening(tmp_path: Path) -> None:
    source = tmp_path / "advice.md"
    source.write_text('---\ntitle: "Salt"\n---\n\n# Salt\n\n## Recommendations\n\n- Eat less salt every day.\n')
    home = tmp_path / "home"
    with Library.open(home, purpose="a test", embedder=HashedEmbedder()) as library:
        assert ingest_files(library, [source]).passages == 1
    shutil.rmtree(home / "index")
    with Library.open(home, purpose="a test", embedder=HashedEmbedder()) as library:
        assert [hit.passage.text for hit in library.searcher.search("salt")] == ["Eat less salt every day."]
