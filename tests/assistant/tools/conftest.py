"""The tools over the starter library, and over small ones, with the embedder for tests; live services are those of the clients' tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from benches import Call, Small, bench_of, call
from hashed_embedder import HashedEmbedder

from assistant.settings import Settings
from assistant.tools import Found, Tool, load_tools
from indexes.filters import Filters
from ingestion import starter
from ingestion.library import Library
from ingestion.pipeline import ingest_files

sys.path.append(str(Path(__file__).parents[2] / "ingestion"))  # `scripted_service` and `native`


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tool]:
    """Every tool that sends nothing."""
    return dict(load_tools(Settings(home=tmp_path_factory.mktemp("home"))))


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The starter library, to be read only."""
    home = tmp_path_factory.mktemp("starter") / "home"
    with Library.open(home, purpose="the tests", embedder=HashedEmbedder(dimension=256)) as library:
        assert not ingest_files(library, starter.PATHS).failures
        yield library


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    """A library of its own that holds just these files (name to content)."""
    with ExitStack() as stack:

        def make(documents: dict[str, str]) -> Library:
            folder = tmp_path / "documents"
            folder.mkdir()
            for name, content in documents.items():
                (folder / name).write_text(content, encoding="utf-8")
            library = stack.enter_context(Library.open(tmp_path / "small", purpose="a test", embedder=HashedEmbedder()))
            assert not ingest_files(library, [folder]).failures
            return library

        yield make


@pytest.fixture
def use(tools: dict[str, Tool], library: Library) -> Call:
    """Calls a tool by name over the starter library; `filters` are the question's."""

    def use(name: str, filters: Filters | None = None, **given: object) -> Found:
        return call(tools[name], bench_of(library, filters), **given)

    return use
