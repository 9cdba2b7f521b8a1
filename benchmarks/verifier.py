"""What the trained verifier is worth: its card, and how long the claims of an answer take. `benchmarks/support.py` has the floors beside it.

python benchmarks/verifier.py VERIFIER_FOLDER scifact.jsonl healthver.jsonl ...   writes benchmarks/results/verifier.json

The figures before and after the support sets are those that `citewell models train-verifier --neural` measured and wrote on the card: on claims and
documents that the measured model had not learnt from. Nothing is scored here with the model of the file, which may have learnt from these sets.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from pathlib import Path
from typing import Any

import numpy as np

from assistant.verification.labelled import LabelledPair, read_labelled
from assistant.verification.neural import MODEL, NeuralVerifier
from assistant.verification.training.train import CARD

RESULTS = Path(__file__).resolve().parent / "results"
ANSWERS, PAIRS_OF_ONE = 40, 6  # four claims, of which every other has two quotes
SEED = 13


def latency(verifier: NeuralVerifier, pairs: list[LabelledPair]) -> dict[str, float]:
    """Seconds for the pairs of one answer."""
    draw = random.Random(SEED)
    took = []
    for _ in range(ANSWERS):
        asked = [(each.claim, each.evidence) for each in draw.sample(pairs, PAIRS_OF_ONE)]
        started = time.perf_counter()
        verifier.probabilities(asked)
        took.append(time.perf_counter() - started)
    return {name: round(float(np.percentile(took, at)), 3) for name, at in (("p50", 50), ("p95", 95))}


def main() -> None:
    """Measure, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("sets", type=Path, nargs="+")
    given = parser.parse_args()
    sets = {path.name.partition(".")[0]: read_labelled(path) for path in given.sets}
    verifier = NeuralVerifier(given.folder)
    result: dict[str, Any] = {
        "card": json.loads((given.folder / CARD).read_bytes()),
        "bytes": (given.folder / MODEL).stat().st_size,
        "latency": latency(verifier, [pair for pairs in sets.values() for pair in pairs]),
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }
    (RESULTS / "verifier.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({name: result[name] for name in ("latency", "load")}))


if __name__ == "__main__":
    main()
