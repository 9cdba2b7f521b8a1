"""The HTTP door: JSON and streams, and errors that tell the mend and never the question."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import jsonschema
import pytest
from fastapi.testclient import TestClient
from serving import served
from workflows.errors import WorkflowTimeoutError

from assistant.answer import Answer
from assistant.api import limits
from assistant.api.app import create_app
from assistant.api.limits import MAX_BODY
from assistant.composing import engine as extractive
from assistant.progress import Progress
from assistant.service import Assistant
from indexes.errors import EngineUnavailableError

Ask = Callable[[str], Answer]
QUESTION = "Does aspirin prevent heart attacks?"
PATIENT = "Jane Roe, born 1950-01-01"


@pytest.fixture(scope="module")
def client(assistant: Assistant) -> Iterator[TestClient]:
    with TestClient(create_app(assistant)) as client:
        yield client


@pytest.fixture(scope="module")
def url(assistant: Assistant) -> Iterator[str]:
    with served(create_app(assistant)) as address:
        yield address


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    """The events of a stream: name and data."""
    blocks = [block.split("\n") for block in text.split("\n\n") if block]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def check_problem(response: httpx.Response, status: int) -> str:
    """It is a problem document of that status; its detail."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == status
    return str(body["detail"])


def test_an_answer_is_the_contract_and_its_citations_can_be_looked_up(client: TestClient, ask: Ask) -> None:
    response = client.post("/v1/ask", json={"question": QUESTION})
    answer = Answer.model_validate_json(response.content)
    assert answer.claims == ask(QUESTION).claims
    jsonschema.validate(response.json(), Answer.model_json_schema())
    for claim in response.json()["claims"]:
        for citation in claim["citations"]:
            passage = client.get(f"/v1/passages/{quote(citation['passage_id'])}").json()
            assert passage["text"][citation["start"] : citation["end"]] == citation["quote"]
            document = client.get(f"/v1/documents/{quote(citation['document_id'])}").json()
            assert passage["text"] == document["text"][passage["document_start"] : passage["document_end"]]
            assert citation["passage_id"] in document["passages"]


