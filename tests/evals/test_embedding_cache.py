"""The cache of passage vectors: right, kept, and of use after a run that was killed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from evals import cache
from evals.cache import CachedEmbedder, Kept, cache_folder
from evals.errors import EvaluationError
from indexes.embedding import Vectors


class Counting:
    """An embedder that says what it was asked, and stops where it is told to."""

    dimension = 2

    def __init__(self, name: str = "counting", fails_at: str = "") -> None:
        self.name, self.fails_at, self.seen = name, fails_at, list[str]()

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        if self.fails_at in texts:
            raise KeyboardInterrupt
        self.seen += texts
        return np.array([[len(text), hash(text) % 7] for text in texts], dtype=np.float32)

    def embed_query(self, text: str) -> Vectors:
        self.seen.append(f"query {text}")
        return np.array([len(text), 0], dtype=np.float32)


def test_what_is_known_is_not_embedded_again(tmp_path: Path) -> None:
    path, embedder = tmp_path / "made" / "cache.sqlite", Counting()
    with closing(CachedEmbedder(embedder, path)) as cached:
        first = cached.embed_passages(["a", "bb", "a"])
    with closing(CachedEmbedder(embedder, path)) as cached:
        again = cached.embed_passages(["bb", "ccc", "a"])
        assert cached.embed_passages([]).shape == (0, 2)
    assert embedder.seen == ["a", "bb", "ccc"]
    assert again.dtype == np.float32
    assert (again[0] == first[1]).all()
    assert (again[2] == first[0]).all()
    assert (first[0] == first[2]).all()


def test_many_passages_at_once(tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(1201)]
    with closing(CachedEmbedder(Counting(), tmp_path / "cache.sqlite")) as cached:
        assert (cached.embed_passages(texts) == cached.embed_passages(texts)).all()


def test_a_killed_run_resumes(tmp_path: Path) -> None:
    with closing(CachedEmbedder(Counting(fails_at="stop"), tmp_path / "cache.sqlite")) as cached:
        cached.embed_passages(["a"])
        with pytest.raises(KeyboardInterrupt):
            cached.embed_passages(["b", "stop"])
    embedder = Counting()
    with closing(CachedEmbedder(embedder, tmp_path / "cache.sqlite")) as cached:
        cached.embed_passages(["a", "b", "stop"])
    assert embedder.seen == ["b", "stop"]


def test_models_do_not_share_vectors_and_queries_are_made_afresh(tmp_path: Path) -> None:
    one, other = Counting("one"), Counting("other")
    for embedder in (one, other):
        with closing(CachedEmbedder(embedder, tmp_path / "cache.sqlite")) as cached:
            cached.embed_passages(["a"])
            cached.embed_query("a")
            cached.embed_query("a")
    assert one.seen == other.seen == ["a", "query a", "query a"]


def test_a_broken_cache_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(EvaluationError, match=r"cache\.sqlite"):
        CachedEmbedder(Counting(), tmp_path / "cache.sqlite")


def test_the_cache_lies_under_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CITEWELL_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("CITEWELL_HOME")
    assert "citewell" in str(cache_folder())


@pytest.fixture
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another run that holds the file is not waited for."""
    monkeypatch.setattr(cache, "_WAIT_S", 0.01)


@pytest.mark.usefixtures("no_wait")
def test_a_cache_that_another_run_holds_costs_time_and_not_the_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, embedder = tmp_path / "cache.sqlite", Counting()
    with closing(CachedEmbedder(embedder, path)) as cached, closing(sqlite3.connect(path)) as other:
        cached.embed_passages(["a"])
        other.execute("BEGIN EXCLUSIVE")
        assert cached.embed_passages(["a", "bb"])[:, 0].tolist() == [1, 2]
        assert cached.embed_passages(["ccc"])[:, 0].tolist() == [3]
    assert embedder.seen == ["a", "a", "bb", "ccc"]
    (said,) = caplog.messages
    assert str(path) in said
    assert "locked" in said
    assert "make room" in said


@pytest.mark.usefixtures("no_wait")
def test_a_cache_that_can_be_read_and_not_written_still_gives_what_it_has(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "cache.sqlite"
    with closing(Kept(path, "answers")) as kept, closing(sqlite3.connect(path)) as other:
        kept.keep({b"one": b"1"})
        other.execute("BEGIN IMMEDIATE")
        assert kept.find([b"one"]) == {b"one": b"1"}
        kept.keep({b"two": b"2"})
        other.rollback()
        assert kept.find([b"one", b"two"]) == {}  # it is left alone from then on
    assert len(caplog.messages) == 1
    with closing(Kept(path, "answers")) as kept:
        assert kept.find([b"one", b"two"]) == {b"one": b"1"}
