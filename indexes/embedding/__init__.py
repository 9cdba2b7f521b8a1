"""Embedders: a Protocol, and the registry that opens one by name. A new backend is one file here and one line in `BACKENDS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexes.errors import ModelMissingError

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Texts in, unit vectors out. `name` identifies model and weights: indexes built under different names never mix."""

    name: str
    dimension: int

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of shape (len(texts), dimension), in the order of `texts`."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """A unit vector of shape (dimension,)."""
        ...


def _onnx() -> Embedder:
    from indexes.embedding.onnx import OnnxEmbedder

    return OnnxEmbedder()


BACKENDS: dict[str, Callable[[], Embedder]] = {"bge-small-en-v1.5-int8": _onnx}
DEFAULT = "bge-small-en-v1.5-int8"


def load_embedder(name: str = DEFAULT) -> Embedder:
    """The embedder of that name. Raises `ModelMissingError` where it is unknown or its weights are not installed."""
    if name not in BACKENDS:
        raise ModelMissingError(f"There is no embedder named {name!r}. Known: {', '.join(sorted(BACKENDS))}.")
    return BACKENDS[name]()
