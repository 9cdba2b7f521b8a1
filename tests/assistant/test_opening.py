"""What is looked at when an assistant is opened, before anybody has asked it anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import Run

from assistant.errors import SettingsError
from assistant.opening import open_assistant
from assistant.service import Assistant
from assistant.settings import Settings
from assistant.verification.neural import JUDGED, MODEL, SPEC, shipped_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the verifier that ships; skips where none does."""
    shipped = shipped_folder()
    if shipped is None:
        pytest.skip("this installation has no trained verifier")
    copy = tmp_path / "verifier"
    copy.mkdir()
    for path in shipped.iterdir():
        if path.is_file() and path.name != JUDGED:
            (copy / path.name).write_bytes(path.read_bytes())
    return copy


def test_a_verifier_that_is_not_there_is_told_before_the_first_question(
    citewell: Run, monkeypatch: pytest.MonkeyPatch, starter_home: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("CITEWELL_HOME", str(starter_home))
    monkeypatch.setenv("CITEWELL_VERIFIER", str(tmp_path / "nope"))
    result = citewell("ask", "What is zibotentan for?")  # nothing is found on it, so that no claim would be checked
    assert (result.code, result.out) == (2, "")
    told = " ".join(result.err.split())
    assert "CITEWELL_VERIFIER" in told
    assert f"no {SPEC}" in told


@pytest.mark.parametrize("name", [MODEL, SPEC, "tokenizer.json"])
def test_a_damaged_verifier_is_told_when_the_assistant_is_opened(assistant: Assistant, folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"{")
    with pytest.raises(SettingsError, match=r"CITEWELL_VERIFIER .*again"):
        open_assistant(assistant.library, Settings(verifier=folder))


@pytest.mark.parametrize("named", [None, Path("none")])
def test_none_need_be_named_and_none_may_be_wanted(assistant: Assistant, named: Path | None) -> None:
    open_assistant(assistant.library, Settings(verifier=named))


def test_a_whole_verifier_is_taken(assistant: Assistant, folder: Path) -> None:
    open_assistant(assistant.library, Settings(verifier=folder))
