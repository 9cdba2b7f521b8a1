"""The default embedder: bge-small-en-v1.5 (int8 ONNX, 384 dimensions), run with onnxruntime, no torch and no network.

Model card: BAAI/bge-small-en-v1.5 (MIT). Pooling is the first token's state, L2-normalised; queries carry the model's instruction.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import numpy as np

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before the import, which would start sending usage events

import onnxruntime
from tokenizers import Encoding, Tokenizer

from indexes.embedding import DEFAULT, Vectors
from indexes.embedding.turns import Turns
from indexes.embedding.weights import weights_folder

MAX_TOKENS = 512
BATCH_TOKENS = 4096  # padded tokens a batch: larger ones gain nothing on two cores and cost memory
QUERY_INSTRUCTION = "Represent this sentence for searching relevant passages: "


class OnnxEmbedder:
    """bge-small-en-v1.5 on onnxruntime. Safe to share between threads."""

    name = DEFAULT
    dimension = 384

    def __init__(self, threads: int | None = None) -> None:
        folder = weights_folder()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or os.cpu_count() or 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {node.name for node in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()
        self._turns = Turns()  # one run at a time: two would only share the same cores

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of shape (len(texts), 384). Identical texts are embedded once; batches hold texts of like length."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        places: dict[str, list[int]] = {}
        for place, text in enumerate(texts):
            places.setdefault(text, []).append(place)
        unique = list(places)
        encodings = self._tokenizer.encode_batch(unique)
        for batch in _batches(encodings):
            for row, vector in zip(batch, self._run([encodings[i] for i in batch]), strict=True):
                vectors[places[unique[row]]] = vector
        return vectors

    def embed_query(self, text: str) -> Vectors:
        """A unit vector of shape (384,) for a search query."""
        vector: Vectors = self._run([self._tokenizer.encode(QUERY_INSTRUCTION + text)])[0]
        return vector

    def _run(self, encodings: Sequence[Encoding]) -> Vectors:
        width = max(len(e.ids) for e in encodings)
        ids = np.zeros((len(encodings), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        with self._turns:
            states = self._session.run(None, {name: feed[name] for name in self._inputs})[0]
        first: Vectors = np.asarray(states, dtype=np.float32)[:, 0]
        unit: Vectors = first / np.linalg.norm(first, axis=1, keepdims=True)
        return unit


def _batches(encodings: Sequence[Encoding]) -> Iterator[list[int]]:
    """Indices grouped so that a batch's padded size stays within `BATCH_TOKENS` and little of it is padding."""
    batch: list[int] = []
    for index in sorted(range(len(encodings)), key=lambda i: len(encodings[i].ids), reverse=True):
        if batch and (len(batch) + 1) * len(encodings[batch[0]].ids) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
