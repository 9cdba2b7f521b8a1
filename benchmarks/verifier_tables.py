"""The tables of a verifier that ships: `benchmarks/figures.py` takes them in once there is `results/verifier.json`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

RESULT = Path(__file__).resolve().parent / "results" / "verifier.json"


def _load() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8"))
    return loaded


def verifier() -> str:
    """On each support set: word overlap, the verifier that has not seen the set, and the one that learnt from its other folds."""
    result = _load()
    card = result["card"]
    lines = ["| set (pairs) | model | AUROC | macro-F1 | accuracy | calibration error |", "|---|---|---|---|---|---|"]
    for name, before in card["before"].items():
        lines.append(f"| {name} ({before['pairs']:,}) | word overlap | {result['overlap'][name]:.3f} | – | – | – |")
        for label, each in (("mixture only", before), ("**cross-validated**", card["cross_validated"][name])):
            cells = " | ".join(f"{each[key]:.3f}" for key in ("auroc", "macro_f1", "accuracy", "calibration_error"))
            lines.append(f"| {name} | {label} | {cells} |")
    return "\n".join(lines)


def verifier_data() -> str:
    """What the verifier learnt from, with the pairs of each label."""
    labels = ("support", "contradict", "neutral")
    lines = ["| stage | set | " + " | ".join(labels) + " |", "|---|---" + "|--:" * len(labels) + "|"]
    for each in _load()["card"]["data"]:
        counts = " | ".join(f"{each['labels'].get(label, 0):,}" for label in labels)
        lines.append(f"| {each['stage']} | {each['name']} | {counts} |")
    return "\n".join(lines)


def verifier_runs() -> str:
    """The trainings of the verifier, its size and its speed."""
    result = _load()
    card = result["card"]
    lines = ["| training | pairs | steps | tokens | minutes | loss at the end |", "|---|--:|--:|--:|--:|--:|"]
    for name, run in card["runs"].items():
        cells = (
            f"{run['pairs']:,} | {run['steps']:,} | {run['tokens']:,} | {run['seconds'] / 60:,.0f} | {run['loss']:.2f}"
        )
        lines.append(f"| {name} | {cells} |")
    recipes = [
        f"{title}: " + ", ".join(f"{key} {value:g}" for key, value in card[key_of].items() if value is not None)
        for title, key_of in (("Mixture", "recipe"), ("Support sets", "support_recipe"))
    ]
    said = (
        f"The file has {result['bytes'] / 1e6:.1f} MB; its probabilities correlate with the checkpoint's by {card['agreement']:.3f}; temperature "
        f"{card['temperature']:g}. Six pairs, of an answer with four claims: {result['latency']['p50'] * 1000:,.0f} ms (median), "
        f"{result['latency']['p95'] * 1000:,.0f} ms (p95) on {result['processors']} processors whose load was {result['load']:g}."
    )
    return "\n".join([*lines, "", *(f"{each}." for each in recipes), "", said])


TABLES: dict[str, Callable[[], str]] = {
    "verifier": verifier,
    "verifier_data": verifier_data,
    "verifier_runs": verifier_runs,
}
