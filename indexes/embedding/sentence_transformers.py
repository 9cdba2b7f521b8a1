"""Embedding with sentence-transformers: any model in a folder or by its name, on CPU or GPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from indexes.embedding import Vectors
from indexes.embedding.vectors import unit_vectors
from indexes.errors import ModelError
from indexes.torch_models import device_settings, find_model, model_name, need
from indexes.turns import Turns

CPU_BATCH = 32  # texts: larger batches gain nothing on processors
GPU_BATCHES = (8, 1024)
ACTIVATIONS = 16  # numbers that a layer holds for each of a token's states, with room to spare


class SentenceTransformersEmbedder:
    """A sentence-transformers model with its own pooling and prompts. Safe to share between threads, one call at a time.

    Raises `ModelMissingError` where the model or the `models` extra is not installed, `ModelError` where its files are damaged.
    """

    def __init__(self, model: str, *, downloads: bool = False) -> None:
        need("torch", "sentence_transformers")
        folder = find_model(model, downloads=downloads)
        self.name = model_name(model, folder)
        from sentence_transformers import SentenceTransformer

        device, weights = device_settings()
        try:
            self._model = SentenceTransformer(str(folder), device=device, local_files_only=True, model_kwargs=weights)
        except Exception as error:  # of many libraries, each with errors of its own
            raise ModelError(f"{folder} holds no model that sentence-transformers can load: {error}") from error
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise ModelError(f"{self.name} does not say what dimension its vectors have: it is no sentence embedder.")
        self.dimension = dimension
        self._batch = _batch_size(device, dimension, self._model.max_seq_length or 512)
        self._turns = Turns()

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of shape (len(texts), dimension). On a GPU whose memory is short, batches get smaller until they fit."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        import torch

        with self._turns:
            while True:
                try:
                    return self._unit(self._model.encode_document(list(texts), **self._how()), len(texts))
                except torch.OutOfMemoryError as error:
                    if self._batch == 1:
                        raise ModelError(
                            f"{self.name} does not fit the GPU's memory: free some, or use a smaller model."
                        ) from error
                    self._batch //= 2
                    torch.cuda.empty_cache()

    def embed_query(self, text: str) -> Vectors:
        """A unit vector of shape (dimension,) for a search query."""
        with self._turns:
            vector: Vectors = self._unit(self._model.encode_query([text], **self._how()), 1)[0]
        return vector

    def _how(self) -> dict[str, Any]:
        return {"batch_size": self._batch, "show_progress_bar": False, "convert_to_numpy": True}

    def _unit(self, raw: Any, rows: int) -> Vectors:
        return unit_vectors(np.asarray(raw), rows, self.dimension, self.name)


def _batch_size(device: str, dimension: int, tokens: int) -> int:
    """Texts of full length whose activations take half the GPU's free memory; see `CPU_BATCH` without one."""
    if device != "cuda":
        return CPU_BATCH
    import torch

    free, _ = torch.cuda.mem_get_info()
    a_text = tokens * dimension * ACTIVATIONS * 4
    least, most = GPU_BATCHES
    return max(least, min(most, free // 2 // a_text))
