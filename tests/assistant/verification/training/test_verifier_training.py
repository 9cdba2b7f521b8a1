"""Training: real, of a thin model that knows nothing yet, and once, briefly, of the model that is shipped."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import Run

from assistant.verification.labelled import LabelledPair
from assistant.verification.labels import LABELS, Label
from assistant.verification.neural import NeuralVerifier
from assistant.verification.training.batches import examples, loss_of, plan_batches, read_tokenizer
from assistant.verification.training.recipe import NeuralRecipe
from indexes.embedding.weights import RERANKER, weights_folder
from indexes.errors import ModelError
from indexes.finetuning.grid import Grid, load_grids, save_grids

pytestmark = pytest.mark.slow
pytest.importorskip("sentence_transformers", reason="pip install 'citewell[models]'")

SAID: dict[Label, str] = {"support": "helps in", "contradict": "harms in", "neutral": "was seen near"}
DISEASES = ("asthma", "gout", "malaria", "stroke", "measles", "scurvy", "rabies", "anthrax")
PAIRS = [
    LabelledPair(id=f"{label}-{n}", claim=f"It works in {disease}.", evidence=f"It {said} {disease}.", label=label)
    for n, disease in enumerate(DISEASES)
    for label, said in SAID.items()
]
THIN = NeuralRecipe(
    epochs=80,
    batch_tokens=200,
    bf16=False,
    learning_rate=3e-3,
    head_learning_rate=1e-2,
    max_tokens=32,
    frozen_layers=0,
    save_steps=7,
)


def untold(step: str, done: int, total: int) -> None:
    """Nobody looks."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that trains in no time: two thin layers with weights by chance, on grids of 129 values."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    from indexes.finetuning.dequantise import bert_tokenizer

    folder = tmp_path_factory.mktemp("thin") / "base"
    torch.manual_seed(2)
    config = BertConfig(
        vocab_size=30_522,
        hidden_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=96,
        num_labels=3,
    )
    model = BertForSequenceClassification(config)
    model.save_pretrained(folder)
    bert_tokenizer(weights_folder(RERANKER), 512).save_pretrained(folder)
    grids = {
        name: Grid(np.array(0.008, np.float32), np.array(0), -64, 64)
        for name, weight in model.named_parameters()
        if name.endswith("dense.weight") or (".self." in name and weight.ndim == 2)
    }
    save_grids(grids, folder)
    return folder


def trained(
    base: Path, work: Path, pairs: Sequence[LabelledPair] = PAIRS, recipe: NeuralRecipe = THIN, **more: Any
) -> dict[str, Any]:
    """The weights after a training."""
    from assistant.verification.training.base import load_trainable
    from assistant.verification.training.loop import TRAINED, train

    train(base, pairs, recipe, work, more.pop("tell", untold), **more)
    return dict(load_trainable(work / TRAINED).state_dict())


def alike(left: dict[str, Any], right: dict[str, Any], tolerance: float = 0.0) -> bool:
    return all(bool(((left[name] - right[name]).abs() <= tolerance).all()) for name in left)


def test_it_learns_to_tell_the_three_apart(base: Path, tmp_path: Path) -> None:
    from assistant.verification.training.halves import KeptStates
    from assistant.verification.training.loop import TRAINED

    trained(base, tmp_path / "run")
    states = KeptStates(base, PAIRS, THIN, tmp_path, untold)
    said = states.probabilities(tmp_path / "run" / TRAINED, PAIRS)
    assert [LABELS[row.argmax()] for row in said] == [pair.label for pair in PAIRS]


def test_what_was_trained_lies_on_the_grid_that_it_is_exported_to(base: Path, tmp_path: Path) -> None:
    weights = trained(base, tmp_path / "run", recipe=dataclasses.replace(THIN, epochs=2))
    for name, grid in load_grids(base).items():
        array = weights[name].numpy()
        assert np.abs(grid.values(grid.integers(array)) - array).max() < 1e-6


def test_the_same_seed_gives_the_same_weights_and_another_does_not(base: Path, tmp_path: Path) -> None:
    recipe = dataclasses.replace(THIN, epochs=3, dropout=0.1)
    first = trained(base, tmp_path / "a", recipe=recipe)
    assert alike(first, trained(base, tmp_path / "b", recipe=recipe))
    assert not alike(first, trained(base, tmp_path / "c", recipe=dataclasses.replace(recipe, seed=14)))


def test_a_killed_run_goes_on_to_the_same_end(base: Path, tmp_path: Path) -> None:
    recipe = dataclasses.replace(THIN, epochs=6, dropout=0.1)

    def kill(step: str, done: int, total: int) -> None:
        if step == "Training" and done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(base, tmp_path / "killed", recipe=recipe, tell=kill)
    steps: list[int] = []
    resumed = trained(
        base,
        tmp_path / "killed",
        recipe=recipe,
        tell=lambda step, done, total: steps.append(done) if step == "Training" else None,
    )
    assert steps[0] == 8  # a state was kept after seven
    assert alike(resumed, trained(base, tmp_path / "whole", recipe=recipe))


