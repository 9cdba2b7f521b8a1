"""The weights of ranking, kept with each index version: what was tuned on one embedder's scores is wrong on another's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from indexes.errors import IncompatibleIndexError
from indexes.queries import QueryKind

DEEPEST = 10_000
"""Candidates, and hits that are read again: a manifest that asks for more would have every question take all memory."""
# Chosen on the development sets by cross-validation over queries: docs/retrieval.md.
_DENSE_WEIGHTS = {
    QueryKind.QUESTION: 0.7,
    QueryKind.CLAIM: 0.55,
    QueryKind.KEYWORDS: 0.55,
    QueryKind.PATIENT: 1.0,
}


@dataclass(frozen=True, slots=True)
class Ranking:
    """How the parts of a score are put together; all weights are in [0, 1].

    `dense_weights`: share of the dense part in the blend, by sort of query, the rest is BM25's. `depth`: candidates that each part gives.
    `reranked`: how many of the best a reranker reads; `reranker_weight`: its share in their order. `prior_weight`: how much of the evidence
    prior is added to a score.
    """

    dense_weights: Mapping[QueryKind, float] = field(default_factory=lambda: dict(_DENSE_WEIGHTS))
    depth: int = 200
    reranked: int = 20
    reranker_weight: float = 0.3
    prior_weight: float = 0.05

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready mapping that `from_json` turns back into an equal ranking."""
        return asdict(self) | {"dense_weights": {str(kind): weight for kind, weight in self.dense_weights.items()}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Ranking:
        """The ranking that `to_json` wrote; what is missing has its default. Raises `IncompatibleIndexError` where it makes no sense."""
        try:
            _check_names(data, {each.name for each in fields(cls)})
            values = dict(data)
            if "dense_weights" in values:
                told = {QueryKind(kind): float(weight) for kind, weight in values["dense_weights"].items()}
                values["dense_weights"] = _DENSE_WEIGHTS | told
            ranking = cls(**values)
        except (TypeError, ValueError, AttributeError) as error:
            raise IncompatibleIndexError(
                f"The index's ranking weights make no sense ({error}). Build it again with the usual ones: citewell library reindex"
            ) from error
        return ranking

    def __post_init__(self) -> None:
        """Raises `ValueError` where a weight makes no sense."""
        shares = (*self.dense_weights.values(), self.reranker_weight, self.prior_weight)
        if not all(0 <= share <= 1 for share in shares):
            raise ValueError("a weight is not between 0 and 1")
        whole = all(type(count) is int and count <= DEEPEST for count in (self.depth, self.reranked))
        if not whole or self.depth < 1 or self.reranked < 0:
            raise ValueError(
                f"the depth is no whole number from 1 to {DEEPEST:,}, or that of the reranked none from 0 on"
            )


def _check_names(data: Mapping[str, Any], known: set[str]) -> None:
    if unknown := set(data) - known:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
