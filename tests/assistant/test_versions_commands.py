"""`citewell library reindex`, `optimize`, `versions`, `snapshot` and `restore`, alone and through the server that holds the library."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command_line import Run
from documents import article, pubmed
from hashed_embedder import HashedEmbedder
from serving import served

from assistant.api.app import create_app
from assistant.api.ingest import Intake
from assistant.service import Assistant
from ingestion.jobs import Jobs
from ingestion.library import Library
from ingestion.uploads import Uploads

FINDING = "Zibotentan lowered systolic blood pressure by 12.5 mm Hg against placebo in adults with hypertension."


@pytest.fixture
def run(citewell: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs `citewell` in this process over one library that holds three articles."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CITEWELL_HOME", str(tmp_path / "home"))
    for module in ("ingestion.library", "assistant.models"):
        monkeypatch.setattr(f"{module}.load_embedder", lambda spec="hashed", access=None: HashedEmbedder(spec))
    (tmp_path / "a.xml").write_text(
        pubmed(*(article(n, f"Zibotentan trial {n}", conclusions=FINDING) for n in (1, 2, 3)))
    )
    assert citewell("ingest", "files", tmp_path / "a.xml").code == 0
    return citewell


@contextmanager
def a_server(home: Path) -> Iterator[Library]:
    """Holds the library as `citewell serve` does."""
    with Library.open(home, purpose="citewell serve") as library:
        jobs = Jobs(library, home / "jobs", lambda spec: HashedEmbedder(spec or "hashed"))
        intake = Intake(jobs, Uploads(home), limit=1 << 20, token=None, is_local=True)
        with served(create_app(Assistant(library), intake)) as url:
            library.announce("citewell serve", url)
            yield library


def found(run: Run) -> list[str]:
    return [hit["passage"]["passage_id"] for hit in run("search", "zibotentan", "--json").json["hits"]]


def test_an_index_is_built_again_with_another_embedder_and_the_library_remembers_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = found(run)
    status = run("library", "status", "--json").json["version"]
    assert (status["number"], status["embedder"], status["engine"], status["optimised_share"]) == (
        1,
        "hashed",
        "edge",
        0.0,
    )
    built = run("library", "reindex", "--embedder", "other", "--json").json
    assert (built["number"], built["embedder"], built["spec"], built["passages"]) == (2, "other", "other", 3)
    assert sorted(found(run)) == sorted(before)
    people = run("library", "status")
    assert "Index: version 2, other, bm25" in people.out
    assert "100% optimised" in people.out
    monkeypatch.setenv("CITEWELL_EMBEDDER", "third")
    refused = run("search", "zibotentan")
    assert refused.code == 1
    assert "CITEWELL_EMBEDDER=other" in refused.err
    assert "citewell library reindex --embedder" in refused.err
    assert run("library", "reindex").code == 0
    assert run("search", "zibotentan").code == 0


def test_reindex_goes_by_the_engine_that_is_set(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_ENGINE", "faiss")
    refused = run("search", "zibotentan")
    assert refused.code == 1
    assert "CITEWELL_ENGINE=edge" in refused.err
    assert run("library", "reindex", "--json").json["engine"] == "faiss"
    assert len(found(run)) == 3
    back = run("library", "reindex", "--engine", "edge")
    assert "CITEWELL_ENGINE is faiss: set it to edge" in " ".join(back.err.split())


def test_the_version_in_use_counts_what_it_holds_today(run: Run, tmp_path: Path) -> None:
    def counts() -> list[tuple[str, int]]:
        versions = run("library", "versions", "--json").json["versions"]
        return [(each["state"], each["passages"]) for each in versions]

    assert counts() == [("in use", 3)]
    assert run("library", "reindex", "--keep-old").code == 0
    (tmp_path / "b.xml").write_text(pubmed(article(4, "Zibotentan trial 4", conclusions=FINDING)))
    assert run("ingest", "files", tmp_path / "b.xml").code == 0
    assert counts()[1] == ("in use", 4)


def test_a_restore_says_that_its_file_is_none_before_what_it_would_replace(run: Run) -> None:
    result = run("library", "restore", "none.zip")
    assert result.code == 1
    assert "none.zip" in result.err
    assert "--replace" not in result.err


def test_a_server_that_answers_without_the_reranker_asked_for_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_server(tmp_path / "home"):
        assert run("search", "zibotentan").err == ""
        monkeypatch.setenv("CITEWELL_RERANKER", "ms-marco-minilm-l12-int8")
        told = run("search", "zibotentan")
    assert told.code == 0
    assert "CITEWELL_RERANKER counts where it is started" in " ".join(told.err.split())


def test_versions_are_listed_and_dropped(run: Run, tmp_path: Path) -> None:
    assert run("library", "reindex", "--keep-old").code == 0
    states = [(each["number"], each["state"]) for each in run("library", "versions", "--json").json["versions"]]
    assert states == [(1, "kept"), (2, "in use")]
    assert "1 other version" in run("library", "status").err
    (tmp_path / "home" / "index-7").mkdir()
    assert "Not known to the ledger: 7" in run("library", "versions").err
    assert run("library", "versions", "--drop", "--json").json["dropped"] == [1, 7]
    assert sorted(path.name for path in (tmp_path / "home").glob("index*")) == ["index-2"]
    assert len(found(run)) == 3


def test_optimize_builds_and_says_when_there_is_nothing_to_build(run: Run) -> None:
    assert run("library", "optimize", "--json").json["optimised"] == 3
    again = run("library", "optimize")
    assert again.code == 0
    assert "nothing to build" in again.err


@pytest.mark.parametrize("arguments", [("reindex", "--engine", "annoy"), ("restore", "none.zip")])
def test_what_cannot_be_done_is_told_and_changes_nothing(run: Run, arguments: tuple[str, ...]) -> None:
    before = found(run)
    result = run("library", *arguments)
    assert result.code == 1
    assert result.err.startswith("Error")
    assert found(run) == before
    assert [each["number"] for each in run("library", "versions", "--json").json["versions"]] == [1]


def test_a_server_builds_the_version_and_goes_over_to_it(run: Run, tmp_path: Path) -> None:
    with a_server(tmp_path / "home") as library:
        built = run("library", "reindex", "--embedder", "other", "--json")
        assert built.json["embedder"] == "other"
        assert "goes on answering" in built.err
        assert library.searcher.embedder.name == "other"
        assert len(found(run)) == 3
        assert run("ask", "Does zibotentan lower blood pressure?", "--json").json["versions"]["embedder"] == "other"
        assert run("library", "optimize").code == 0
        assert not (tmp_path / "home" / "reindex.json").exists()
    assert len(found(run)) == 3


def test_no_request_names_an_embedder(run: Run, tmp_path: Path) -> None:
    import httpx

    with a_server(tmp_path / "home") as library:
        base = (tmp_path / "home" / "holder.json").read_text().split('"url": "')[1].split('"')[0]
        url = f"{base}/v1/ingest/reindex"
        job = httpx.post(url, json={"embedder": "sentence-transformers:/tmp/evil"}, trust_env=False).json()
        while httpx.get(base + job["url"], trust_env=False).json()["state"] in {"queued", "running"}:
            threading.Event().wait(0.05)
        assert library.searcher.embedder.name == "hashed"


@pytest.mark.parametrize("through", ["the command line", "a server"])
def test_a_snapshot_brings_a_library_back(run: Run, tmp_path: Path, through: str) -> None:
    file = tmp_path / "kept" / "citewell.zip"
    if through == "a server":
        with a_server(tmp_path / "home"):
            kept = run("library", "snapshot", file, "--json").json
    else:
        kept = run("library", "snapshot", file, "--json").json
    assert (kept["passages"], Path(kept["file"])) == (3, file)
    assert run("library", "snapshot", file).code == 1
    before = found(run)
    run("library", "remove", "pubmed:1")
    assert len(found(run)) == 2
    assert "--replace" in run("library", "restore", file).err
    assert len(found(run)) == 2
    assert run("library", "restore", file, "--replace").code == 0
    assert found(run) == before
    assert len(list((tmp_path / "home").glob("index*"))) == 1


def test_a_restored_library_keeps_the_engine_it_had(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    run("library", "snapshot", tmp_path / "citewell.zip")
    run("library", "reindex", "--engine", "faiss", "--quantisation", "scalar")
    assert run("library", "restore", tmp_path / "citewell.zip", "--replace").code == 0
    version = run("library", "status", "--json").json["version"]
    assert (version["engine"], version["quantisation"], version["passages"]) == ("faiss", "scalar", 3)
    assert len(found(run)) == 3


def test_a_snapshot_without_a_name_is_kept_in_the_library(run: Run, tmp_path: Path) -> None:
    kept = run("library", "snapshot")
    assert "restore FILE --replace" in kept.err
    (file,) = (tmp_path / "home" / "snapshots").glob("*.zip")
    assert str(file) in kept.out.replace("\n", "")


def test_a_snapshot_restores_what_is_damaged_beyond_opening(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "citewell.zip"
    before = found(run)
    run("library", "snapshot", file)
    for path in (tmp_path / "home" / "index").rglob("*.json"):
        path.write_text("{")
    assert "citewell library reindex" in run("search", "zibotentan").err
    assert run("library", "restore", file, "--replace").code == 0
    assert found(run) == before
    (tmp_path / "home" / "ledger.sqlite").unlink()
    assert "restore" in run("ingest", "files", tmp_path / "a.xml").err
    assert run("library", "restore", file).code == 0
    assert found(run) == before


def test_a_damaged_snapshot_is_refused_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "citewell.zip"
    run("library", "snapshot", file)
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 0x41
    file.write_bytes(body)
    run("library", "remove", "pubmed:1")
    result = run("library", "restore", file, "--replace")
    assert result.code == 1
    assert "damaged" in result.err
    assert len(found(run)) == 2
    assert not list((tmp_path / "home").glob(".importing-*"))


def test_an_index_that_is_gone_is_made_again_and_that_is_said(run: Run, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "home" / "index")
    searched = run("search", "zibotentan")
    assert searched.code == 0
    assert "Indexing again what the index has lost" in searched.err
    assert "Indexing again" not in run("search", "zibotentan").err
