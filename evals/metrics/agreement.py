"""How far a judge agrees with gold labels: the share of cases, and what is left of it beyond chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]


def kappa(said: Bools, gold: Bools) -> float:
    """Cohen's kappa of two yes-or-no judgements (Cohen 1960, "A coefficient of agreement for nominal scales"): 1 is perfect, 0 is chance.

    Where both always say the same one thing, chance alone explains it: 0.
    """
    observed = float((said == gold).mean())
    yes, true = float(said.mean()), float(gold.mean())
    chance = yes * true + (1 - yes) * (1 - true)
    return 0.0 if chance == 1 else round((observed - chance) / (1 - chance), 12) + 0.0  # no -0.000
