"""Postings find the best rows, whatever they were merged of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
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


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.booleans(), st.sampled_from([1.0, 0.9]))
def test_scores_are_bm25_with_the_share_of_what_stands(seed: int, limit: int, filtered: bool, standing: float) -> None:
    random = np.random.default_rng(seed)
    size = 3000
    vectors: list[dict[int, float]] = [{} for _ in range(size)]
    for term, share in enumerate(random.choice([0.001, 0.01, 0.1, 0.6, 0.95], random.integers(1, 7))):
        for row in np.flatnonzero(random.random(size) < share).tolist():
            vectors[row][term] = float(np.float32(random.random() + 0.2))
    sparse = [SparseVector(list(each), list(each.values())) for each in vectors]
    parts = [Postings.of(0, sparse[:2000]), Postings.of(2000, sparse[2000:])]
    live = random.random(size) < standing
    allowed = random.random(size) < 0.4 if filtered else None
    terms = list(range(7))
    rows, scores = postings.best(parts, SparseVector(terms, [1.0] * 7), limit, live, allowed)

    present = int(live.sum())
    having = [sum(live[row] and term in vectors[row] for row in range(size)) for term in terms]
    idf = [np.log(1 + (present - n + 0.5) / (n + 0.5)) for n in having]
    may = live if allowed is None else live & allowed
    true = {
        row: sum(idf[term] * weight for term, weight in vectors[row].items())
        for row in np.flatnonzero(may)
        if vectors[row]
    }
    assert scores.tolist() == pytest.approx(sorted(true.values(), reverse=True)[:limit], rel=1e-4)
    assert scores.tolist() == pytest.approx([true[row] for row in rows], rel=1e-4)


def test_many_small_parts_become_few(tmp_path: Path) -> None:
    parts: tuple[Postings, ...] = ()
    for row in range(300):
        live = np.ones(row + 1, np.bool_)
        parts = postings.joined((*parts, Postings.of(row, [SparseVector([row % 7], [1.0])])), live)
    assert len(parts) <= 5
    assert sum(part.covered for part in parts) == 300
    assert len(postings.best(parts, SparseVector([3], [1.0]), 1000, live, None)[0]) == 43
