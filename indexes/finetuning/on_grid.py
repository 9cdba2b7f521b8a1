"""Training what will run: each step's forward pass sees the weights rounded to their grid, and moves the finer ones behind them.

BinaryConnect (Courbariaux et al., NIPS 2015) with the model's own integers. The finer weights start at a random place of their grid cell: from its
middle, hundreds of steps of fine-tuning would change no integer, and so nothing at all; from a random place, the share of integers that change
grows with the weights, while the model at the start is exactly the base.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from indexes.finetuning.grid import Grid

if TYPE_CHECKING:
    from torch import Tensor

_WITHIN = 0.98  # of a cell, so that no weight starts in the next one


class OnGrid:
    """The weights of a torch module that have a grid: `round` before the forward pass, `release` before the optimiser's step."""

    def __init__(self, module: Any, grids: dict[str, Grid], seed: int) -> None:
        import torch

        self._weights: list[tuple[Tensor, Tensor, Tensor, Grid]] = []
        self._finer: list[Tensor] = []
        draw = torch.Generator().manual_seed(seed)
        for name, weight in module.named_parameters():
            if name in grids:
                grid = grids[name]
                scale = torch.from_numpy(grid.scale).to(weight.device)
                zero = torch.from_numpy(grid.zero).to(weight.device)
                self._weights.append((weight.data, scale, zero, grid))
                weight.data += (torch.rand(weight.shape, generator=draw).to(weight.device) - 0.5) * _WITHIN * scale

    def round(self) -> None:
        """Put the rounded weights in place of the finer ones, which are kept."""
        self._finer = [weight.clone() for weight, *_ in self._weights]
        for weight, scale, zero, grid in self._weights:
            weight.copy_((((weight / scale).round() + zero).clamp(grid.least, grid.most) - zero) * scale)

    def release(self) -> None:
        """Put the finer weights back."""
        for (weight, *_), finer in zip(self._weights, self._finer, strict=True):
            weight.copy_(finer)
        self._finer = []
