"""From a trained checkpoint back to int8 ONNX: its weights go into the graph that it came from, which stays as small and as quick as it was."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from indexes.embedding.onnx import OnnxEmbedder
from indexes.embedding.spec import EmbedderSpec
from indexes.errors import ModelError
from indexes.finetuning.checkpoint import load_embedder_checkpoint, load_reranker_checkpoint
from indexes.finetuning.onnx_graph import load_graph, write_parameters
from indexes.reranking.onnx import OnnxReranker

LARGEST = 35 * 10**6  # bytes of a model.onnx


def export_embedder(checkpoint: Path, base: Path, spec: EmbedderSpec, target: Path) -> None:
    """Write `model.onnx`, `tokenizer.json` and `embedder.json` to a folder. `base` is the ONNX folder that the checkpoint was made from.

    Raises `ModelError` where the two do not belong together, where training diverged, or where the model is larger than 35 MB.
    """
    _export(load_embedder_checkpoint(checkpoint, "cpu"), base, target)
    spec.write(target)


def export_reranker(checkpoint: Path, base: Path, target: Path) -> None:
    """Write `model.onnx` and `tokenizer.json` to a folder; the rest is as in `export_embedder`."""
    _export(load_reranker_checkpoint(checkpoint, "cpu"), base, target)


def embedder_agreement(checkpoint: Path, exported: Path, texts: Sequence[str]) -> float:
    """The mean cosine between the checkpoint's vectors and the exported model's: what quantisation left of the texts' meaning."""
    before = load_embedder_checkpoint(checkpoint, "cpu").encode_document(list(texts), show_progress_bar=False)
    after = OnnxEmbedder(exported).embed_passages(texts)
    return float((before * after).sum(axis=1).mean())


def reranker_agreement(checkpoint: Path, exported: Path, pairs: Sequence[tuple[str, str]]) -> float:
    """The correlation between the checkpoint's logits and the exported model's."""
    import torch

    model = load_reranker_checkpoint(checkpoint, "cpu")
    before = model.predict(list(pairs), activation_fn=torch.nn.Identity(), show_progress_bar=False)
    reranker = OnnxReranker(exported)
    after = [reranker.score(query, [text])[0] for query, text in pairs]
    return float(np.corrcoef(before, after)[0, 1])


def _export(model: Any, base: Path, target: Path) -> None:
    graph = load_graph(base)
    state = model.transformers_model.float().state_dict()
    write_parameters(graph, {name: tensor.numpy() for name, tensor in state.items()})
    body = graph.SerializeToString()
    if len(body) > LARGEST:
        raise ModelError(
            f"{base} is {len(body):,} bytes as int8 ONNX, more than {LARGEST:,}: start from a smaller model."
        )
    target.mkdir(parents=True, exist_ok=True)
    (target / "model.onnx").write_bytes(body)
    shutil.copyfile(base / "tokenizer.json", target / "tokenizer.json")
