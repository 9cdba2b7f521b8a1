"""How well probabilities tell support, contradiction and neither apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from assistant.verification.labels import LABELS, Floats, Ints

BINS = 10
SUPPORT = LABELS.index("support")


class SupportFigures(BaseModel):
    """Of one set: area under the ROC curve of support against the rest, mean F1 of the labels that occur, accuracy, calibration error of support."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pairs: int
    auroc: float
    macro_f1: float
    accuracy: float
    calibration_error: float

    def rounded(self, digits: int) -> SupportFigures:
        """The same to so many digits."""
        return SupportFigures(**{name: round(value, digits) for name, value in self.model_dump().items()})


def support_figures(probabilities: Floats, gold: Ints) -> SupportFigures:
    """The figures of probabilities of shape (n, 3) against gold labels, as places in `LABELS`."""
    chosen, support, supported = likeliest(probabilities, gold), probabilities[:, SUPPORT], gold == SUPPORT
    return SupportFigures(
        pairs=len(gold),
        auroc=auroc(support, supported),
        macro_f1=macro_f1(chosen, gold),
        accuracy=float((chosen == gold).mean()),
        calibration_error=ece(support, supported),
    )


def likeliest(probabilities: Floats, gold: Ints) -> Ints:
    """Of each row the likeliest label among those that occur in `gold`: one that never occurs is not a choice. Where all are one, any is:
    else nothing could be wrong."""
    there = np.unique(gold)
    if len(there) < 2:
        there = np.arange(probabilities.shape[1])
    chosen: Ints = there[probabilities[:, there].argmax(axis=1)]
    return chosen


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
