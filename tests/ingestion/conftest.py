"""A library that is quick to fill."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hashed_embedder import HashedEmbedder

from ingestion.library import Library


@pytest.fixture
def embedder() -> HashedEmbedder:
    return HashedEmbedder()


@pytest.fixture
def library(tmp_path: Path, embedder: HashedEmbedder) -> Iterator[Library]:
    with Library.open(tmp_path / "home", purpose="a test", embedder=embedder) as library:
        yield library
