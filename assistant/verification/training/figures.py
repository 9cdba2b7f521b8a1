"""How well probabilities tell support, contradiction and neither apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from assistant.verification.figures import auroc, ece, macro_f1
from assistant.verification.training.pairs import LABELS, Label


class SupportFigures(BaseModel):
    """Of one set: area under the ROC curve of support against the rest, mean F1 of the labels that occur, accuracy, and calibration error of support.

    The calibration error is the expected one of Guo et al. (2017), "On Calibration of Modern Neural Networks": ten bins of equal width.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pairs: int
    auroc: float
    macro_f1: float
    accuracy: float
    calibration_error: float


def support_figures(probabilities: NDArray[np.float64], labels: Sequence[Label]) -> SupportFigures:
    """The figures of probabilities of shape (n, 3) against gold labels, to four digits. A label that never occurs is not a choice."""
    gold = np.array([LABELS.index(label) for label in labels])
    there = sorted(set(gold.tolist()))
    chosen = np.array(there)[probabilities[:, there].argmax(axis=1)]
    support = probabilities[:, LABELS.index(Label.SUPPORT)]
    supported = gold == LABELS.index(Label.SUPPORT)
    return SupportFigures(
        pairs=len(gold),
        auroc=round(auroc(support, supported), 4),
        macro_f1=round(macro_f1(chosen, gold), 4),
        accuracy=round(float((chosen == gold).mean()), 4),
        calibration_error=round(ece(support, supported), 4),
    )


def fitted_temperature(probabilities: NDArray[np.float64], labels: Sequence[Label]) -> float:
    """What to divide logits by so that the gold labels are most likely (Guo et al. 2017, section 4.2), found on a grid from 0.5 to 5."""
    gold = np.array([LABELS.index(label) for label in labels])

    def surprise(temperature: float) -> float:
        chosen = tempered(probabilities, temperature)[np.arange(len(gold)), gold]
        return -float(np.log(np.clip(chosen, 1e-12, None)).mean())

    return min((round(0.5 * 1.05**step, 3) for step in range(48)), key=surprise)


def tempered(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """The probabilities that the same logits give, divided by a temperature."""
    scaled = np.log(np.clip(probabilities, 1e-12, None)) / temperature
    shares = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    found: NDArray[np.float64] = shares / shares.sum(axis=1, keepdims=True)
    return found
