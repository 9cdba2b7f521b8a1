"""A model as a judge: constrained, retried, kept, and given up on when it is gone."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

sys.path.append(str(Path(__file__).parents[1] / "assistant"))  # the scripted model
from llm_server import Failure, LlmServer, Raw, Stall, Text, in_json, serve

from assistant.agent.budget import Limits
from assistant.errors import LlmError
from assistant.llms import open_llm
from assistant.settings import Settings
from evals.cache import Kept
from evals.errors import JudgeGoneError
from evals.judge import GIVE_UP, Judge, strict


class Verdict(BaseModel):
    """A form."""

    reason: str = Field(description="why")
    verdict: int


class Verdicts(BaseModel):
    """A form with a form in it."""

    verdicts: list[Verdict]


YES = {"reason": "it says so", "verdict": 1}


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with closing(Kept(tmp_path / "kept.sqlite", "judgements")) as kept:
        yield kept


@pytest.fixture
def open_judge(kept: Kept) -> Callable[..., Judge]:
    def open_(server: LlmServer, **settings: Any) -> Judge:
        given = Settings(llm=server.spec, **settings)
        llm = open_llm(given)
        assert llm
        return Judge(llm, Limits.of(given), kept)

    return open_


def ask(judge: Judge, prompt: str = "Is it so?") -> Verdict:
    return asyncio.run(judge.fill(prompt, Verdict))


def test_a_judge_is_held_to_the_form(open_judge: Callable[..., Judge]) -> None:
    with serve([in_json(YES)]) as server:
        assert ask(open_judge(server)).verdict == 1
    asked = server.requests[0].body["response_format"]
    assert asked["type"] == "json_schema"
    assert asked["json_schema"]["strict"] is True
    assert asked["json_schema"]["schema"]["properties"]["verdict"]["enum"] == [0, 1]
    assert server.requests[0].body["temperature"] == 0


def test_the_schema_is_strict_in_all_its_parts() -> None:
    schema = strict(Verdicts)
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["Verdict"]["additionalProperties"] is False
    assert schema["$defs"]["Verdict"]["properties"]["verdict"]["enum"] == [0, 1]
    assert schema["properties"]["verdicts"]["maxItems"] > 1


def test_a_model_that_takes_no_schema_is_told_it_in_words(open_judge: Callable[..., Judge]) -> None:
    with serve([in_json(YES)]) as server:
        assert ask(open_judge(server, llm_structured="none")).verdict == 1
    assert "response_format" not in server.requests[0].body
    assert '"enum": [0, 1]' in server.requests[0].messages[-1]["content"]


def test_what_was_said_is_kept(open_judge: Callable[..., Judge]) -> None:
    with serve([in_json(YES), in_json({**YES, "verdict": 0})]) as server:
        judge = open_judge(server)
        assert ask(judge) == ask(judge) == ask(open_judge(server))
        assert ask(judge, "Is it otherwise?").verdict == 0
    assert (judge.asked, judge.known, len(server.requests)) == (2, 1, 2)
    assert judge.prompt_tokens == 200


@pytest.mark.parametrize(
    "wrong", ["no JSON", '{"reason": "cut', '{"reason": 1, "verdict": 1}', '{"reason": "", "verdict": 2}', "[]"]
)
def test_a_reply_that_is_not_the_form_is_asked_for_once_more(open_judge: Callable[..., Judge], wrong: str) -> None:
    with serve([Text(wrong), in_json(YES)]) as server:
        assert ask(open_judge(server)).verdict == 1
    assert len(server.requests) == 2
    assert server.requests[1].messages[-1]["role"] == "user"
    with serve([Text(wrong), Text(wrong), in_json(YES)]) as server:
        judge = open_judge(server)
        with pytest.raises(LlmError, match=r"JSON|form|flag"):
            ask(judge)
        assert ask(judge).verdict == 1  # a failure is not kept


def test_a_busy_server_is_asked_again(open_judge: Callable[..., Judge]) -> None:
    with serve([Failure(500), Failure(429), in_json(YES)]) as server:
        assert ask(open_judge(server)).verdict == 1


def test_a_judge_that_is_gone_is_given_up_on(open_judge: Callable[..., Judge]) -> None:
    with serve(lambda request: Failure(500)) as server:
        judge = open_judge(server)
        for number in range(GIVE_UP - 1):
            with pytest.raises(LlmError, match="status 500"):
                ask(judge, f"prompt {number}")
        with pytest.raises(JudgeGoneError, match=r"in a row.*status 500.*kept"):
            ask(judge, "one more")


def test_a_weak_judge_is_not_gone(open_judge: Callable[..., Judge]) -> None:
    with serve(lambda request: Text("I cannot say.")) as server:
        judge = open_judge(server)
        for number in range(GIVE_UP + 2):
            with pytest.raises(LlmError, match="JSON"):
                ask(judge, f"prompt {number}")


@pytest.mark.parametrize("reply", [Stall(), Raw(b"<html>", "text/html"), Text("{}", finish="length")])
def test_other_ways_to_fail_are_in_words(open_judge: Callable[..., Judge], reply: Any) -> None:
    with serve(lambda request: reply) as server, pytest.raises(LlmError):
        ask(open_judge(server, llm_seconds=0.5))


def test_a_prompt_beyond_the_context_is_not_sent(open_judge: Callable[..., Judge]) -> None:
    with serve([]) as server, pytest.raises(LlmError, match="CITEWELL_LLM_CONTEXT"):
        ask(open_judge(server, llm_context=600), "word " * 2000)
    assert server.requests == []
