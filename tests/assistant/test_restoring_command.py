"""`citewell library restore` where the ledger itself is damaged: it says so, keeps the file and puts the library back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from command_line import Run
from documents import article, pubmed
from hashed_embedder import HashedEmbedder


@pytest.fixture
def run(citewell: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs `citewell` in this process over one library that holds three articles, and has kept a snapshot of it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CITEWELL_HOME", str(tmp_path / "home"))
    for module in ("ingestion.library", "assistant.models"):
        monkeypatch.setattr(f"{module}.load_embedder", lambda spec="hashed", access=None: HashedEmbedder(spec))
    (tmp_path / "a.xml").write_text(pubmed(*(article(n, f"Zibotentan trial {n}") for n in (1, 2, 3))))
    assert citewell("ingest", "files", tmp_path / "a.xml").code == 0
    assert citewell("library", "snapshot", tmp_path / "kept.zip").code == 0
    return citewell


def found(run: Run) -> list[str]:
    return [hit["passage"]["passage_id"] for hit in run("search", "zibotentan", "--json").json["hits"]]


def overwritten(ledger: Path) -> None:
    ledger.write_bytes(b"not a database" * 1000)


def broken_pages(ledger: Path) -> None:
    data = bytearray(ledger.read_bytes())
    for at in range(4096, len(data), 4096):
        data[at : at + 64] = b"\xff" * 64
    ledger.write_bytes(data)


def no_manifest(ledger: Path) -> None:
    with closing(sqlite3.connect(ledger)) as raw, raw:
        raw.execute(
            "UPDATE meta SET value = '{' WHERE key LIKE 'index.version%' OR key LIKE 'index.%' AND value LIKE '{%'"
        )


@pytest.mark.parametrize("damage", [overwritten, broken_pages, no_manifest])
def test_a_damaged_ledger_is_kept_under_another_name_and_the_library_is_as_in_the_snapshot(
    run: Run, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    before, home, file = found(run), tmp_path / "home", tmp_path / "kept.zip"
    damage(home / "ledger.sqlite")
    damaged = (home / "ledger.sqlite").read_bytes()
    for command in (("search", "zibotentan"), ("library", "status"), ("library", "restore", file)):
        result = run(*command)
        assert result.code == 1
        assert "--replace" in result.err
    assert (home / "ledger.sqlite").read_bytes() == damaged
    restored = run("library", "restore", file, "--replace")
    assert restored.code == 0
    (kept,) = home.glob("ledger-unreadable-*.sqlite")
    assert kept.name in "".join(restored.err.split("\n"))
    assert kept.read_bytes() == damaged
    assert found(run) == before
    assert run("library", "status", "--json").code == 0


def test_a_restore_of_a_whole_library_sets_nothing_aside(run: Run, tmp_path: Path) -> None:
    assert "could not be read" not in run("library", "restore", tmp_path / "kept.zip", "--replace").err
    assert not list((tmp_path / "home").glob("*unreadable*"))


def test_a_snapshot_that_is_none_leaves_the_damaged_ledger_where_it_is(run: Run, tmp_path: Path) -> None:
    overwritten(tmp_path / "home" / "ledger.sqlite")
    (tmp_path / "kept.zip").write_bytes(b"none")
    assert run("library", "restore", tmp_path / "kept.zip", "--replace").code == 1
    assert not list((tmp_path / "home").glob("*unreadable*"))
