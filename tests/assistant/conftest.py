"""Questions asked once, and small libraries made from a few documents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from assistant.answer import Answer
from assistant.service import Assistant
from ingestion.library import Library
from ingestion.pipeline import ingest_files

Ask = Callable[[str], Answer]


@pytest.fixture(scope="session")
def ask(assistant: Assistant) -> Ask:
    """Asks the starter library; a question that was asked before is not asked again."""
    return cache(lambda question: asyncio.run(assistant.ask(question)))


@pytest.fixture
def assistant_of(tmp_path: Path, assistant: Assistant) -> Iterator[Callable[[dict[str, str]], Assistant]]:
    """An assistant over a library of its own that holds just these files (name to content)."""
    with ExitStack() as stack:

        def make(documents: dict[str, str]) -> Assistant:
            folder = tmp_path / "documents"
            folder.mkdir()
            for name, content in documents.items():
                (folder / name).write_text(content, encoding="utf-8")
            embedder = assistant.library.searcher.embedder  # loading it takes a while, sharing it changes nothing
            library = stack.enter_context(Library.open(tmp_path / "small", purpose="a test", embedder=embedder))
            assert not ingest_files(library, [folder]).failures
            return Assistant(library)

        yield make
