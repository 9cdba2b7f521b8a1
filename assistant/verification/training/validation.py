"""Measuring without leaks: what models say of pairs whose claims and documents they have not learnt from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.verification.figures import SupportFigures, support_figures
from assistant.verification.labelled import LabelledPair, gold_labels, group_folds
from assistant.verification.labels import LABELS, Floats, fitted_temperature, tempered
from assistant.verification.training.halves import KeptStates
from assistant.verification.training.loop import TRAINED, NeuralRun, Tell, saying, train
from assistant.verification.training.recipe import NeuralRecipe

JUDGED = "judged.jsonl"
DIGITS = 4  # of a figure on the card

Sets = Mapping[str, Sequence[LabelledPair]]


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of each set before any of its pairs was learnt from, and after learning from the other folds.

    `outside` are the probabilities that the latter figures are of, by set and in the order of its pairs, already with the temperature.
    """

    before: dict[str, SupportFigures]
    after: dict[str, SupportFigures]
    outside: dict[str, Floats]
    temperature: float


def cross_validated(
    checkpoint: Path, sets: Sets, states: KeptStates, folds: int, recipe: NeuralRecipe, work: Path, tell: Tell
) -> tuple[Measured, dict[str, NeuralRun]]:
    """Train the checkpoint once without each fold of the sets, and measure what each model says of its fold.

    One temperature is fitted to all probabilities: with one number, measuring calibration on the same pairs flatters by nothing that could be seen.
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
    temperature = fitted_temperature(outside, gold_labels(everything))
    parted = dict(zip(sets, np.split(tempered(outside, temperature), sizes), strict=True))
    first = dict(zip(sets, np.split(before, sizes), strict=True))
    return Measured(_figures(sets, first), _figures(sets, parted), parted, temperature), runs


def write_judged(path: Path, sets: Sets, measured: Measured) -> None:
    """Keep what held-out models said of each pair: lines of `source`, `id` and the three labels, for a model that weighs this among other things."""
    with path.open("w", encoding="utf-8") as file:
        for name, pairs in sets.items():
            for pair, row in zip(pairs, measured.outside[name], strict=True):
                said = {label: round(float(value), 6) for label, value in zip(LABELS, row, strict=True)}
                file.write(json.dumps({"source": name, "id": pair.id} | said) + "\n")


def _figures(sets: Sets, said: Mapping[str, Floats]) -> dict[str, SupportFigures]:
    return {name: support_figures(said[name], gold_labels(pairs)).rounded(DIGITS) for name, pairs in sets.items()}
