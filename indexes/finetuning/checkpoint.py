"""A trainable model on the disk: what sentence-transformers loads, read and written without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indexes.errors import ModelMissingError
from indexes.torch_models import need

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, SentenceTransformer


def need_models_extra() -> None:
    """Have all that trains models at hand. Raises `ModelMissingError` with the mend."""
    need("torch", "sentence_transformers", "datasets", "accelerate", "onnx")


def load_embedder_checkpoint(folder: Path, device: str | None = None) -> SentenceTransformer:
    """The embedder in a checkpoint's folder, on that device, or the best there is. Raises `ModelMissingError`."""
    need_models_extra()
    from sentence_transformers import SentenceTransformer

    _must_be_there(folder)
    return SentenceTransformer(str(folder), device=device, local_files_only=True)


def load_reranker_checkpoint(folder: Path, device: str | None = None) -> CrossEncoder:
    """The cross-encoder in a checkpoint's folder, on that device, or the best there is. Raises `ModelMissingError`."""
    need_models_extra()
    from sentence_transformers import CrossEncoder

    _must_be_there(folder)
    model: CrossEncoder = CrossEncoder(str(folder), device=device, local_files_only=True)
    return model


def _must_be_there(folder: Path) -> None:
    if not (folder / "config.json").is_file():
        raise ModelMissingError(f"{folder} is no checkpoint: it has no config.json. Make one with dequantise.")
