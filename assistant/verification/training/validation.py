"""Measuring without leaks: what models say of pairs whose claims and documents they have not learnt from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.verification.training.figures import SupportFigures, fitted_temperature, support_figures, tempered
from assistant.verification.training.folds import group_folds
from assistant.verification.training.halves import KeptStates
from assistant.verification.training.loop import TRAINED, NeuralRun, Tell, saying, train
from assistant.verification.training.pairs import LABELS, LabelledPair
from assistant.verification.training.recipe import NeuralRecipe

OUTSIDE = "outside.npz"  # what each fold's model said of that fold, by set, in the order of its file

Sets = Mapping[str, Sequence[LabelledPair]]


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of each set before any of its pairs was learnt from, and after learning from the other folds; the temperature of the latter."""

    before: dict[str, SupportFigures]
    after: dict[str, SupportFigures]
    temperature: float


def cross_validated(
    checkpoint: Path, sets: Sets, states: KeptStates, folds: int, recipe: NeuralRecipe, work: Path, tell: Tell
) -> tuple[Measured, dict[str, NeuralRun]]:
    """Train the checkpoint once without each fold of the sets, and measure what each model says of its fold.

    The probabilities, before a temperature, are kept in `work/outside.npz`. One temperature is fitted to all of them: with one number, measuring
    calibration on the same pairs flatters by nothing that could be seen.
    """
    everything = [pair for pairs in sets.values() for pair in pairs]
    sizes = np.cumsum([len(pairs) for pairs in sets.values()])[:-1]
    fold_of = np.concatenate([group_folds(pairs, folds) for pairs in sets.values()])
    outside = np.zeros((len(everything), len(LABELS)))
    runs: dict[str, NeuralRun] = {}
    for fold in range(folds):
        step = f"without fold {fold + 1} of {folds}"
        rest = [pair for pair, at in zip(everything, fold_of, strict=True) if at != fold]
        place = work / f"fold-{fold}"
        runs[step] = train(checkpoint, rest, recipe, place, saying(tell, step), states)
        rows = np.flatnonzero(fold_of == fold)
        outside[rows] = states.probabilities(place / TRAINED, [everything[row] for row in rows])
    before = states.probabilities(checkpoint, everything)
    parted = dict(zip(sets, np.split(outside, sizes), strict=True))
    np.savez(work / OUTSIDE, allow_pickle=False, **parted)
    temperature = fitted_temperature(outside, [pair.label for pair in everything])
    return Measured(
        _figures(sets, dict(zip(sets, np.split(before, sizes), strict=True))),
        _figures(sets, {name: tempered(each, temperature) for name, each in parted.items()}),
        temperature,
    ), runs


def _figures(sets: Sets, said: Mapping[str, NDArray[np.float64]]) -> dict[str, SupportFigures]:
    return {name: support_figures(said[name], [pair.label for pair in pairs]) for name, pairs in sets.items()}
