"""The two parts of the model: the layers that stay as they are, whose states may be kept, and those that learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.verification.labelled import LabelledPair, labelled_digest
from assistant.verification.labels import LABELS
from assistant.verification.training.base import best_device, load_trainable
from assistant.verification.training.batches import Example, examples, in_batches, read_tokenizer, tensors
from assistant.verification.training.recipe import NeuralRecipe

if TYPE_CHECKING:
    from torch import Tensor

    from assistant.verification.training.loop import Tell

Key = tuple[str, str]


def lower(model: Any, inputs: Mapping[str, Tensor], layers: int) -> Tensor:
    """The states after the embeddings and the first `layers` layers, of shape (pairs, tokens, width)."""
    import torch

    mask = _mask(inputs)
    with torch.no_grad():
        states: Tensor = model.bert.embeddings(input_ids=inputs["input_ids"], token_type_ids=inputs["token_type_ids"])
        for layer in model.bert.encoder.layer[:layers]:
            states = layer(states, attention_mask=mask)
    return states


def upper(model: Any, states: Tensor, inputs: Mapping[str, Tensor], layers: int) -> Tensor:
    """The logits of the states that `lower` gave."""
    mask = _mask(inputs)
    for layer in model.bert.encoder.layer[layers:]:
        states = layer(states, attention_mask=mask)
    logits: Tensor = model.classifier(model.dropout(model.bert.pooler(states)))
    return logits


def _mask(inputs: Mapping[str, Tensor]) -> Tensor:
    return inputs["attention_mask"][:, None, None, :].bool()


class KeptStates:
    """The states of pairs after the frozen layers, in one file: folds and epochs share them, and each step costs what its few last layers cost.

    The file lies in `folder`, which is of one checkpoint. `examples` and `probabilities` know no other pairs than these.
    """

    def __init__(
        self, checkpoint: Path, pairs: Sequence[LabelledPair], recipe: NeuralRecipe, folder: Path, tell: Tell
    ) -> None:
        import torch

        if recipe.threads:
            torch.set_num_threads(recipe.threads)
        self._recipe = recipe
        tokenizer = read_tokenizer(checkpoint, recipe.max_tokens)
        unique = {(pair.claim, pair.evidence): pair for pair in pairs}
        made = examples(list(unique.values()), tokenizer, recipe)
        self._places: dict[Key, tuple[int, int]] = {}
        at = 0
        for key, each in zip(unique, made, strict=True):
            self._places[key] = (at, at := at + len(each.encoding.ids))
        self._plain = dict(zip(unique, made, strict=True))
        read = f"{recipe.frozen_layers}-{recipe.evidence_words}-{recipe.max_tokens}"
        kept = folder / f"states-{read}-{labelled_digest(unique.values())}.npy"
        if not kept.is_file():
            self._write(checkpoint, list(unique), at, kept, tell)
        self._states = np.load(kept, mmap_mode="r", allow_pickle=False)

    def examples(self, pairs: Sequence[LabelledPair]) -> list[Example]:
        """The pairs as examples with their states."""
        import torch

        found = []
        for pair in pairs:
            key = (pair.claim, pair.evidence)
            start, end = self._places[key]
            states = torch.from_numpy(np.array(self._states[start:end]))
            found.append(Example(self._plain[key].encoding, LABELS.index(pair.label), pair.two_class, states))
        return found

    def probabilities(self, checkpoint: Path, pairs: Sequence[LabelledPair]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """What a checkpoint with the same frozen layers says of the pairs, of shape (n, 3), in their order; in single precision, not int8."""
        import torch

        device = best_device()
        model = load_trainable(checkpoint).to(device).eval()
        found = np.zeros((len(pairs), len(LABELS)))
        known = self.examples(pairs)
        for rows in in_batches(known, self._recipe.batch_tokens):
            inputs = tensors([known[row] for row in rows], device)
            with torch.no_grad():
                logits = upper(model, inputs["states"], inputs, self._recipe.frozen_layers)
            found[rows] = logits.double().softmax(dim=1).cpu().numpy()
        return found

    def _write(self, checkpoint: Path, keys: Sequence[Key], tokens: int, kept: Path, tell: Tell) -> None:
        device = best_device()
        model = load_trainable(checkpoint).to(device).eval()
        beside = kept.with_suffix(".new.npy")
        beside.parent.mkdir(parents=True, exist_ok=True)
        states = np.lib.format.open_memmap(
            beside, mode="w+", dtype=np.float32, shape=(tokens, model.config.hidden_size)
        )
        plain = [self._plain[key] for key in keys]
        done = 0
        for rows in in_batches(plain, self._recipe.batch_tokens):
            tell("Reading the support sets", done, len(keys))
            inputs = tensors([plain[row] for row in rows], device)
            for row, found in zip(rows, lower(model, inputs, self._recipe.frozen_layers).cpu().numpy(), strict=True):
                start, end = self._places[keys[row]]
                states[start:end] = found[: end - start]
            done += len(rows)
        states.flush()
        beside.replace(kept)
