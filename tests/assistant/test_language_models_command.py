"""`citewell models llms`."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import Run

from assistant.settings import load_settings


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting but the home."""
    monkeypatch.delenv("CITEWELL_LLM", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CITEWELL_HOME", str(tmp_path / "home"))
    load_settings.cache_clear()


def test_without_a_model_the_registry_is_shown_and_how_to_set_one(citewell: Run) -> None:
    done = citewell("models", "llms")
    assert done.code == 0
    assert "gpt-4.1" in done.out
    assert "CITEWELL_LLM=PROVIDER:MODEL" in done.err


def test_the_one_in_use_is_marked_with_its_card(citewell: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_LLM", "openai-like:google/medgemma-27b-text-it@http://127.0.0.1:8000/v1")
    done = citewell("models", "llms")
    assert "openai-like:google/medgemma-27b-text-it, in use" in done.out
    assert "MedQA: 87.7% (no shots, 4 options; its model card" in done.out
    assert "identifiers may be sent" in done.out
    data = citewell("models", "llms", "--json").json
    assert data["in_use"]["interface"] == "local"
    assert [row["names"][0] for row in data["models"] if row["in_use"]] == ["google/medgemma-27b-text-it"]


def test_a_model_elsewhere_gets_no_identifiers_and_no_key_is_needed_to_see_it(
    citewell: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITEWELL_LLM", "openai:gpt-4.1-2025-04-14")
    done = citewell("models", "llms")
    assert "prompts leave this network. Patients' identifiers are never sent." in done.out
    assert "2 USD per million tokens of prompt, 8 of answer (published 2025-04-14)" in done.out


def test_a_setting_that_cannot_be_used_is_an_error_of_the_call(citewell: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_LLM", "gpt-4.1")
    done = citewell("models", "llms")
    assert done.code == 2
    assert "PROVIDER:MODEL@URL" in done.err
