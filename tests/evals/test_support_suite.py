"""The support suite on a small set: what it measures, what it compares with, what it shows, what it refuses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant.verification.figures import auroc, ece, macro_f1, reliability
from evals.errors import DataError
from evals.plots import reliability_plot
from evals.suites import load_suite
from evals.suites.base import Options, Outcome
from evals.suites.support import ABLATIONS, SupportSuite

OPTIONS = Options(resamples=20)
EVIDENCE = (
    "We randomised adults with hypertension. Losartan reduced stroke by 25% against placebo over two years. "
    "There was no difference in mortality. Cough was rare."
)
PAIRS = [
    ("Losartan lowered stroke by 25 percent in hypertension.", "support"),
    ("Losartan reduced stroke against placebo.", "support"),
    ("Mortality did not differ with losartan.", "support"),
    ("Losartan increased stroke by 25%.", "contradict"),
    ("Losartan reduced mortality.", "contradict"),
    ("Tuberculosis is treated for six months.", "neutral"),
    ("Colonoscopy finds adenomas.", "neutral"),
]


def ignore(stage: str, done: int, total: int) -> None:
    """A progress nobody watches."""


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CITEWELL_HOME", str(tmp_path_factory.mktemp("home")))
        yield


def write(folder: Path, pairs: Sequence[tuple[str, str]], name: str = "small") -> Path:
    path = folder / f"{name}.jsonl"
    lines = [{"claim": claim, "evidence": EVIDENCE, "label": label, "section": None} for claim, label in pairs]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return SupportSuite().run(write(tmp_path_factory.mktemp("set"), PAIRS), OPTIONS, ignore)


def test_the_product_is_measured_beside_floors_and_without_each_check(outcome: Outcome) -> None:
    assert isinstance(load_suite("support"), SupportSuite)
    assert (outcome.data, outcome.n, outcome.shipped) == ("small", 7, "verifier")
    assert {"word overlap", "embedding cosine", "always support"} < set(outcome.systems)
    assert {f"without {check}" for check in ABLATIONS} < set(outcome.systems)
    for measures in outcome.systems.values():
        assert list(measures) == ["auroc", "macro_f1", "accuracy", "ece"]
        assert all(0 <= each.low <= each.value <= each.high <= 1 for each in measures.values())
    assert outcome.systems["always support"]["accuracy"].value == pytest.approx(3 / 7)
    assert outcome.systems["always support"]["auroc"].value == 0.5


def test_the_report_has_a_reliability_plot_and_the_hardest_cases(outcome: Outcome) -> None:
    (plot,) = outcome.plots
    assert plot.startswith("<svg")
    assert "verifier" in plot
    assert [case.value for case in outcome.hardest] == sorted(case.value for case in outcome.hardest)
    assert {case.text for case in outcome.hardest} == {claim for claim, _ in PAIRS}


def test_a_folder_and_a_set_of_two_labels_can_be_measured(tmp_path: Path) -> None:
    write(tmp_path, PAIRS[:4], "one")
    write(tmp_path, PAIRS[3:5], "two")
    outcome = SupportSuite().run(tmp_path, OPTIONS, ignore)
    assert (outcome.data, outcome.n) == (tmp_path.name, 6)
    assert outcome.left_out == {"labels, none called neutral": 0}


@pytest.mark.parametrize(("content", "message"), [("", "empty"), ("{}", '"claim"'), (None, "no such file")])
def test_what_cannot_be_measured_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "set.jsonl"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        SupportSuite().run(path, OPTIONS, ignore)


def test_figures_by_hand() -> None:
    scores = np.array([0.9, 0.8, 0.3, 0.1])
    assert auroc(scores, np.array([True, True, False, False])) == 1
    assert auroc(scores, np.array([True, False, True, False])) == 0.75
    assert auroc(np.full(4, 0.5), np.array([True, False, True, False])) == 0.5
    assert macro_f1(np.array([0, 0, 2, 2]), np.array([0, 2, 2, 2])) == pytest.approx((2 / 3 + 0.8) / 2)
    assert ece(np.array([1.0, 1.0, 0.0, 0.0]), np.array([True, True, False, False])) == 0
    assert ece(np.array([1.0, 1.0]), np.array([True, False])) == 0.5
    assert reliability(np.array([0.95, 0.05]), np.array([True, False])) == [(0.05, 0.0, 0.5), (0.95, 1.0, 0.5)]
    assert "<svg" in reliability_plot({"a": [(0.5, 0.5, 1.0)]}, "A title", "p")


def test_a_set_with_one_label_is_not_all_right(tmp_path: Path) -> None:
    pairs = [(claim, "contradict") for claim, label in PAIRS if label == "support"]
    outcome = SupportSuite().run(write(tmp_path, pairs), OPTIONS, ignore)
    assert "auroc" not in outcome.systems["verifier"]
    assert [problem for problem in outcome.problems if "AUROC" in problem]
    assert outcome.systems["always support"]["accuracy"].value == 0
    assert outcome.systems["verifier"]["accuracy"].value < 1
