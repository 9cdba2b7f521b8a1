"""`citewell models`, and the settings that choose an embedder and a reranker."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command_line import Run
from documents import article, pubmed

from assistant.models import chosen_embedder, chosen_reranker, open_embedder
from assistant.settings import load_settings
from indexes.embedding.weights import BGE_SMALL, RERANKER, weights_folder
from indexes.errors import ModelMissingError
from indexes.finetuning.gate import Comparison
from indexes.finetuning.store import CARD, Card, Data, ModelKind

KEY = "sk-not-to-be-shown"


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty CITEWELL_HOME, and no other setting."""
    for name in ("EMBEDDER", "EMBEDDER_API_KEY", "RERANKER", "MODEL_DOWNLOADS", "QDRANT_URL"):
        monkeypatch.delenv(f"CITEWELL_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CITEWELL_HOME", str(tmp_path / "home"))
    load_settings.cache_clear()
    return tmp_path / "home"


def put(home: Path, kind: ModelKind, name: str, *, gain: float) -> None:
    """A model that was made here: the default's weights under a card of its own."""
    folder = home / "models" / f"{name}-1"
    shutil.copytree(weights_folder() if kind is ModelKind.EMBEDDER else weights_folder(RERANKER), folder)
    if kind is ModelKind.EMBEDDER:
        BGE_SMALL.model_copy(update={"name": f"{name}-1"}).write(folder)
    card = Card(
        kind=kind,
        name=name,
        version=1,
        base=BGE_SMALL.name,
        licence="MIT",
        created=datetime(2026, 11, 26, tzinfo=UTC),
        data=[Data(name="trec", pairs=1200, held_out=80, licence="CC0")],
        recipe={"epochs": 1, "seed": 13},
        training={"steps": 40, "device": "cpu"},
        agreement=0.997,
        figures=Comparison(80, 0.7, 0.7 + gain, gain - 0.01, gain + 0.01),
        versions={"torch": "2.13.0"},
    )
    (folder / CARD).write_text(card.model_dump_json())


def test_the_list_names_what_is_there_and_what_is_in_use(citewell: Run, home: Path) -> None:
    put(home, ModelKind.EMBEDDER, "ward", gain=0.04)
    lines = citewell("models", "list").out.splitlines()
    assert f"{BGE_SMALL.name}  embedder, in use" in lines
    assert "ward-1  embedder" in lines
    assert any("0.700 -> 0.740 [+0.030, +0.050]: wins; licence MIT" in line for line in lines)
    rows = {row["name"]: row for row in citewell("models", "list", "--json").json["models"]}
    assert [name for name, row in rows.items() if row["in_use"]] == [BGE_SMALL.name, "citewell-verifier"]
    assert rows["ms-marco-minilm-l12-int8"]["licence"] == "Apache-2.0"


