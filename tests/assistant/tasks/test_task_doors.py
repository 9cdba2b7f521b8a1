"""The tasks through the doors: HTTP, the command line, and the command line through a running server."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Run
from fastapi.testclient import TestClient
from serving import served
from workbench import QUESTION

from assistant.answer import Answer
from assistant.api.app import create_app
from assistant.cli.output import out
from assistant.service import Assistant
from ingestion.holding import announce
from ingestion.library import Library

TEXT = "64-year-old woman with gout. BP 140/90 mmHg."
SCHEMA = {"type": "object", "properties": {"age": {"type": "integer"}, "blood_pressure": {"type": "string"}}}
PATIENT = "Jane Roe, born 1950-01-01"


@pytest.fixture(scope="module")
def client(bench: Assistant) -> Iterator[TestClient]:
    with TestClient(create_app(bench)) as client:
        yield client


@pytest.fixture
def run(citewell: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bench_home: Path) -> Run:
    """Runs `citewell` over a copy of the library."""
    home = tmp_path / "home"
    shutil.copytree(bench_home, home)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CITEWELL_HOME", str(home))
    return citewell


def test_the_tasks_are_listed(client: TestClient) -> None:
    tasks = client.get("/v1/tasks").json()["tasks"]
    assert {"name": "summarising", "needs": ["document_id"]}.items() <= next(
        t for t in tasks if t["name"] == "summarising"
    ).items()
    assert len(tasks) == 5


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("question_answering", {"question": QUESTION}),
        ("evidence_synthesis", {"question": QUESTION, "filters": {"year_from": 2000}}),
        ("plain_language", {"question": QUESTION}),
        ("summarising", {"document_id": "pubmed:101", "focus": "bleeding", "sentences": 2}),
        ("structuring", {"text": TEXT}),
        ("structuring", {"text": TEXT, "schema": SCHEMA}),
    ],
)
def test_each_task_over_http(client: TestClient, name: str, body: dict[str, object]) -> None:
    response = client.post(f"/v1/tasks/{name}", json=body)
    assert response.status_code == 200, response.text
    answer = Answer.model_validate(response.json())
    assert answer.task == name
    assert not answer.abstained


def test_an_answer_is_said_in_plain_words_over_http(client: TestClient) -> None:
    answer = client.post("/v1/ask", json={"question": QUESTION}).json()
    plain = client.post("/v1/tasks/plain_language", json={"answer": answer}).json()
    assert [claim["citations"] for claim in plain["claims"]] == [claim["citations"] for claim in answer["claims"]]


@pytest.mark.parametrize(
    ("name", "body", "status", "word"),
    [
        ("plain_language", {}, 422, "an answer or a question"),
        ("evidence_synthesis", {"question": " "}, 422, "empty"),
        ("summarising", {"document_id": "pubmed:999"}, 404, "pubmed:999"),
        ("summarising", {"document_id": "pubmed:101", "sentences": 0}, 422, "sentences"),
        ("structuring", {"text": PATIENT, "schema": {"type": "array"}}, 422, "one of an object"),
        ("structuring", {"text": PATIENT, "schema": 3}, 422, "schema"),
        ("structuring", {"text": PATIENT + "a" * 50_000}, 422, "at most 50,000"),
        ("structuring", {"text": PATIENT, "engine": "llm"}, 422, "CITEWELL_LLM"),
        ("plain_language", {"answer": {"question": PATIENT}}, 422, "answer"),
        ("divination", {}, 404, ""),
    ],
)
def test_what_cannot_be_taken_is_a_problem_document(
    client: TestClient, name: str, body: dict[str, object], status: int, word: str
) -> None:
    response = client.post(f"/v1/tasks/{name}", json=body)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert word in response.json()["detail"]
    assert "Jane" not in response.text


def test_a_table_for_a_person_and_for_a_spreadsheet(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = run("synthesise", QUESTION)
    assert shown.code == 0, shown.err
    assert "] Aspirin for primary prevention" in shown.out
    assert "    Effect: hazard ratio 0.95, 95% CI 0.83 to 1.08\n" in shown.out
    monkeypatch.setattr(out, "_width", 180)
    assert "┃ Intervention" in run("synthesise", QUESTION).out
    assert "• Aspirin did not prevent heart attacks" in " ".join(shown.out.split())
    printed = run("synthesise", QUESTION, "--csv")
    rows = {row["document_id"]: row for row in csv.DictReader(io.StringIO(printed.out))}
    assert set(rows) == {"pubmed:101", "pubmed:103"}
    assert rows["pubmed:101"]["n"] == "19,114"
    assert rows["pubmed:101"]["n_at"].startswith("pubmed:101#0:")
    assert rows["pubmed:101"]["design_at"] == ""
    assert run("synthesise", QUESTION, "--csv", "--json").code == 2


def test_an_answer_goes_from_one_command_into_the_next(run: Run, tmp_path: Path) -> None:
    answered = run("ask", QUESTION, "--json")
    (tmp_path / "answer.json").write_text(answered.out, encoding="utf-8")
    plain = run("simplify", "--answer", "answer.json")
    assert plain.code == 0, plain.err
    assert "hazard ratio [" in " ".join(plain.out.split())
    assert "School grade" in plain.err
    assert Answer.model_validate_json(run("simplify", QUESTION, "--json").out).task == "plain_language"
    assert run("simplify").code == 2
    (tmp_path / "answer.json").write_text(json.dumps({"question": PATIENT}), encoding="utf-8")
    refused = run("simplify", "--answer", "answer.json")
    assert refused.code == 2
    assert "answer.json is no answer" in refused.err
    assert "Jane" not in refused.err


def test_a_text_into_a_schema(run: Run, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    shown = run("structure", "note.txt", "--schema", "schema.json")
    assert shown.code == 0, shown.err
    assert '"blood_pressure": "140/90 mmHg"' in shown.out
    assert "/age  characters 0-11: 64-year-old" in shown.out
    assert run("structure", "note.txt", "--json").json["structure"]["population"] == "64-year-old woman with gout"
    (tmp_path / "schema.json").write_text("{", encoding="utf-8")
    assert "schema.json is no JSON (line 1)" in run("structure", "note.txt", "--schema", "schema.json").err
    missing = run("structure", "nowhere.txt")
    assert (missing.code, "nowhere.txt cannot be read" in missing.err) == (2, True)
    (tmp_path / "note.txt").write_bytes(b"\xff\xfe")
    assert "no text in UTF-8" in run("structure", "note.txt").err


def test_a_document_summed_up(run: Run) -> None:
    shown = run("summarise", "pubmed:101", "--focus", "bleeding", "--sentences", "1")
    assert shown.code == 0, shown.err
    assert shown.out.count("•") == 1
    assert run("summarise", "pubmed:999").code == 2


def test_through_a_running_server(
    citewell: Run, bench_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    shutil.copytree(bench_home, home)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CITEWELL_HOME", str(home))
    (tmp_path / "note.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    with Library.open(home, purpose="the server") as library, served(create_app(Assistant(library))) as url:
        announce(home, "the server", url)
        table = citewell("synthesise", QUESTION, "--csv")
        assert table.code == 0, table.err
        assert "pubmed:103" in table.out
        assert citewell("simplify", QUESTION, "--json").json["reading"]
        assert citewell("summarise", "pubmed:101", "--json").json["claims"]
        assert citewell("structure", "note.txt", "--schema", "schema.json", "--json").json["structure"]["age"] == 64
        assert citewell("summarise", "pubmed:999").code == 2
