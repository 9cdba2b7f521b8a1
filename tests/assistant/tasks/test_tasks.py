"""The registry of tasks, and what holds for all of them."""

from __future__ import annotations

import asyncio
from typing import get_args

import pytest
from llm_server import Failure, Stall, leave_once_asked, serve
from workbench import QUESTION, Do

from assistant.answer import TaskName
from assistant.errors import NotFoundError, QuestionError
from assistant.opening import open_assistant
from assistant.service import Assistant
from assistant.settings import Settings
from assistant.tasks import TASKS, Request
from assistant.tasks.running import stream_task

GIVEN: dict[TaskName, dict[str, str]] = {
    "question_answering": {"question": QUESTION},
    "evidence_synthesis": {"question": QUESTION},
    "plain_language": {"question": QUESTION},
    "structuring": {"text": "Adults aged 70 years or older were randomised to aspirin or placebo."},
    "summarising": {"document_id": "pubmed:101"},
}


def test_every_task_that_an_answer_may_be_of_is_there() -> None:
    assert set(TASKS) == set(get_args(TaskName)) == set(GIVEN)
    assert all(task.summary.endswith(".") and task.needs for task in TASKS.values())


@pytest.mark.parametrize("name", GIVEN)
def test_a_task_says_which_it_is(do: Do, name: TaskName) -> None:
    answer = do(name, **GIVEN[name]).answer
    assert (answer.task, answer.engine, answer.model) == (name, "extractive", None)
    assert not answer.abstained


@pytest.mark.parametrize("name", GIVEN)
def test_what_a_task_lacks_is_named(do: Do, name: TaskName) -> None:
    with pytest.raises(QuestionError, match=r"This task needs .+ Give it"):
        do(name)


@pytest.mark.parametrize("name", GIVEN)
def test_no_model_no_engine_that_reasons(do: Do, name: TaskName) -> None:
    with pytest.raises(QuestionError, match="CITEWELL_LLM"):
        do(name, **GIVEN[name], engine="llm")


@pytest.mark.parametrize("name", GIVEN)
def test_a_model_that_fails_does_not_make_a_task_fail(do: Do, name: TaskName) -> None:
    done = do(name, [Failure(400)] * 9, **GIVEN[name])
    assert not done.answer.abstained
    assert done.answer.engine == "extractive"
    assert "refuses the request" in done.fallback


@pytest.mark.parametrize("name", GIVEN)
def test_a_model_that_cannot_be_opened_does_not_either(bench: Assistant, name: TaskName) -> None:
    made = open_assistant(bench.library, Settings(llm="openai:gpt-4.1", llm_api_key=None))

    async def ask() -> object:
        return [event async for event in stream_task(made, name, Request(**GIVEN[name]))][-1]  # type: ignore[arg-type]

    answer = asyncio.run(ask())
    assert answer.claims or answer.extracted  # type: ignore[attr-defined]
    assert any("OPENAI_API_KEY" in warning.text or "key" in warning.text for warning in answer.warnings)  # type: ignore[attr-defined]


def test_a_document_that_is_not_there(do: Do) -> None:
    with pytest.raises(NotFoundError, match="no document 'pubmed:999'"):
        do("summarising", document_id="pubmed:999")


def test_leaving_early_stops_the_model(bench: Assistant) -> None:
    with serve([Stall()]) as server:
        made = open_assistant(bench.library, Settings(llm=server.spec, llm_tools="none", llm_context=32_000))
        stream = stream_task(made, "summarising", Request(document_id="pubmed:101"))
        asyncio.run(leave_once_asked(stream, server))
        assert server.requests[0].hung_up.wait(5)
