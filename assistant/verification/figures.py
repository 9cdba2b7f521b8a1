"""How well probabilities tell support, contradiction and neither apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BINS = 10

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def auroc(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """The chance that a positive scores higher than a negative, ties counting half (Hanley and McNeil, Radiology 1982). 0.5 without one of each."""
    if positive.all() or not positive.any():
        return 0.5
    below = np.sort(scores[~positive])
    won = np.searchsorted(below, scores[positive], "left") + np.searchsorted(below, scores[positive], "right")
    return float(won.sum() / 2 / len(below) / positive.sum())


def macro_f1(chosen: Ints, gold: Ints) -> float:
    """The mean F1 of the labels that occur in `gold`."""
    scores = []
    for label in sorted(set(gold.tolist())):
        both = float(((chosen == label) & (gold == label)).sum())
        scores.append(2 * both / max(1.0, float((chosen == label).sum() + (gold == label).sum())))
    return float(np.mean(scores))


def ece(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """Expected calibration error over ten bins of equal width (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017)."""
    return float(sum(share * abs(said - seen) for said, seen, share in reliability(scores, positive)))


def reliability(scores: Floats, positive: NDArray[np.bool_]) -> list[tuple[float, float, float]]:
    """For each bin that holds any: the mean score, the share that is positive, and the share of all cases in the bin."""
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    return [
        (float(scores[inside].mean()), float(positive[inside].mean()), float(inside.mean()))
        for inside in (bins == number for number in range(BINS))
        if inside.any()
    ]
