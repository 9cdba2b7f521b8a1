"""What evidence may say of a claim, and how probable each of it is."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Label = Literal["support", "contradict", "neutral"]
LABELS: tuple[Label, Label, Label] = ("support", "contradict", "neutral")
"""In the order of every row of probabilities and of a model's logits."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def softmax(scores: Floats) -> Floats:
    """The probabilities that logits stand for, along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def tempered(probabilities: Floats, temperature: float) -> Floats:
    """The probabilities that the same logits give, divided by a temperature."""
    return softmax(np.log(np.clip(probabilities, 1e-12, None)) / temperature)


def fitted_temperature(probabilities: Floats, gold: Ints) -> float:
    """What to divide logits by so that the gold labels, as places in `LABELS`, are most likely, found on a grid from 0.5 to 5.

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2.
    """

    def surprise(temperature: float) -> float:
        given = tempered(probabilities, temperature)[np.arange(len(gold)), gold]
        return -float(np.log(np.clip(given, 1e-12, None)).mean())

    return min((round(0.5 * 1.05**step, 3) for step in range(48)), key=surprise)
