"""Where a dynamically quantised ONNX BERT keeps each parameter: read it as PyTorch names it, and write it back into the same graph.

onnxruntime's dynamic quantisation stores a weight W as `<name>_quantized` with `<name>_scale` and `<name>_zero_point`, one of each for all of W
or one for each column, so that W = (quantised - zero point) · scale. A matrix product loses its name on the way (`onnx::MatMul_1525`): its
parameter is the one whose bias is added to the product. Such a matrix is (inputs, outputs) in the graph and (outputs, inputs) in PyTorch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from indexes.errors import ModelError, ModelMissingError
from indexes.finetuning.grid import Grid

if TYPE_CHECKING:
    from onnx import ModelProto

Parameters = dict[str, NDArray[np.float32]]
QUANTISED, SCALE, ZERO_POINT = "_quantized", "_scale", "_zero_point"


@dataclass(frozen=True, slots=True)
class Place:
    """The initializer (of a quantised one: its stem) that holds a parameter, and whether it is stored transposed."""

    initializer: str
    quantised: bool = False
    transposed: bool = False


def load_graph(folder: Path) -> ModelProto:
    """The model of a folder with a `model.onnx`. Raises `ModelMissingError` without the `models` extra or the file, `ModelError` if it is damaged."""
    try:
        import onnx
    except ImportError as error:
        raise ModelMissingError("Reading a model's graph needs onnx: pip install 'citewell[models]'.") from error
    path = folder / "model.onnx"
    if not path.is_file():
        raise ModelMissingError(f"{folder} has no model.onnx: name the folder of an ONNX model.")
    try:
        return onnx.load(str(path))
    except Exception as error:  # protobuf's own, which only it could name
        raise ModelError(f"{path} is damaged and cannot be read: install or export the model again.") from error


def read_parameters(model: ModelProto) -> Parameters:
    """Every parameter under its PyTorch name and in its PyTorch shape, dequantised."""
    arrays, grids = _initializers(model), read_grids(model)
    parameters: Parameters = {}
    for name, place in parameter_places(model).items():
        array = arrays[place.initializer + QUANTISED if place.quantised else place.initializer]
        array = array.T if place.transposed else array
        parameters[name] = np.ascontiguousarray(grids[name].values(array) if place.quantised else array)
    return parameters


def read_grids(model: ModelProto) -> dict[str, Grid]:
    """The grid of every quantised parameter.

    Signed integers reach as far as those in the graph: where they stop at 64, sums of products cannot overflow on processors without VNNI.
    """
    arrays = _initializers(model)
    grids: dict[str, Grid] = {}
    for name, place in parameter_places(model).items():
        if place.quantised:
            whole = arrays[place.initializer + QUANTISED]
            scale, zero = (arrays[place.initializer + suffix] for suffix in (SCALE, ZERO_POINT))
            shape = (-1, 1) if scale.ndim else ()
            least, most = np.iinfo(whole.dtype).min, np.iinfo(whole.dtype).max
            if least < 0:
                most = int(np.abs(whole.astype(np.int64)).max())
                least = -most
            grids[name] = Grid(scale.reshape(shape), zero.astype(np.int64).reshape(shape), least, most)
    return grids


def write_parameters(model: ModelProto, parameters: Mapping[str, NDArray[np.float32]]) -> None:
    """Put parameters into the graph in place of those it has, rounded to its grids. Raises `ModelError` naming one that does not fit."""
    from onnx import numpy_helper

    tensors, grids = {tensor.name: tensor for tensor in model.graph.initializer}, read_grids(model)
    for name, place in parameter_places(model).items():
        if name not in parameters:
            raise ModelError(f"The checkpoint has no {name}: export into the model it was trained from.")
        array: NDArray[Any] = parameters[name]
        initializer = place.initializer + QUANTISED if place.quantised else place.initializer
        old = numpy_helper.to_array(tensors[initializer])
        expected = old.T.shape if place.transposed else old.shape
        if array.shape != expected:
            raise ModelError(
                f"{name} has the shape {array.shape}, the graph expects {expected}: export into the model it was trained from."
            )
        if not np.isfinite(array).all():
            raise ModelError(
                f"{name} holds values that are no numbers: the training diverged; lower its learning rate."
            )
        if place.quantised:
            if not grids[name].holds(array):
                raise ModelError(f"{name} has left the graph's range: it was not trained from this model, or too fast.")
            array = grids[name].integers(array)
        array = np.ascontiguousarray(array.T if place.transposed else array, dtype=old.dtype)
        tensors[initializer].CopyFrom(numpy_helper.from_array(array, initializer))


def parameter_places(model: ModelProto) -> dict[str, Place]:
    """Parameter -> where the graph keeps it. Raises `ModelError` where a quantised matrix cannot be told which one it is."""
    arrays = _initializers(model)
    consumers: dict[str, list[Any]] = {}
    for node in model.graph.node:
        for name in node.input:
            consumers.setdefault(name, []).append(node)
    places: dict[str, Place] = {}
    for name, array in arrays.items():
        if name.endswith(QUANTISED):
            stem = name.removesuffix(QUANTISED)
            product = next((node for node in consumers.get(name, ()) if node.op_type == "MatMulInteger"), None)
            parameter = stem if stem.endswith(".weight") else _named_by_its_bias(product, consumers, arrays)
            if parameter is None:
                raise ModelError(
                    f"The graph does not say which weight {stem} is: only BERT encoders can be dequantised."
                )
            places[parameter] = Place(stem, quantised=True, transposed=product is not None)
        elif array.dtype == np.float32 and re.search(r"\.(weight|bias)$", name):
            places[name] = Place(name)
    return places


def _named_by_its_bias(node: Any, consumers: Mapping[str, list[Any]], arrays: Mapping[str, NDArray[Any]]) -> str | None:
    """Follow an integer product through scaling and casting to the bias that is added to it."""
    todo = list(node.output) if node is not None else []
    seen: set[str] = set()
    while todo:
        output = todo.pop()
        if output in seen:
            continue
        seen.add(output)
        for following in consumers.get(output, ()):
            if following.op_type in {"Cast", "Mul"}:
                todo.extend(following.output)
            elif following.op_type == "Add":
                for other in following.input:
                    if other.endswith(".bias") and arrays[other].ndim == 1:
                        return str(other.removesuffix("bias") + "weight")
    return None


def _initializers(model: ModelProto) -> dict[str, NDArray[Any]]:
    from onnx import numpy_helper

    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
