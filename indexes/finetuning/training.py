"""Training on pairs with sentence-transformers: seeded, within a time, resumable after a kill, on the GPU where there is one."""

from __future__ import annotations

import dataclasses
import json
import math
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexes.errors import ModelError
from indexes.finetuning.checkpoint import load_embedder_checkpoint, load_reranker_checkpoint
from indexes.finetuning.grid import Grid, load_grids, save_grids
from indexes.finetuning.on_grid import OnGrid
from indexes.finetuning.pace import Pace
from indexes.finetuning.pairs import Pair, pairs_digest
from indexes.finetuning.recipe import Recipe
from indexes.torch_models import bf16_pays

if TYPE_CHECKING:
    from transformers import TrainerCallback

Tell = Callable[[str, int, int], None]  # the step of the work, how much of it is done, how much there is
RUN_FILE, DONE_FILE, TRAINED = "run.json", "done.json", "trained"


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """What a training did: the trained checkpoint, and the figures that belong on its card. `loss` is the mean over all steps."""

    checkpoint: Path
    pairs: int
    steps: int
    seconds: float
    loss: float
    device: str
    bf16: bool

    def figures(self) -> dict[str, Any]:
        """All but the checkpoint, for a card."""
        return {name: value for name, value in dataclasses.asdict(self).items() if name != "checkpoint"}


@dataclass(frozen=True, slots=True)
class _Task:
    """What sentence-transformers is given: model, loss, columns of texts, and its two classes for such a model."""

    model: Any
    loss: Any
    columns: dict[str, list[Any]]
    trainer: Any
    arguments: Any
    options: dict[str, Any]


def train_embedder(base: Path, pairs: Sequence[Pair], recipe: Recipe, work: Path, tell: Tell) -> TrainingRun:
    """Train a SentenceTransformer checkpoint to tell each pair's text from its negatives and from the texts of the rest of the batch.

    The loss is InfoNCE (MultipleNegativesRankingLoss; Henderson et al. 2017, arXiv 1705.00652, section 4.4). `work` is a folder for this one
    training: the same call goes on where a killed one stopped. Raises `ModelError` where there are no pairs or `work` holds another training.
    """
    chosen = _chosen(pairs, recipe)
    if finished := _begin(work, "embedder", chosen, recipe):
        return finished
    model = load_embedder_checkpoint(base)
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.base.sampler import BatchSamplers
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    negatives = [_negatives(pair, chosen, recipe, row) for row, pair in enumerate(chosen)]
    documents = {"positive": [pair.positive for pair in chosen]}
    documents |= {f"negative_{n}": [each[n] for each in negatives] for n in range(recipe.negatives)}
    prompts = {"anchor": model.prompts.get("query") or ""} | dict.fromkeys(
        documents, model.prompts.get("document") or ""
    )
    full_length, model.max_seq_length = model.max_seq_length, recipe.max_tokens
    task = _Task(
        model,
        MultipleNegativesRankingLoss(model, scale=recipe.scale),
        {"anchor": [pair.query for pair in chosen]} | documents,
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
        # A text that stands twice in a batch would be its own negative.
        {"prompts": prompts, "batch_sampler": BatchSamplers.NO_DUPLICATES},
    )
    run = _run(task, load_grids(base), chosen, recipe, work, tell)
    model.max_seq_length = full_length
    return _finish(model, run, base, work)


def train_reranker(base: Path, pairs: Sequence[Pair], recipe: Recipe, work: Path, tell: Tell) -> TrainingRun:
    """Train a CrossEncoder checkpoint to say of a query and a text whether they belong together, by binary cross-entropy over its logit.

    Each pair gives its text and its negatives. The rest is as in `train_embedder`.
    """
    chosen = _chosen(pairs, recipe)
    if finished := _begin(work, "reranker", chosen, recipe):
        return finished
    model = load_reranker_checkpoint(base)
    from sentence_transformers import CrossEncoderTrainer, CrossEncoderTrainingArguments
    from sentence_transformers.cross_encoder.losses import BinaryCrossEntropyLoss

    columns: dict[str, list[Any]] = {"query": [], "text": [], "label": []}
    for row, pair in enumerate(chosen):
        for text in (pair.positive, *_negatives(pair, chosen, recipe, row)):
            columns["query"].append(pair.query)
            columns["label"].append(float(text is pair.positive))
            columns["text"].append(text)
    full_length, model.max_seq_length = model.max_seq_length, recipe.max_tokens
    task = _Task(model, BinaryCrossEntropyLoss(model), columns, CrossEncoderTrainer, CrossEncoderTrainingArguments, {})
    run = _run(task, load_grids(base), chosen, recipe, work, tell)
    model.max_seq_length = full_length
    return _finish(model, run, base, work)


def _chosen(pairs: Sequence[Pair], recipe: Recipe) -> list[Pair]:
    if len(pairs) < 2:
        raise ModelError(f"There are {len(pairs)} pairs to train on: give data with more questions and their texts.")
    if recipe.max_pairs is None or recipe.max_pairs >= len(pairs):
        return list(pairs)
    rows = sorted(random.Random(recipe.seed).sample(range(len(pairs)), recipe.max_pairs))  # noqa: S311
    return [pairs[row] for row in rows]


