"""Folders with an ONNX model that somebody else made: they fail with words, whatever lies in them, and never pass for another model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexes.embedding import load_embedder
from indexes.embedding.spec import MAX_DIMENSION
from indexes.embedding.weights import BGE_SMALL, weights_folder
from indexes.errors import ModelError
from indexes.reranking import load_reranker

onnx = pytest.importorskip("onnx", reason="pip install 'citewell[models]'")
VOCABULARY = 30_522  # of the tokenizer
Shape = Sequence[int | str]


def model_of(nodes: list[Any], source: tuple[str, int, Shape], target: tuple[int, Shape], weights: list[Any]) -> bytes:
    inputs = [onnx.helper.make_tensor_value_info(*source)]
    outputs = [onnx.helper.make_tensor_value_info("o", *target)]
    graph = onnx.helper.make_graph(nodes, "g", inputs, outputs, weights)
    opset = [onnx.helper.make_opsetid("", 17)]
    body: bytes = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
    return body


def looking_up(rows: int, kept_at: str = "") -> bytes:
    """A model whose token states are rows of a table, kept in a file beside it where one is named."""
    table = onnx.numpy_helper.from_array(np.ones((rows, 4), np.float32), "w")
    if kept_at:
        table.ClearField("raw_data")
        table.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", kept_at), ("length", str(rows * 16))):
            entry = table.external_data.add()
            entry.key, entry.value = key, value
    gather = onnx.helper.make_node("Gather", ["w", "input_ids"], ["o"])
    int64, float32 = onnx.TensorProto.INT64, onnx.TensorProto.FLOAT
    return model_of([gather], ("input_ids", int64, ["b", "t"]), (float32, ["b", "t", 4]), [table])


def adding_up() -> bytes:
    """A model that gives one number for a whole batch."""
    nodes = [
        onnx.helper.make_node("ReduceSum", ["input_ids"], ["s"], keepdims=0),
        onnx.helper.make_node("Cast", ["s"], ["o"], to=onnx.TensorProto.FLOAT),
    ]
    return model_of(nodes, ("input_ids", onnx.TensorProto.INT64, ["b", "t"]), (onnx.TensorProto.FLOAT, []), [])


def seeing() -> bytes:
    """A model of images."""
    identity = onnx.helper.make_node("Identity", ["pixel_values"], ["o"])
    float32 = onnx.TensorProto.FLOAT
    return model_of([identity], ("pixel_values", float32, ["b", "t"]), (float32, ["b", "t"]), [])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "theirs"
    folder.mkdir()
    shutil.copyfile(weights_folder() / "tokenizer.json", folder / "tokenizer.json")
    BGE_SMALL.model_copy(update={"name": "theirs", "dimension": 4}).write(folder)
    return folder


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (lambda: looking_up(10), "do not belong together"),
        (adding_up, "shape"),
        (seeing, "pixel_values.*no model of texts"),
        (lambda: looking_up(VOCABULARY, "/etc/passwd"), "no model that can be read"),
        (lambda: looking_up(VOCABULARY, "../secret"), "no model that can be read"),
    ],
    ids=["fewer tokens than the tokenizer has", "a number", "images", "a file of the machine", "a file beside"],
)
def test_a_model_that_does_not_fit_is_told_and_reads_no_other_file(
    folder: Path, model: Callable[[], bytes], said: str
) -> None:
    (folder / "model.onnx").write_bytes(model())
    (folder.parent / "secret").write_bytes(bytes(VOCABULARY * 16))
    with pytest.raises(ModelError, match=said):
        load_embedder(f"onnx:{folder}").embed_query("aspirin after a stroke")
    with pytest.raises(ModelError):
        load_reranker(f"onnx:{folder}").score("aspirin", ["after a stroke", "before it"])


def test_a_tokenizer_that_gives_up_is_told_without_the_text(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(looking_up(VOCABULARY))
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["normalizer"] = {"type": "Replace", "pattern": {"Regex": "(a+)+$"}, "content": "b"}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    embedder = load_embedder(f"onnx:{folder}")
    text = "a" * 40 + "!"
    with pytest.raises(ModelError, match="tokenizer in") as caught:
        embedder.embed_query(text)
    assert text not in str(caught.value)


@pytest.mark.parametrize("field", [{"max_tokens": 1 << 70}, {"dimension": MAX_DIMENSION + 1}])
def test_a_spec_beyond_all_measure_is_refused(folder: Path, field: dict[str, int]) -> None:
    (folder / "model.onnx").write_bytes(looking_up(VOCABULARY))
    BGE_SMALL.model_copy(update={"name": "theirs", "dimension": 4} | field).write(folder)
    with pytest.raises(ModelError):
        load_embedder(f"onnx:{folder}")


@pytest.mark.parametrize("load", [load_embedder, load_reranker])
def test_weights_beside_the_graph_are_part_of_the_name(folder: Path, load: Callable[[str], Any]) -> None:
    (folder / "model.onnx").write_bytes(looking_up(VOCABULARY, "model.onnx_data"))
    names = set()
    for byte in (b"\0", b"\1"):
        (folder / "model.onnx_data").write_bytes(byte * VOCABULARY * 16)
        names.add(load(f"onnx:{folder}").name)
    assert len(names) == 2, "an index of the one must not be searched with the other"
