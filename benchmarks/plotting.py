"""Plots for the documents: SVG that is the same for the same figures, without a screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

COLOURS = ("#2a78c2", "#d9822b", "#3a9d6e", "#a463c4", "#c24b4b", "#7d8590")
"""Told apart by the colour-blind, on white and on black."""
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "citewell",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@contextmanager
def drawn(path: Path, size: tuple[float, float], panels: int = 1) -> Iterator[list[Axes]]:
    """Axes side by side, to be drawn on; the file is written at the end. `size` in inches."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        yield list(figure.subplots(1, panels, squeeze=False)[0])
        figure.savefig(path, format="svg", metadata={"Date": None})
