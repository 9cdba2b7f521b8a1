"""The engine that reasons behind its doors: the API, its stream, and the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from command_line import Run
from fastapi.testclient import TestClient
from llm_server import Call, Calls, Text, serve
from scripted_model import ASPIRIN, NOTHING, drafting, modelled

from assistant.api.app import create_app
from assistant.service import Assistant

HELD = "Aspirin did not prevent heart attacks in adults over 70 and raised the rate of major bleeding."
GOOD = drafting((HELD, "raised the rate of major bleeding"))


def events(body: str) -> list[tuple[str, dict[str, Any]]]:
    """Name and data of each event of a stream."""
    found = []
    for block in filter(None, body.split("\n\n")):
        name, data = block.split("\n", 1)
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_a_stream_tells_steps_tools_and_checked_sentences(small_library: Assistant) -> None:
    script = [Calls([Call("search_trials", {"query": "aspirin"})]), Text("DONE"), GOOD]
    with serve(script) as server:
        client = TestClient(create_app(modelled(small_library, server, llm_tools="native")))
        response = client.post("/v1/ask", json={"question": ASPIRIN}, headers={"accept": "text/event-stream"})
    told = events(response.text)
    names = [name for name, _ in told]
    assert names[0] == "progress"
    assert names[-1] == "answer"
    assert [data["tool"] for name, data in told if name == "tool"] == ["search_trials"]
    assert [data["text"] for name, data in told if name == "claim"] == [HELD]
    assert told[-1][1]["engine"] == "llm"
    assert told[-1][1]["model"] == "test-model"


def test_the_engine_can_be_chosen(small_library: Assistant) -> None:
    with serve([GOOD]) as server:
        client = TestClient(create_app(modelled(small_library, server)))
        plain = client.post("/v1/ask", json={"question": ASPIRIN, "engine": "extractive"}).json()
        assert plain["engine"] == "extractive"
        assert plain["model"] is None
        assert not server.requests
        assert client.post("/v1/ask", json={"question": ASPIRIN, "engine": "llm"}).json()["engine"] == "llm"
    without = TestClient(create_app(small_library)).post("/v1/ask", json={"question": ASPIRIN, "engine": "llm"})
    assert without.status_code == 422
    assert "CITEWELL_LLM" in without.json()["detail"]


def test_the_command_line_asks_the_model_and_says_which(
    small_library: Assistant, citewell: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(small_library.library.home, home, ignore=shutil.ignore_patterns("*.lock", "holder.json"))
    with serve([GOOD, Text(NOTHING)]) as server:
        monkeypatch.setenv("CITEWELL_HOME", str(home))
        monkeypatch.setenv("CITEWELL_LLM", server.spec)
        monkeypatch.setenv("CITEWELL_LLM_TOOLS", "none")
        shown = citewell("ask", ASPIRIN)
        declined = citewell("ask", ASPIRIN, "--json")
    words = " ".join(f"{shown.out} {shown.err}".split())
    assert shown.code == 0
    assert HELD in words
    assert "Model test-model: 100 + 20 tokens" in words
    assert declined.json["abstained"]
    assert declined.json["engine"] == "llm"
