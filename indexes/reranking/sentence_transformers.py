"""Reranking with sentence-transformers: any cross-encoder in a folder or by its name, on CPU or GPU."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from indexes.errors import ModelError
from indexes.torch_models import device_settings, find_model, model_name, need
from indexes.turns import Turns

BATCH = 32  # pairs


class SentenceTransformersReranker:
    """A cross-encoder with one logit a pair. Safe to share between threads, one call at a time.

    Raises `ModelMissingError` where the model or the `models` extra is not installed, `ModelError` where it is no such cross-encoder.
    """

    def __init__(self, model: str, *, downloads: bool = False) -> None:
        need("torch", "sentence_transformers")
        folder = find_model(model, downloads=downloads)
        self.name = model_name(model, folder)
        _must_judge(folder)
        from sentence_transformers import CrossEncoder

        device, weights = device_settings()
        try:
            self._model = CrossEncoder(str(folder), device=device, local_files_only=True, model_kwargs=weights)
        except Exception as error:  # of many libraries, each with errors of its own
            raise ModelError(f"{folder} holds no cross-encoder that can be loaded: {error}") from error
        if self._model.num_labels != 1:
            raise ModelError(f"{self.name} gives {self._model.num_labels} scores a pair: a reranker gives one.")
        self._turns = Turns()

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """The logit of each text for the query, in the order of `texts`."""
        if not texts:
            return []
        from torch.nn import Identity

        pairs = [(query, text) for text in texts]
        with self._turns:
            logits = self._model.predict(pairs, batch_size=BATCH, activation_fn=Identity(), show_progress_bar=False)
        if not np.isfinite(logits).all():
            raise ModelError(
                f"{self.name} gave scores that are no numbers (NaN or infinite): load it in another precision."
            )
        return [float(score) for score in logits]


def _must_judge(folder: Path) -> None:
    """Raises `ModelError` where the model has no head that gives a score: it would be loaded with one made by chance."""
    try:
        config = json.loads((folder / "config.json").read_bytes())
        heads = [str(each) for each in config.get("architectures") or ()]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{folder / 'config.json'} cannot be read: save the model again.") from error
    if heads and all(each.endswith(("Model", "ForMaskedLM")) for each in heads):
        raise ModelError(
            f"{folder} is an encoder ({', '.join(heads)}) and was not trained to judge pairs: name a cross-encoder."
        )
