"""A trainable model on the disk: what sentence-transformers loads, read and written without a network."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING

from indexes.errors import ModelMissingError

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, SentenceTransformer


def need_models_extra() -> None:
    """Have what trains models at hand, and silent: nothing is fetched or reported. Raises `ModelMissingError` with the mend."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when the library is imported
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    for name in ("torch", "sentence_transformers", "datasets", "accelerate", "onnx"):
        if importlib.util.find_spec(name) is None:
            raise ModelMissingError(f"Training needs {name}: pip install 'citewell[models]'.")
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


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
