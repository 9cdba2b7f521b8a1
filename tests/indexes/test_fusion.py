"""Two rankings become one: bounded, monotone, and never dependent on the order things arrive in."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.fusion import blend, min_max, reciprocal_rank

KEYS = st.sampled_from("abcdefgh")
COSINES = st.dictionaries(KEYS, st.floats(-1, 1, width=32))
BM25 = st.dictionaries(KEYS, st.floats(0.0078125, 60, width=32))
WEIGHTS = st.floats(0, 1)


def best(scores: Mapping[str, float]) -> list[str]:
    return sorted(scores, key=lambda key: (-scores[key], key))


@given(COSINES)
def test_min_max_spans_zero_to_one_and_keeps_the_order(scores: dict[str, float]) -> None:
    stretched = min_max(scores)
    assert stretched.keys() == scores.keys()
    assert all(0 <= value <= 1 for value in stretched.values())
    assert all(stretched[a] <= stretched[b] for a in scores for b in scores if scores[a] <= scores[b])
    if scores:
        assert max(stretched.values()) == 1


@given(COSINES, BM25, WEIGHTS)
def test_a_blend_is_bounded_and_forgets_nobody(
    dense: dict[str, float], lexical: dict[str, float], weight: float
) -> None:
    fused = blend(dense, lexical, weight)
    assert fused.keys() == dense.keys() | lexical.keys()
    assert all(0 <= value <= 1 for value in fused.values())


@given(COSINES, BM25, WEIGHTS)
def test_what_is_no_worse_by_either_part_is_no_worse_in_the_blend(
    dense: dict[str, float], lexical: dict[str, float], weight: float
) -> None:
    fused = blend(dense, lexical, weight)
    both = dense.keys() & lexical.keys()
    for a in both:
        for b in both:
            if dense[a] >= dense[b] and lexical[a] >= lexical[b]:
                assert fused[a] >= fused[b]


@given(COSINES, BM25)
def test_all_weight_on_one_part_ranks_as_that_part(dense: dict[str, float], lexical: dict[str, float]) -> None:
    for fused, part in ((blend(dense, lexical, 1.0), dense), (blend(dense, lexical, 0.0), lexical)):
        assert all(fused[a] <= fused[b] for a in part for b in part if part[a] <= part[b])
        assert all(fused[key] == 0 for key in fused.keys() - part.keys())


@given(BM25.filter(bool))
def test_a_passage_found_by_one_common_word_counts_more_than_one_found_by_none(lexical: dict[str, float]) -> None:
    assert all(value > 0 for value in blend({}, lexical, 0.7).values())


@given(st.lists(COSINES, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_reciprocal_rank_is_bounded_and_order_free(rankings: list[dict[str, float]], random: Random) -> None:
    fused = reciprocal_rank(*rankings)
    assert fused.keys() == {key for scores in rankings for key in scores}
    assert all(0 < value <= 1 + 1e-9 for value in fused.values())
    shuffled = list(rankings)
    random.shuffle(shuffled)
    assert reciprocal_rank(*shuffled) == pytest.approx(fused)


@given(COSINES, BM25)
def test_the_order_in_which_scores_arrive_changes_nothing(dense: dict[str, float], lexical: dict[str, float]) -> None:
    backwards = [dict(reversed(list(scores.items()))) for scores in (dense, lexical)]
    assert best(blend(*backwards, 0.7)) == best(blend(dense, lexical, 0.7))
    assert best(reciprocal_rank(*backwards)) == best(reciprocal_rank(dense, lexical))


@given(st.lists(COSINES, min_size=1, max_size=4))
def test_first_in_every_ranking_is_one_and_first(rankings: list[dict[str, float]]) -> None:
    fused = reciprocal_rank(*({**scores, "winner": 2.0} for scores in rankings))
    assert best(fused)[0] == "winner"
    assert fused["winner"] == pytest.approx(1)


def test_nothing_found_is_nothing() -> None:
    assert blend({}, {}, 0.7) == min_max({}) == reciprocal_rank({}, {}) == reciprocal_rank() == {}
