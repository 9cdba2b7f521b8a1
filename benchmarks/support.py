"""How well the verifier tells support, contradiction and neither apart on claims and documents it has not seen, beside floors and without checks.

python benchmarks/support.py --data ../shared/data/eval/support --made made.jsonl --out benchmarks/results/support.json [--verifier FOLDER]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.verification.calibration import as_evidence, calibrate, judgements_of, with_judgements
from assistant.verification.features import begins, read
from assistant.verification.figures import SUPPORT, support_figures
from assistant.verification.labelled import LabelledPair, gold_labels, read_labelled
from assistant.verification.labels import LABELS, Floats, Ints
from evals.cache import CachedEmbedder, cache_folder
from evals.suites.support import ABLATIONS, floors
from indexes.embedding import load_embedder

IMAGE = Path(__file__).resolve().parents[1] / "docs" / "images" / "reliability.svg"
SETS = ("scifact", "healthver", "nli4ct_train", "made")


def main() -> None:
    """Parse the call, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--made", type=Path, required=True, help="claims made by rule: benchmarks/verification.py --pairs"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--verifier", type=Path, help="the folder of a neural verifier")
    parser.add_argument("--features", type=Path, help="where features are kept from one run to the next")
    args = parser.parse_args()
    pairs = [
        pair for name in SETS for pair in read_labelled(args.made if name == "made" else args.data / f"{name}.jsonl")
    ]
    values, faults = _features(pairs, args.features)
    if args.verifier:
        values = with_judgements(pairs, values, judgements_of(args.verifier, pairs))
    gold = gold_labels(pairs)
    sources = np.array([pair.source for pair in pairs])
    calibration = calibrate(pairs, values)
    best = list(calibration.held_out)[-1]
    systems: dict[str, Floats] = {
        **floors(values),
        **{f"verifier, {name}": held_out for name, held_out in calibration.held_out.items()},
    }
    result: dict[str, object] = {
        "pairs": {name: int((sources == name).sum()) for name in SETS},
        "best": best,
        "systems": {name: _figures(each, gold, sources) for name, each in systems.items()},
        "without": {},
        "faults": _faults(faults, gold, sources),
    }
    for check, starts in ABLATIONS.items():
        kept = [{name: value for name, value in each.items() if not begins(name, starts)} for each in values]
        if len(kept[0]) == len(values[0]):
            continue
        usable = {"meaning": "rules", "neural": "meaning"}.get(check, best)
        without = calibrate(pairs, kept, only=usable)
        result["without"][check] = _figures(without.held_out[usable], gold, sources)  # type: ignore[index]
        print(check, result["without"][check], flush=True)  # type: ignore[index]
    plot(systems[f"verifier, {best}"], gold, sources, IMAGE)
    print(json.dumps(result, indent=2))
    args.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def plot(probabilities: Floats, gold: Ints, sources: NDArray[np.str_], path: Path) -> None:
    """Reliability (Guo et al. 2017): the mean support of each tenth of the scale against the share that is supported, as large as the bin."""
    from plotting import COLOURS, drawn

    with drawn(path, (5, 4)) as (axes,):
        axes.plot([0, 1], [0, 1], color=COLOURS[5], linewidth=0.8)
        for name, colour in zip(SETS, COLOURS, strict=False):
            said, seen = probabilities[sources == name, SUPPORT], gold[sources == name] == SUPPORT
            bins = np.minimum((said * 10).astype(int), 9)
            held = [number for number in range(10) if (bins == number).any()]
            points = [(said[bins == number].mean(), seen[bins == number].mean()) for number in held]
            sizes = [10 + 300 * float((bins == number).mean()) for number in held]
            axes.scatter(*zip(*points, strict=True), s=sizes, color=colour, alpha=0.7, label=name)
        axes.set_xlabel("support that the model gives")
        axes.set_ylabel("share that is supported")
        axes.legend(frameon=False)


def _features(pairs: Sequence[LabelledPair], kept: Path | None) -> tuple[list[dict[str, float]], list[list[str]]]:
    """Features of each pair and the names of the checks that found a fault."""
    if kept is not None and kept.is_file():
        lines = {
            (each["source"], each["id"]): each
            for each in map(json.loads, kept.read_text(encoding="utf-8").splitlines())
        }
        found = [lines[pair.source, pair.id] for pair in pairs]
        return [each["values"] for each in found], [each["faults"] for each in found]
    values, faults = [], []
    with closing(CachedEmbedder(load_embedder(), cache_folder() / "embeddings.sqlite")) as embedder:
        for pair in pairs:
            seen = read(pair.claim, as_evidence(pair), embedder.embed_passages)
            values.append(dict(seen.values))
            faults.append([name for name, finding in seen.findings.items() if finding.fault])
    if kept is not None:
        rows = [
            {"source": pair.source, "id": pair.id, "values": each, "faults": noted}
            for pair, each, noted in zip(pairs, values, faults, strict=True)
        ]
        kept.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return values, faults


def _figures(probabilities: Floats, gold: Ints, sources: NDArray[np.str_]) -> dict[str, dict[str, float]]:
    return {
        name: support_figures(probabilities[sources == name], gold[sources == name])
        .rounded(3)
        .model_dump(exclude={"pairs"})
        for name in SETS
    }


def _faults(
    faults: Sequence[Sequence[str]], gold: Ints, sources: NDArray[np.str_]
) -> Mapping[str, Mapping[str, float]]:
    """Set and label -> the share of pairs in which some check finds a fault."""
    any_fault = np.array([bool(each) for each in faults])
    return {
        name: {
            label: round(float(any_fault[(sources == name) & (gold == number)].mean()), 3)
            for number, label in enumerate(LABELS)
            if ((sources == name) & (gold == number)).any()
        }
        for name in SETS
    }


if __name__ == "__main__":
    main()
