"""Postings find the best rows, whatever they were merged of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes import postings
from indexes.lexical import SparseVector
from indexes.postings import Postings


@given(
    st.lists(st.sampled_from([-1.0, 0.0, 0.25, 0.5, 2.0]), max_size=40).map(lambda few: few * 9),
    st.integers(-1, 400),
)
def test_the_highest_scores_come_first_and_the_lower_row_among_equals(scores: list[float], limit: int) -> None:
    found = postings.highest(np.array(scores, np.float32), limit).tolist()
    assert found == sorted(range(len(scores)), key=lambda row: (-scores[row], row))[: max(0, limit)]


def test_what_is_merged_finds_what_its_parts_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings, "_AT_ONCE", 50)  # else all would be merged at once
    random = np.random.default_rng(3)
    terms = random.integers(0, 2**32, 40)
    vectors = []
    for _ in range(90):
        chosen = random.choice(terms, size=random.integers(0, 12), replace=False)
        vectors.append(SparseVector(chosen.tolist(), random.random(len(chosen)).astype(np.float32).tolist()))
    parts = [Postings.of(first, vectors[first : first + 30]) for first in (0, 30, 60)]
    live = random.random(90) < 0.8
    query = SparseVector(terms[:5].tolist(), [1.0, 2.0, 1.0, 0.5, 1.0])
    rows, scores = postings.best(parts, query, 20, live, None)
    assert len(rows) == 20
    for merged in (
        postings.merge(parts, None, live),
        postings.merge(parts, tmp_path / "all", live),
        Postings.load(tmp_path / "all"),
    ):
        assert merged.covered == 90
        assert len(merged.rows) == sum(int(live[part.rows].sum()) for part in parts)
        again, same = postings.best([merged], query, 20, live, None)
        assert again.tolist() == rows.tolist()
        np.testing.assert_allclose(same, scores, rtol=1e-6)


def test_many_small_parts_become_few(tmp_path: Path) -> None:
    parts: tuple[Postings, ...] = ()
    for row in range(300):
        live = np.ones(row + 1, np.bool_)
        parts = postings.joined((*parts, Postings.of(row, [SparseVector([row % 7], [1.0])])), live)
    assert len(parts) <= 5
    assert sum(part.covered for part in parts) == 300
    assert len(postings.best(parts, SparseVector([3], [1.0]), 1000, live, None)[0]) == 43