def test_no_verifier_is_listed_where_none_is_wanted(citewell: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_VERIFIER", "none")
    assert "verifier" not in citewell("models", "list").out


def test_what_won_is_used_for_the_next_library_and_reset_goes_back(citewell: Run, home: Path, tmp_path: Path) -> None:
    put(home, ModelKind.EMBEDDER, "ward", gain=0.04)
    used = citewell("models", "use", "ward-1")
    assert used.code == 0
    assert "citewell models reset embedder" in used.out
    assert "ward-1  embedder, in use" in citewell("models", "list").out
    (tmp_path / "a.xml").write_text(pubmed(article(1, "Zibotentan", conclusions="Zibotentan lowered blood pressure.")))
    assert citewell("ingest", "files", tmp_path / "a.xml").code == 0
    assert citewell("library", "status", "--json").json["index"].startswith("ward-1@")
    assert citewell("search", "blood pressure").code == 0
    reset = citewell("models", "reset", "embedder")
    assert reset.code == 0
    assert citewell("search", "blood pressure").code == 0, "the library goes on with what it was built with"
    mend = f"citewell library reindex --embedder {BGE_SMALL.name}"
    assert mend in reset.err
    assert "ward-1  embedder, in use" in citewell("models", "list").out
    assert citewell(*mend.split()[1:]).code == 0
    assert f"{BGE_SMALL.name}  embedder, in use" in citewell("models", "list").out
    assert citewell("library", "status", "--json").json["index"].startswith(BGE_SMALL.name)


def test_what_did_not_win_is_not_used_unless_forced(citewell: Run, home: Path) -> None:
    put(home, ModelKind.RERANKER, "cross", gain=0.0)
    refused = citewell("models", "use", "cross-1")
    assert refused.code == 1
    assert "not better than" in refused.err
    assert chosen_reranker(load_settings()) is None
    assert citewell("models", "use", "cross-1", "--force").code == 0
    reranker = chosen_reranker(load_settings())
    assert reranker is not None
    assert reranker.name.startswith("cross-1@")


def test_show_tells_how_a_model_was_made(citewell: Run, home: Path) -> None:
    put(home, ModelKind.EMBEDDER, "ward", gain=0.04)
    shown = citewell("models", "show", "ward-1").out
    for said in ("trec, 1,200 pairs, licence CC0", "steps 40", "seed 13", "80 queries held out", "torch 2.13.0"):
        assert said in shown
    assert citewell("models", "show", "ward-1", "--json").json["agreement"] == 0.997
    missing = citewell("models", "show", "ward-2")
    assert missing.code == 1
    assert "There is: ward-1" in missing.err


def test_a_setting_goes_before_what_is_in_use(citewell: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(home, ModelKind.EMBEDDER, "ward", gain=0.04)
    monkeypatch.setenv("CITEWELL_EMBEDDER", f"onnx:{home}/models/ward-1")
    said = citewell("models", "use", "ward-1")
    assert "CITEWELL_EMBEDDER is set to onnx:" in said.err
    spec = chosen_embedder(load_settings())
    assert spec == f"onnx:{home}/models/ward-1"
    assert open_embedder(load_settings(), spec).name.startswith("ward-1@")


def test_settings_choose_and_say_what_they_may(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen_embedder(load_settings()) is None
    assert chosen_reranker(load_settings()) is None
    monkeypatch.setenv("CITEWELL_EMBEDDER", "nothing-like-it")
    monkeypatch.setenv("CITEWELL_EMBEDDER_API_KEY", KEY)
    monkeypatch.setenv("CITEWELL_RERANKER", "ms-marco-minilm-l12-int8")
    load_settings.cache_clear()
    spec, reranker = chosen_embedder(load_settings()), chosen_reranker(load_settings())
    assert spec == "nothing-like-it"
    assert reranker is not None
    assert reranker.score("aspirin stroke", ["Aspirin prevents stroke."])[0] > 0
    with pytest.raises(ModelMissingError, match="nothing-like-it") as error:
        open_embedder(load_settings(), spec)
    assert KEY not in repr(load_settings())
    assert KEY not in str(error.value)


def test_an_unknown_embedder_is_an_error_of_every_command(
    citewell: Run, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CITEWELL_EMBEDDER", "bge-huge")
    (tmp_path / "a.xml").write_text(pubmed(article(1, "Zibotentan", conclusions="It lowered blood pressure.")))
    failed = citewell("ingest", "files", tmp_path / "a.xml")
    assert failed.code == 1
    assert "'bge-huge'" in failed.err
    assert "sentence-transformers:MODEL" in failed.err


def test_nothing_to_learn_from_is_said(citewell: Run, home: Path, tmp_path: Path) -> None:
    assert "--library" in citewell("models", "finetune", "ward").err
    assert citewell("models", "finetune", "ward", "--library").code == 2, "there is no library yet"
    nowhere = citewell("models", "finetune", "ward", "--data", tmp_path / "nowhere")
    assert nowhere.code == 1
    assert "corpus.jsonl" in nowhere.err


@pytest.mark.slow
def test_a_model_is_made_of_a_library(citewell: Run, home: Path, tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers", reason="pip install 'citewell[models]'")
    articles = [
        article(
            n, f"Zibotentan against blood pressure, trial {n}", conclusions=f"Trial {n} found {n} mm Hg less in adults."
        )
        for n in range(1, 31)
    ]
    (tmp_path / "a.xml").write_text(pubmed(*articles))
    assert citewell("ingest", "files", tmp_path / "a.xml").code == 0
    made = citewell("models", "finetune", "ward", "--library", "--max-pairs", "8", "--max-seconds", "20", "--json")
    assert made.code == 0, made.err
    assert json.loads(made.out)["data"][0]["name"] == "library"
    assert "ward-1  embedder" in citewell("models", "list").out
