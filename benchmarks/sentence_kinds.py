"""Do priors by the kind of question put the sentences that carry the answer first? On Evidence Inference, where people marked them.

    python benchmarks/sentence_kinds.py --data ../shared/data --out benchmarks/results/sentence_kinds.json

Ranks the sentences of the abstract that answers a question for an effect (`pools.py`): without priors, with those of `[base]` in
`assistant/composing/priors.toml`, with those that ship, and with weights for results, conclusions and the outcome's words that are chosen on four
fifths of the articles and measured on the last.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pools import Pool, pools

from assistant.composing.priors import base_prior, outcome_named, prior
from assistant.planning.asking import effect_of
from evals.metrics import intervals
from evals.qa_sets import read_questions
from indexes.passage import Role

FOLDS = 5
GRID = tuple(product((0.0, 0.1, 0.2, 0.3), (-0.1, 0.0, 0.1), (0.0, 0.25, 0.5)))
"""Weights of being a result, of being a conclusion, of the share of the outcome's words."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranked:
    """The sentences of one question: whether each carries the answer, its score by words and meaning alone, and its signals."""

    gold: NDArray[np.bool_]
    plain: Floats
    base: Floats
    shipped: Floats
    signals: Floats
    article: str


def ranked(pool: Pool) -> Ranked | None:
    """The sentences of a pool; `None` where there is nothing to tell apart."""
    spans = [" ".join(span.split()).rstrip(" .") for span in pool.asked.spans]
    texts = [each.candidate.text for each in pool.weighed]
    gold = np.array([any(span in text or text.rstrip(" .") in span for span in spans) for text in texts])
    if len(gold) < 3 or gold.all() or not gold.any() or effect_of(pool.asked.question) is None:
        return None
    read = [each.candidate for each in pool.weighed]
    whole = np.array([prior(pool.planned, candidate) for candidate in read])
    plain = np.array([each.score for each in pool.weighed]) - whole
    signals = [
        (
            float(candidate.role is Role.RESULT),
            float(candidate.role is Role.CONCLUSION),
            outcome_named(pool.planned, candidate),
        )
        for candidate in read
    ]
    (article,) = pool.asked.gold
    base = plain + np.array([base_prior(candidate) for candidate in read])
    return Ranked(gold, plain, base, plain + whole, np.array(signals), article)


def quality(gold: NDArray[np.bool_], scores: Floats) -> tuple[float, float]:
    """Average precision, and whether the first sentence carries the answer."""
    order = gold[np.argsort(-scores, kind="stable")]
    places = np.flatnonzero(order)
    return float(((np.arange(len(places)) + 1) / (places + 1)).mean()), float(order[0])


def cross_validated(cases: Sequence[Ranked]) -> Floats:
    """The quality of each case with the weights that are best for the other folds."""
    articles = sorted({case.article for case in cases})
    random.Random(0).shuffle(articles)
    fold = np.array([articles.index(case.article) % FOLDS for case in cases])
    table = {
        weights: np.array([quality(case.gold, case.plain + case.signals @ np.array(weights)) for case in cases])
        for weights in GRID
    }
    result = np.zeros((len(cases), 2))
    for number in range(FOLDS):
        best = max(GRID, key=lambda weights: float(table[weights][fold != number, 0].mean()))
        result[fold == number] = table[best][fold == number]
    return result


def main() -> None:
    """Parse the call, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    found = read_questions(args.data / "eval" / "qa" / "evidence_inference.jsonl")
    cases = [case for pool in pools(found) if (case := ranked(pool))]
    systems = {
        "no priors": np.array([quality(case.gold, case.plain) for case in cases]),
        "the same for every question": np.array([quality(case.gold, case.base) for case in cases]),
        "by the kind of question (shipped)": np.array([quality(case.gold, case.shipped) for case in cases]),
        "by the kind of question, cross-validated": cross_validated(cases),
    }
    result: dict[str, object] = {"questions": len(cases), "systems": {}}
    for name, values in systems.items():
        row = {
            measure: intervals.mean(values[:, column].tolist(), resamples=1000, seed=0).model_dump()
            for column, measure in enumerate(("map", "p1"))
        }
        result["systems"][name] = row  # type: ignore[index]
        print(f"{name:42} MAP {row['map']['value']:.3f}  first right {row['p1']['value']:.3f}")
    args.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