def test_a_stream_tells_its_steps_and_ends_with_the_same_answer(url: str, ask: Ask) -> None:
    body = {"question": QUESTION}
    with httpx.stream("POST", f"{url}/v1/ask", json=body, headers={"accept": "text/event-stream"}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        told = events(response.read().decode())
    steps = [data for name, data in told if name == "progress"]
    assert [data["step"] for data in steps] == ["plan", "search", "search", "search", "compose"]
    assert all(data["text"] for data in steps)
    name, last = told[-1]
    assert name == "answer"
    assert Answer.model_validate(last).claims == ask(QUESTION).claims
    assert [name for name, _ in told] == ["progress"] * len(steps) + ["claim"] * len(last["claims"]) + ["answer"]
    assert [data for name, data in told if name == "claim"] == last["claims"]


def test_filters_narrow_an_answer(client: TestClient) -> None:
    body = {"question": "aspirin", "filters": {"kinds": ["guideline"]}}
    sources = client.post("/v1/ask", json=body).json()["sources"]
    assert {source["kind"] for source in sources} == {"guideline"}


def test_a_search_is_filtered_and_its_size_is_kept(client: TestClient) -> None:
    def search(**body: object) -> list[dict[str, Any]]:
        hits: list[dict[str, Any]] = client.post("/v1/search", json={"query": "blood pressure", **body}).json()["hits"]
        return hits

    assert len(search()) == 10
    assert len(search(k=3)) == 3
    assert search(k=3) == search()[:3]
    trials = search(filters={"kinds": ["trial"], "year_from": 2010, "year_to": 2015}, k=50)
    assert trials
    assert all(hit["passage"]["kind"] == "trial" for hit in trials)
    assert all(2010 <= hit["passage"]["year"] <= 2015 for hit in trials)
    totals = [hit["scores"]["total"] for hit in search(k=50)]
    assert totals == sorted(totals, reverse=True)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/ask", {}),
        ("/v1/ask", {"question": ""}),
        ("/v1/ask", {"question": "?"}),
        ("/v1/ask", {"question": [PATIENT]}),
        ("/v1/ask", {"question": PATIENT * 2000}),
        ("/v1/ask", {"question": "aspirin", "filters": {"kinds": [PATIENT]}}),
        ("/v1/ask", {"question": "aspirin", "filters": {"year_from": PATIENT}}),
        ("/v1/ask", {"question": "aspirin", "filters": {"year_from": 20000}}),
        ("/v1/ask", {"question": "aspirin", "wanted": PATIENT}),
        ("/v1/search", {"query": ""}),
        ("/v1/search", {"query": "aspirin", "k": 0}),
        ("/v1/search", {"query": "aspirin", "k": 101}),
        ("/v1/search", [PATIENT]),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_what_does_not_fit_is_refused_and_not_repeated(
    path: str, body: object, accept: str, client: TestClient
) -> None:
    response = client.post(path, json=body, headers={"accept": accept})
    assert check_problem(response, 422)
    assert "Jane" not in response.text


@pytest.mark.parametrize("content", [b"", b"{", b'{"question": "Jane Roe', b"\xff\xfe", b'"Jane Roe"'])
def test_what_is_no_json_is_refused_and_not_repeated(content: bytes, client: TestClient) -> None:
    response = client.post("/v1/ask", content=content, headers={"content-type": "application/json"})
    assert check_problem(response, response.status_code)
    assert response.status_code in {400, 422}
    assert "Jane" not in response.text


def test_a_question_of_50_000_characters_gets_its_own_error(client: TestClient) -> None:
    assert "50,000 characters" in check_problem(client.post("/v1/ask", json={"question": "x" * 50_000}), 422)


def test_a_large_body_is_refused_whether_it_says_so_or_not(url: str) -> None:
    large = json.dumps({"question": "x" * MAX_BODY}).encode()

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(large), 16384):
            yield large[start : start + 16384]

    headers = {"content-type": "application/json"}
    for path in ("/v1/ask", "/v1/search"):
        for content in (large, chunks()):
            assert "256 KiB" in check_problem(httpx.post(url + path, content=content, headers=headers), 413)
    assert httpx.post(f"{url}/v1/search", json={"query": "aspirin"}).status_code == 200  # and it goes on serving


def test_a_page_takes_no_large_body_either(url: str) -> None:
    for path in ("/", "/set-session-cookie", "/v2/ask", "/healthz"):
        check_problem(httpx.post(url + path, content=b"x" * (MAX_BODY + 1)), 413)


