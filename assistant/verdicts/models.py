"""The models by which verdicts are read, and how sure each must be to be shown: `coefficients.json`, made by `benchmarks/verdicts.py`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

import numpy as np

from assistant.verification.model import Model

COEFFICIENTS = "coefficients.json"
YES_NO = ("yes", "no", "uncertain")
EFFECTS = ("increased", "decreased", "no difference")


@dataclass(frozen=True, slots=True)
class Models:
    """`bars`: verdict -> the probability from which it is shown. A verdict without a bar is never shown.

    `judged` is `yes_no` where a trained verifier has judged the sentences too, with bars of its own.
    """

    yes_no: Model
    effect: Model
    bars: Mapping[str, float]
    judged: Model | None = None
    judged_bars: Mapping[str, float] = field(default_factory=dict)


def probabilities(model: Model, values: Mapping[str, float]) -> dict[str, float]:
    """Verdict -> its probability; they sum to 1. Raises `KeyError` where a feature is missing."""
    row = np.array([[values[name] for name in model.features]])
    return dict(zip(model.labels, model.probabilities(row)[0].tolist(), strict=True))


@lru_cache(maxsize=1)
def shipped() -> Models:
    """The models that come with Citewell."""
    read = json.loads(files("assistant.verdicts").joinpath(COEFFICIENTS).read_text(encoding="utf-8"))
    models = {name: Model.from_json(read[name]) for name in ("yes_no", "effect", "judged")}
    return Models(**models, bars=read["bars"], judged_bars=read["judged_bars"])
