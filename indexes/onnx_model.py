"""A transformer on onnxruntime: tokens in, the model's first output out. What the ONNX embedder and the ONNX reranker are made of."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before the import, which would start sending usage events

import onnxruntime
from tokenizers import Encoding, Tokenizer

from indexes.errors import ModelError, ModelMissingError
from indexes.turns import Turns

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
BATCH_TOKENS = 4096  # padded tokens a batch: larger ones gain nothing on two cores and cost memory


class OnnxModel:
    """`model.onnx` and `tokenizer.json` of one folder. Safe to share between threads, one batch of one thread at a time.

    Raises `ModelMissingError` where a file is missing, `ModelError` where one is damaged.
    """

    def __init__(self, folder: Path, max_tokens: int, threads: int | None = None) -> None:
        for name in ("model.onnx", "tokenizer.json"):
            if not (folder / name).is_file():
                raise ModelMissingError(f"{folder} has no {name}: name the folder of an ONNX model with its tokenizer.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or os.cpu_count() or 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._tokenizer.enable_truncation(max_tokens)
        except Exception as error:  # neither library has an error of its own that may be named
            raise ModelError(
                f"{folder} holds no model that can be read ({error}): install or export it again."
            ) from error
        self._folder = folder
        self._inputs = {node.name for node in self._session.get_inputs()}
        if strange := self._inputs - set(INPUTS):
            raise ModelError(f"{folder / 'model.onnx'} asks for {', '.join(sorted(strange))}: it is no model of texts.")
        self._tokenizer.no_padding()
        self._turns = Turns()  # one run at a time: two would only share the same cores

    def encode(self, texts: Sequence[str] | Sequence[tuple[str, str]]) -> list[Encoding]:
        """The tokens of texts, or of pairs of texts, as far as the model reads. Raises `ModelError` where its tokenizer fails."""
        try:
            encodings: list[Encoding] = self._tokenizer.encode_batch(list(texts))
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:  # a rule of the tokenizer that gives up is a panic, which is no `Exception`
            raise ModelError(
                f"The tokenizer in {self._folder} cannot take a text apart ({type(error).__name__}): use another model."
            ) from error
        return encodings

    def run(self, encodings: Sequence[Encoding]) -> NDArray[np.float32]:
        """The first output for a batch, whose first axis is the batch; where there are tokens an axis of them follows, padded to the longest.

        Raises `ModelError` where the model fails, as one does that has other tokens than its tokenizer.
        """
        width = max(len(each.ids) for each in encodings)
        feed = {name: np.zeros((len(encodings), width), np.int64) for name in INPUTS}
        for row, each in enumerate(encodings):
            length = len(each.ids)
            feed["input_ids"][row, :length] = each.ids
            feed["attention_mask"][row, :length] = 1
            feed["token_type_ids"][row, :length] = each.type_ids
        try:
            with self._turns:
                output = self._session.run(None, {name: feed[name] for name in self._inputs})[0]
            return np.asarray(output, dtype=np.float32)
        except Exception as error:  # the library has no error of its own that may be named
            raise ModelError(
                f"The model in {self._folder} fails at {len(encodings)} texts of {width} tokens ({str(error)[:300]}): its files do not belong "
                "together. Install or export it again."
            ) from error


def batches_of_like_length(encodings: Sequence[Encoding], tokens: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Indices grouped so that a batch's padded size stays within `tokens` and little of it is padding, the longest first."""
    batch: list[int] = []
    for index in sorted(range(len(encodings)), key=lambda i: len(encodings[i].ids), reverse=True):
        if batch and (len(batch) + 1) * len(encodings[batch[0]].ids) > tokens:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
