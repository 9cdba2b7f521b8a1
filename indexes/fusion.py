"""Ways to make one ranking of two: min-max blend (default) and reciprocal rank fusion."""

from __future__ import annotations

from collections.abc import Mapping

RRF_K = 60  # Cormack, Clarke and Büttcher, SIGIR 2009


def min_max(scores: Mapping[str, float], low: float | None = None) -> dict[str, float]:
    """Scores stretched to [0, 1], from `low` (the lowest score where not given) to the highest; all 1 where they are equal."""
    if not scores:
        return {}
    low = min(scores.values()) if low is None else low
    high = max(scores.values())
    if high <= low:
        return dict.fromkeys(scores, 1.0)
    return {key: (score - low) / (high - low) for key, score in scores.items()}


def blend(dense: Mapping[str, float], lexical: Mapping[str, float], dense_weight: float) -> dict[str, float]:
    """Weighted sum of min-max normalised scores, in [0, 1]; a part that did not find a key counts 0 for it.

    BM25 is stretched from its theoretical minimum 0, so that a passage found by one common word does not count as much as none
    (Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", ACM TOIS 2023).
    """
    a, b = min_max(dense), min_max(lexical, 0.0)
    return {
        key: dense_weight * a.get(key, 0.0) + (1 - dense_weight) * b.get(key, 0.0)
        for key in dict.fromkeys([*dense, *lexical])
    }


def reciprocal_rank(*rankings: Mapping[str, float], k: int = RRF_K) -> dict[str, float]:
    """Sum over rankings of 1 / (k + rank), scaled by (k + 1) / n so that 1 means first in all n of them."""
    fused: dict[str, float] = {}
    for scores in rankings:
        for rank, key in enumerate(sorted(scores, key=lambda key: (-scores[key], key)), start=1):
            fused[key] = fused.get(key, 0.0) + (k + 1) / (k + rank) / len(rankings)
    return fused
