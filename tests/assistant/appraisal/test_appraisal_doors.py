"""Appraisals through each door, and the certainty of real answers from the starter library."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from command_line import Run
from documents import article, guideline, pubmed
from fastapi.testclient import TestClient

from assistant.answer import Answer
from assistant.api.app import create_app
from assistant.appraisal.by_identifier import AppraisalOut
from assistant.service import Assistant
from assistant.tasks.base import Request
from assistant.tasks.running import run_task

Ask = Callable[[str], Answer]
Make = Callable[[dict[str, str]], Assistant]
SPIRONOLACTONE = "Does spironolactone reduce mortality in severe heart failure?"
RALES = "pubmed:10471456"
COLORECTAL = "guideline:uspstf/colorectal-cancer-screening@2021"


@pytest.fixture
def client(assistant: Assistant) -> Iterator[TestClient]:
    with TestClient(create_app(assistant)) as client:
        yield client


@pytest.fixture
def home(starter_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied = shutil.copytree(starter_home, tmp_path / "home")
    monkeypatch.setenv("CITEWELL_HOME", str(copied))
    return copied


def test_an_answer_has_its_certainty_and_each_source_its_appraisal(ask: Ask) -> None:
    answer = ask(SPIRONOLACTONE)
    assert answer.certainty is not None
    assert (answer.certainty.level, answer.certainty.starts) == ("moderate", "high")
    assert answer.certainty.rests_on == [RALES]
    assert answer.certainty.reasons == ["A single study."]
    (source,) = answer.sources
    assert source.appraisal is not None
    assert source.appraisal.participants is not None
    assert source.appraisal.participants.number == 1663
    assert "1663 patients" in str(source.appraisal.participants.quote)
    assert Answer.model_validate_json(answer.model_dump_json()) == answer


def test_an_abstention_has_none(ask: Ask) -> None:
    assert ask("What is the capital of France?").certainty is None


def test_tasks_that_make_claims_say_how_certain_they_are(assistant: Assistant) -> None:
    summed = asyncio.run(run_task(assistant, "summarising", Request(document_id=RALES)))
    assert summed.certainty is not None
    table = asyncio.run(run_task(assistant, "evidence_synthesis", Request(question=SPIRONOLACTONE)))
    assert table.certainty is not None
    assert all(source.appraisal for source in table.sources)
    plain = asyncio.run(run_task(assistant, "plain_language", Request(question=SPIRONOLACTONE)))
    assert plain.certainty is not None


def test_the_api_appraises_documents_and_passages(client: TestClient) -> None:
    found = AppraisalOut.model_validate(client.get(f"/v1/appraisals/{RALES}").json())
    assert found.appraisal.design == "randomised trial"
    assert found.certainty is not None
    whole = AppraisalOut.model_validate(client.get(f"/v1/appraisals/{COLORECTAL}").json())
    assert len(whole.appraisal.grades) > 1
    passages = client.get(f"/v1/documents/{COLORECTAL}").json()["passages"]
    graded = [
        AppraisalOut.model_validate(client.get(f"/v1/appraisals/{quote(one, safe=':/@')}").json()) for one in passages
    ]
    levels = {one.appraisal.starts for one in graded if one.appraisal.grades}
    assert levels == {"high", "moderate"}  # each recommendation by its own grade
    for unknown, status in (("pubmed:1", 404), ("nonsense", 404), ("calculator:bmi@1?weight=1", 422)):
        problem = client.get(f"/v1/appraisals/{unknown}")
        assert problem.status_code == status
        assert "citewell" in problem.json()["detail"]


def test_the_command_appraises_for_a_person_and_for_a_program(citewell: Run, home: Path) -> None:
    said = citewell("appraise", RALES)
    assert said.code == 0
    words = " ".join(said.out.split())
    assert "Participants: 1,663" in words
    assert "Certainty of the evidence: moderate." in words
    found = AppraisalOut.model_validate_json(citewell("appraise", RALES, "--json").out)
    assert found.appraisal.document_id == RALES
    guided = " ".join(citewell("appraise", COLORECTAL).out.split())
    assert "Its own grades: Grade A" in guided
    assert "Participants" not in guided


def test_an_unknown_identifier_is_a_wrong_call_that_names_the_mend(citewell: Run, home: Path) -> None:
    wrong = citewell("appraise", "pubmed:1")
    assert (wrong.code, wrong.out) == (2, "")
    assert "pubmed:1" in wrong.err
    assert "citewell library list" in wrong.err


def test_without_a_library_the_command_says_how_to_make_one(
    citewell: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITEWELL_HOME", str(tmp_path / "none"))
    wrong = citewell("appraise", RALES)
    assert wrong.code == 2
    assert "citewell ingest starter" in wrong.err


def test_a_person_who_asks_is_told_how_certain_the_evidence_is(citewell: Run, home: Path) -> None:
    assert "Certainty of the evidence: moderate." in " ".join(citewell("ask", SPIRONOLACTONE).out.split())


FINDING = "Zibotentan lowered systolic blood pressure by 12.5 mm Hg in adults with hypertension."
QUESTION = "Does zibotentan lower blood pressure in hypertension?"


def test_retracted_work_on_another_matter_is_not_told_of(assistant_of: Make) -> None:
    small = assistant_of(
        {
            "sound.xml": pubmed(article(1, "Zibotentan for hypertension: a randomised trial", conclusions=FINDING)),
            "gone.xml": pubmed(
                article(2, "Latanoprost in glaucoma", retracted=True, conclusions="Latanoprost lowered eye pressure.")
            ),
        }
    )
    answer = asyncio.run(small.ask(QUESTION))
    assert not answer.abstained
    assert answer.warnings == []


def test_retracted_work_is_named_however_much_sound_work_stands_before_it(assistant_of: Make) -> None:
    title = "Zibotentan for hypertension: a randomised trial"
    sound = [article(n, title, conclusions=f"{FINDING} Group {n} took it well.") for n in range(1, 16)]
    small = assistant_of(
        {"a.xml": pubmed(*sound, article(99, "Zibotentan", retracted=True, results=f"It is said: {FINDING}"))}
    )
    answer = asyncio.run(small.ask(QUESTION))
    assert ("retracted", "pubmed:99") in {(warning.kind, warning.document_id) for warning in answer.warnings}
    found = AppraisalOut.model_validate(TestClient(create_app(small)).get("/v1/appraisals/pubmed:99").json())
    assert found.certainty is None
    assert [warning.kind for warning in found.warnings] == ["retracted"]


def test_where_only_retracted_work_answers_the_reason_says_so(assistant_of: Make) -> None:
    small = assistant_of(
        {
            "sound.xml": pubmed(article(1, "Latanoprost in glaucoma", conclusions="Latanoprost lowered eye pressure.")),
            "gone.xml": pubmed(article(2, "Zibotentan trial", retracted=True, conclusions=FINDING)),
        }
    )
    answer = asyncio.run(small.ask(QUESTION))
    assert answer.abstained
    assert "has been retracted" in str(answer.reason)
    assert answer.certainty is None


def test_a_superseded_guideline_carries_its_successor_by_name(assistant_of: Make) -> None:
    advice = "Adults with hypertension should be offered zibotentan when the blood pressure stays at 150 mm Hg or more."
    newer = guideline("Zibotentan in hypertension, second edition", "Ask about salt.", version="2025", slug="better")
    small = assistant_of(
        {
            "old.md": guideline("Zibotentan in hypertension", advice, superseded_by="guideline:who/better@2025"),
            "new.md": newer,
        }
    )
    answer = asyncio.run(small.ask("When should zibotentan be offered in hypertension?"))
    (source,) = [one for one in answer.sources if "second" not in one.title]
    assert source.appraisal is not None
    assert "second edition" in str(source.appraisal.superseded_by) or "better" in str(source.appraisal.superseded_by)
    assert source.appraisal.certainty == "low"
    assert "Superseded." in source.appraisal.reasons


def test_the_schema_says_how_a_passages_identifier_is_written(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path in ("/v1/passages/{passage_id}", "/v1/appraisals/{identifier}"):
        assert "%23" in paths[path]["get"]["description"], path
    passage = client.get(f"/v1/documents/{COLORECTAL}").json()["passages"][1]
    assert client.get(f"/v1/appraisals/{passage.replace('#', '%23')}").json()["appraisal"]["grades"]