def test_a_body_that_drips_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "QUESTION", replace(limits.QUESTION, seconds=0.3))
    host, port = url.removeprefix("http://").split(":")
    head = (
        "POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=0.05) as connection:
        connection.sendall(head.encode())
        answer = b""
        while b"}" not in answer:  # head and body may come in packets of their own
            if not answer:
                connection.sendall(b" ")
            with suppress(TimeoutError):
                answer += connection.recv(1000)
    assert answer.split()[1] == b"408"
    assert b"within 0 seconds" in answer


def test_a_small_chunked_body_is_read(url: str) -> None:
    chunks = iter([b'{"query": ', b'"aspirin"}'])
    assert httpx.post(f"{url}/v1/search", content=chunks, headers={"content-type": "application/json"}).json()["hits"]


@pytest.mark.parametrize(
    "path", ["/v1/documents/pubmed:0", "/v1/passages/pubmed:9635947%2399", "/v1/passages/", "/v1/nothing", "/nothing"]
)
def test_what_is_not_there_is_a_problem(path: str, client: TestClient) -> None:
    assert check_problem(client.get(path), 404)


def test_a_wrong_method_names_the_right_one(client: TestClient) -> None:
    response = client.get("/v1/ask")
    check_problem(response, 405)
    assert response.headers["allow"] == "POST"


def test_health_and_readiness(client: TestClient, assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/readyz").json()["status"] == "ready"
    monkeypatch.setattr(assistant.library.searcher.engine, "count", lambda: 0, raising=False)
    assert "empty" in client.get("/readyz").json()["status"]

    def gone() -> int:
        raise EngineUnavailableError("The Qdrant server at http://q:6333 does not answer. Start it.")

    monkeypatch.setattr(assistant.library.searcher.engine, "count", gone, raising=False)
    assert "Start it" in check_problem(client.get("/readyz"), 503)
    assert client.get("/healthz").status_code == 200


def test_the_schema_is_published_and_true(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()
    components = schema["components"]["schemas"]
    assert {"Answer", "Claim", "Citation", "Source", "Problem"} <= set(components)
    assert components["Citation"]["required"] == ["passage_id", "document_id", "quote", "start", "end", "support"]
    assert "HTTPValidationError" not in components  # errors are problem documents, also those of validation
    responses = schema["paths"]["/v1/ask"]["post"]["responses"]
    assert set(responses["200"]["content"]) == {"application/json", "text/event-stream"}
    assert responses["default"]["content"]
    assert client.get("/docs").status_code == 404  # it would load scripts from elsewhere


def test_many_ask_at_once(url: str, ask: Ask) -> None:
    questions = [QUESTION, "metformin", "What is the capital of France?", "tamoxifen"] * 4

    def answer(question: str) -> Answer:
        return Answer.model_validate_json(httpx.post(f"{url}/v1/ask", json={"question": question}, timeout=120).content)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(answer, questions))
    for question, answered in zip(questions, answers, strict=True):
        assert answered.question == question
        assert (answered.claims, answered.reason) == (ask(question).claims, ask(question).reason)


class Broken:
    """An assistant that breaks in a way nobody foresaw, with the question in its message."""

    def __init__(self, assistant: Assistant) -> None:
        self.library, self.shelf = assistant.library, assistant.shelf

    async def ask(self, question: str, **_: object) -> Answer:
        raise ZeroDivisionError(question)

    async def stream(self, question: str, **_: object) -> AsyncIterator[Progress | Answer]:
        yield Progress("plan", "Reading the question")
        raise ZeroDivisionError(question)


def test_what_nobody_foresaw_is_told_and_logged_without_the_question(
    assistant: Assistant, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    body = {"question": f"Does {PATIENT} need statins?"}
    with caplog.at_level(logging.INFO), served(create_app(Broken(assistant))) as address:  # type: ignore[arg-type]
        whole = httpx.post(f"{address}/v1/ask", json=body)
        stream = httpx.post(f"{address}/v1/ask", json=body, headers={"accept": "text/event-stream"})
    assert "ZeroDivisionError" in check_problem(whole, 500)
    assert [name for name, _ in events(stream.text)] == ["progress", "error"]
    written = "".join(capfd.readouterr()) + caplog.text
    assert "ZeroDivisionError" in written
    assert "Jane" not in written + whole.text + stream.text


def test_an_answer_that_takes_too_long_says_so(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, assistant: Assistant
) -> None:
    def late(*_: object, **__: object) -> None:
        raise WorkflowTimeoutError("Operation timed out")

    monkeypatch.setattr(assistant._workflow, "run", late)
    assert "took longer" in check_problem(client.post("/v1/ask", json={"question": QUESTION}), 504)


def test_a_reader_who_goes_away_stops_the_work(url: str, assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search is held until the end: the run can only be done because it was cancelled."""
    searching, let_go, composed = threading.Event(), threading.Event(), threading.Event()
    search, run = assistant.library.searcher.search, assistant._workflow.run
    handlers: list[Any] = []

    def held(*arguments: Any) -> Any:
        searching.set()
        let_go.wait(60)
        return search(*arguments)

    def noted(**arguments: Any) -> Any:
        handlers.append(run(**arguments))
        return handlers[-1]

    monkeypatch.setattr(assistant.library.searcher, "search", held)
    monkeypatch.setattr(assistant._workflow, "run", noted)
    monkeypatch.setattr(extractive, "compose", lambda *_: composed.set())
    try:
        headers = {"accept": "text/event-stream"}
        with httpx.stream("POST", f"{url}/v1/ask", json={"question": QUESTION}, headers=headers) as response:
            lines = response.iter_lines()  # held: dropping it would close the connection before the search is reached
            assert next(lines) == "event: progress"
            assert searching.wait(30)
        deadline = time.monotonic() + 30
        while not handlers[0].is_done() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert handlers[0].is_done()
    finally:
        let_go.set()
    assert not composed.is_set()
