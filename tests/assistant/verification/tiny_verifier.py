"""A verifier small enough to make in a test: it looks each token up in a table of three numbers and adds them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from assistant.verification.neural import MODEL, SPEC, VerifierSpec
from indexes.embedding.weights import RERANKER, weights_folder

VOCABULARY = 30_522


def write_tiny(folder: Path, logits: int = 3, **spec: float) -> Path:
    """A folder that `NeuralVerifier` opens, with the cross-encoder's tokenizer."""
    from onnx import TensorProto, helper, numpy_helper, save

    table = np.random.default_rng(7).normal(size=(VOCABULARY, logits)).astype(np.float32)
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "sequence"])
    answer = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", logits])
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["looked_up"]),
        helper.make_node("ReduceMean", ["looked_up"], ["logits"], axes=[1], keepdims=0),
    ]
    graph = helper.make_graph(nodes, "tiny", [ids], [answer], [numpy_helper.from_array(table, "table")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    folder.mkdir(parents=True, exist_ok=True)
    save(model, str(folder / MODEL))
    shutil.copyfile(weights_folder(RERANKER) / "tokenizer.json", folder / "tokenizer.json")
    (folder / SPEC).write_text(VerifierSpec(name="tiny", **spec).model_dump_json(), encoding="utf-8")
    return folder
