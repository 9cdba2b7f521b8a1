"""What wins, and what only seems to."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hashed_embedder import HashedEmbedder
from small_set import write_small_set

from indexes.embedding import Vectors
from indexes.errors import ModelError, ModelMissingError
from indexes.finetuning.finetune import finetune
from indexes.finetuning.gate import Comparison, compare, judge_embedder, judge_reranker, ndcg, set_exams
from indexes.finetuning.judged import Judged, read_judged
from indexes.finetuning.recipe import Recipe
from indexes.finetuning.store import CARD, Card, ModelKind, ModelStore
from indexes.reranking import Reranker


def untold(step: str, done: int, total: int) -> None:
    """Nobody looks."""


class Blind(HashedEmbedder):
    """An embedder that sees no difference between queries."""

    def embed_query(self, text: str) -> Vectors:
        return super().embed_query("")


class Overlap:
    """A reranker that counts shared words."""

    name = "overlap"

    def __init__(self, sign: int = 1) -> None:
        self._sign = sign

    def score(self, query: str, texts: list[str]) -> list[float]:  # type: ignore[override]
        return [self._sign * float(len(set(query.split()) & set(text.split()))) for text in texts]


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return read_judged(write_small_set(tmp_path / "small"))


def test_ndcg_is_one_for_the_best_order_and_counts_what_is_missed() -> None:
    assert ndcg(["a", "b", "c"], [3.0, 2.0, 1.0], frozenset("ab")) == 1
    assert ndcg(["a", "b", "c"], [1.0, 2.0, 3.0], frozenset("a")) == pytest.approx(1 / math.log2(4))
    assert ndcg(["a"], [1.0], frozenset({"a", "not ranked"})) == pytest.approx(1 / (1 + 1 / math.log2(3)))
    keys = [str(n) for n in range(11)]
    assert ndcg(keys, [float(-n) for n in range(11)], frozenset({"10"})) == 0, "the eleventh is not seen"


def test_an_embedder_that_reads_queries_beats_one_that_does_not(judged: Judged) -> None:
    exams = set_exams([judged])
    good = judge_embedder(HashedEmbedder(dimension=256), exams, untold)
    blind = judge_embedder(Blind(dimension=256), exams, untold)
    assert len(good) == len(blind) == len(judged.relevant)
    assert compare(blind, good, seed=1).wins
    assert not compare(good, good, seed=1).wins
    assert not compare(good, blind, seed=1).wins


def test_a_reranker_that_reads_is_better_than_one_that_reads_backwards(judged: Judged) -> None:
    exams = set_exams([judged])
    good: Reranker = Overlap()  # type: ignore[assignment]
    bad: Reranker = Overlap(-1)  # type: ignore[assignment]
    assert compare(judge_reranker(bad, exams, untold), judge_reranker(good, exams, untold), seed=1).wins


def test_a_gain_within_chance_does_not_win() -> None:
    rng = np.random.default_rng(3)
    before = rng.random(40)
    noisy = before + rng.normal(0.01, 0.2, 40)
    found = compare(before, noisy, seed=1)
    assert found.low < 0 < found.high
    assert not found.wins
    assert compare(before, before + 0.01, seed=1).wins, "a small gain on every query does"


def test_an_exam_holds_every_answer_and_what_looks_like_one(judged: Judged) -> None:
    exam = set_exams([judged], queries=10)[0]
    assert len(exam.questions) == 10
    assert all(question.relevant <= exam.texts.keys() for question in exam.questions)
    assert len(exam.texts) > 10
    two = set_exams([judged, Judged("empty", {}, {}, {})], queries=10)
    assert len(two) == 1
    with pytest.raises(ModelError, match="more queries"):
        set_exams([Judged("empty", {}, {}, {})])


def card(version: int = 1, gain: float = 0.05, kind: ModelKind = ModelKind.EMBEDDER) -> Card:
    return Card(
        kind=kind,
        name="ward",
        version=version,
        base="bge-small-en-v1.5-int8",
        licence="MIT",
        created=datetime(2026, 11, 26, tzinfo=UTC),
        data=[],
        recipe={},
        training={},
        agreement=0.99,
        figures=Comparison(100, 0.7, 0.7 + gain, gain - 0.01, gain + 0.01),
        versions={},
    )


def put(store: ModelStore, new: Card) -> None:
    folder = store.folder / new.full_name
    folder.mkdir(parents=True)
    (folder / CARD).write_text(new.model_dump_json())


def test_only_what_wins_is_used_unless_forced(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "models")
    assert store.cards() == []
    assert store.in_use(ModelKind.EMBEDDER) is None
    put(store, card(1))
    put(store, card(2, gain=0.0))
    assert [each.full_name for each in store.cards()] == ["ward-1", "ward-2"]
    assert (store.next_version("ward"), store.next_version("other")) == (3, 1)
    store.use("ward-1")
    assert store.in_use(ModelKind.EMBEDDER) == "ward-1"
    with pytest.raises(ModelError, match=r"ward-2 is not better .* from -0\.010 to \+0\.010"):
        store.use("ward-2")
    assert store.in_use(ModelKind.EMBEDDER) == "ward-1"
    store.use("ward-2", force=True)
    assert store.in_use(ModelKind.EMBEDDER) == "ward-2"
    assert store.in_use(ModelKind.RERANKER) is None
    store.use_default(ModelKind.EMBEDDER)
    assert store.in_use(ModelKind.EMBEDDER) is None


def test_what_is_no_model_is_named(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "models")
    with pytest.raises(ModelMissingError, match="citewell models finetune"):
        store.use("ward-1")
    put(store, card(1))
    (store.folder / "half").mkdir()  # a folder without a card
    with pytest.raises(ModelMissingError, match="There is: ward-1"):
        store.use("ward-9")
    (store.folder / "ward-1" / CARD).write_text("{")
    with pytest.raises(ModelError, match=r"card\.json cannot be read"):
        store.cards()


@pytest.mark.parametrize("name", ["../ward", "Ward", "", "a b", ".work-x"])
def test_a_name_that_cannot_be_a_folder_is_refused_first(name: str, judged: Judged, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="lower-case"):
        finetune(ModelKind.EMBEDDER, name, [judged], Recipe(), ModelStore(tmp_path / "models"), untold)
    assert not (tmp_path / "models").exists()
