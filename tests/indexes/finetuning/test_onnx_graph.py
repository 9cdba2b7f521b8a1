"""Parameters out of a quantised graph and back into it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexes.embedding.weights import RERANKER, weights_folder
from indexes.errors import ModelError, ModelMissingError
from indexes.finetuning.onnx_graph import load_graph, read_parameters, write_parameters

pytest.importorskip("onnx", reason="pip install 'citewell[models]'")

EMBEDDER_PARAMETERS = 197  # of a BERT with 12 layers and no pooler
LAYER = "encoder.layer.3.attention.self.value.weight"


@pytest.mark.parametrize(
    ("folder", "parameters"), [(weights_folder(), EMBEDDER_PARAMETERS), (weights_folder(RERANKER), 201)]
)
def test_what_is_read_can_be_written_back_without_changing_anything(folder: Path, parameters: int) -> None:
    graph = load_graph(folder)
    before = read_parameters(graph)
    write_parameters(graph, before)
    after = read_parameters(graph)
    assert len(after) == parameters
    assert all(np.allclose(before[name], after[name], atol=1e-6) for name in before)


def test_new_weights_are_kept_to_half_a_step() -> None:
    graph = load_graph(weights_folder())
    parameters = read_parameters(graph)
    new = parameters[LAYER] * np.random.default_rng(1).uniform(0, 1, parameters[LAYER].shape).astype(np.float32)
    write_parameters(graph, parameters | {LAYER: new})
    step = (
        np.abs(parameters[LAYER]).max(axis=1, keepdims=True) / 64
    )  # this graph's integers reach 64; each output has a scale
    assert (np.abs(read_parameters(graph)[LAYER] - new) <= step / 2 + 1e-7).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda array: None, "no encoder.layer.3"),
        (lambda array: array[:, :100], "shape"),
        (lambda array: array * np.nan, "diverged"),
        (lambda array: array * 2, "left the graph's range"),
    ],
)
def test_weights_that_do_not_fit_are_named(change, said: str) -> None:  # type: ignore[no-untyped-def]
    graph = load_graph(weights_folder())
    parameters = read_parameters(graph)
    changed = change(parameters.pop(LAYER))
    with pytest.raises(ModelError, match=said):
        write_parameters(graph, parameters if changed is None else parameters | {LAYER: changed})


def test_a_folder_without_a_model_and_a_damaged_model_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match=r"no model\.onnx"):
        load_graph(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"\xff" * 64)
    with pytest.raises(ModelError, match="damaged"):
        load_graph(tmp_path)
