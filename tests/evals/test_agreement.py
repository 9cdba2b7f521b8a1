"""The labelled claims that a judge is tried on: where they are found, how they are drawn, what agreement is."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from assistant.verification.labelled import LabelledPair
from evals.agreement import agreement, draw, find_gold, is_supported
from evals.errors import CallError, DataError
from evals.suites.base import Options

OPTIONS = Options(resamples=50)


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """Two sets, of which the larger has mostly contradictions."""
    folder = tmp_path / "support"
    folder.mkdir()
    for name, labels in (("large", ["contradict"] * 50 + ["support"] * 10), ("small", ["support", "neutral"] * 6)):
        records = [
            {"id": str(number), "claim": f"Claim {number}.", "evidence": "It is.", "label": label}
            for number, label in enumerate(labels)
        ]
        (folder / f"{name}.jsonl").write_text(
            "".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8"
        )
    return folder


def test_gold_labels_are_found_beside_or_above(gold: Path, tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "qa"):
        place.mkdir(exist_ok=True)
        (place / "questions.jsonl").touch()
        assert find_gold(place, None) == find_gold(place / "questions.jsonl", None) == gold
    assert find_gold(tmp_path, gold / "small.jsonl") == gold / "small.jsonl"


def test_without_gold_labels_the_mend_is_said(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="--gold"):
        find_gold(tmp_path / "questions.jsonl", None)
    with pytest.raises(CallError, match="gone: no such file"):
        find_gold(tmp_path, tmp_path / "gone")
    (tmp_path / "broken.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="broken"):
        draw(tmp_path / "broken.jsonl", 4, 0)


@pytest.mark.parametrize("seed", range(3))
def test_sets_and_verdicts_are_drawn_alike(gold: Path, seed: int) -> None:
    drawn = draw(gold, 20, seed)
    assert Counter((pair.source, is_supported(pair)) for pair in drawn) == dict.fromkeys(
        [("large", True), ("large", False), ("small", True), ("small", False)], 5
    )
    assert drawn == draw(gold, 20, seed)
    assert len(draw(gold, 1000, seed)) == 72


def test_draws_differ_by_seed(gold: Path) -> None:
    assert draw(gold, 20, 0) != draw(gold, 20, 1)


def test_a_failed_verdict_is_wrong_whatever_the_label() -> None:
    pairs = [LabelledPair("1", "It is.", "It is.", "support"), LabelledPair("2", "It is.", "It is not.", "contradict")]
    assert agreement("judge", [True, False], pairs, OPTIONS)["judge_accuracy"].value == 1
    assert agreement("judge", [None, None], pairs, OPTIONS)["judge_accuracy"].value == 0
    assert agreement("judge", [None, False], pairs, OPTIONS)["judge_accuracy"].value == 0.5
    assert agreement("judge", [True, True], pairs, OPTIONS)["judge_kappa"].value == 0
