"""Fits the calibrated model to labelled pairs and measures it on claims and documents that it has not seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.verification.evidence import Evidence, introduced
from assistant.verification.features import NEAR, TABLED, Embed, begins, read, with_judgement
from assistant.verification.labelled import LabelledError, LabelledPair, gold_labels, group_folds
from assistant.verification.labels import LABELS
from assistant.verification.model import Model, fit
from assistant.verification.neural import JUDGED, NeuralVerifier

FOLDS = 5
RIDGE = 0.003  # penalty of squared weights
NEEDS = {"rules": (), "meaning": ("cosine",), "neural": ("cosine", "neural")}
"""Model -> how the features begin that it needs beyond those of rules and words."""
BESIDE_NEURAL = frozenset({
    "cosine", "cosine_listed", "amiss_direction", "same_direction", "other_direction", "contradicted", "turned_close", "amiss_people", "amiss_tables",
})  # fmt: skip
"""What of the rules, words and meaning the model with a neural opinion weighs for every claim; the rest it weighs for those near their evidence."""
Values = Mapping[str, float]
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Calibration:
    """The models by name, and for each the probabilities of every pair by a model that was fitted without the pair's fold."""

    models: dict[str, Model]
    held_out: dict[str, NDArray[np.float64]]


def values_of(pairs: Sequence[LabelledPair], embed: Embed | None, tell: Tell | None = None) -> list[dict[str, float]]:
    """The features of each pair."""
    found = []
    for done, pair in enumerate(pairs, start=1):
        found.append(dict(read(pair.claim, as_evidence(pair), embed).values))
        if tell is not None:
            tell(done, len(pairs))
    return found


def as_evidence(pair: LabelledPair) -> Evidence:
    """The pair's evidence, with the abbreviations that it introduces."""
    return Evidence(
        pair.evidence, context=pair.title, passage=pair.evidence, pairs=introduced(f"{pair.title}. {pair.evidence}")
    )


def read_judgements(path: Path) -> dict[tuple[str, str], tuple[float, float, float]]:
    """(set, id) -> probabilities by a neural model that has not learnt from the pair: lines of `source`, `id` and the three labels.

    Raises `LabelledError` naming the line that cannot be used.
    """
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            record = json.loads(line)
            found[str(record["source"]), str(record["id"])] = tuple(float(record[label]) for label in LABELS)
        except (ValueError, KeyError, TypeError) as error:
            raise LabelledError(
                f"{path.name}:{number}: {error}; a line needs source, id, {', '.join(LABELS)}"
            ) from error
    return found  # type: ignore[return-value]


def judgements_of(
    folder: Path, pairs: Sequence[LabelledPair], tell: Tell | None = None
) -> dict[tuple[str, str], tuple[float, float, float]]:
    """What a trained verifier says of each pair; of the sets that it learnt from, what the models without the pair's fold said.

    Raises `LabelledError`, `ModelMissingError` and `ModelError`.
    """
    kept = folder / JUDGED
    found = read_judgements(kept) if kept.is_file() else {}
    learnt = {source for source, _ in found}
    left = [pair for pair in pairs if pair.source not in learnt]
    verifier = NeuralVerifier(folder)
    for done, pair in enumerate(left, start=1):
        support, contradict, neutral = verifier.probabilities([(pair.claim, pair.evidence)])[0].tolist()
        found[pair.source, pair.id] = support, contradict, neutral
        if tell is not None:
            tell(done, len(left))
    return found


def calibrate(
    pairs: Sequence[LabelledPair], values: Sequence[Values], folds: int = FOLDS, ridge: float = RIDGE, only: str = ""
) -> Calibration:
    """Fit each model whose features are all there; each set weighs the same, however many pairs it has. `only`: that model."""
    labels = gold_labels(pairs)
    sources = [pair.source for pair in pairs]
    importance = np.array([1.0 / sources.count(source) for source in sources])
    fold = np.array(group_folds(pairs, folds))
    everything = list(values[0])
    models, held_out = {}, {}
    for name, needs in NEEDS.items():
        if only and name != only:
            continue
        features = [feature for feature in everything if _counts(feature, name)]
        if any(not any(feature.startswith(need) for feature in features) for need in needs):
            continue
        rows = np.array([[each[feature] for feature in features] for each in values])
        models[name] = fit(features, rows, labels, importance, ridge)
        held_out[name] = np.zeros((len(pairs), len(LABELS)))
        for number in range(folds):
            rest = fold != number
            model = fit(features, rows[rest], labels[rest], importance[rest], ridge)
            held_out[name][~rest] = model.probabilities(rows[~rest])
    return Calibration(models, held_out)


def _counts(feature: str, model: str) -> bool:
    """Whether a model weighs a feature.

    Beside a neural opinion most of what is compared word by word only adds chance where a claim is free of its evidence's words: of these claims
    `BESIDE_NEURAL` is left, and what concerns lists and tables.
    """
    needs = NEEDS[model]
    if begins(feature, ("cosine", "neural")) and not begins(feature, needs):
        return False
    return model != "neural" or feature in BESIDE_NEURAL or feature.startswith(("neural", "listed", NEAR, *TABLED))


def with_judgements(
    pairs: Sequence[LabelledPair], values: Sequence[Values], judged: Mapping[tuple[str, str], Sequence[float]]
) -> list[dict[str, float]]:
    """The values with a neural model's judgements. Raises `LabelledError` where a pair was not judged."""
    missing = [pair.id for pair in pairs if (pair.source, pair.id) not in judged]
    if missing:
        raise LabelledError(f"{len(missing)} pairs have no judgement, such as {missing[0]}; judge all of them or none")
    return [with_judgement(each, judged[pair.source, pair.id]) for pair, each in zip(pairs, values, strict=True)]


def write_coefficients(path: Path, calibration: Calibration, pairs: Sequence[LabelledPair], embedder: str) -> None:
    """Write the models as `coefficients.json`: to the digit the same for the same pairs and embedder."""
    sets = {source: sum(pair.source == source for pair in pairs) for source in sorted({pair.source for pair in pairs})}
    written = {
        "made_by": "citewell models train-verifier",
        "pairs": sets,
        "embedder": embedder,
        "models": {name: model.to_json() for name, model in calibration.models.items()},
    }
    path.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
