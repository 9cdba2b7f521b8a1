"""What was computed or fetched for an answer is shown again at the command line and over HTTP."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from benches import Small
from command_line import Run
from documents import article, pubmed
from serving import served as served_at

from assistant.answer import Source
from assistant.api.app import create_app
from assistant.calculators import calculate
from assistant.service import Assistant
from assistant.tools.live_shelf import LiveShelf
from assistant.tools.shelves import open_shelves
from indexes.passage import Kind, Role
from ingestion.chunking import passages_of
from ingestion.document import Document, Section

RESULT = calculate("qsofa", {"respiratory_rate": 24, "systolic": 95, "altered_mentation": True})
WORDS = "Aspirin prevented strokes."
FETCHED = Document("pubmed:7", Kind.LITERATURE, "Fetched", WORDS, (Section(0, len(WORDS), Role.RESULT),), year=2020)


@pytest.fixture
def run(citewell: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CITEWELL_HOME", str(tmp_path / "small"))
    return citewell


def test_a_result_is_shown_where_there_is_no_library(run: Run, tmp_path: Path) -> None:
    shown = run("show", RESULT.passage_id, "--json")
    assert (shown.code, shown.json["text"]) == (0, RESULT.text)
    assert run("show", RESULT.document_id, "--json").json["passages"] == [RESULT.passage_id]
    plain = run("show", RESULT.passage_id)
    assert "computed from the inputs" in plain.out
    assert RESULT.source.url in plain.out
    missing = run("show", "pubmed:1")
    assert (missing.code, "There is no library" in missing.err) == (2, True)
    assert not (tmp_path / "small").exists()


def test_what_was_fetched_is_shown_beside_the_library(run: Run, small: Small, tmp_path: Path) -> None:
    held = small({"a.xml": pubmed(article(1, "Ours", results="Ours."))})
    LiveShelf(held.home).keep([FETCHED])
    shown = run("show", "pubmed:7#0", "--json")
    assert (shown.json["text"], shown.json["year"]) == (WORDS, 2020)
    assert run("show", "pubmed:7", "--json").json["passages"] == ["pubmed:7#0"]
    assert run("show", "pubmed:1#0", "--json").json["text"] == "Ours."
    assert "From " in run("show", "pubmed:1").out
    assert run("show", RESULT.passage_id).code == 0
    missing = run("show", "pubmed:8")
    assert (missing.code, "no document or passage 'pubmed:8'" in missing.err) == (2, True)


def test_all_of_it_is_served(small: Small) -> None:
    held = small({"a.xml": pubmed(article(1, "Ours", results="Ours."))})
    LiveShelf(held.home).keep([FETCHED])
    app = create_app(Assistant(held, shelf=open_shelves(held)))
    with served_at(app) as url, httpx.Client(base_url=url, trust_env=False) as client:
        for passage in (*passages_of(FETCHED), *filter(None, [open_shelves(held).passage(RESULT.passage_id)])):
            served = client.get(f"/v1/passages/{quote(passage.passage_id, safe='')}").json()
            assert served["text"] == passage.text
            document = client.get(f"/v1/documents/{quote(passage.document_id, safe='')}").json()
            assert document["passages"] == [passage.passage_id]
            assert document["text"][served["document_start"] : served["document_end"]] == served["text"]
        assert client.get("/v1/passages/pubmed:8%230").status_code == 404


def test_an_answer_may_name_a_calculator_as_its_source() -> None:
    source = Source(
        document_id=RESULT.document_id,
        kind="calculator",
        title=RESULT.title,
        url=RESULT.source.url,
        year=RESULT.source.year,
        evidence_level="calculation",
        status="current",
    )
    assert source.kind == "calculator"
