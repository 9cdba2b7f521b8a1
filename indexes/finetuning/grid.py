"""The values a quantised weight can take. Trained weights must lie on them, or what was learnt is rounded away: a step of learning is far smaller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILE = "grids.npz"


@dataclass(frozen=True, slots=True)
class Grid:
    """(q - zero) · scale for the integers q from `least` to `most`. `scale` and `zero` have the shape () or (outputs, 1), as PyTorch lays weights."""

    scale: NDArray[np.float32]
    zero: NDArray[np.int64]
    least: int
    most: int

    def integers(self, weights: NDArray[np.float32]) -> NDArray[np.int64]:
        """The nearest integer of each weight; what is beyond the grid goes to its end."""
        whole: NDArray[np.int64] = np.rint(weights / self.scale).astype(np.int64) + self.zero
        return whole.clip(self.least, self.most)

    def values(self, integers: NDArray[Any]) -> NDArray[np.float32]:
        """The weights that integers stand for."""
        return ((integers - self.zero) * self.scale).astype(np.float32)

    def holds(self, weights: NDArray[np.float32]) -> bool:
        """Whether no weight lies more than a tenth beyond the grid's ends."""
        reach = self.scale * 0.1 * (self.most - self.least)
        low, high = self.scale * (self.least - self.zero) - reach, self.scale * (self.most - self.zero) + reach
        return bool(((weights >= low) & (weights <= high)).all())


def save_grids(grids: Mapping[str, Grid], folder: Path) -> None:
    """Keep grids beside a checkpoint, so that it is trained on them."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, grid in grids.items():
        arrays |= {f"{name}|scale": grid.scale, f"{name}|zero": grid.zero}
        arrays[f"{name}|ends"] = np.array([grid.least, grid.most])
    np.savez(folder / FILE, allow_pickle=False, **arrays)


def load_grids(folder: Path) -> dict[str, Grid]:
    """The grids beside a checkpoint, by parameter; none where it comes from elsewhere."""
    if not (folder / FILE).is_file():
        return {}
    with np.load(folder / FILE, allow_pickle=False) as arrays:
        names = [key.removesuffix("|scale") for key in arrays.files if key.endswith("|scale")]
        return {
            name: Grid(arrays[f"{name}|scale"], arrays[f"{name}|zero"], *map(int, arrays[f"{name}|ends"]))
            for name in names
        }
