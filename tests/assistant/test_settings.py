"""Where settings come from, and what is said of those that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.settings import load_settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory and no `CITEWELL_*` variable."""
    for name in ("HOME", "QDRANT_URL", "QDRANT_API_KEY", "QDRANT_COLLECTION"):
        monkeypatch.delenv(f"CITEWELL_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    load_settings.cache_clear()
    yield tmp_path
    load_settings.cache_clear()


def test_without_any_the_library_is_in_the_users_home(folder: Path) -> None:
    settings = load_settings()
    assert settings.home == folder / ".citewell"
    assert settings.server is None


def test_a_variable_wins_over_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "citewell.toml").write_text('home = "/from/file"\nqdrant_collection = "trust"\n')
    monkeypatch.setenv("CITEWELL_HOME", "/from/variable")
    settings = load_settings()
    assert settings.home == Path("/from/variable")
    assert settings.qdrant_collection == "trust"


def test_an_empty_variable_is_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_HOME", "")
    monkeypatch.setenv("CITEWELL_QDRANT_URL", "")
    settings = load_settings()
    assert settings.home == folder / ".citewell"
    assert settings.server is None


def test_a_tilde_is_the_users_home(folder: Path) -> None:
    (folder / "citewell.toml").write_text('home = "~/library"\n')
    assert load_settings().home == folder / "library"


def test_a_qdrant_server_replaces_the_engine_and_its_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_QDRANT_URL", "http://q:6333")
    monkeypatch.setenv("CITEWELL_QDRANT_API_KEY", "hush")
    settings = load_settings()
    assert settings.server is not None
    assert (settings.server.url, settings.server.collection, settings.server.api_key) == (
        "http://q:6333",
        "citewell",
        "hush",
    )
    assert "hush" not in repr(settings)


@pytest.mark.parametrize("content", [b"home = ", b"= 3", b'home = "\xff"', b"[home"])
def test_a_file_that_is_no_toml_is_named(content: bytes, folder: Path) -> None:
    (folder / "citewell.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"citewell\.toml cannot be read"):
        load_settings()


@pytest.mark.parametrize(
    ("line", "name"),
    [("home = 3", "CITEWELL_HOME"), ("qdrant_url = [1]", "CITEWELL_QDRANT_URL"), ("qdrant_api_key = 4", "API_KEY")],
)
def test_a_value_that_cannot_be_used_is_named(line: str, name: str, folder: Path) -> None:
    (folder / "citewell.toml").write_text(line)
    with pytest.raises(SettingsError, match=name):
        load_settings()
