"""The dense vectors of passages: as an index has them, as far as it can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from indexes.embedding import Embedder, Vectors
from indexes.engines import Engine, point_id
from indexes.errors import IncompatibleIndexError
from indexes.passage import Passage

UNIT = 1e-3  # how far from 1 the length of a vector may be


def stored_vectors(engine: Engine, passages: Sequence[Passage]) -> Mapping[str, Vectors]:
    """By passage identifier, the vectors in the index of those passages whose words it has as they are. One that is no unit vector is left out."""
    points = {point_id(passage.passage_id): passage for passage in passages}
    try:
        there = engine.passages(list(points))
    except (
        IncompatibleIndexError,
        KeyError,
        TypeError,
        ValueError,
    ):  # payloads of an earlier layout: ledger and index agree all the same
        there = points
    vectors = engine.vectors(list(points))
    return {
        passage.passage_id: vectors[point]
        for point, passage in points.items()
        if point in there and there[point].embedding_text == passage.embedding_text and is_unit(vectors.get(point))
    }


def vectors_of(passages: Sequence[Passage], stored: Mapping[str, Vectors], embedder: Embedder) -> Vectors:
    """The passages' vectors, of shape (len(passages), dimension): those that are stored, and the others made."""
    new = [passage.embedding_text for passage in passages if passage.passage_id not in stored]
    made = dict(zip(new, embedder.embed_passages(new), strict=True)) if new else {}
    rows = [stored.get(passage.passage_id, made.get(passage.embedding_text)) for passage in passages]
    return np.stack([row for row in rows if row is not None])


def is_unit(vector: Vectors | None) -> bool:
    """Whether that is a vector of length 1: one of no numbers or of zeros is not."""
    return vector is not None and bool(abs(float(np.linalg.norm(vector)) - 1) < UNIT)
