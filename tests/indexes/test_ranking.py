"""The weights that are kept with an index."""

from __future__ import annotations

import json
from typing import Any

import pytest

from indexes.errors import IncompatibleIndexError
from indexes.queries import QueryKind
from indexes.ranking import Ranking


def test_weights_survive_the_manifest() -> None:
    ranking = Ranking(dense_weights=dict.fromkeys(QueryKind, 0.4), depth=50, prior_weight=0.1)
    assert Ranking.from_json(json.loads(json.dumps(ranking.to_json()))) == ranking
    assert Ranking.from_json({}) == Ranking()


def test_a_part_of_the_weights_leaves_the_others_as_they_are() -> None:
    ranking = Ranking.from_json({"dense_weights": {"claim": 0.1}})
    assert ranking.dense_weights[QueryKind.CLAIM] == 0.1
    assert ranking.dense_weights[QueryKind.QUESTION] == Ranking().dense_weights[QueryKind.QUESTION]


@pytest.mark.parametrize(
    "data",
    [
        {"dense_weights": {"sonnet": 0.5}},
        {"dense_weights": {"claim": "much"}},
        {"dense_weights": {"claim": 1.5}},
        {"dense_weights": [0.5]},
        {"prior_weight": -1},
        {"depth": 0},
        {"depth": 1.5},
        {"reranked": "20"},
        {"depth": 10**12},
        {"depth": True},
        {"reranked": 10**12},
        {"reranker_weight": float("nan")},
        {"colour": "blue"},
    ],
)
def test_weights_that_make_no_sense_are_refused_with_the_mend(data: dict[str, Any]) -> None:
    with pytest.raises(IncompatibleIndexError, match="reindex"):
        Ranking.from_json(data)
