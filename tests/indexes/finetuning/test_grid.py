"""The values that quantised weights can take."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indexes.embedding.weights import weights_folder
from indexes.finetuning.grid import Grid, load_grids, save_grids
from indexes.finetuning.onnx_graph import load_graph, read_grids, read_parameters

EACH_ROW = Grid(np.array([[0.1], [0.5]], dtype=np.float32), np.array([[0], [0]]), -64, 64)
SHIFTED = Grid(np.float32(0.25).reshape(()), np.array(70), 0, 255)


@given(st.lists(st.floats(-40, 40, width=32), min_size=4, max_size=4), st.sampled_from([EACH_ROW, SHIFTED]))
def test_a_weight_goes_to_the_nearest_value_or_the_end(weights: list[float], grid: Grid) -> None:
    array = np.array(weights, dtype=np.float32).reshape(2, 2)
    kept = grid.values(grid.integers(array))
    low, high = grid.values(np.full((2, 2), grid.least)), grid.values(np.full((2, 2), grid.most))
    assert (np.abs(kept - np.clip(array, low, high)) <= grid.scale / 2 + 1e-5).all()
    assert np.array_equal(grid.values(grid.integers(kept)), kept), "and stays there"


def test_what_is_far_beyond_the_ends_is_noticed() -> None:
    assert EACH_ROW.holds(np.array([[6.4], [32.0]], dtype=np.float32))
    assert EACH_ROW.holds(np.array([[6.5], [-33.0]], dtype=np.float32))
    assert not EACH_ROW.holds(np.array([[12.8], [0.0]], dtype=np.float32))


def test_the_wheels_weights_lie_on_their_grids_and_grids_survive_the_disk(tmp_path: Path) -> None:
    graph = load_graph(weights_folder())
    save_grids(read_grids(graph), tmp_path)
    grids, parameters = load_grids(tmp_path), read_parameters(graph)
    assert len(grids) == 72 + 3  # six matrices of each layer, three embeddings
    for name, grid in grids.items():
        assert np.array_equal(grid.values(grid.integers(parameters[name])), parameters[name]), name
    assert load_grids(tmp_path / "nowhere") == {}
