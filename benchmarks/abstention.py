"""When the extractive engine should keep silent: fits the decision, and measures it on questions that it was not fitted to.

    python benchmarks/abstention.py --data ../shared/data/eval --out benchmarks/results/abstention.json

Questions of PubMedQA and BioASQ are asked over the texts of all the questions drawn. Each has an **unanswerable twin**: the same question, the
documents that answer it taken away. Beside them the starter library's questions, those that it must refuse included. A sentence is right if its
document is one that answers. Logistic regression on the best sentence of each question, over ingredients added one by one; cross-validated over
questions, a question and its twin always together. What the bars come to is measured on folds that neither model nor bars were fitted to, with the
first sentence that passes, as answers show it. `--write` writes `assistant/composing/answerable.json`, fitted to all: the bars of a grid that
answer most rightly within `RISK` and nothing that the starter library must refuse. The curve goes to docs/images.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from answerability import (
    FOLDS,
    INGREDIENTS,
    RISK,
    SETS,
    STARTER,
    Question,
    Sentence,
    chosen_bars,
    coverage_at,
    curve,
    fitted,
    held_out,
    nested,
    outcome,
    risk_of,
)
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

import assistant.composing.answerable as shipped_in
from assistant.appraisal import usable
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
SEED = 3
GOLD = 4  # documents of a question that are put into the library


def weighed(engine: ExtractiveEngine, question: str, gold: frozenset[str], *, twin: bool) -> list[Chosen]:
    """The sentences that fit the question, best first; without the gold documents where it is a twin, and as many others in their place."""
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
        return []
    weights = {term: term_weight(run.frequencies[term]) for term in run.plan.terms}
    return weigh(run.plan, pool, weights, engine.sentence_vectors())[0]


def _of_kind(hits: Sequence[Hit], kind: Kind) -> list[Hit]:
    return [hit for hit in hits if hit.passage.kind is kind]


def record(
    engine: ExtractiveEngine, source: str, question: str, gold: frozenset[str], *, twin: bool, answerable: bool = True
) -> Question:
    """What came of a question."""
    can = answerable and not twin
    try:
        found = weighed(engine, question, gold, twin=twin)
    except AssistantError:
        found = []
    sentences = tuple(
        Sentence(can and each.candidate.hit.passage.document_id in gold, each.meaning, each.coverage, each.passage)
        for each in found
    )
    return Question(source, question, can, sentences)


def of_sets(data: Path, count: int) -> Iterator[Question]:
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


def of_starter(home: Path | None) -> Iterator[Question]:
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
    asked = [question for question in every if question.sentences]
    answerable = sum(question.answerable for question in every)
    right = np.array([question.sentences[0].right for question in asked])
    folds = np.zeros(len(asked), dtype=np.int64)
    split = GroupKFold(FOLDS).split(asked, groups=[question.text for question in asked])
    for fold, (_, rows) in enumerate(split):
        folds[rows] = fold
    result: dict[str, Any] = {"questions": answerable, "unanswerable": len(every) - answerable, "ingredients": {}}
    curves = {}
    for name, features in INGREDIENTS.items():
        scores = held_out(asked, features, folds)
        best = np.array([each[0] for each in scores])
        curves[name] = curve(right, best, answerable)
        result["ingredients"][name] = {
            "auroc": round(float(roc_auc_score(right, best)), 4),
            **{f"coverage@{risk}": round(coverage_at(curves[name], risk), 4) for risk in (0.02, 0.05, 0.1)},
        }
    result["sets"] = outcome(asked, scores, nested(asked, scores, folds))
    result["risk"] = round(risk_of(result["sets"]), 4)
    bars = chosen_bars(asked, scores)
    result["model"] = fitted(asked, bars, shipped_in.shipped().embedder).model_dump()
    plot(curves, IMAGE)
    args.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if args.write:
        target = Path(shipped_in.__file__).with_name(shipped_in.COEFFICIENTS)
        target.write_text(json.dumps(result["model"], indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
