"""The figures: against cases that can be told by hand, and against those of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.verification.figures import auroc, likeliest, macro_f1, support_figures
from assistant.verification.labels import fitted_temperature, softmax, tempered


def test_a_perfect_verifier_and_one_that_says_nothing() -> None:
    gold = np.array([0, 1, 2, 0])
    assert support_figures(np.eye(3)[gold], gold).model_dump() == {
        "pairs": 4, "auroc": 1.0, "macro_f1": 1.0, "accuracy": 1.0, "calibration_error": 0.0,
    }  # fmt: skip
    nothing = support_figures(np.full((4, 3), 1 / 3), gold)
    assert nothing.auroc == 0.5
    assert nothing.calibration_error == pytest.approx(1 / 6)
    assert nothing.rounded(2).calibration_error == 0.17
    assert nothing.rounded(2).pairs == 4


def test_a_label_that_never_occurs_is_not_a_choice() -> None:
    sure_of_neutral = np.array([[0.2, 0.1, 0.7], [0.1, 0.2, 0.7]])
    assert likeliest(sure_of_neutral, np.array([0, 1])).tolist() == [0, 1]
    assert support_figures(sure_of_neutral, np.array([0, 1])).accuracy == 1.0


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from((0.1, 0.4, 0.7))), min_size=2))
def test_scikit_learn_counts_the_same(cases: list[tuple[int, int, float]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="pip install 'citewell[models]'")
    gold, chosen = (np.array([case[place] for case in cases]) for place in (0, 1))
    scores = np.array([case[2] for case in cases])
    theirs = metrics.f1_score(gold, chosen, labels=np.unique(gold), average="macro", zero_division=0)
    assert macro_f1(chosen, gold) == pytest.approx(theirs)
    if len(set((gold == 0).tolist())) == 2:
        assert auroc(scores, gold == 0) == pytest.approx(metrics.roc_auc_score(gold == 0, scores))


@given(st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=3))
def test_logits_of_any_size_give_probabilities(logits: list[float]) -> None:
    shares = softmax(np.array([logits, logits[::-1]]))
    assert shares.sum(axis=1) == pytest.approx(1)
    assert shares[0] == pytest.approx(shares[1][::-1])  # sums in another order may differ in the last place
    assert shares[0].tolist() == softmax(np.array(logits)).tolist()


@pytest.mark.parametrize("excess", [0.6, 1.0, 2.0, 4.0])
def test_the_temperature_finds_how_much_too_sure_a_model_is(excess: float) -> None:
    draw = np.random.default_rng(0)
    true = draw.dirichlet((1, 1, 1), 3000)
    gold = (draw.random((3000, 1)) < true.cumsum(axis=1)).argmax(axis=1)
    assert fitted_temperature(tempered(true, 1 / excess), gold) == pytest.approx(excess, rel=0.2)
