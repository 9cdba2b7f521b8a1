"""The steps of a training: seeded, on the int8 grid, resumable after a kill, on CPU or GPU."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.verification.labelled import LabelledPair, labelled_digest
from assistant.verification.training.base import best_device, load_trainable
from assistant.verification.training.batches import Example, examples, loss_of, plan_batches, read_tokenizer, tensors
from assistant.verification.training.halves import KeptStates, lower, upper
from assistant.verification.training.recipe import NeuralRecipe
from indexes.errors import ModelError
from indexes.finetuning.dequantise import bert_tokenizer
from indexes.finetuning.grid import load_grids, save_grids
from indexes.finetuning.on_grid import OnGrid
from indexes.finetuning.pace import Pace
from indexes.torch_models import bf16_pays

Tell = Callable[[str, int, int], None]
RUN_FILE, STATE_FILE, DONE_FILE, TRAINED = "run.json", "state.pt", "done.json", "trained"


@dataclass(frozen=True, slots=True)
class NeuralRun:
    """What a training did. `seconds` are those of all its parts where it was killed; `loss` is the mean of the last tenth of the steps."""

    pairs: int
    steps: int
    tokens: int
    seconds: float
    loss: float
    device: str


def train(
    base: Path,
    pairs: Sequence[LabelledPair],
    recipe: NeuralRecipe,
    work: Path,
    tell: Tell,
    states: KeptStates | None = None,
) -> NeuralRun:
    """Train the checkpoint in `base` on pairs; the trained one is `work/trained`. The same call goes on where a killed one stopped.

    `states` are the pairs' states after the recipe's frozen layers, where they were kept: those layers are then not run again. Raises `ModelError`
    where there are no pairs, `work` holds another training, or the training diverges.
    """
    if not pairs:
        raise ModelError("There are no pairs to train on: name a folder with labelled pairs.")
    said = json.dumps({"pairs": labelled_digest(pairs), "recipe": recipe.as_dict()}, indent=2)
    path = work / RUN_FILE
    if path.is_file() and path.read_text(encoding="utf-8") != said:
        raise ModelError(
            f"{work} holds a training with other data or another recipe: remove it or name another folder."
        )
    work.mkdir(parents=True, exist_ok=True)
    path.write_text(said, encoding="utf-8")
    if (work / DONE_FILE).is_file():
        return NeuralRun(**json.loads((work / DONE_FILE).read_bytes()))
    tell("Reading pairs", 0, len(pairs))
    known = states.examples(pairs) if states else examples(pairs, read_tokenizer(base, recipe.max_tokens), recipe)
    batches = plan_batches(known, recipe)
    run = _steps(base, batches, recipe, work, tell)
    done = NeuralRun(len(pairs), len(batches), *run)
    (work / DONE_FILE).write_text(json.dumps(asdict(done)), encoding="utf-8")
    (work / STATE_FILE).unlink(missing_ok=True)
    return done


def saying(tell: Tell, what: str) -> Tell:
    """Tells the same, and of which training it is."""
    return lambda step, done, total: tell(f"{step}: {what}", done, total)


def wait_passively() -> None:
    """Have OpenMP's threads sleep where they wait, if torch is not loaded yet: spinning costs thrice the time where the processor is shared."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def _steps(
    base: Path, batches: Sequence[Sequence[Example]], recipe: NeuralRecipe, work: Path, tell: Tell
) -> tuple[int, float, float, str]:
    import torch

    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    device = best_device()
    model = load_trainable(base).to(device)
    _set_dropout(model, recipe)
    _freeze(model, recipe.frozen_layers)
    free = {name for name, weight in model.named_parameters() if weight.requires_grad}
    on_grid = OnGrid(model, {name: grid for name, grid in load_grids(base).items() if name in free}, recipe.seed)
    optimizer = torch.optim.AdamW(_groups(model, recipe), lr=recipe.learning_rate)
    pace = Pace(len(batches), recipe.warmup, None)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, pace.factor)
    first, before, losses = 0, 0.0, []
    state = work / STATE_FILE
    if state.is_file():
        kept = torch.load(state, weights_only=True, map_location=device)
        model.load_state_dict(kept["model"])
        optimizer.load_state_dict(kept["optimizer"])
        schedule.load_state_dict(kept["schedule"])
        torch.set_rng_state(kept["chance"].cpu())
        first, before, losses = kept["step"], kept["seconds"], kept["losses"]
    model.train()
    started = time.monotonic()
    for step in range(first, len(batches)):
        on_grid.round()
        loss = loss_of(_logits(model, tensors(batches[step], device), recipe), batches[step])
        loss.backward()  # type: ignore[no-untyped-call]
        on_grid.release()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        losses.append(float(loss.detach()))
        if not math.isfinite(losses[-1]):
            raise ModelError("The training diverged: its loss is no number. Lower the learning rate.")
        tell("Training", step + 1, len(batches))
        if (step + 1) % recipe.save_steps == 0:
            seconds = before + time.monotonic() - started
            _keep(state, model, optimizer, schedule, {"step": step + 1, "seconds": seconds, "losses": losses})
    on_grid.round()
    target = work / TRAINED
    model.save_pretrained(target)
    bert_tokenizer(base, 512).save_pretrained(target)
    save_grids(load_grids(base), target)
    tokens = sum(len(each.encoding.ids) for batch in batches for each in batch)
    last = losses[-max(1, len(losses) // 10) :]
    seconds = round(before + time.monotonic() - started, 1)
    return tokens, seconds, sum(last) / len(last), torch.cuda.get_device_name() if device == "cuda" else device


def _logits(model: Any, inputs: dict[str, Any], recipe: NeuralRecipe) -> Any:
    import torch

    layers, bf16 = recipe.frozen_layers, bf16_pays() if recipe.bf16 is None else recipe.bf16
    with torch.autocast(inputs["input_ids"].device.type, torch.bfloat16, enabled=bf16):
        states = inputs["states"] if "states" in inputs else lower(model, inputs, layers)
        return upper(model, states, inputs, layers)


def _freeze(model: Any, layers: int) -> None:
    for part in (model.bert.embeddings, *model.bert.encoder.layer[:layers]):
        for weight in part.parameters():
            weight.requires_grad = False


def _set_dropout(model: Any, recipe: NeuralRecipe) -> None:
    """In the part that learns only: the rest gives the same states each time."""
    import torch

    for part in model.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    for learning in (*model.bert.encoder.layer[recipe.frozen_layers :], model.dropout):
        for part in learning.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = recipe.dropout


def _groups(model: Any, recipe: NeuralRecipe) -> list[dict[str, Any]]:
    head: list[Any] = []
    matrices: list[Any] = []
    vectors: list[Any] = []
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            (head if name.startswith("classifier.") else matrices if weight.ndim > 1 else vectors).append(weight)
    return [
        {"params": head, "lr": recipe.head_learning_rate, "weight_decay": recipe.weight_decay},
        {"params": matrices, "weight_decay": recipe.weight_decay},
        {"params": vectors, "weight_decay": 0.0},  # biases and norms
    ]


def _keep(state: Path, model: Any, optimizer: Any, schedule: Any, rest: dict[str, Any]) -> None:
    """Write what a killed run goes on from, whole or not at all."""
    import torch

    beside = state.with_suffix(".new")
    kept = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
    torch.save(kept | {"chance": torch.get_rng_state()} | rest, beside)
    beside.replace(state)
