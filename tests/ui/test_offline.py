"""Chainlit's folder in the home, and its start page without outside links."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

from ui import offline


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The prepared folder; the environment is put back afterwards."""
    for name in ("CHAINLIT_APP_ROOT", "CHAINLIT_ENV_FILE", "TRACELOOP_TELEMETRY"):
        monkeypatch.setenv(name, "before")
    monkeypatch.delitem(sys.modules, "chainlit.config", raising=False)
    return offline.prepare(tmp_path)


def test_the_frontend_has_no_outside_links(folder: Path) -> None:
    index = (folder / "frontend" / "index.html").read_text("utf-8")
    assert "http" not in index
    for name in re.findall(r'(?:src|href)="/(assets/[^"]+)"', index):
        assert (folder / "frontend" / name).is_file()
    assert not list(folder.rglob("*.map"))


def test_settings_words_and_fonts_are_ours(folder: Path) -> None:
    settings = tomllib.loads((folder / ".chainlit" / "config.toml").read_text("utf-8"))
    assert (folder / settings["UI"]["custom_build"]).is_dir()
    assert settings["features"]["unsafe_allow_html"] is False
    assert json.loads((folder / "public" / "theme.json").read_text("utf-8"))["custom_fonts"] == []
    texts = json.loads((folder / ".chainlit" / "translations" / "en-US.json").read_text("utf-8"))
    assert "Check the cited words" in texts["chat"]["watermark"]
    assert "LLMs" not in json.dumps(texts["chat"]["watermark"])


def test_a_second_start_lays_it_anew(folder: Path, tmp_path: Path) -> None:
    (folder / "left.txt").write_text("from before")
    assert offline.prepare(tmp_path) == folder
    assert not (folder / "left.txt").exists()


def test_one_home_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "chainlit.config", SimpleNamespace(APP_ROOT="/elsewhere"))
    with pytest.raises(RuntimeError, match="one home a process"):
        offline.prepare(tmp_path)


def test_a_frontend_that_loads_from_outside_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"cdn\.example"):
        offline.without_outside_links('<script src="https://cdn.example/x.js"></script>')
    with pytest.raises(RuntimeError, match=r"cdn\.example"):
        offline.without_outside_links('<script src="//cdn.example/x.js"></script>')
