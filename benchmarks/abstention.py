"""When the extractive engine should keep silent: fits the decision, and measures it on questions that it was not fitted to.

    python benchmarks/abstention.py --data ../shared/data/eval --out benchmarks/results/abstention.json

Questions of PubMedQA and BioASQ are asked over the texts of all the questions drawn. Each has an **unanswerable twin**: the same question, the
documents that answer it taken away. Beside them the starter library's questions, those that it must refuse included. The best sentence of each is
right if its document is one that answers. Logistic regression over ingredients added one by one; cross-validated over questions, a question and its
twin always together. `--write` writes the coefficients of the whole into `assistant/composing/answerable.json`, with the bars of a grid that answer
most rightly while the cross-validated risk is within `RISK` and no starter question that must be refused is answered. The curve goes to docs/images.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import assistant.composing.answerable as shipped_in
from assistant.appraisal import usable
from assistant.composing.answerable import IN_FULL, Answerability
from assistant.composing.candidates import candidates
from assistant.composing.engine import ExtractiveEngine
from assistant.composing.extractive import Chosen, quotable, term_weight, weigh
from assistant.composing.fit import misfits
from assistant.errors import AssistantError
from assistant.guardrails.screening import screen
from assistant.planning.rules import plan
from assistant.run import Run
from evals.qa_sets import read_questions, sample
from evals.suites.qa import library_of
from indexes.passage import Hit, Kind
from ingestion import starter
from ingestion.library import Library
from ingestion.pipeline import ingest_files

ROOT = Path(__file__).resolve().parents[1]
IMAGE = ROOT / "docs" / "images" / "abstention.svg"
SETS = ("pubmedqa", "bioasq")
STARTER = "starter"
GOLD = 4  # documents of a question that are put into the library
RISK = 0.03
MIN_COVERAGE = 0.3
BARS = [round(0.6 + step / 20, 2) for step in range(8)]
INGREDIENTS = {
    "meaning": ("meaning",),
    "meaning + coverage": ("meaning", "coverage"),
    "meaning + coverage + passage": ("meaning", "coverage", "passage"),
}
FOLDS = 5
SEED = 3
Bars: TypeAlias = tuple[float, float]
"""Of a sentence that names a part of the question, and of one that names all of it."""


@dataclass(frozen=True, slots=True)
class Best:
    """The best sentence of a question, or of its twin. `right`: its document answers. Without a sentence that fits, the features are 0."""

    source: str
    question: str
    twin: bool
    answerable: bool
    right: bool
    meaning: float = 0.0
    coverage: float = 0.0
    passage: float = 0.0

    @property
    def found(self) -> bool:
        """Whether there was a sentence that fits."""
        return self.meaning > 0


def best_of(engine: ExtractiveEngine, question: str, gold: frozenset[str], *, twin: bool) -> Chosen | None:
    """The best of the sentences that fit the question; without the gold documents where it is a twin, and as many others in their place."""
    run = Run(question)
    run.plan = plan(screen(question))
    quotas = run.plan.quotas
    if twin:
        run.plan = replace(run.plan, quotas={kind: quota + 6 * len(gold) for kind, quota in quotas.items()})
    asyncio.run(engine.gather(run, lambda _: None))
    hits = [hit for hit in run.hits if usable(hit.passage) and not (twin and hit.passage.document_id in gold)]
    hits = [hit for kind, quota in quotas.items() for hit in _of_kind(hits, kind)[:quota]]
    pool = [
        candidate
        for candidate in candidates(hits)
        if quotable(run.plan, candidate) and not any(misfits(run.plan, candidate))
    ]
    if not pool or not run.plan.has_topic:
        return None
    weights = {term: term_weight(run.frequencies[term]) for term in run.plan.terms}
    scored, _ = weigh(run.plan, pool, weights, engine.sentence_vectors())
    return scored[0]


def _of_kind(hits: Sequence[Hit], kind: Kind) -> list[Hit]:
    return [hit for hit in hits if hit.passage.kind is kind]


def record(
    engine: ExtractiveEngine, source: str, question: str, gold: frozenset[str], *, twin: bool, answerable: bool = True
) -> Best:
    """What came of a question."""
    try:
        best = best_of(engine, question, gold, twin=twin)
    except AssistantError:
        best = None
    if best is None:
        return Best(source, question, twin, answerable, right=False)
    right = answerable and not twin and best.candidate.hit.passage.document_id in gold
    return Best(source, question, twin, answerable, right, best.meaning, best.coverage, best.passage)


def of_sets(data: Path, count: int) -> Iterator[Best]:
    """The questions of the sets and their twins."""
    drawn, texts = [], {}
    for name in SETS:
        read = read_questions(data / "qa" / f"{name}.jsonl")
        for asked in sample(read.questions, count, SEED):
            gold = frozenset(sorted(asked.gold & read.texts.keys())[:GOLD])
            if gold:
                drawn.append((name, asked.question, gold))
                texts.update({key: read.texts[key] for key in gold})
    with library_of(texts) as library:
        engine = ExtractiveEngine(library)
        for done, (name, question, gold) in enumerate(drawn, start=1):
            for twin in (False, True):
                yield record(engine, name, question, gold, twin=twin)
            if done % 50 == 0:
                print(f"{done}/{len(drawn)} questions", flush=True)


def of_starter(home: Path | None) -> Iterator[Best]:
    """The starter library's questions. No twins: several of its documents answer alike."""
    lines = [
        line
        for path in sorted(starter.FOLDER.glob("questions-*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    with (
        tempfile.TemporaryDirectory() as folder,
        Library.open(home or Path(folder), purpose="a benchmark") as library,
    ):
        ingest_files(library, starter.PATHS)
        engine = ExtractiveEngine(library)
        for asked in map(json.loads, lines):
            gold = frozenset(asked.get("gold_document_ids", ()))
            answerable = bool(asked.get("answerable"))
            yield record(engine, STARTER, asked["question"], gold, twin=False, answerable=answerable)


def matrix(rows: Sequence[Best], names: Sequence[str]) -> NDArray[np.float64]:
    """The features, of shape (rows, names)."""
    return np.array([[getattr(row, name) for name in names] for row in rows])


def held_out(rows: Sequence[Best], names: Sequence[str]) -> NDArray[np.float64]:
    """The probability of each row by a model that has seen neither its question nor the twin."""
    groups = [row.question for row in rows]
    right = np.array([row.right for row in rows])
    model = make_pipeline(StandardScaler(), LogisticRegression())
    found: NDArray[np.float64] = cross_val_predict(
        model, matrix(rows, names), right, groups=groups, cv=GroupKFold(FOLDS), method="predict_proba"
    )[:, 1]
    return found


def curve(rows: Sequence[Best], scores: NDArray[np.float64], asked: int) -> list[tuple[float, float]]:
    """(coverage, risk) as the bar falls: the share of answerable questions answered rightly, the share of answers that are wrong."""
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum([rows[n].right for n in order])
    return [(float(right[n] / asked), float(1 - right[n] / (n + 1))) for n in range(len(order))]


def coverage_at(points: Sequence[tuple[float, float]], risk: float) -> float:
    """The most coverage at which the risk is still within bounds."""
    return max((coverage for coverage, found in points if found <= risk), default=0.0)


def fitted(rows: Sequence[Best], bars: Bars, embedder: str) -> Answerability:
    """The model of all rows."""
    names = INGREDIENTS["meaning + coverage + passage"]
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(matrix(rows, names), [row.right for row in rows])
    scaler, regression = model[0], model[1]
    weights = regression.coef_[0] / scaler.scale_
    intercept = float(regression.intercept_[0] - (weights * scaler.mean_).sum())
    return Answerability(
        embedder=embedder,
        intercept=round(intercept, 4),
        bar=bars[0],
        bar_in_full=bars[1],
        min_coverage=MIN_COVERAGE,
        **{name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)},
    )


def outcome(rows: Sequence[Best], scores: NDArray[np.float64], bars: Bars) -> dict[str, Any]:
    """Of each set: answered, and rightly, of the questions that can be answered; answered of those that cannot."""
    shown = [
        row.coverage >= MIN_COVERAGE and score >= bars[row.coverage >= IN_FULL]
        for row, score in zip(rows, scores, strict=True)
    ]
    found: dict[str, Any] = {}
    for source in (*SETS, STARTER):
        can = [n for n, row in enumerate(rows) if row.source == source and row.answerable and not row.twin]
        cannot = [n for n, row in enumerate(rows) if row.source == source and (row.twin or not row.answerable)]
        found[source] = {
            "answerable": len(can),
            "answered": sum(map(int, (shown[n] for n in can))),
            "right": sum(bool(shown[n] and rows[n].right) for n in can),
            "unanswerable": len(cannot),
            "answered_wrongly": sum(map(int, (shown[n] for n in cannot))),
        }
    return found


def risk_of(found: dict[str, Any]) -> float:
    """The share of all answers that are wrong."""
    answers = sum(each["answered"] + each["answered_wrongly"] for each in found.values())
    return 1 - sum(each["right"] for each in found.values()) / max(1, answers)


def chosen_bars(rows: Sequence[Best], scores: NDArray[np.float64]) -> Bars:
    """The bars that answer most rightly within `RISK` and nothing of the starter's that must be refused; then fewest wrong, then lowest."""
    found = {
        (bar, in_full): outcome(rows, scores, (bar, in_full)) for bar in BARS for in_full in BARS if in_full <= bar
    }
    safe = {
        bars: each for bars, each in found.items() if risk_of(each) <= RISK and not each[STARTER]["answered_wrongly"]
    }
    return max(
        safe or found,
        key=lambda bars: (
            _total(found[bars], "right"),
            -_total(found[bars], "answered_wrongly"),
            *(-bar for bar in bars),
        ),
    )


def _total(found: dict[str, Any], what: str) -> int:
    return sum(each[what] for each in found.values())


def plot(curves: dict[str, list[tuple[float, float]]], path: Path) -> None:
    """Risk over coverage, a line for each set of ingredients."""
    from plotting import COLOURS, drawn

    with drawn(path, (7, 3.6)) as (axes,):
        for (name, points), colour in zip(curves.items(), COLOURS, strict=False):
            coverage, risk = zip(*points, strict=True)
            axes.plot(coverage, risk, color=colour, label=name)
        axes.axhline(RISK, color=COLOURS[4], linewidth=0.8, linestyle="--", label="risk accepted")
        axes.set_xlabel("coverage: answerable questions answered rightly (share)")
        axes.set_ylabel("risk: answers that are wrong (share)")
        axes.set_ylim(0, 0.3)
        axes.legend(frameon=False)


def main() -> None:
    """Ask, fit, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of evaluation sets")
    parser.add_argument("--questions", type=int, default=250, help="of each set (default: %(default)s)")
    parser.add_argument("--home", type=Path, help="a library of the starter's documents that is there already")
    parser.add_argument("--write", action="store_true", help="write the coefficients that Citewell comes with")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    every = [*of_sets(args.data, args.questions), *of_starter(args.home)]
    rows = [row for row in every if row.found]
    asked = sum(row.answerable and not row.twin for row in every)
    result: dict[str, Any] = {"questions": asked, "unanswerable": len(every) - asked, "ingredients": {}}
    curves = {}
    for name, features in INGREDIENTS.items():
        scores = held_out(rows, features)
        curves[name] = curve(rows, scores, asked)
        result["ingredients"][name] = {
            "auroc": round(float(roc_auc_score([row.right for row in rows], scores)), 4),
            **{f"coverage@{risk}": round(coverage_at(curves[name], risk), 4) for risk in (0.02, 0.05, 0.1)},
        }
    bars = chosen_bars(rows, scores)
    result |= {"risk": round(risk_of(outcome(rows, scores, bars)), 4), "sets": outcome(rows, scores, bars)}
    result["model"] = fitted(rows, bars, shipped_in.shipped().embedder).model_dump()
    plot(curves, IMAGE)
    args.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if args.write:
        target = Path(shipped_in.__file__).with_name(shipped_in.COEFFICIENTS)
        target.write_text(json.dumps(result["model"], indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
