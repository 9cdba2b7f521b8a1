"""The filters at every door: what is said there is what is filtered by."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from command_line import Result, Run
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from assistant.api.app import create_app
from assistant.cli.filter_options import OPTIONS
from assistant.filtering import EvidenceLevel, FiltersIn, said_by
from assistant.service import Assistant
from indexes.filters import Filters
from indexes.passage import Kind, Sex, Status, folded
from ingestion.design import LEVELS

CASES: list[tuple[list[str], dict[str, Any]]] = [
    (["--kind", "trial", "--until", "2015"], {"kinds": ["trial"], "year_to": 2015}),
    (["--evidence-level", "1", "--evidence-level", "2"], {"evidence_levels": ["1", "2"]}),
    (["--publication-type", "randomized controlled trial"], {"publication_types": ["Randomized Controlled Trial"]}),
    (["--mesh", "Hypertension"], {"mesh": ["hypertension"]}),
    (["--status", "draft"], {"statuses": ["draft"]}),
    (["--language", "en", "--since", "2010"], {"languages": ["en"], "year_from": 2010}),
    (["--trial-status", "completed"], {"trial_statuses": ["COMPLETED"]}),
    (["--phase", "3"], {"phases": ["Phase III"]}),
    (["--age", "70", "--sex", "female"], {"age": 70, "sex": "female"}),
    (["--condition", "heart failure"], {"conditions": ["Heart Failure"]}),
]


@pytest.fixture
def run(citewell: Run, monkeypatch: pytest.MonkeyPatch, starter_home: Any) -> Run:
    monkeypatch.setenv("CITEWELL_HOME", str(starter_home))
    return citewell


@pytest.fixture
def client(assistant: Assistant) -> TestClient:
    return TestClient(create_app(assistant))


@pytest.mark.parametrize(("options", "filters"), CASES)
def test_both_doors_filter_alike_and_as_the_library_says(
    run: Run, client: TestClient, assistant: Assistant, options: list[str], filters: dict[str, Any]
) -> None:
    meant = FiltersIn.model_validate(filters).to_filters()
    result: Result = run("search", "patients with disease", "--k", "100", "--json", *options)
    assert (result.code, result.err) == (0, "")
    hits = [hit["passage"]["passage_id"] for hit in result.json["hits"]]
    passages = list(assistant.library.ledger.passages())
    passing = {passage.passage_id for passage in passages if meant.accepts(passage)}
    assert 0 < len(passing) < len(passages)
    assert set(hits) <= passing
    assert len(hits) == min(100, len(passing))
    body = {"query": "patients with disease", "k": 100, "filters": filters}
    assert [hit["passage"]["passage_id"] for hit in client.post("/v1/search", json=body).json()["hits"]] == hits


def test_both_doors_group_by_document_and_fill_quotas(run: Run, client: TestClient) -> None:
    options = ("--by-document", "--quota", "guideline=2", "--quota", "trial=3")
    hits = run("search", "blood pressure", "--json", *options).json["hits"]
    assert sorted(hit["passage"]["kind"] for hit in hits) == ["guideline"] * 2 + ["trial"] * 3
    assert len({hit["passage"]["document_id"] for hit in hits}) == 5
    body = {"query": "blood pressure", "by_document": True, "quotas": {"guideline": 2, "trial": 3}}
    assert client.post("/v1/search", json=body).json()["hits"] == hits
    for wrong in ("leaflet=2", "trial", "trial=0", "trial=101"):
        refused = run("search", "blood pressure", "--quota", wrong)
        assert (refused.code, refused.out) == (2, "")
        assert "guideline=3" in refused.err
    for quotas in ({"leaflet": 2}, {"trial": 0}, {"trial": 101}):
        assert client.post("/v1/search", json={"query": "aspirin", "quotas": quotas}).status_code == 422


def test_an_answer_is_made_of_what_passes_and_its_trace_says_by_what(run: Run) -> None:
    result = run(
        "ask", "Does aspirin prevent heart attacks?", "--json", "--evidence-level", "guideline", "--language", "en"
    )
    answer = result.json
    assert answer["sources"]
    assert {source["evidence_level"] for source in answer["sources"]} == {"guideline"}
    searched = [step["arguments"] for step in answer["trace"] if step["step"] == "search"]
    assert all(one["evidence_levels"] == ["guideline"] and one["languages"] == ["en"] for one in searched)
    nothing = run("ask", "Does aspirin prevent heart attacks?", "--json", "--country", "Atlantis").json
    assert nothing["reason"] == "The library holds nothing that matches the question and its filters."


@pytest.mark.parametrize(
    "options",
    [
        ["--evidence-level", "9"], ["--status", "fine"], ["--sex", "x"], ["--age", "-1"], ["--age", "nan"], ["--age", "500"],
        ["--language", "English"],
        ["--phase", "9"], ["--phase", "five"],
        ["--mesh", ""], ["--mesh", " "], ["--country", "_"], ["--condition", "x" * 201], ["--colour", "red"], ["--kind", "book"], ["--phase"],
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_is_a_wrong_call(run: Run, options: list[str]) -> None:
    result = run("search", "aspirin", *options)
    assert result.code == 2
    assert options[0] in result.err


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ({"study_type": "x"}, "body.filters.study_type: extra_forbidden"),
        ({"Jane Roe, 1950": "x"}, "body.filters: extra_forbidden"),
        ({"age": "old"}, "body.filters.age: "),
        ({"age": 131}, "body.filters.age: less_than_equal 130"),
        ({"mesh": [""]}, "body.filters.mesh.0: "),
        ({"mesh": "Gout"}, "body.filters.mesh: "),
        ({"countries": ["\x1c_"]}, "body.filters.countries.0: value_error"),
        ({"mesh": ["x"] * 101}, "body.filters.mesh: "),
        ({"evidence_levels": ["9"]}, "body.filters.evidence_levels.0: literal_error 'guideline', '1', "),
        ({"kinds": ["trials"]}, "body.filters.kinds.0: enum 'guideline', 'literature' or 'trial'"),
        ({"document_ids": ["x"]}, "body.filters.document_ids: extra_forbidden"),
        ({"phases": ["3", "9"]}, "body.filters.phases.1: no_such_phase 1, 2, 3, 4, early phase 1, or na"),
        (
            {"year_from": 2020, "year_to": 2010},
            "body.filters: years_out_of_order year_from, 2020, to be no later than year_to, 2010",
        ),
    ],
)
@pytest.mark.parametrize("path", ["/v1/search", "/v1/ask"])
def test_a_filter_that_is_none_is_named_in_a_problem_document(
    client: TestClient, path: str, filters: dict[str, Any], told: str
) -> None:
    words = {"query": "aspirin"} if path == "/v1/search" else {"question": "aspirin"}
    response = client.post(path, json={**words, "filters": filters})
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert told in response.json()["detail"]
    assert "Jane" not in response.text


_words = st.lists(st.text(min_size=1, max_size=20).filter(folded), max_size=3)


@given(
    st.builds(
        FiltersIn,
        kinds=st.lists(st.sampled_from(Kind), max_size=2),
        year_from=st.none() | st.integers(1000, 3000),
        evidence_levels=st.lists(st.sampled_from(LEVELS), max_size=2),
        mesh=_words,
        statuses=st.lists(st.sampled_from(Status), max_size=2),
        phases=st.lists(st.sampled_from(["1", "Phase II", "EARLY_PHASE1", "na", "phase 2b"]), max_size=3),
        age=st.none() | st.floats(0, 130),
        sex=st.none() | st.sampled_from(Sex),
        countries=_words,
    )
)
def test_what_one_door_hands_to_another_means_the_same(filters: FiltersIn) -> None:
    meant = filters.to_filters()
    assert FiltersIn.model_validate(json.loads(json.dumps(said_by(meant)))).to_filters() == meant


def test_every_filter_has_an_option_and_every_level_a_name() -> None:
    assert set(OPTIONS) == set(FiltersIn.model_fields)
    assert {*FiltersIn.model_fields, "document_ids"} == set(Filters.__dataclass_fields__)
    assert get_args(EvidenceLevel) == LEVELS


@pytest.mark.parametrize(("word", "status"), [("_ _", 422), ("ß" * 200, 200), ("\u0390" * 200, 200)])
@pytest.mark.parametrize("field", ["mesh", "conditions"])
def test_words_that_fold_to_none_or_to_longer_ones_break_no_answer(
    client: TestClient, field: str, word: str, status: int
) -> None:
    body = {"question": "Does aspirin prevent strokes?", "filters": {field: [word]}}
    assert client.post("/v1/ask", json=body).status_code == status


@pytest.mark.parametrize(
    "filters",
    [
        {"kinds": [1] * 50_000},
        {"statuses": ["x"] * 50_000},
        {"evidence_levels": ["9"] * 50_000},
        dict.fromkeys((f"a_{a}{b}{c}" for a in "bcdefghijk" for b in "bcdefghijk" for c in "bcdefghijk"), 1),
    ],
    ids=lambda filters: next(iter(filters)),
)
def test_a_refusal_is_not_larger_than_what_it_refuses(client: TestClient, filters: dict[str, Any]) -> None:
    response = client.post("/v1/search", json={"query": "aspirin", "filters": filters})
    assert response.status_code == 422
    assert len(response.content) < 1000
