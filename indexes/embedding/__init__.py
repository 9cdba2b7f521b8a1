"""Embedders: a Protocol, and the registry that opens one from its setting. A new backend is one file here and one line in `BACKENDS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexes.model_spec import Access, open_by_spec

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Texts in, unit vectors out. `name` identifies model and weights: indexes built under different names never mix."""

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of shape (len(texts), dimension), in the order of `texts`."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """A unit vector of shape (dimension,)."""
        ...


def _onnx(folder: str, access: Access) -> Embedder:  # noqa: ARG001 - every backend is opened alike
    from indexes.embedding.onnx import OnnxEmbedder

    return OnnxEmbedder(Path(folder).expanduser() if folder else None)


def _sentence_transformers(model: str, access: Access) -> Embedder:
    from indexes.embedding.sentence_transformers import SentenceTransformersEmbedder

    return SentenceTransformersEmbedder(model, downloads=access.downloads)


def _openai(model: str, access: Access) -> Embedder:
    from indexes.embedding.openai import OpenAiEmbedder

    return OpenAiEmbedder.from_spec(model, access.api_key)


DEFAULT = "bge-small-en-v1.5-int8"
BACKENDS: dict[str, Callable[[str, Access], Embedder]] = {
    DEFAULT: _onnx,
    "onnx": _onnx,
    "openai": _openai,
    "sentence-transformers": _sentence_transformers,
}
FORMS = f"{DEFAULT}, onnx:FOLDER, sentence-transformers:MODEL, openai:MODEL@URL"


def load_embedder(spec: str = DEFAULT, access: Access | None = None) -> Embedder:
    """The embedder that a setting names (`FORMS`). Raises `ModelMissingError` where it is unknown or not installed, `ModelError` where it fails."""
    return open_by_spec(spec, access or Access(), BACKENDS, "embedder", FORMS)
