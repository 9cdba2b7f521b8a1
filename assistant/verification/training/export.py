"""From a trained verifier to what runs: its weights go back into the int8 graph that they came from, which gets a head of three logits."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.verification.labels import LABELS
from assistant.verification.neural import MODEL, SPEC, NeuralVerifier, VerifierSpec
from assistant.verification.training.base import HEAD, load_trainable
from indexes.embedding.weights import RERANKER, weights_folder
from indexes.errors import ModelError
from indexes.finetuning.export import LARGEST
from indexes.finetuning.onnx_graph import load_graph, write_parameters

if TYPE_CHECKING:
    from onnx import ModelProto

_BIAS, _OUTPUT = "classifier.bias", "logits"
_OLD_HEAD = "/classifier/"


def export_verifier(checkpoint: Path, spec: VerifierSpec, target: Path) -> None:
    """Write `model.onnx`, `tokenizer.json` and `verifier.json` to a folder. Raises `ModelError` where the model is too large or does not fit."""
    base = weights_folder(RERANKER)
    graph = load_graph(base)
    widen_head(graph)
    state = load_trainable(checkpoint).float().state_dict()
    write_parameters(graph, {name: tensor.numpy() for name, tensor in state.items()})
    body = graph.SerializeToString()
    if len(body) > LARGEST:
        raise ModelError(f"The verifier is {len(body):,} bytes as int8 ONNX, more than {LARGEST:,}.")
    target.mkdir(parents=True, exist_ok=True)
    (target / MODEL).write_bytes(body)
    shutil.copyfile(base / "tokenizer.json", target / "tokenizer.json")
    (target / SPEC).write_text(spec.model_dump_json(indent=1) + "\n", encoding="utf-8")


def widen_head(model: ModelProto) -> None:
    """Put a head of three logits, in single precision, in place of the quantised one of one logit. Its weights are zeros until they are written.

    Raises `ModelError` where the graph is not that of the MS MARCO cross-encoder.
    """
    from onnx import helper, numpy_helper

    graph = model.graph
    old = [node for node in graph.node if node.name.startswith(_OLD_HEAD) or node.name.startswith(f"{_OUTPUT}_MatMul")]
    quantised = next((node for node in old if node.op_type == "MatMulInteger"), None)
    if quantised is None or graph.output[0].name != _OUTPUT:
        raise ModelError(
            "The graph has no quantised classifier at its end: export into the cross-encoder of the wheel."
        )
    made = {name for node in old for name in node.output}
    maker = next(node for node in graph.node if quantised.input[0] in node.output)  # quantises what the head reads
    pooled = maker.input[0]
    for node in [*old, maker]:
        graph.node.remove(node)
    read = {name for node in graph.node for name in node.input} | {_BIAS}
    for tensor in [each for each in graph.initializer if each.name not in read]:
        graph.initializer.remove(tensor)
    for value in [each for each in graph.value_info if each.name in made]:
        graph.value_info.remove(value)
    width = next(tensor.dims[0] for tensor in graph.initializer if tensor.name == "bert.pooler.dense.bias")
    bias = next(tensor for tensor in graph.initializer if tensor.name == _BIAS)
    bias.CopyFrom(numpy_helper.from_array(np.zeros(len(LABELS), np.float32), _BIAS))
    graph.initializer.append(numpy_helper.from_array(np.zeros((len(LABELS), width), np.float32), HEAD))
    graph.node.append(helper.make_node("Gemm", [pooled, HEAD, _BIAS], [_OUTPUT], "/classifier/Gemm", transB=1))
    graph.output[0].type.tensor_type.shape.dim[1].dim_value = len(LABELS)


def verifier_agreement(checkpoint: Path, exported: Path, pairs: Sequence[tuple[str, str]]) -> float:
    """The mean correlation, over pairs, of the checkpoint's probabilities with the exported model's: what int8 arithmetic left of them."""
    import torch

    from assistant.verification.training.batches import read_tokenizer
    from assistant.verification.windows import closest_words

    verifier = NeuralVerifier(exported)
    model = load_trainable(checkpoint).eval()
    tokenizer = read_tokenizer(exported, verifier.spec.max_tokens)
    before = []
    for claim, evidence in pairs:
        encoding = tokenizer.encode(claim, closest_words(claim, evidence, verifier.spec.evidence_words))
        rows = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        with torch.no_grad():
            logits = model(**{name: torch.tensor([row]) for name, row in rows.items()}).logits[0]
        before.append((logits / verifier.spec.temperature).softmax(dim=0).numpy())
    after = verifier.probabilities(pairs)
    return float(np.corrcoef(np.concatenate(before), after.reshape(-1))[0, 1])