def test_a_finished_run_is_not_run_again_and_a_folder_is_of_one_run(base: Path, tmp_path: Path) -> None:
    recipe = dataclasses.replace(THIN, epochs=1)
    trained(base, tmp_path, recipe=recipe)

    def never(step: str, done: int, total: int) -> None:
        raise AssertionError(step)

    trained(base, tmp_path, recipe=recipe, tell=never)
    with pytest.raises(ModelError, match="holds a training with other data or another recipe"):
        trained(base, tmp_path, PAIRS[1:], recipe)
    with pytest.raises(ModelError, match="There are no pairs"):
        trained(base, tmp_path / "none", [], recipe)


def test_kept_states_change_nothing(base: Path, tmp_path: Path) -> None:
    from assistant.verification.training.halves import KeptStates

    recipe = dataclasses.replace(THIN, epochs=3, frozen_layers=1)
    states = KeptStates(base, PAIRS, recipe, tmp_path, untold)
    again = KeptStates(base, PAIRS, recipe, tmp_path, untold)  # from the file
    plain = trained(base, tmp_path / "plain", recipe=recipe)
    assert alike(plain, trained(base, tmp_path / "kept", recipe=recipe, states=states), 1e-4)
    assert alike(plain, trained(base, tmp_path / "again", recipe=recipe, states=again), 1e-4)


def test_where_neutral_may_hide_a_contradiction_either_is_right(base: Path) -> None:
    import torch

    tokenizer = read_tokenizer(base, 32)
    pair = LabelledPair(id="1", claim="a", evidence="b", label="neutral")
    [sure], [unsure] = (examples([each], tokenizer, THIN) for each in (pair, dataclasses.replace(pair, two_class=True)))
    contradicts = torch.tensor([[-5.0, 5.0, -5.0]])
    assert float(loss_of(contradicts, [sure])) > 9
    assert float(loss_of(contradicts, [unsure])) < 0.01
    assert float(loss_of(torch.tensor([[5.0, -5.0, -5.0]]), [unsure])) > 9


def test_steps_keep_to_their_tokens_and_leave_no_pair_out(base: Path) -> None:
    known = examples(PAIRS, read_tokenizer(base, 32), THIN)
    recipe = dataclasses.replace(THIN, epochs=2, batch_tokens=60)
    planned = plan_batches(known, recipe)
    assert sorted(id(each) for batch in planned for each in batch) == sorted([id(each) for each in known] * 2)
    assert max(len(batch) * max(len(each.encoding.ids) for each in batch) for batch in planned) <= 60


def test_the_whole_recipe_makes_a_verifier_that_is_small_enough(citewell: Run, tmp_path: Path) -> None:
    pairs = "".join(json.dumps(dataclasses.asdict(pair)) + "\n" for pair in PAIRS)
    for name in ("nli/snli_dev", "scifact", "healthver"):
        path = tmp_path / f"{name}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text(pairs, encoding="utf-8")
    abstract = " ".join(
        f"In group {n} of the children, ibuprofen was associated with a higher risk of {n + 9} events."
        for n in range(3)
    )
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"abstract": abstract}) + "\n")
    words = [
        "models",
        "train-verifier",
        "--out",
        str(tmp_path / "made"),
        "--neural",
        "--nli",
        str(tmp_path / "nli"),
        "--scale",
        "0.02",
    ]
    words += ["--corpus", str(tmp_path / "corpus.jsonl"), "--json"]
    done = citewell(
        *words, "--support", str(tmp_path / "scifact.jsonl"), "--support", str(tmp_path / "healthver.jsonl")
    )
    assert done.code == 0, done.err
    card = json.loads(done.out)
    assert set(card["before"]) == set(card["cross_validated"]) == {"scifact", "healthver"}
    assert card["agreement"] > 0.97
    assert {each["stage"] for each in card["data"]} == {"mixture", "support sets"}
    assert (tmp_path / "made" / "model.onnx").stat().st_size <= 35_000_000
    verifier = NeuralVerifier(tmp_path / "made")
    assert verifier.probabilities([("Aspirin prevents stroke.", "Aspirin prevented stroke.")]).sum() == pytest.approx(1)
    assert json.loads((tmp_path / "made" / "card.json").read_text()) == card
    judged = [json.loads(line) for line in (tmp_path / "made" / "judged.jsonl").read_text().splitlines()]
    assert [(each["source"], each["id"]) for each in judged] == [
        (name, pair.id) for name in ("scifact", "healthver") for pair in PAIRS
    ]
    assert all(sum(each[label] for label in LABELS) == pytest.approx(1, abs=1e-4) for each in judged)


def test_without_what_to_learn_from_the_command_says_so(citewell: Run, tmp_path: Path) -> None:
    done = citewell("models", "train-verifier", "--out", str(tmp_path / "made"), "--neural")
    assert done.code != 0
    assert "--nli" in done.err
