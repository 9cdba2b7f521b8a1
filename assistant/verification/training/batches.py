"""Which pairs make a step: of like length, so that little is padded, and in the same order for the same seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenizers import Encoding, Tokenizer

from assistant.verification.labelled import LabelledPair
from assistant.verification.labels import LABELS
from assistant.verification.training.recipe import NeuralRecipe
from assistant.verification.windows import closest_words

if TYPE_CHECKING:
    from torch import Tensor

_POOL = 20  # batches whose pairs are sorted together: lengths become alike, and the order stays one of chance


@dataclass(frozen=True, slots=True)
class Example:
    """The tokens of a pair, the number of its label, whether neutral says only "not supported"; its states after the frozen layers, if kept."""

    encoding: Encoding
    label: int
    two_class: bool
    states: Tensor | None = None


def read_tokenizer(folder: Path, max_tokens: int) -> Tokenizer:
    """The tokenizer of a model's folder, which cuts the evidence of a pair first."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer


def examples(pairs: Sequence[LabelledPair], tokenizer: Tokenizer, recipe: NeuralRecipe) -> list[Example]:
    """The pairs as the model reads them."""
    texts = [(pair.claim, closest_words(pair.claim, pair.evidence, recipe.evidence_words)) for pair in pairs]
    return [
        Example(encoding, LABELS.index(pair.label), pair.two_class)
        for encoding, pair in zip(tokenizer.encode_batch(texts), pairs, strict=True)
    ]


def plan_batches(known: Sequence[Example], recipe: NeuralRecipe) -> list[list[Example]]:
    """All steps of the training, in an order by chance: each example once an epoch."""
    draw = random.Random(recipe.seed)  # noqa: S311 - reproducible, not secret
    planned: list[list[Example]] = []
    average = max(1, sum(len(each.encoding.ids) for each in known) // len(known))
    pool = max(1, _POOL * recipe.batch_tokens // average)
    for _ in range(recipe.epochs):
        order = draw.sample(list(known), len(known))
        for at in range(0, len(order), pool):
            pooled = order[at : at + pool]
            cut = in_batches(pooled, recipe.batch_tokens)
            planned += [[pooled[row] for row in batch] for batch in draw.sample(cut, len(cut))]
    return planned


def in_batches(known: Sequence[Example], tokens: int) -> list[list[int]]:
    """Indices of examples of like length, so many that a batch's padded size stays within `tokens`."""
    order = sorted(range(len(known)), key=lambda row: len(known[row].encoding.ids))
    batches: list[list[int]] = [[]]
    for row in order:
        if batches[-1] and (len(batches[-1]) + 1) * len(known[row].encoding.ids) > tokens:
            batches.append([])
        batches[-1].append(row)
    return [batch for batch in batches if batch]


def tensors(batch: Sequence[Example], device: str) -> dict[str, Tensor]:
    """What a BERT takes, padded to the longest of the batch."""
    import torch

    width = max(len(each.encoding.ids) for each in batch)

    def padded(rows: Sequence[Sequence[int]]) -> Any:
        return torch.tensor([[*row, *[0] * (width - len(row))] for row in rows], device=device)

    kept = {}
    if batch[0].states is not None:
        kept["states"] = torch.zeros((len(batch), width, batch[0].states.shape[1]), device=device)
        for row, each in enumerate(batch):
            kept["states"][row, : len(each.encoding.ids)] = each.states  # type: ignore[assignment]
    return kept | {
        "input_ids": padded([each.encoding.ids for each in batch]),
        "attention_mask": padded([each.encoding.attention_mask for each in batch]),
        "token_type_ids": padded([each.encoding.type_ids for each in batch]),
    }


def loss_of(logits: Tensor, batch: Sequence[Example]) -> Tensor:
    """Cross-entropy; where neutral says only "not supported", of the probability of contradiction and neutral together."""
    import torch

    logs = logits.float().log_softmax(dim=1)
    labels = torch.tensor([each.label for each in batch], device=logits.device)
    loss = -logs.gather(1, labels[:, None])[:, 0]
    unsure = torch.tensor([each.two_class and LABELS[each.label] == "neutral" for each in batch], device=logits.device)
    support = LABELS.index("support")
    rest = [number for number in range(len(LABELS)) if number != support]
    return torch.where(unsure, -logs[:, rest].logsumexp(dim=1), loss).mean()
