"""Asking a model over HTTP: what is sent, what is refused before it is sent, and what is said of every way in which it fails."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Sequence
from contextlib import aclosing
from itertools import pairwise
from typing import Any

import pytest
from llm_server import (
    Call,
    Calls,
    Failure,
    HangUp,
    LlmServer,
    Raw,
    Redirect,
    Reply,
    Request,
    Stall,
    Text,
    in_json,
    serve,
)

from assistant.agent.talking import Budget, Limits, Message, Talker, errors_in_words, usage_of
from assistant.answer import Usage
from assistant.errors import AssistantError, ContextError, LimitError, LlmError
from assistant.llms import Llm, open_llm
from assistant.settings import Settings

KEY = "sk-not-to-be-shown"
PRIVATE = "Zebedee has zibotentan fever"
ASKED = [Message("system", "Answer briefly."), Message("user", PRIVATE)]
SCHEMA = {
    "title": "Yes or no",
    "type": "object",
    "properties": {"yes": {"type": "boolean"}},
    "required": ["yes"],
    "additionalProperties": False,
}


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Nothing from outside; a key of OpenAI's that must not reach another server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai-only")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-openai-only")


def talker(server: LlmServer, spec: str | None = None, **others: Any) -> Talker:
    settings = Settings(llm=spec or server.spec, llm_api_key=KEY, **others)  # type: ignore[arg-type]
    llm = open_llm(settings)
    assert llm is not None
    return Talker(llm, Budget(Limits.of(settings), llm.card))


def claude(server: LlmServer, **others: Any) -> Talker:
    return talker(server, f"anthropic:claude-haiku-4-5@{server.root}", **others)


def reply(talker: Talker, messages: Sequence[Message] = ASKED, **options: Any) -> str:
    return asyncio.run(talker.reply(messages, max_tokens=options.pop("max_tokens", 50), **options))


def stream(talker: Talker, **options: Any) -> list[str]:
    async def read() -> list[str]:
        return [text async for text in talker.stream(ASKED, max_tokens=50, **options)]

    return asyncio.run(read())


def test_a_request_is_repeatable_and_capped() -> None:
    with serve([Text("Yes [1].")]) as server:
        assert reply(talker(server, llm_seed=7)) == "Yes [1]."
    request = server.requests[0]
    assert (request.body["temperature"], request.body["seed"], request.body["max_tokens"]) == (0, 7, 50)
    assert request.messages == [
        {"role": "system", "content": "Answer briefly."},
        {"role": "user", "content": PRIVATE},
    ]
    assert request.response_format is None
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_keys_of_other_providers_stay_here(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve([Text("Yes.")]) as server:
        llm = open_llm(Settings(llm=server.spec))
        assert llm is not None
        reply(Talker(llm, Budget(Limits.of(Settings()), llm.card)))
    assert "openai-only" not in str(server.requests[0].headers)


def test_a_stream_gives_the_whole_text_so_far_and_the_usage() -> None:
    with serve([Text("Aspirin helps [1].", usage=(900, 30))]) as server:
        asking = talker(server)
        texts = stream(asking)
    assert texts[-1] == "Aspirin helps [1]."
    assert len(texts) > 2
    assert all(after.startswith(before) for before, after in pairwise(texts))
    assert asking.budget.usage == Usage(prompt_tokens=900, completion_tokens=30, cost_usd=0)


@pytest.mark.parametrize("written", ["<think>Hm, zebras?</think>\nYes.", "Yes."])
def test_thoughts_are_no_part_of_the_answer(written: str) -> None:
    with serve([Text(written, pieces=3)] * 2) as server:
        assert reply(talker(server)) == "Yes."
        texts = stream(talker(server))
    assert texts[-1] == "Yes."
    assert not any("<" in text or "zebra" in text for text in texts)


def test_tokens_are_estimated_where_the_server_does_not_count() -> None:
    with serve([Text("Yes, it does.", usage=None)] * 2) as server:
        asking = talker(server)
        reply(asking)
        first = asking.budget.usage
        stream(asking)
    assert first.prompt_tokens > 10
    assert first.completion_tokens > 3
    assert asking.budget.usage.prompt_tokens == 2 * first.prompt_tokens


@pytest.mark.parametrize("structured", ["json_schema", "json_object", "none"])
def test_a_schema_is_said_in_the_way_the_model_takes_it(structured: str) -> None:
    with serve([in_json({"yes": True})]) as server:
        assert json.loads(reply(talker(server, llm_structured=structured), schema=SCHEMA)) == {"yes": True}
    request = server.requests[0]
    in_words = "additionalProperties" in request.messages[-1]["content"]
    if structured == "json_schema":
        form = request.response_format
        assert form is not None
        assert form["json_schema"] == {"name": "Yes_or_no", "schema": SCHEMA, "strict": True}
        assert not in_words
    else:
        assert request.response_format == ({"type": "json_object"} if structured == "json_object" else None)
        assert in_words


def test_anthropic_is_asked_by_its_own_protocol() -> None:
    with serve([in_json({"yes": True}, usage=(1000, 200)), Text("Aspirin helps [1].")]) as server:
        asking = claude(server)
        assert json.loads(reply(asking, schema=SCHEMA)) == {"yes": True}
        assert asking.budget.usage == Usage(prompt_tokens=1000, completion_tokens=200, cost_usd=0.002)
        assert stream(asking)[-1] == "Aspirin helps [1]."
    first, second = server.requests
    assert first.path == "/v1/messages"
    assert first.response_format == {"format": {"type": "json_schema", "schema": SCHEMA}}
    assert (first.body["temperature"], first.body["max_tokens"]) == (0, 50)
    assert KEY in (first.headers.get("authorization", "") + first.headers.get("x-api-key", ""))
    assert second.streamed
    assert asking.budget.prompt_tokens == 1100


@pytest.mark.parametrize("spec", ["azure:our-deployment", "openai:gpt-4.1-mini", "ollama:llama3.1"])
def test_the_other_providers_are_asked_by_openai_s_protocol_with_their_own_key_only(spec: str) -> None:
    with serve([in_json({"yes": True}), Text("Aspirin helps [1].")]) as server:
        asking = talker(server, f"{spec}@{server.url}")
        assert json.loads(reply(asking, schema=SCHEMA)) == {"yes": True}
        assert stream(asking)[-1] == "Aspirin helps [1]."
    for request in server.requests:
        assert request.path == "/v1/chat/completions"
        assert request.body["model"] == spec.partition(":")[2]
        assert request.headers["authorization"] == f"Bearer {KEY}"
        assert "sk-of-openai-only" not in str(request.headers)


def test_what_does_not_fit_the_context_is_not_sent() -> None:
    with serve([Text("Yes.")]) as server:
        with pytest.raises(ContextError) as error:
            reply(talker(server, llm_context=1000), [Message("user", "aspirin " * 1000)])
        assert error.value.needed > error.value.available == 1000
        assert f"{error.value.needed:,}" in str(error.value)
        with pytest.raises(ContextError):
            reply(talker(server, llm_context=1000), max_tokens=990)
    assert server.requests == []


def test_what_would_go_over_the_limits_is_not_sent() -> None:
    with serve([Text("Yes.", usage=(400, 100))] * 9) as server:
        asking = talker(server, llm_tokens=520)
        reply(asking)
        with pytest.raises(LimitError, match=r"520 tokens.*CITEWELL_LLM_TOKENS"):
            reply(asking)
        dear = talker(server, llm_price="1000/1000", llm_cost=0.01)
        with pytest.raises(LimitError, match=r"0\.01 USD.*CITEWELL_LLM_COST"):
            reply(dear)
    assert len(server.requests) == 1


CLEAR = {
    "no server": ([], "cannot be reached"),
    "wrong key": ([Failure(401)], "CITEWELL_LLM_API_KEY"),
    "forbidden": ([Failure(403)], "CITEWELL_LLM_API_KEY"),
    "no credit": ([Failure(402)], "no credit"),
    "unknown model": ([Failure(404)], "no model 'test-model'"),
    "too many": ([Failure(429)] * 3, "quota"),
    "no tools": ([Failure(422)], "CITEWELL_LLM_TOOLS"),
    "too long": ([Failure(400, "the context length was exceeded")], "CITEWELL_LLM_CONTEXT"),
    "failing": ([Failure(500)] * 3, "status 500"),
    "overloaded": ([Failure(503)] * 3, "status 503"),
    "moved": ([Redirect("http://127.0.0.1:9/v1")], "not followed"),
    "a page": ([Raw(b"<html>Welcome!</html>", "text/html")], "cannot be read"),
    "half of it": ([Raw(b'{"choices": [')], "cannot be read"),
    "empty object": ([Raw(b"{}")], "cannot be read"),
    "other JSON": ([Raw(b'{"choices": [{"message": 7}]}')], "cannot be read"),
    "nothing": ([Text("")], "empty answer"),
    "only thoughts": ([Text("<think>Hm.")], "empty answer"),
    "refused": ([Text("I cannot.", finish="content_filter")], "refused"),
}


@pytest.mark.parametrize("streamed", [False, True], ids=["reply", "stream"])
@pytest.mark.parametrize("case", CLEAR)
def test_every_failure_is_said_in_clear_words(case: str, streamed: bool, caplog: pytest.LogCaptureFixture) -> None:
    script, said = CLEAR[case]
    caplog.set_level(logging.DEBUG)
    with serve(script) as server:
        asking = talker(server)
        if not script:
            server.close()
        with pytest.raises(LlmError) as error:
            stream(asking) if streamed else reply(asking)
    if not (streamed and case == "other JSON"):  # which is an event without words for a reader of streams
        assert said in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__ or error.value.__context__ is None
    for hidden in (PRIVATE, KEY, "said no", "Welcome"):
        assert hidden not in str(error.value)
        assert hidden not in caplog.text
    if script:
        assert len(server.requests) == len(script)


def test_a_server_that_recovers_is_asked_again() -> None:
    with serve([Failure(500), Failure(429), Text("Yes.")]) as server:
        asking = talker(server)
        assert reply(asking) == "Yes."
    assert asking.budget.usage.prompt_tokens == 100, "failures cost nothing"


@pytest.mark.parametrize("broken", [HangUp("Aspirin hel"), Text("Aspirin hel", finish=None)])
def test_an_answer_that_breaks_off_is_no_answer(broken: Reply) -> None:
    seen: list[str] = []

    async def read(asking: Talker) -> None:
        async for text in asking.stream(ASKED, max_tokens=50):
            seen[:] = [text]

    with serve([broken]) as server:
        asking = talker(server)
        with pytest.raises(LlmError, match="broke off"):
            asyncio.run(read(asking))
    assert seen[-1] == "Aspirin hel"
    assert asking.budget.completion_tokens > 0, "what was written is paid for"


def test_json_that_was_cut_off_is_said_to_be() -> None:
    with serve([Text('{"yes": tr', finish="length"), Text("Yes, it", finish="length")]) as server:
        with pytest.raises(LlmError, match="cut off"):
            reply(talker(server), schema=SCHEMA)
        assert reply(talker(server)) == "Yes, it"


@pytest.mark.parametrize("streamed", [False, True], ids=["reply", "stream"])
def test_a_stall_ends_with_the_time_a_question_has(streamed: bool) -> None:
    with serve(lambda request: Stall("Asp")) as server:
        asking = talker(server, llm_seconds=0.5)
        with pytest.raises((LimitError, LlmError)) as error:
            stream(asking) if streamed else reply(asking)
        assert "CITEWELL_LLM_SECONDS" in str(error.value)
        assert all(request.hung_up.wait(10) for request in server.requests), "the connection stays open"


@pytest.mark.parametrize("streamed", [False, True], ids=["reply", "stream"])
@pytest.mark.parametrize("ask", [talker, claude], ids=["openai", "anthropic"])
def test_cancelling_closes_the_connection(ask: Any, streamed: bool) -> None:
    async def run(asking: Talker, server: LlmServer) -> None:
        async def read() -> None:
            if streamed:
                async for _ in asking.stream(ASKED, max_tokens=50):
                    pass
            else:
                await asking.reply(ASKED, max_tokens=50)

        task = asyncio.create_task(read())
        while not server.requests and not task.done():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.requests[0].hung_up.wait, 10)

    with serve(lambda request: Stall("Asp")) as server:
        asking = ask(server)
        asyncio.run(run(asking, server))
        assert len(server.requests) == 1, "it was asked again"
    assert asking.budget.prompt_tokens > 0, "the prompt is paid for"


def test_leaving_a_stream_closes_the_connection() -> None:
    async def run(asking: Talker, server: LlmServer) -> None:
        async with aclosing(asking.stream(ASKED, max_tokens=50)) as texts:
            async for _ in texts:
                break
        assert await asyncio.to_thread(server.requests[0].hung_up.wait, 10)

    with serve([Stall("Aspirin")]) as server:
        asyncio.run(run(talker(server), server))


def test_a_model_may_be_asked_from_one_event_loop_after_another() -> None:
    with serve([Text("One."), Text("Two."), Text("Three.")]) as server:
        asking = talker(server)
        assert [reply(asking), stream(asking)[-1], reply(asking)] == ["One.", "Two.", "Three."]


async def run_agent(llm: Llm, question: str) -> Any:
    from llama_index.core.agent.workflow import FunctionAgent
    from llama_index.core.tools import FunctionTool

    def look_up(drug: str) -> str:
        """Look up a drug."""
        return f"{drug} lowers the risk."

    agent = FunctionAgent(
        tools=[FunctionTool.from_defaults(look_up)], llm=llm.capped(200), system_prompt="Use the tool."
    )
    with errors_in_words(llm):
        return await agent.run(question)


def loop_of_tools(request: Request) -> Reply:
    if request.messages[-1]["role"] == "tool" or not request.tools:
        return Text("It lowers the risk [1].")
    return Calls([Call("look_up", {"drug": "aspirin"}), Call("look_up", {"drug": "clopidogrel"})])


def test_an_agent_of_llama_index_runs_on_it_and_asks_nobody_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reached: list[Any] = []
    asked: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", _noting(socket.socket.connect, reached))
    monkeypatch.setattr(socket, "getaddrinfo", _noting(socket.getaddrinfo, asked))
    caplog.set_level(logging.DEBUG)
    with serve(loop_of_tools) as server:
        asking = talker(server, llm_tools="native", llm_context=32_768)
        answered = asyncio.run(run_agent(asking.llm, PRIVATE))
        reply(asking)
    assert "lowers the risk" in str(answered)
    assert usage_of(answered.raw) == (100, 20)
    first, second, _ = server.requests
    assert first.tools == ["look_up"]
    assert first.body["max_tokens"] == 200
    assert [message["role"] for message in second.messages[-2:]] == ["tool", "tool"], "both calls were answered"
    port = int(server.root.rpartition(":")[2])
    assert {address for _, *rest in reached for address in rest if isinstance(address, tuple)} == {("127.0.0.1", port)}
    assert {args[0] for args in asked} <= {"127.0.0.1", b"127.0.0.1"}
    assert PRIVATE not in caplog.text


def _noting(call: Any, calls: list[Any]) -> Any:
    def noted(*args: Any, **options: Any) -> Any:
        calls.append(args)
        return call(*args, **options)

    return noted


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ([Failure(401)], "CITEWELL_LLM_API_KEY"),
        ([HangUp("")] * 3, "broke off"),
        ([Raw(b"data: {7\n\n", "text/event-stream")], "cannot be read"),
    ],
)
def test_failures_of_an_agent_are_said_in_the_same_words(script: list[Reply], said: str) -> None:
    with serve(script) as server, pytest.raises(LlmError, match=said):
        asyncio.run(run_agent(talker(server, llm_tools="native").llm, PRIVATE))


def test_mistakes_in_other_code_are_not_taken_for_the_models() -> None:
    with serve([]) as server:
        llm = talker(server).llm
    for mistake in (KeyError("ours"), TypeError("ours"), RuntimeError("ours")):
        with pytest.raises(type(mistake)), errors_in_words(llm):
            raise mistake
    ours = AssistantError("said already")
    with pytest.raises(AssistantError) as error, errors_in_words(llm):
        raise RuntimeError from ours
    assert error.value is ours


def test_calls_where_words_were_asked_for_are_an_empty_answer() -> None:
    with serve([Calls([Call("look_up", {})])]) as server, pytest.raises(LlmError, match="empty answer"):
        reply(talker(server))
