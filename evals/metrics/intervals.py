"""Bootstrap intervals: how far a figure would move with other questions of the same kind.

Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13: the percentile interval, cases resampled with replacement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from evals.result import Comparison, Measure

BOUNDS = (2.5, 97.5)  # per cent of the resamples: a 95% interval
_AT_ONCE = 2_000_000  # numbers drawn at once: 16 MB

Floats = NDArray[np.float64]


def mean(values: Sequence[float], *, resamples: int, seed: int) -> Measure:
    """The mean of the cases' values. Raises `ValueError` where there is none."""
    return _measure(values, lambda samples: np.mean(samples, axis=-1), resamples, seed)


def percentile(values: Sequence[float], rank: float, *, resamples: int, seed: int) -> Measure:
    """The value that `rank` per cent (0 to 100) of the cases stay under. Raises `ValueError` where there is none."""
    return _measure(values, lambda samples: np.asarray(np.percentile(samples, rank, axis=-1)), resamples, seed)


def of_cases(n: int, statistic: Callable[[NDArray[np.int64]], float], *, resamples: int, seed: int) -> Measure:
    """A figure of all cases together that is no mean of them: `statistic` is given the numbers of the cases, with repetitions where resampled."""
    random = np.random.default_rng(seed)
    low, high = np.percentile([statistic(random.integers(0, n, n)) for _ in range(resamples)], BOUNDS)
    value = statistic(np.arange(n))
    return Measure(value=value, low=min(value, float(low)), high=max(value, float(high)), n=n)


def paired_difference(
    ours: Sequence[float], theirs: Sequence[float], baseline: str, *, resamples: int, seed: int
) -> Comparison:
    """The mean of `ours - theirs`, case by case: surer than two means apart. Raises `ValueError` on unequal lengths."""
    differences = [a - b for a, b in zip(ours, theirs, strict=True)]
    return Comparison(baseline=baseline, **mean(differences, resamples=resamples, seed=seed).model_dump())


def _measure(values: Sequence[float], statistic: Callable[[Floats], Floats], resamples: int, seed: int) -> Measure:
    cases = np.asarray(values, np.float64)
    if not cases.size:
        raise ValueError("no case to measure")
    random = np.random.default_rng(seed)
    rows = max(1, _AT_ONCE // cases.size)
    drawn = [
        statistic(random.choice(cases, (min(rows, resamples - start), cases.size)))
        for start in range(0, resamples, rows)
    ]
    low, high = np.percentile(np.concatenate(drawn), BOUNDS)
    return Measure(value=float(statistic(cases)), low=float(low), high=float(high), n=cases.size)
