"""Fine-tuning from data to a model that may be used: dequantise, mine, train, export, judge. A killed run goes on when it is called again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from indexes.embedding.onnx import OnnxEmbedder
from indexes.embedding.weights import BGE_SMALL, RERANKER, weights_folder
from indexes.errors import ModelError
from indexes.finetuning import recipe as recipes
from indexes.finetuning.dequantise import dequantise_embedder, dequantise_reranker
from indexes.finetuning.export import embedder_agreement, export_embedder, export_reranker, reranker_agreement
from indexes.finetuning.gate import Comparison, Exam, compare, judge_embedder, judge_reranker, set_exams
from indexes.finetuning.judged import Judged
from indexes.finetuning.mining import mine_pairs
from indexes.finetuning.pairs import Pair
from indexes.finetuning.recipe import Recipe
from indexes.finetuning.store import CARD, NAME, Card, Data, ModelKind, ModelStore
from indexes.finetuning.training import Tell, TrainingRun, train_embedder, train_reranker
from indexes.reranking import DEFAULT as DEFAULT_RERANKER
from indexes.reranking.onnx import OnnxReranker

LICENCES = {ModelKind.EMBEDDER: "MIT (bge-small-en-v1.5)", ModelKind.RERANKER: "Apache-2.0 (ms-marco-MiniLM-L-12-v2)"}
AGREEING = 0.97  # less than this, and int8 is another model than the one that was trained
COMPARED = 50  # texts on which that is checked
PACKAGES = ("torch", "sentence-transformers", "transformers", "onnx", "onnxruntime")
"""Whose versions stand on the card."""
RECIPES = {ModelKind.EMBEDDER: recipes.EMBEDDER, ModelKind.RERANKER: recipes.RERANKER}


def finetune(kind: ModelKind, name: str, data: Sequence[Judged], recipe: Recipe, store: ModelStore, tell: Tell) -> Card:
    """Train the default model of a kind on the data and put it into the store, whether it wins or not; `Card.figures` says.

    A part of the queries, chosen by their words, is held out to judge by. The same call goes on where a killed one stopped; what it had is in
    `.work-<name>` in the store, and is removed at the end. Raises `ModelError` and `ModelMissingError`.
    """
    if not re.fullmatch(NAME, name):  # before hours of training: it becomes a folder
        raise ModelError(f"{name!r} cannot be a model's name: use lower-case letters and digits, with hyphens between.")
    number = store.next_version(name)
    work = store.folder / f".work-{name}-{number}"
    train, held_out = zip(*(judged.split() for judged in data), strict=True)
    exams = set_exams(held_out)
    pairs: list[Pair] = []
    counts: list[int] = []
    for done, judged in enumerate(train):
        tell("Finding hard negatives", done, len(train))
        mined = mine_pairs(judged, recipe.negatives, recipe.seed)
        counts.append(len(mined))
        pairs += mined
    work.mkdir(parents=True, exist_ok=True)
    exported = work / "exported"
    maker = _embedder if kind is ModelKind.EMBEDDER else _reranker
    run, agreement, comparison = maker(f"{name}-{number}", pairs, recipe, exams, work, exported, tell)
    if agreement < AGREEING:
        raise ModelError(
            f"As int8 the model agrees with the trained one by {agreement:.3f} only: train with a lower learning rate."
        )
    card = Card(
        kind=kind,
        name=name,
        version=number,
        base=BGE_SMALL.name if kind is ModelKind.EMBEDDER else DEFAULT_RERANKER,
        licence=LICENCES[kind],
        created=datetime.now(UTC),
        data=[
            Data(name=judged.name, pairs=count, held_out=len(aside.relevant), licence=judged.licence)
            for judged, aside, count in zip(data, held_out, counts, strict=True)
        ],
        recipe=recipe.as_dict(),
        training=run.figures(),
        agreement=agreement,
        figures=comparison,
        versions={package: version(package) for package in PACKAGES},
    )
    (exported / CARD).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    exported.replace(store.folder / card.full_name)
    shutil.rmtree(work)
    return card


def _embedder(
    full_name: str, pairs: list[Pair], recipe: Recipe, exams: list[Exam], work: Path, exported: Path, tell: Tell
) -> tuple[TrainingRun, float, Comparison]:
    source = weights_folder()
    base = _made_once(work / "base", lambda folder: dequantise_embedder(source, BGE_SMALL, folder))
    run = train_embedder(base, pairs, recipe, work / "training", tell)
    export_embedder(run.checkpoint, source, BGE_SMALL.model_copy(update={"name": full_name}), exported)
    texts = [text for exam in exams for text in exam.texts.values()][:COMPARED]
    agreement = embedder_agreement(run.checkpoint, exported, texts)
    before = judge_embedder(OnnxEmbedder(), exams, tell)
    after = judge_embedder(OnnxEmbedder(exported), exams, tell)
    return run, agreement, compare(before, after, recipe.seed)


def _reranker(
    full_name: str,  # noqa: ARG001 - a reranker is named by its folder
    pairs: list[Pair],
    recipe: Recipe,
    exams: list[Exam],
    work: Path,
    exported: Path,
    tell: Tell,
) -> tuple[TrainingRun, float, Comparison]:
    source = weights_folder(RERANKER)
    base = _made_once(work / "base", lambda folder: dequantise_reranker(source, folder))
    run = train_reranker(base, pairs, recipe, work / "training", tell)
    export_reranker(run.checkpoint, source, exported)
    asked = [(exam.questions[0].query, text) for exam in exams for text in exam.texts.values()][:COMPARED]
    agreement = reranker_agreement(run.checkpoint, exported, asked)
    before = judge_reranker(OnnxReranker(), exams, tell)
    after = judge_reranker(OnnxReranker(exported), exams, tell)
    return run, agreement, compare(before, after, recipe.seed)


def _made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """The folder, made where a killed run has not made it whole."""
    if not folder.is_dir():
        half = folder.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        make(half)
        half.replace(folder)
    return folder
