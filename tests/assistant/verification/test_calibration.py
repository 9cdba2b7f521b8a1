"""The calibrated model: fitted the same to the digit, measured without leaks, and never blind to the rules."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from assistant.cli import app
from assistant.verification.calibration import calibrate, values_of, write_coefficients
from assistant.verification.labelled import LabelledError, LabelledPair, gold_labels, group_folds, read_labelled
from assistant.verification.labels import Label
from assistant.verification.model import Model, best_for, fit, shipped

DRUGS = ("aspirin", "apixaban", "metformin", "losartan", "digoxin", "sertraline")
OUTCOMES = ("stroke", "mortality", "bleeding", "weight gain")


def pairs() -> list[LabelledPair]:
    """A small set: what is said, its opposite, and something else."""
    found = []
    for number, (drug, outcome) in enumerate((drug, outcome) for drug in DRUGS for outcome in OUTCOMES):
        evidence = f"In this trial {drug} reduced {outcome} in adults by {number + 10}% against placebo."
        claims: dict[Label, str] = {
            "support": f"{drug} lowered {outcome} in adults",
            "contradict": f"{drug} increased {outcome} in adults",
            "neutral": f"Surgery is safe in people of {number + 20} years",
        }
        found += [LabelledPair(f"{number}-{label}", claim, evidence, label, "small") for label, claim in claims.items()]
    return found


def test_the_shipped_models_read_as_written_and_know_their_features() -> None:
    models = shipped()
    assert {"rules", "meaning"} <= set(models)
    text = files("assistant.verification").joinpath("coefficients.json").read_text(encoding="utf-8")
    for name, read in json.loads(text)["models"].items():
        assert models[name].to_json() == read
    assert not any(feature.startswith(("cosine", "neural")) for feature in models["rules"].features)
    assert set(models["rules"].features) < set(models["meaning"].features)


def test_the_same_pairs_give_the_same_file(tmp_path: Path) -> None:
    values = values_of(pairs(), None)
    for name in ("one", "other"):
        write_coefficients(tmp_path / name, calibrate(pairs(), values), pairs(), "none")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_held_out_pairs_are_told_apart() -> None:
    calibration = calibrate(pairs(), values_of(pairs(), None), folds=3)
    assert (calibration.held_out["rules"].argmax(axis=1) == gold_labels(pairs())).mean() > 0.9
    assert set(calibration.models) == {"rules"}


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")), min_size=1, max_size=30))
def test_no_claim_and_no_document_is_in_two_folds(each: list[tuple[str, str]]) -> None:
    made = [LabelledPair(str(n), claim, evidence, "support") for n, (claim, evidence) in enumerate(each)]
    folds = group_folds(made, 3)
    for attribute in ("claim", "evidence"):
        seen: dict[str, set[int]] = {}
        for pair, fold in zip(made, folds, strict=True):
            seen.setdefault(getattr(pair, attribute), set()).add(fold)
        assert all(len(found) == 1 for found in seen.values())


def test_probabilities_sum_to_one_and_a_missing_feature_is_an_error() -> None:
    rows = np.random.default_rng(1).normal(size=(60, 2))
    model = fit(["a", "b"], rows, (rows[:, 0] > 0).astype(int), np.ones(60), 0.01)
    assert np.allclose(model.probabilities(rows).sum(axis=1), 1)
    assert model.opinion({"a": 3.0, "b": 0.0}).label == "contradict"
    assert Model.from_json(model.to_json()) == model  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        model.opinion({"a": 1.0})


def test_the_model_that_knows_most_is_used() -> None:
    rules, meaning = shipped()["rules"], shipped()["meaning"]
    assert best_for(dict.fromkeys(rules.features, 0.0)) is rules
    assert best_for(dict.fromkeys(meaning.features, 0.0)) is meaning


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "Invalid JSON"),
        ("[]", "object"),
        ('{"claim": "a", "evidence": "b", "label": "maybe"}', '"label": .*support'),
        ('{"claim": " ", "evidence": "b", "label": "support"}', '"claim": '),
        ('{"claim": "a", "label": "support"}', '"evidence": '),
        ('{"claim": "a", "evidence": " ", "label": "support"}', '"evidence": '),
        ('{"claim": "a", "evidence": ["b", 1], "label": "support"}', '"evidence": '),
        ('{"claim": 1, "evidence": "b", "label": "support"}', '"claim": '),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text('{"claim": "a", "evidence": ["b", "c"], "label": "SUPPORT"}\n' + line, encoding="utf-8")
    with pytest.raises(LabelledError, match=message) as error:
        read_labelled(path)
    assert "set.jsonl:2" in str(error.value)


def test_what_a_line_need_not_have(tmp_path: Path) -> None:
    lines = [
        '{"id": 7, "claim": " a ", "evidence": ["b", "c"], "label": "SUPPORT", "document_id": 12, "title": null}',
        "",
        '{"claim": "a\u2028b", "evidence": "c", "label": "neutral", "two_class": true, "rationale": [1]}',
    ]
    (tmp_path / "set.jsonl").write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    assert read_labelled(tmp_path) == [
        LabelledPair("7", "a", "b c", "support", "set", "12"),
        LabelledPair("3", "a\u2028b", "c", "neutral", "set", two_class=True),
    ]
    (tmp_path / "set.jsonl").write_text("\n \n", encoding="utf-8")
    with pytest.raises(LabelledError, match="empty"):
        read_labelled(tmp_path)
    with pytest.raises(LabelledError, match=r"no \.jsonl file"):
        read_labelled(Path(__file__).parent)


def test_the_command_trains_and_says_what_it_measured(tmp_path: Path) -> None:
    path = tmp_path / "small.jsonl"
    lines = [{"id": p.id, "claim": p.claim, "evidence": p.evidence, "label": p.label} for p in pairs()]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    out = tmp_path / "coefficients.json"
    call = ["models", "train-verifier", "--support", str(path), "--out", str(out)]
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 0, done.output
    assert "AUROC" in done.output
    assert set(json.loads(out.read_text(encoding="utf-8"))["models"]) == {"rules", "meaning"}
    assert CliRunner().invoke(app, ["models", "train-verifier", "--out", str(out)]).exit_code == 2