def _negatives(pair: Pair, pairs: Sequence[Pair], recipe: Recipe, row: int) -> list[str]:
    """As many as the recipe takes: the pair's own, filled up with texts of other pairs."""
    found = [text for text in pair.negatives if text != pair.positive][: recipe.negatives]
    draw = random.Random(f"{recipe.seed} {row}")  # noqa: S311 - reproducible, not secret
    for _ in range(100):
        if len(found) == recipe.negatives:
            return found
        other = draw.choice(pairs)
        if other.query != pair.query and other.positive != pair.positive and other.positive not in found:
            found.append(other.positive)
    raise ModelError(f"The pairs hold too few different texts for {recipe.negatives} negatives: give more data.")


def _run(
    task: _Task, grids: dict[str, Grid], pairs: Sequence[Pair], recipe: Recipe, work: Path, tell: Tell
) -> TrainingRun:
    import torch
    from datasets import Dataset
    from transformers import PrinterCallback
    from transformers.trainer_utils import get_last_checkpoint

    dataset = Dataset.from_dict(task.columns)
    bf16 = bf16_pays() if recipe.bf16 is None else recipe.bf16
    pace = Pace(math.ceil(len(dataset) / recipe.batch_size) * recipe.epochs, recipe.warmup, recipe.max_seconds)
    on_grid = OnGrid(task.model.transformers_model, grids, recipe.seed)
    weights = [p for p in task.model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in weights if p.ndim > 1], "weight_decay": recipe.weight_decay},
            {"params": [p for p in weights if p.ndim <= 1], "weight_decay": 0.0},  # biases and norms
        ],
        lr=recipe.learning_rate,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, pace.factor)
    trainer = _without_model_card(task.trainer)(
        model=task.model,
        loss=task.loss,
        train_dataset=dataset,
        optimizers=(optimizer, schedule),
        callbacks=[_watching(pace, on_grid, tell)],
        args=task.arguments(
            output_dir=str(work),
            num_train_epochs=recipe.epochs,
            per_device_train_batch_size=recipe.batch_size,
            bf16=bf16,
            seed=recipe.seed,
            save_strategy="steps",
            save_steps=recipe.save_steps,
            save_total_limit=1,
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=torch.cuda.is_available(),
            use_cpu=task.model.device.type == "cpu",
            **task.options,
        ),
    )
    trainer.remove_callback(PrinterCallback)
    result = trainer.train(resume_from_checkpoint=get_last_checkpoint(str(work)))  # type: ignore[no-untyped-call]
    on_grid.round()
    if not math.isfinite(result.training_loss):
        raise ModelError("The training diverged: its loss is no number. Lower the learning rate.")
    device = task.model.device.type
    name = torch.cuda.get_device_name() if device == "cuda" else device
    return TrainingRun(
        work / TRAINED, len(pairs), result.global_step, round(pace.seconds, 1), result.training_loss, name, bf16
    )


def _begin(work: Path, what: str, pairs: Sequence[Pair], recipe: Recipe) -> TrainingRun | None:
    """Claim the folder for this training; what it did, where it has been finished. Raises `ModelError` where the folder holds another one."""
    path = work / RUN_FILE
    body = json.dumps({"trains": what, "pairs": pairs_digest(pairs), "recipe": recipe.as_dict()}, indent=2)
    if path.is_file() and path.read_text(encoding="utf-8") != body:
        raise ModelError(
            f"{work} holds a training with other data or another recipe: remove it or name another folder."
        )
    work.mkdir(parents=True, exist_ok=True)
    path.write_text(body, encoding="utf-8")
    done = work / DONE_FILE
    return TrainingRun(work / TRAINED, **json.loads(done.read_bytes())) if done.is_file() else None


def _finish(model: Any, run: TrainingRun, base: Path, work: Path) -> TrainingRun:
    """Keep the trained model instead of what a killed run would have gone on from, which is three times as large."""
    model.save_pretrained(str(run.checkpoint), create_model_card=False)
    save_grids(load_grids(base), run.checkpoint)  # so that it may be trained further
    (work / DONE_FILE).write_text(json.dumps(run.figures()), encoding="utf-8")
    for checkpoint in work.glob("checkpoint-*"):
        shutil.rmtree(checkpoint)
    return run


def _without_model_card(trainer: Any) -> Any:
    class Trainer(trainer):  # type: ignore[misc]
        def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
            """Nothing: the library's own card would take the texts of a library along."""

    return Trainer


def _watching(pace: Pace, on_grid: OnGrid, tell: Tell) -> TrainerCallback:
    """What keeps the weights on their grids, tells how far the training is, and ends it when its time is over."""
    from transformers import TrainerCallback

    class Watching(TrainerCallback):
        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002 - the library's
            pace.steps = state.max_steps
            pace.start()

        def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
            on_grid.round()

        def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
            on_grid.release()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002 - the library's
            tell("Training", state.global_step, pace.expected_steps(state.global_step))
            control.should_training_stop |= pace.done(state.global_step) >= 1

    return Watching()
