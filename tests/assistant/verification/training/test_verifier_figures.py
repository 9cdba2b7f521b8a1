"""The figures: against cases that can be told by hand."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.verification.training.figures import fitted_temperature, support_figures, tempered
from assistant.verification.training.pairs import LABELS

S, C, N = LABELS


def test_a_perfect_verifier_and_one_that_says_nothing() -> None:
    labels = [S, C, N, S]
    perfect = np.eye(3)[[0, 1, 2, 0]]
    assert support_figures(perfect, labels).model_dump() == {
        "pairs": 4, "auroc": 1.0, "macro_f1": 1.0, "accuracy": 1.0, "calibration_error": 0.0,
    }  # fmt: skip
    nothing = support_figures(np.full((4, 3), 1 / 3), labels)
    assert nothing.auroc == 0.5
    assert nothing.calibration_error == pytest.approx(1 / 6, abs=1e-3)


def test_a_label_that_never_occurs_is_not_a_choice() -> None:
    sure_of_neutral = np.array([[0.2, 0.1, 0.7], [0.1, 0.2, 0.7]])
    assert support_figures(sure_of_neutral, [S, C]).accuracy == 1.0


@pytest.mark.parametrize("excess", [0.6, 1.0, 2.0, 4.0])
def test_the_temperature_finds_how_much_too_sure_a_model_is(excess: float) -> None:
    draw = np.random.default_rng(0)
    true = draw.dirichlet((1, 1, 1), 3000)
    chosen = (draw.random((3000, 1)) < true.cumsum(axis=1)).argmax(axis=1)
    labels = [LABELS[number] for number in chosen]
    assert fitted_temperature(tempered(true, 1 / excess), labels) == pytest.approx(excess, rel=0.2)
