"""Rerankers: a Protocol, and the registry that opens one from its setting. A new backend is one file here and one line in `BACKENDS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from indexes.model_spec import Access, open_by_spec


class Reranker(Protocol):
    """Reads query and text together and says how well they go together. `name` identifies model and weights."""

    @property
    def name(self) -> str: ...

    def score(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """The model's raw logit of each text, in the order of `texts`: higher is better, comparable within one model only."""
        ...


def _onnx(folder: str, access: Access) -> Reranker:  # noqa: ARG001 - every backend is opened alike
    from indexes.reranking.onnx import OnnxReranker

    return OnnxReranker(Path(folder).expanduser() if folder else None)


def _sentence_transformers(model: str, access: Access) -> Reranker:
    from indexes.reranking.sentence_transformers import SentenceTransformersReranker

    return SentenceTransformersReranker(model, downloads=access.downloads)


DEFAULT = "ms-marco-minilm-l12-int8"
BACKENDS: dict[str, Callable[[str, Access], Reranker]] = {
    DEFAULT: _onnx,
    "onnx": _onnx,
    "sentence-transformers": _sentence_transformers,
}
FORMS = f"{DEFAULT}, onnx:FOLDER, sentence-transformers:MODEL"


def load_reranker(spec: str = DEFAULT, access: Access | None = None) -> Reranker:
    """The reranker that a setting names (`FORMS`). Raises `ModelMissingError` where it is unknown or not installed, `ModelError` where it fails."""
    return open_by_spec(spec, access or Access(), BACKENDS, "reranker", FORMS)
