"""The report's plots: inline SVG that takes its ink from the page, so that light, dark and print all work."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from evals.result import Measures

_INK = "#010203"  # stands for the page's text colour until the SVG is written
# Told apart by the colour-blind, on white and on black.
_PALETTE = ("#2a78c2", "#d9822b", "#3a9d6e", "#a463c4", "#c24b4b", "#7d8590")
_STYLE: dict[Any, Any] = {  # matplotlib types each key as a literal
    "axes.edgecolor": _INK, "axes.labelcolor": _INK, "text.color": _INK, "xtick.color": _INK, "ytick.color": _INK,
    "axes.spines.top": False, "axes.spines.right": False, "font.family": "sans-serif", "font.size": 10,
    "svg.fonttype": "none", "svg.hashsalt": "citewell",
}  # fmt: skip


def interval_plot(systems: Mapping[str, Measures], names: Sequence[str], title: str, axis: str, prefix: str) -> str:
    """Each system's metrics, those it has, as points with their 95% intervals. `names`: the metrics to show; `axis`: the value axis with its unit.

    `prefix` keeps the identifiers of a page's plots apart.
    """
    with mpl.rc_context(_STYLE):
        figure, axes = _figure(height=1.3 + len(names) * (0.15 * len(systems) + 0.15))
        spread = 0.7 / len(systems)
        for number, (system, measures) in enumerate(systems.items()):
            shift = (number - (len(systems) - 1) / 2) * spread
            shown = [(row + shift, measures[name]) for row, name in enumerate(names) if name in measures]
            at = [place for place, _ in shown]
            values = [measure.value for _, measure in shown]
            below = [max(0.0, measure.value - measure.low) for _, measure in shown]
            above = [max(0.0, measure.high - measure.value) for _, measure in shown]
            axes.errorbar(
                values, at, xerr=[below, above], fmt="o", markersize=5, capsize=3, label=system,
                color=_PALETTE[number % len(_PALETTE)],
            )  # fmt: skip
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.grid(axis="x", color=_INK, alpha=0.12)
        axes.set_title(title, loc="left", fontweight="bold")
        axes.set_xlabel(axis)
        axes.set_xlim(left=0)
        figure.legend(frameon=False, ncols=len(systems), loc="outside lower left")
        return _svg(figure, title, prefix)


def difference_plot(ours: Sequence[float], theirs: Sequence[float], metric: str, system: str, baseline: str) -> str:
    """What each case gained or lost between two systems, sorted from the largest gain to the largest loss."""
    differences = sorted((a - b for a, b in zip(ours, theirs, strict=True)), reverse=True)
    better, worse = sum(d > 0 for d in differences), sum(d < 0 for d in differences)
    title = f"{metric} of {system} minus {baseline}: {better} better, {worse} worse, {len(differences) - better - worse} equal"
    with mpl.rc_context(_STYLE):
        figure, axes = _figure(height=3)
        colours = [_PALETTE[0] if d > 0 else _PALETTE[1] for d in differences]
        axes.bar(range(1, len(differences) + 1), differences, width=1.0, color=colours)
        axes.axhline(0, color=_INK, linewidth=0.8)
        axes.set_title(title, loc="left", fontweight="bold")
        axes.set_xlabel("cases, sorted by difference (number)")
        axes.set_ylabel(f"difference in {metric}")
        axes.set_xlim(0.5, len(differences) + 0.5)
        axes.set_ylim(-1.05, 1.05)
        return _svg(figure, title, "difference")


def reliability_plot(systems: Mapping[str, Sequence[tuple[float, float, float]]], title: str, prefix: str) -> str:
    """Mean score against the share that is true, a point for each bin of scores, as large as the bin; on the diagonal a score means what it says."""
    with mpl.rc_context(_STYLE):
        figure, axes = _figure(height=5)
        axes.plot([0, 1], [0, 1], color=_INK, linewidth=0.8, alpha=0.5)
        for number, (system, bins) in enumerate(systems.items()):
            said, seen, share = zip(*bins, strict=True)
            colour = _PALETTE[number % len(_PALETTE)]
            axes.plot(said, seen, color=colour, linewidth=1)
            axes.scatter(said, seen, s=[20 + 400 * each for each in share], color=colour, alpha=0.7, label=system)
        axes.set_title(title, loc="left", fontweight="bold")
        axes.set_xlabel("score (share, 0 to 1)")
        axes.set_ylabel("supported (share, 0 to 1)")
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.02)
        legend = axes.legend(frameon=False, loc="upper left")
        for handle in legend.legend_handles:
            handle.set_sizes([50])  # type: ignore[union-attr]
        return _svg(figure, title, prefix)


def _figure(height: float) -> tuple[Figure, Axes]:
    """A figure 9 inches wide; made without pyplot, which would keep it in memory and look for a screen."""
    figure = Figure(figsize=(9, height), layout="constrained")
    FigureCanvasSVG(figure)
    return figure, figure.subplots()


def _svg(figure: Figure, label: str, prefix: str) -> str:
    """The figure as an `<svg>` for the inside of a page: no prolog, no metadata, no namespace links, identifiers of its own."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()[buffer.getvalue().index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\s+xmlns(:\w+)?="[^"]*"', "", svg).replace("xlink:href=", "href=")
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", svg).replace(_INK, "currentColor")
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
