"""Embedding with onnxruntime: the default model, or a folder with `model.onnx`, `tokenizer.json` and `embedder.json`. No torch and no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Encoding

from indexes.embedding import Vectors
from indexes.embedding.spec import FILE, EmbedderSpec
from indexes.embedding.vectors import unit_vectors
from indexes.embedding.weights import BGE_SMALL, fingerprint, weights_folder
from indexes.onnx_model import OnnxModel, batches_of_like_length


class OnnxEmbedder:
    """A text encoder on onnxruntime; bge-small-en-v1.5 where no folder is named. Safe to share between threads.

    Raises `ModelMissingError` where the folder lacks a file, `ModelError` where one is damaged.
    """

    def __init__(self, folder: Path | None = None, threads: int | None = None) -> None:
        if folder is None:
            folder, self.spec = weights_folder(), BGE_SMALL
            self.name = BGE_SMALL.name
            self.model = OnnxModel(folder, self.spec.max_tokens, threads)
        else:
            self.spec = EmbedderSpec.read(folder)
            self.model = OnnxModel(folder, self.spec.max_tokens, threads)
            # Of a large model the weights are not in `model.onnx` but beside it: `model.onnx_data`, `model.onnx.data`.
            files = [*folder.glob("model.onnx*"), folder / "tokenizer.json", folder / FILE]
            self.name = f"{self.spec.name}@{fingerprint(files)}"
        self.dimension = self.spec.dimension

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of shape (len(texts), dimension). Identical texts are embedded once; batches hold texts of like length."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        places: dict[str, list[int]] = {}
        for place, text in enumerate(texts):
            places.setdefault(text, []).append(place)
        unique = list(places)
        encodings = self.model.encode([self.spec.passage_prefix + text for text in unique])
        for batch in batches_of_like_length(encodings):
            for row, vector in zip(batch, self._pooled([encodings[i] for i in batch]), strict=True):
                vectors[places[unique[row]]] = vector
        return vectors

    def embed_query(self, text: str) -> Vectors:
        """A unit vector of shape (dimension,) for a search query."""
        vector: Vectors = self._pooled(self.model.encode([self.spec.query_prefix + text]))[0]
        return vector

    def _pooled(self, encodings: Sequence[Encoding]) -> Vectors:
        states = self.model.run(encodings)
        if states.ndim != 3:  # some exports pool within the graph
            pooled = states
        elif self.spec.pooling == "cls":
            pooled = states[:, 0]
        else:
            mask = np.zeros(states.shape[:2], dtype=np.float32)
            for row, each in enumerate(encodings):
                mask[row, : len(each.ids)] = 1
            pooled = (states * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return unit_vectors(pooled, len(encodings), self.dimension, self.name)
