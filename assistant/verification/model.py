"""The calibrated model: a multinomial logistic regression over the features, its coefficients a readable file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from assistant.verification.labels import LABELS, Label, softmax

COEFFICIENTS = "coefficients.json"


@dataclass(frozen=True, slots=True)
class Opinion:
    """Probabilities of the three labels, which sum to 1."""

    support: float
    contradict: float
    neutral: float

    @property
    def label(self) -> Label:
        """The likeliest of the three."""
        return max(LABELS, key=lambda label: float(getattr(self, label)))


@dataclass(frozen=True, slots=True)
class Model:
    """Mean and spread of each feature, and for each label an intercept and a weight for each feature that was so standardised.

    `labels` are the verifier's where nothing else is said; whoever else tells a few things apart names its own.
    """

    features: tuple[str, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    intercepts: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    labels: tuple[str, ...] = LABELS

    def opinion(self, values: Mapping[str, float]) -> Opinion:
        """What the model thinks. Raises `KeyError` where a feature is missing."""
        row = np.array([values[name] for name in self.features])
        return Opinion(*self.probabilities(row[None, :])[0].tolist())

    def probabilities(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """One row of probabilities, in the order of the labels, for each row of features."""
        standard = np.clip((rows - np.array(self.means)) / np.array(self.spreads), -4.0, 4.0)
        return softmax(standard @ np.array(self.weights).T + np.array(self.intercepts))

    def to_json(self) -> dict[str, object]:
        """The model as `coefficients.json` has it."""
        names = ("mean", "spread", *self.labels)
        columns = zip(self.means, self.spreads, *self.weights, strict=True)
        return {
            "intercepts": dict(zip(self.labels, self.intercepts, strict=True)),
            "features": {
                name: dict(zip(names, row, strict=True)) for name, row in zip(self.features, columns, strict=True)
            },
        }

    @classmethod
    def from_json(cls, read: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Model:
        """The model that `to_json` wrote. Raises `KeyError` where something is missing."""
        features = read["features"]
        labels = tuple(read["intercepts"])
        return cls(
            features=tuple(features),
            means=tuple(each["mean"] for each in features.values()),
            spreads=tuple(each["spread"] for each in features.values()),
            intercepts=tuple(float(read["intercepts"][label]) for label in labels),  # type: ignore[arg-type]
            weights=tuple(tuple(each[label] for each in features.values()) for label in labels),
            labels=labels,
        )


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, Model]:
    """The models that come with Citewell, by what they need: `rules`, `meaning` (an embedder), `neural` (a neural model too)."""
    text = files("assistant.verification").joinpath(COEFFICIENTS).read_text(encoding="utf-8")
    return {name: Model.from_json(read) for name, read in json.loads(text)["models"].items()}


def best_for(values: Mapping[str, float], models: Mapping[str, Model] | None = None) -> Model:
    """Of the models that can be used with these features the last: each knows something that those before it do not."""
    known = shipped() if models is None else models
    usable = [model for model in known.values() if all(name in values for name in model.features)]
    return usable[-1]


def fit(
    features: Sequence[str],
    rows: NDArray[np.float64],
    labels: NDArray[np.int64],
    importance: NDArray[np.float64],
    ridge: float,
    names: tuple[str, ...] = LABELS,
) -> Model:
    """The model that fits best with a penalty of `ridge` on squared weights: Newton's method, which always ends at the same place.

    `labels` are places in `names`, `importance` weighs each row. Bishop, "Pattern Recognition and Machine Learning" (2006), section 4.3.4.
    """
    means, spreads = rows.mean(axis=0), rows.std(axis=0)
    spreads = np.where(spreads < 1e-6, 1.0, spreads)
    means, spreads = np.round(means, 4), np.maximum(np.round(spreads, 4), 1e-3)
    standard = np.clip((rows - means) / spreads, -4.0, 4.0)
    design = np.hstack([np.ones((len(rows), 1)), standard])
    share = importance / importance.sum()
    target = np.eye(len(names))[labels]
    width, classes = design.shape[1], len(names)
    penalty = np.tile(np.r_[1e-6, np.full(width - 1, ridge)], classes)
    theta = np.zeros(width * classes)
    for _ in range(50):
        probabilities = softmax(design @ theta.reshape(classes, width).T)
        gradient = ((probabilities - target) * share[:, None]).T @ design
        hessian = np.zeros((width * classes, width * classes))
        for a in range(classes):
            for b in range(a, classes):
                curve = probabilities[:, a] * ((a == b) - probabilities[:, b]) * share
                block = (design * curve[:, None]).T @ design
                hessian[a * width : (a + 1) * width, b * width : (b + 1) * width] = block
                hessian[b * width : (b + 1) * width, a * width : (a + 1) * width] = block.T
        step = np.linalg.solve(hessian + np.diag(penalty), gradient.ravel() + penalty * theta)
        theta -= step
        if float(np.abs(step).max()) < 1e-10:
            break
    weights = np.round(theta.reshape(classes, width), 4) + 0.0
    return Model(
        tuple(features),
        tuple(means.tolist()),
        tuple(spreads.tolist()),
        tuple(weights[:, 0].tolist()),
        tuple(tuple(row) for row in weights[:, 1:].tolist()),
        names,
    )
