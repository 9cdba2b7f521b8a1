"""Can two statements from different sources be told to disagree? Measured on evidence that people judged against the same claim.

    python benchmarks/conflicts.py VERIFIER_FOLDER --support ../shared/data/eval/support/healthver.jsonl --out benchmarks/results/conflicts.json

Two texts that people found to support and to contradict one claim disagree; two that support it, or contradict it, agree. The model has learnt from
these texts beside their claims, not beside each other. "Alone": the trained verifier, in both directions. "On the same matter": only pairs that
name the same drug or intervention and the same outcome or condition, as answers are compared.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from assistant.verification.conflicts import BAR, Stated, shared
from assistant.verification.labelled import LabelledPair, read_labelled
from assistant.verification.labels import LABELS
from assistant.verification.neural import NeuralVerifier
from indexes.passage import Kind, Passage

SEED = 13
BARS = (0.5, 0.6, 0.7, 0.8)


def pairs_of(labelled: list[LabelledPair]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The pairs of texts that disagree on some claim, and those that agree."""
    by_claim: dict[str, list[LabelledPair]] = defaultdict(list)
    for each in labelled:
        if each.label != "neutral":
            by_claim[each.claim].append(each)
    disagree, agree = set(), set()
    for group in by_claim.values():
        for one, other in combinations(group, 2):
            (agree if one.label == other.label else disagree).add((one.evidence, other.evidence))
    return sorted(disagree - agree), sorted(agree - disagree)


def stated(text: str, number: int) -> Stated:
    """A text as a statement of a document of its own."""
    name = f"pubmed:{number}"
    return Stated(text, Passage(f"{name}#0", name, Kind.LITERATURE, text, 0, len(text), ""))


def main() -> None:
    """Judge, count, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--support", type=Path, required=True)
    parser.add_argument("--most", type=int, default=600, help="pairs of each kind (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    draw = random.Random(SEED)
    groups = [draw.sample(each, min(args.most, len(each))) for each in pairs_of(read_labelled(args.support))]
    verifier = NeuralVerifier(args.folder)
    result: dict[str, Any] = {
        "pairs": {"disagree": len(groups[0]), "agree": len(groups[1])},
        "shipped_bar": BAR,
        "bars": {},
    }
    scores, same = [], []
    for group in groups:
        asked = [pair for one, other in group for pair in ((one, other), (other, one))]
        scores.append(verifier.probabilities(asked)[:, LABELS.index("contradict")].reshape(-1, 2).min(axis=1))
        same.append(np.array([bool(shared(stated(one, 1), stated(other, 2))) for one, other in group]))
    result["same_matter"] = {"disagree": int(same[0].sum()), "agree": int(same[1].sum())}
    for bar in BARS:
        named = [(each >= bar) for each in scores]
        result["bars"][str(bar)] = {
            "alone": {"disagree": int(named[0].sum()), "agree": int(named[1].sum())},
            "same_matter": {"disagree": int((named[0] & same[0]).sum()), "agree": int((named[1] & same[1]).sum())},
        }
    args.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
