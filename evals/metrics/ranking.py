"""Metrics of a ranking against graded judgements, counted by `ir-measures` (pytrec_eval underneath): nDCG has trec_eval's linear gain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ir_measures
from ir_measures import RR, P, R, nDCG

DEPTH = 100
"""How many documents a ranking needs for `recall@100`."""


def ranking_metrics(
    judgements: Mapping[str, Mapping[str, int]], rankings: Mapping[str, Sequence[str]], k: int
) -> dict[str, dict[str, float]]:
    """Metric name -> query -> value in [0, 1], for every query of `judgements`; a query without a ranking scores 0.

    `judgements` holds query -> document -> grade (above 0 is relevant), `rankings` query -> documents, best first. `k` is the cut-off of all
    metrics but `recall@100`.
    """
    measures = {
        f"ndcg@{k}": nDCG @ k,
        f"recall@{k}": R @ k,
        f"recall@{DEPTH}": R @ DEPTH,
        f"mrr@{k}": RR @ k,
        f"p@{k}": P @ k,
    }
    # The order is the system's own: handing over ranks keeps trec_eval from breaking ties of scores its own way.
    run = {
        query: {document: float(-rank) for rank, document in enumerate(rankings.get(query, ()))} for query in judgements
    }
    values = {name: dict.fromkeys(judgements, 0.0) for name in measures}
    qrels = {query: dict(grades) for query, grades in judgements.items()}
    for found in ir_measures.iter_calc(set(measures.values()), qrels, run):
        for name, measure in measures.items():
            if measure == found.measure:
                values[name][found.query_id] = float(found.value)
    return values
