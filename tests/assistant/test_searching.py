"""How many passages a search gives, at every door: of each document its best, or so many of each kind."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from command_line import Run
from fastapi.testclient import TestClient

from assistant.api.app import create_app
from assistant.cli.desk import ServerDesk
from assistant.errors import QuestionError
from assistant.service import Assistant
from indexes.filters import Filters
from indexes.passage import Kind

QUERY = "blood pressure"


@pytest.fixture
def run(citewell: Run, monkeypatch: pytest.MonkeyPatch, starter_home: Path) -> Run:
    monkeypatch.setenv("CITEWELL_HOME", str(starter_home))
    return citewell


@pytest.fixture
def client(assistant: Assistant) -> TestClient:
    return TestClient(create_app(assistant))


def passages(found: dict[str, Any], name: str) -> list[str]:
    return [hit["passage"][name] for hit in found["hits"]]


def test_of_each_document_only_its_best_passage_is_given(run: Run, client: TestClient) -> None:
    def search(**body: object) -> dict[str, Any]:
        found: dict[str, Any] = client.post("/v1/search", json={"query": QUERY, "k": 20, **body}).json()
        return found

    every = passages(search(), "document_id")
    assert len(set(every)) < len(every)
    found = search(by_document=True)
    documents = passages(found, "document_id")
    assert len(documents) == len(set(documents)) == 20
    assert documents[: len(set(every))] == list(dict.fromkeys(every))  # each at the place of its best passage
    told = run("search", QUERY, "--k", "20", "--by-document", "--json").json
    assert passages(told, "passage_id") == passages(found, "passage_id")


def test_quotas_give_so_many_of_each_kind_and_none_of_the_others(run: Run, client: TestClient) -> None:
    body = {"query": QUERY, "k": 1, "quotas": {"guideline": 2, "trial": 3}}
    found = client.post("/v1/search", json=body).json()
    assert Counter(passages(found, "kind")) == {"guideline": 2, "trial": 3}
    told = run("search", QUERY, "--quota", "guideline=2", "--quota", "trial=3", "--json").json
    assert told == found
    both = run("search", QUERY, "--quota", "trial=5", "--by-document", "--json").json
    assert len(set(passages(both, "document_id"))) == 5


def test_a_server_searches_as_the_library_does(client: TestClient, assistant: Assistant) -> None:
    desk = ServerDesk(client)
    for options in ({"by_document": True}, {"quotas": {Kind.TRIAL: 2, Kind.LITERATURE: 4}}):
        found = desk.search(QUERY, 10, Filters(), **options)
        own = assistant.search(QUERY, 10, Filters(), **options)
        assert [hit.passage.passage_id for hit in found] == [hit.passage.passage_id for hit in own]


@pytest.mark.parametrize(
    "quota", [["guideline"], ["guideline=0"], ["guideline=101"], ["book=3"], ["=3"], ["trial=two"], ["trial=1", "trial=2"]]
)  # fmt: skip
def test_a_quota_that_cannot_be_is_a_wrong_call_that_says_how_it_is_written(run: Run, quota: list[str]) -> None:
    result = run("search", QUERY, *(word for each in quota for word in ("--quota", each)))
    assert (result.code, result.out) == (2, "")
    assert "as in guideline=3" in " ".join(result.err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("quotas", "told"),
    [
        ({"book": 3}, "body.quotas.book: extra_forbidden"),
        ({"Jane Roe, 1950": 3}, "body.quotas: extra_forbidden"),
        ({"trial": 0}, "body.quotas.trial: greater_than_equal"),
        ({"trial": 101}, "body.quotas.trial: less_than_equal"),
    ],
)
def test_the_api_names_what_is_no_quota(client: TestClient, quotas: dict[str, int], told: str) -> None:
    response = client.post("/v1/search", json={"query": QUERY, "quotas": quotas})
    assert response.status_code == 422
    assert told in response.json()["detail"]
    assert "Jane" not in response.text


def test_a_quota_of_a_kind_that_is_filtered_out_is_refused(run: Run, client: TestClient) -> None:
    body = {"query": QUERY, "quotas": {"trial": 3}, "filters": {"kinds": ["guideline"]}}
    response = client.post("/v1/search", json=body)
    assert response.status_code == 422
    assert "quota for trial" in response.json()["detail"]
    result = run("search", QUERY, "--quota", "trial=3", "--kind", "guideline")
    assert result.code == 2
    assert "quota for trial" in result.err


def test_a_search_for_small_words_only_is_refused_at_every_door(run: Run, client: TestClient) -> None:
    words = "names no drug, condition or test. Say what it is about."
    response = client.post("/v1/search", json={"query": "the of and is"})
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert words in response.json()["detail"]
    result = run("search", "the of and is")
    assert (result.code, result.out) == (2, "")
    assert words in " ".join(result.err.split())
    with pytest.raises(QuestionError, match="names no drug"):
        ServerDesk(client).search("the of and is", 5, Filters())
