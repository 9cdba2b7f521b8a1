"""How often two articles that found different effects are told to disagree, and two that found the same: by the model that reads effects, alone.

    python benchmarks/effect_conflicts.py --data ../shared/data --out benchmarks/results/effect_conflicts.json

Evidence Inference has no two articles on one question. So each of its questions that can be read is taken as one article's answer, and every two of
them as a pair on the same matter, which disagrees where people judged them differently. The model has not seen either (folds of
`verdicts.py`). In a library articles also differ in what they compare with, which nothing here measures.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from verdicts import Fold, effect_items

from assistant.verdicts.disagreeing import SURE
from assistant.verdicts.models import EFFECTS

BARS = (0.7, 0.8, 0.85, 0.9)


def measured(fold: Fold, bar: float) -> dict[str, Any]:
    """Of all pairs the share that is told to disagree at this bar, and how many single articles are read."""
    told = np.where(fold.chances.max(axis=1) >= bar, fold.chances.argmax(axis=1), -1)
    one, other = np.triu_indices(len(told), k=1)
    named = (told[one] >= 0) & (told[other] >= 0) & (told[one] != told[other])
    same = fold.gold[one] == fold.gold[other]
    read = told >= 0
    return {
        "read": int(read.sum()),
        "right": round(float((told[read] == fold.gold[read]).mean()), 4),
        "disagreeing": round(float(named[~same].mean()), 4),
        "agreeing": round(float(named[same].mean()), 4),
    }


def main() -> None:
    """Fit, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    fold = Fold(list(effect_items(given.data / "eval" / "qa")), EFFECTS)
    result = {"articles": len(fold.items), "shipped_bar": SURE, "bars": {str(bar): measured(fold, bar) for bar in BARS}}
    given.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
