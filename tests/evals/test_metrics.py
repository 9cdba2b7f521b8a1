"""Metrics against examples worked by hand, and what holds for any ranking."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.metrics import intervals
from evals.metrics.ranking import DEPTH, ranking_metrics

documents = st.sampled_from([f"d{number}" for number in range(20)])
grades = st.dictionaries(documents, st.integers(-1, 3), min_size=1).filter(lambda g: any(v > 0 for v in g.values()))
rankings = st.lists(documents, unique=True)


def test_values_worked_by_hand() -> None:
    judgements = {"q": {"a": 2, "b": 1, "c": 1, "x": 0}}
    values = ranking_metrics(judgements, {"q": ["b", "x", "a"]}, 10)
    gained = 1 / math.log2(2) + 2 / math.log2(4)
    best = 2 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert {name: by_query["q"] for name, by_query in values.items()} == pytest.approx(
        {"ndcg@10": gained / best, "recall@10": 2 / 3, "recall@100": 2 / 3, "mrr@10": 1.0, "p@10": 0.2}
    )


def test_the_cut_off_cuts() -> None:
    values = ranking_metrics({"q": {"a": 1, "b": 1}}, {"q": ["x", "a", "y", "b"]}, 2)
    assert {name: by_query["q"] for name, by_query in values.items()} == pytest.approx(
        {
            "ndcg@2": (1 / math.log2(3)) / (1 + 1 / math.log2(3)),
            "recall@2": 0.5,
            "recall@100": 1,
            "mrr@2": 0.5,
            "p@2": 0.5,
        }
    )


def test_the_first_relevant_beyond_the_cut_off_is_no_reciprocal_rank() -> None:
    ranking = [f"x{number}" for number in range(10)] + ["a"]
    assert ranking_metrics({"q": {"a": 1}}, {"q": ranking}, 10)["mrr@10"] == {"q": 0.0}


def test_a_query_without_a_ranking_scores_nothing() -> None:
    values = ranking_metrics({"q": {"a": 1}, "r": {"a": 1}}, {"q": ["a"], "r": []}, 10)
    assert all(by_query["r"] == 0 and list(by_query) == ["q", "r"] for by_query in values.values())


def test_cut_off_of_a_hundred_gives_each_metric_once() -> None:
    values = ranking_metrics({"q": {"a": 1}}, {"q": ["a"]}, DEPTH)
    assert list(values) == ["ndcg@100", "recall@100", "mrr@100", "p@100"]


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from("qrst"), st.tuples(grades, rankings), min_size=1), st.integers(1, 20))
def test_every_value_is_a_share(cases: dict[str, tuple[dict[str, int], list[str]]], k: int) -> None:
    judgements = {query: judged for query, (judged, _) in cases.items()}
    values = ranking_metrics(judgements, {query: ranking for query, (_, ranking) in cases.items()}, k)
    for by_query in values.values():
        assert set(by_query) == set(cases)
        assert all(0 <= value <= 1 + 1e-9 for value in by_query.values())


@settings(max_examples=60, deadline=None)
@given(grades, st.integers(1, 20))
def test_a_perfect_ranking_scores_one(judged: dict[str, int], k: int) -> None:
    perfect = sorted(judged, key=lambda document: -judged[document])
    values = ranking_metrics({"q": judged}, {"q": perfect}, k)
    for name in (f"ndcg@{k}", f"mrr@{k}", "recall@100"):
        assert values[name]["q"] == pytest.approx(1)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(1).random(50).tolist()
    first, again = (intervals.mean(values, resamples=500, seed=7) for _ in range(2))
    other = intervals.mean(values, resamples=500, seed=8)
    assert first == again
    assert (first.low, first.high) != (other.low, other.high)
    assert first.value == other.value == pytest.approx(np.mean(values))


def test_the_interval_is_that_of_the_normal_law_for_many_cases() -> None:
    values = np.random.default_rng(2).normal(0.5, 0.1, 2000)
    measure = intervals.mean(values.tolist(), resamples=4000, seed=0)
    half = 1.96 * values.std() / math.sqrt(len(values))
    assert measure.low == pytest.approx(values.mean() - half, abs=4e-4)
    assert measure.high == pytest.approx(values.mean() + half, abs=4e-4)


def test_one_case_has_no_spread_and_none_is_an_error() -> None:
    measure = intervals.mean([0.4], resamples=50, seed=0)
    assert (measure.low, measure.high, measure.n) == (0.4, 0.4, 1)
    with pytest.raises(ValueError, match="no case"):
        intervals.mean([], resamples=50, seed=0)


def test_percentiles_of_times() -> None:
    times = [float(number) for number in range(1, 102)]
    assert intervals.percentile(times, 50, resamples=200, seed=0).value == 51
    assert intervals.percentile(times, 95, resamples=200, seed=0).value == 96


def test_a_paired_difference_sees_what_two_means_do_not() -> None:
    theirs = np.random.default_rng(3).random(200)
    ours = theirs + 0.01
    difference = intervals.paired_difference(ours.tolist(), theirs.tolist(), "dense", resamples=500, seed=0)
    assert difference.low == pytest.approx(0.01)
    assert difference.high == pytest.approx(0.01)
    assert difference.baseline == "dense"
    with pytest.raises(ValueError, match="longer"):
        intervals.paired_difference([1.0], [1.0, 2.0], "dense", resamples=10, seed=0)
