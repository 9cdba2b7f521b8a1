"""How often a wrong premise is corrected, and a right one denied, by the articles that people judged.

    python benchmarks/premises.py --data ../shared/data --out benchmarks/results/premises.json

Of each question of Evidence Inference for the effect of one thing on another, against a third, two premises are made: "Why does X increase Y
compared with Z?" and "Why does X reduce Y …?"; where Z is a placebo or the like also without it. At most one of the two is right. The
sentences are those that the composer ranks first in the article (`pools.py`), before any gate; the model that reads effects has not
seen the article (folds of `verdicts.py`).
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from pathlib import Path

from pools import Pool, pools
from verdicts import Fold, effect_items

from assistant.answer import Citation, Claim
from assistant.composing.extractive import Chosen
from assistant.drafts import Checked
from assistant.planning.asking import effect_of
from assistant.verdicts.models import EFFECTS, Models
from assistant.verdicts.premises import corrected
from evals.metrics import intervals
from evals.qa_sets import read_questions

READ = 6  # sentences of a question
PLAIN = re.compile(
    r"(?:a )?(?:placebo|controls?|usual care|standard care|no \w+|sham\b.*|control group)", re.IGNORECASE
)
VERBS = {"increased": "increase", "decreased": "reduce"}


def checked(chosen: Chosen) -> Checked:
    """A sentence as an answer would cite it."""
    passage, start, end = chosen.candidate.hit.passage, chosen.candidate.start, chosen.candidate.end
    quote = passage.text[start:end]
    citation = Citation(
        passage_id=passage.passage_id, document_id=passage.document_id, quote=quote, start=start, end=end, support=1.0
    )
    return Checked(Claim(text=quote, support=1.0, citations=[citation]), (passage,))


def premises(pool: Pool) -> list[tuple[str, str, str]]:
    """Form, way and question of each premise on the pool's effect."""
    effect = effect_of(pool.asked.question)
    if effect is None:
        return []
    outcome = effect.outcome[0].lower() + effect.outcome[1:]
    found = []
    for way, verb in VERBS.items():
        bare = f"Why does {effect.intervention} {verb} {outcome}"
        found.append(("compared", way, f"{bare} compared with {effect.comparator}?"))
        if PLAIN.fullmatch(effect.comparator):
            found.append(("without a comparator", way, f"{bare}?"))
    return found


def main() -> None:
    """Parse the call, ask, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    folder = given.data / "eval" / "qa"
    fold = Fold(list(effect_items(folder)), EFFECTS)
    unseen = {
        (item.question, item.group): fold.without[int(number)]
        for item, number in zip(fold.items, fold.fold, strict=True)
    }
    cases: dict[str, list[float]] = {}
    by_gold: Counter[str] = Counter()
    for pool in pools(read_questions(folder / "evidence_inference.jsonl")):
        (document,) = pool.asked.gold
        model = unseen.get((pool.asked.question, document))
        if model is None:
            continue
        claims = [checked(each) for each in pool.weighed[:READ]]
        for form, way, question in premises(pool):
            right = pool.asked.verdict == way
            _, warnings = corrected(question, claims, Models(model, model, {}))
            cases.setdefault(f"{form}: {'right' if right else 'wrong'}", []).append(float(bool(warnings)))
            if warnings:
                by_gold[f"{'right' if right else 'wrong'}, judged {pool.asked.verdict}"] += 1
    result = {
        "cases": {
            name: {"n": len(denied), "denied": int(sum(denied))}
            | intervals.mean(denied, resamples=1000, seed=0).model_dump(exclude={"n"})
            for name, denied in sorted(cases.items())
        },
        "denied": dict(by_gold.most_common()),
    }
    given.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for name, row in result["cases"].items():
        print(f"{name:32} {row['denied']:4} of {row['n']:4} denied")
    print(result["denied"])


if __name__ == "__main__":
    main()
