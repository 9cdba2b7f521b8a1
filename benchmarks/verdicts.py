"""Fits the models by which verdicts are read, and measures them on questions that they have not seen.

    python benchmarks/verdicts.py --data ../shared/data --coefficients assistant/verdicts/coefficients.json --out benchmarks/results/verdicts.json

Yes/no: PubMedQA's abstracts without their conclusions, PubMedQA's conclusions, BioASQ's yes/no questions. Effects: Evidence Inference's abstracts.
Sentences are those that the composer ranks first in the documents that answer (`pools.py`). Ten folds share no question and no article.

The yes/no model is fitted twice: on what rules see, and with what the trained verifier makes of each sentence and the question as a statement.
Accuracy is that of the likeliest verdict of every question, beside always saying the commonest. `shown` is what the product shows by its rules and
bars: a bar is the lowest on a grid from which 88 in 100 verdicts are right in every set that has enough of them. It is measured on the half of the
folds that it was not set on, where fewer are right: 85 in 100 are wanted there.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pools import pools

from assistant.planning.asking import Asks, asks, effect_of
from assistant.verdicts import Cited, effects, read_direction, yes_no
from assistant.verdicts.models import EFFECTS, YES_NO, Models
from assistant.verdicts.sentences import Said
from assistant.verification.features import Judge
from assistant.verification.figures import macro_f1
from assistant.verification.model import Model, fit
from assistant.verification.neural import NeuralVerifier, load_neural
from evals.jsonl import numbered_records
from evals.metrics import intervals
from evals.qa_sets import read_questions
from indexes.passage import Role
from ingestion.sentences import sentence_spans

FOLDS, SEED = 10, 0
RIDGE = 0.03  # penalty of squared weights
READ = 6  # sentences of a question
PRECISION = 0.88
ENOUGH, TELLING = 15, 10  # cases in all, and in a set, from which a share is believed
GRID = tuple(round(0.5 + 0.02 * step, 2) for step in range(24))
CONCLUSIONS = "pubmedqa conclusions"


@dataclass(frozen=True, slots=True)
class Item:
    """A question with the sentences to read, the right verdict, and what no two folds may share."""

    source: str
    question: str
    cited: tuple[Cited, ...]
    gold: str
    group: str


def yes_no_items(folder: Path) -> Iterable[Item]:
    """The yes/no questions; those whose form does not say that they are, too: the models are fitted on all that can be read."""
    for name in ("pubmedqa", "bioasq"):
        found = read_questions(folder / f"{name}.jsonl")
        found.questions = [one for one in found.questions if one.verdict in YES_NO]
        for pool in pools(found):
            said = [Said(each.candidate.text, each.candidate.role) for each in pool.weighed[:READ]]
            yield _item(name, pool.asked.question, said, str(pool.asked.verdict), pool.asked.question_id)
    for _, record in numbered_records(folder / "pubmedqa.jsonl"):
        text = str(record["conclusion"])
        said = [Said(text[a:b], Role.CONCLUSION) for a, b in sentence_spans(text)[:2]]
        gold = {"maybe": "uncertain"}.get(record["answer"], record["answer"])
        yield _item(CONCLUSIONS, record["question"], said, gold, str(record["id"]))


def effect_items(folder: Path) -> Iterable[Item]:
    """The questions for an effect that name what is looked at."""
    for pool in pools(read_questions(folder / "evidence_inference.jsonl")):
        if effect_of(pool.asked.question):
            said = [Said(each.candidate.text, each.candidate.role) for each in pool.weighed[:READ]]
            (group,) = pool.asked.gold
            yield _item("evidence_inference", pool.asked.question, said, str(pool.asked.verdict), group)


def remembering(verifier: NeuralVerifier | None) -> Judge:
    """The verifier's judgement, of each pair once: models are fitted without each fold and ask again. Raises `SystemExit` without a verifier."""
    if verifier is None:
        raise SystemExit("There is no trained verifier: name its folder with --verifier.")
    known: dict[tuple[str, str], NDArray[np.float64]] = {}

    def judge(pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        new = [pair for pair in dict.fromkeys(pairs) if pair not in known]
        known.update(zip(new, verifier.probabilities(new), strict=True))
        return np.stack([known[pair] for pair in pairs])

    return judge


def _item(source: str, question: str, said: Sequence[Said], gold: str, group: str) -> Item:
    return Item(source, question, tuple(Cited(n, group, each) for n, each in enumerate(said)), gold, group)


def features(item: Item, judge: Judge | None) -> dict[str, float] | None:
    """What the model is fitted on; `None` where there is nothing to read."""
    said = [each.said for each in item.cited]
    if item.gold in YES_NO:
        return yes_no.mean(yes_no.each_values(item.question, said, judge)) if said else None
    effect = effect_of(item.question)
    number = effects.most_telling(effect, said) if effect else None
    return effects.values(effect, said[number]) if effect and number is not None else None


class Fold:
    """The items of one kind that can be read, their features and folds, and models fitted without each fold."""

    def __init__(self, items: Sequence[Item], labels: tuple[str, ...], judge: Judge | None = None) -> None:
        read = [(item, found) for item in items if (found := features(item, judge))]
        self.judge = judge
        self.items, self.labels = [item for item, _ in read], labels
        self.names = tuple(read[0][1])
        self.rows = np.array([[found[name] for name in self.names] for _, found in read])
        self.gold = np.array([labels.index(item.gold) for item in self.items])
        groups = sorted({item.group for item in self.items})
        random.Random(SEED).shuffle(groups)
        self.fold = np.array([groups.index(item.group) % FOLDS for item in self.items])
        self.without = [self.model(self.fold != number) for number in range(FOLDS)]
        self.chances = np.zeros((len(self.items), len(labels)))
        for number, model in enumerate(self.without):
            self.chances[self.fold == number] = model.probabilities(self.rows[self.fold == number])

    def model(self, which: NDArray[np.bool_]) -> Model:
        """Fitted on these. Each set weighs the same, and in it yes as much as no: how often people ask what is so is no evidence."""
        sources = [item.source for item in self.items]
        counts = Counter(zip(sources, self.gold.tolist(), strict=True))
        shares = Counter(sources)
        weigh = [
            1 / counts[source, label] / 3 if label < 2 and self.labels == YES_NO else 1 / shares[source]
            for source, label in zip(sources, self.gold.tolist(), strict=True)
        ]
        return fit(self.names, self.rows[which], self.gold[which], np.array(weigh)[which], RIDGE, self.labels)


def bars(fold: Fold, which: NDArray[np.bool_]) -> dict[str, float]:
    """The lowest bar of each verdict from which it is right often enough in each set of these items; none where none is."""
    found = {}
    for verdict in fold.labels[:2] if fold.labels == YES_NO else fold.labels:
        told = [i for i in np.flatnonzero(which).tolist() if shown(fold, i, {verdict: GRID[0]}) == verdict]
        chances = fold.chances[told, fold.labels.index(verdict)]
        for bar in GRID:
            by_set: dict[str, list[float]] = {}
            for i, chance in zip(told, chances, strict=True):
                if chance >= bar:
                    by_set.setdefault(fold.items[i].source, []).append(float(fold.items[i].gold == verdict))
            if sum(map(len, by_set.values())) < ENOUGH:
                break
            telling = [float(np.mean(each)) for each in by_set.values() if len(each) >= TELLING]
            if telling and min(telling) >= PRECISION:
                found[verdict] = bar
                break
    return found


def shown(fold: Fold, number: int, at: dict[str, float]) -> str | None:
    """The verdict that the product shows of an item, by models that have not seen it and these bars."""
    model = fold.without[int(fold.fold[number])]
    item, models = fold.items[number], Models(model, model, at, model, at)
    direction = read_direction(item.question, item.cited, models, fold.judge)
    return direction.verdict if direction else None


def measured(fold: Fold) -> dict[str, Any]:
    """By set: the forced verdicts against the floor, and those that are shown."""
    halves = [fold.fold % 2 == half for half in (0, 1)]
    at = [bars(fold, half) for half in halves]
    told = [shown(fold, i, at[1 - int(fold.fold[i]) % 2]) for i in range(len(fold.items))]
    return {
        source: _measured(fold, np.array([item.source == source for item in fold.items]), told)
        for source in dict.fromkeys(item.source for item in fold.items)
    }


def _measured(fold: Fold, which: NDArray[np.bool_], told: Sequence[str | None]) -> dict[str, Any]:
    gold, chosen = fold.gold[which], fold.chances[which].argmax(axis=1)
    commonest = int(np.bincount(gold).argmax())
    options = {"resamples": 1000, "seed": SEED}
    result: dict[str, Any] = {
        "n": int(which.sum()),
        "accuracy": _of(intervals.mean((chosen == gold).astype(float).tolist(), **options)),
        "majority": _of(intervals.mean((gold == commonest).astype(float).tolist(), **options)),
        "better": _of(intervals.mean(((chosen == gold).astype(float) - (gold == commonest)).tolist(), **options)),
        "macro_f1": _of(intervals.of_cases(len(gold), lambda drawn: macro_f1(chosen[drawn], gold[drawn]), **options)),
        "shown": {},
    }
    here = np.flatnonzero(which).tolist()
    for verdict in fold.labels:
        right = [float(fold.items[i].gold == verdict) for i in here if told[i] == verdict]
        if right:
            opposite = {"yes": "no", "no": "yes", "increased": "decreased", "decreased": "increased"}.get(verdict)
            turned = sum(fold.items[i].gold == opposite for i in here if told[i] == verdict)
            result["shown"][verdict] = _of(intervals.mean(right, **options)) | {"opposite": turned}
    return result


def _of(measure: Any) -> dict[str, float]:
    return {name: round(value, 4) for name, value in measure.model_dump(exclude={"baseline"}).items()}


def main() -> None:
    """Parse the call, fit, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--coefficients", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--verifier", type=Path, help="the trained verifier's folder, else the one in use")
    args = parser.parse_args()
    folder = args.data / "eval" / "qa"
    asked = [item for item in yes_no_items(folder) if Asks.GUIDANCE not in asks(item.question)]
    folds = {
        "yes_no": Fold(asked, YES_NO),
        "judged": Fold(asked, YES_NO, remembering(load_neural(args.verifier))),
        "effect": Fold(list(effect_items(folder)), EFFECTS),
    }
    everything = {name: np.ones(len(fold.items), bool) for name, fold in folds.items()}
    at = {name: bars(fold, everything[name]) for name, fold in folds.items()}
    result = {
        "bars": at["yes_no"] | at["effect"],
        "judged_bars": at["judged"],
        **{name: measured(fold) for name, fold in folds.items()},
    }
    written = {
        "made_by": "benchmarks/verdicts.py",
        "items": {name: dict(Counter(item.source for item in fold.items)) for name, fold in folds.items()},
        "bars": result["bars"],
        "judged_bars": result["judged_bars"],
        **{name: fold.model(everything[name]).to_json() for name, fold in folds.items()},
    }
    args.coefficients.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    args.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    for name in folds:
        print(name)
        for source, row in result[name].items():
            print(
                f"{source:22} accuracy {row['accuracy']['value']:.3f} floor {row['majority']['value']:.3f} macro-F1 {row['macro_f1']['value']:.3f}"
            )
            for verdict, each in row["shown"].items():
                print(
                    f"    {verdict:14} {each['n']:4} of {row['n']}  right {each['value']:.3f}  opposite {each['opposite']}"
                )
    print(at)


if __name__ == "__main__":
    main()
