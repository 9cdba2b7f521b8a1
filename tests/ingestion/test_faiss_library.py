"""A library kept with FAISS is the same library."""

from __future__ import annotations

from pathlib import Path

import pytest
from hashed_embedder import HashedEmbedder

from indexes.engines.faiss import FaissEngine
from indexes.filters import Filters
from indexes.passage import Kind
from ingestion import starter
from ingestion.library import Library
from ingestion.pipeline import ingest_files
from ingestion.places import Folders
from ingestion.versions import new_version

QUESTIONS = ("beta blockers in heart failure", "adults with asthma", "sacubitril", "mortality 1995")
FILES = [path for path in starter.PATHS[0].parent.rglob("*") if path.name in ("heart-failure.xml", "asthma-copd.json")]


def open_library(home: Path, engine: str) -> Library:
    return Library.open(home, purpose="a test", embedder=HashedEmbedder(), engine=engine)


def found(library: Library) -> dict[tuple[str, bool, str], float]:
    """Each question's hits among all passages and among trials, with their scores."""
    trials = Filters(kinds=frozenset({Kind.TRIAL}))
    return {
        (question, filters.empty, hit.passage.passage_id): hit.scores.fused
        for question in QUESTIONS
        for filters in (Filters(), trials)
        for hit in library.searcher.search(question, 60, filters)
    }


def test_it_ranks_as_the_embedded_default_does_after_a_restart_too(tmp_path: Path) -> None:
    """Without deletions: Qdrant counts the terms of what is gone until it clears it away."""
    answers = []
    for engine in ("edge", "faiss"):
        home = tmp_path / engine
        with open_library(home, engine) as library:
            ingest_files(library, FILES)
        with open_library(home, engine) as library:
            library.searcher.engine.optimize()
            answers.append(found(library))
    edge, faiss = answers
    assert len(faiss) > 100
    assert faiss == pytest.approx(edge, abs=1e-4)


@pytest.mark.parametrize(
    ("quantisation", "index_type"), [("none", "auto"), ("scalar", "hnsw"), ("product", "ivfpq"), ("binary", "binary")]
)
def test_its_quantisation_chooses_the_index(tmp_path: Path, quantisation: str, index_type: str) -> None:
    version = new_version(1, "faiss", "hashed", 32, quantisation=quantisation)
    engine = Folders(tmp_path).open(version)
    assert isinstance(engine, FaissEngine)
    assert engine._index_type == index_type
    engine.close()
