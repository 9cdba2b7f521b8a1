"""What every embedder's answer must be before it may enter an index."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.embedding import Vectors
from indexes.errors import ModelError


def unit_vectors(raw: NDArray[Any], rows: int, dimension: int, model: str) -> Vectors:
    """The rows scaled to length 1. Raises `ModelError` naming `model` where the shape is not (rows, dimension), or a vector is zero or no number."""
    if raw.shape != (rows, dimension):
        raise ModelError(
            f"{model} gave vectors of shape {raw.shape} instead of {(rows, dimension)}: it is not the model it is said to be."
        )
    lengths = np.linalg.norm(raw.astype(np.float32), axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise ModelError(f"{model} gave vectors that are no numbers (NaN or infinite): load it in another precision.")
    if not lengths.all():
        raise ModelError(
            f"{model} gave vectors of zeros, which are similar to nothing: its weights are not those of an embedder."
        )
    unit: Vectors = (raw / lengths).astype(np.float32)
    return unit
