"""The trained verifier as the rest of the project sees it: optional, and the same for the same pair whatever stands beside it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tiny_verifier import write_tiny

from assistant.settings import load_settings
from assistant.verification import neural
from assistant.verification.calibration import judgements_of
from assistant.verification.labelled import LabelledPair
from assistant.verification.labels import LABELS
from assistant.verification.neural import (
    JUDGED,
    MODEL,
    SPEC,
    NeuralVerifier,
    load_neural,
    probabilities,
    shipped_folder,
)
from assistant.verification.training.train import CARD, VerifierCard
from indexes.embedding.weights import fingerprint
from indexes.errors import ModelError, ModelMissingError

pytest.importorskip("onnx", reason="pip install 'citewell[models]'")

PAIRS = [
    ("Aspirin prevents stroke.", "Low-dose aspirin reduced the incidence of ischaemic stroke."),
    ("Metformin raises HbA1c.", "Metformin lowered HbA1c by 1.1%."),
    ("Statins cause dementia.", "Measles is contagious. " * 60),
    ("", ""),
]


@pytest.fixture
def no_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CITEWELL_VERIFIER", raising=False)
    monkeypatch.chdir(tmp_path)
    load_settings.cache_clear()


def test_without_a_file_there_is_none(no_setting: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neural, "shipped_folder", lambda: None)
    assert load_neural() is None
    assert probabilities(PAIRS) is None


def test_none_is_none_though_one_ships(no_setting: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_neural() is not None
    monkeypatch.setenv("CITEWELL_VERIFIER", "none")
    load_settings.cache_clear()
    assert load_neural() is None
    load_settings.cache_clear()


@pytest.mark.parametrize(
    ("claim", "evidence", "label"),
    [
        (
            "Low-dose aspirin lowers the risk of stroke.",
            "In this trial of 20,000 adults, aspirin 81 mg daily reduced the incidence of ischaemic stroke compared with placebo.",
            "support",
        ),
        (
            "Vitamin D prevents fractures in healthy adults.",
            "Supplementation with vitamin D did not reduce the risk of fractures in generally healthy midlife and older adults.",
            "contradict",
        ),
        (
            "Metformin increases mortality in type 2 diabetes.",
            "All-cause mortality was significantly lower with metformin than with diet alone in patients with type 2 diabetes.",
            "contradict",
        ),
        (
            "Masks reduce the spread of influenza.",
            "Pancreatic cancer is often diagnosed late, and few patients are candidates for surgery.",
            "neutral",
        ),
    ],
)
def test_the_one_that_ships_tells_support_from_contradiction(claim: str, evidence: str, label: str) -> None:
    folder = shipped_folder()
    assert folder is not None
    [row] = NeuralVerifier(folder).probabilities([(claim, evidence)])
    assert LABELS[int(row.argmax())] == label


def test_the_file_that_ships_is_small_and_has_its_card() -> None:
    folder = shipped_folder()
    assert folder is not None
    assert (folder / MODEL).stat().st_size <= 35_000_000
    card = VerifierCard.model_validate_json((folder / CARD).read_bytes())
    assert card.fingerprint == fingerprint([folder / MODEL])
    assert NeuralVerifier(folder).spec.temperature == card.temperature


def test_the_setting_names_a_verifier(no_setting: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CITEWELL_VERIFIER", str(write_tiny(tmp_path / "mine")))
    load_settings.cache_clear()
    found = probabilities(PAIRS)
    assert found is not None
    assert found.shape == (4, 3)
    monkeypatch.setenv("CITEWELL_VERIFIER", str(tmp_path / "nowhere"))
    load_settings.cache_clear()
    with pytest.raises(ModelMissingError, match=r"nowhere has no verifier\.json"):
        probabilities(PAIRS)
    load_settings.cache_clear()


def test_probabilities_are_probabilities_in_the_order_of_the_pairs(tmp_path: Path) -> None:
    verifier = NeuralVerifier(write_tiny(tmp_path))
    found = verifier.probabilities(PAIRS)
    assert found.sum(axis=1) == pytest.approx(np.ones(4))
    assert (found > 0).all()
    order = [2, 0, 3, 1]
    assert (verifier.probabilities([PAIRS[row] for row in order]) == found[order]).all()


def test_a_pair_has_the_same_figures_in_any_company(tmp_path: Path) -> None:
    verifier = NeuralVerifier(write_tiny(tmp_path))
    together = verifier.probabilities(PAIRS * 5)
    alone = np.concatenate([verifier.probabilities([pair]) for pair in PAIRS])
    assert (together == np.tile(alone, (5, 1))).all()
    assert verifier.probabilities([]).shape == (0, 3)


def test_a_temperature_makes_it_less_sure_of_the_same(tmp_path: Path) -> None:
    sure = NeuralVerifier(write_tiny(tmp_path / "sure")).probabilities(PAIRS)
    calm = NeuralVerifier(write_tiny(tmp_path / "calm", temperature=2.0)).probabilities(PAIRS)
    assert (calm.argmax(axis=1) == sure.argmax(axis=1)).all()
    assert (calm.max(axis=1) < sure.max(axis=1)).all()


def test_what_is_no_verifier_is_refused_by_name(tmp_path: Path) -> None:
    two = NeuralVerifier(write_tiny(tmp_path / "two", logits=2))
    with pytest.raises(ModelError, match=r"shape \(1, 2\)"):
        two.probabilities(PAIRS)
    broken = write_tiny(tmp_path / "broken")
    (broken / SPEC).write_text("{}")
    with pytest.raises(ModelError, match=r"verifier\.json cannot be read"):
        NeuralVerifier(broken)
    damaged = write_tiny(tmp_path / "damaged")
    (damaged / MODEL).write_bytes(b"no model")
    with pytest.raises(ModelError, match="damaged"):
        NeuralVerifier(damaged)


def test_pairs_that_were_learnt_from_are_judged_as_the_models_without_them_did(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path)
    seen = LabelledPair("1", *PAIRS[0], label="support", source="learnt")
    new = LabelledPair("1", *PAIRS[1], label="contradict", source="new")
    kept = {"source": "learnt", "id": "1", "support": 0.7, "contradict": 0.2, "neutral": 0.1}
    (folder / JUDGED).write_text(json.dumps(kept) + "\n", encoding="utf-8")
    found = judgements_of(folder, [seen, new])
    assert found["learnt", "1"] == (0.7, 0.2, 0.1)
    assert found["new", "1"] == pytest.approx(NeuralVerifier(folder).probabilities([PAIRS[1]])[0].tolist())
