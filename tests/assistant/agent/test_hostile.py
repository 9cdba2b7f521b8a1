"""Models, servers and documents that mean harm, or write what nobody foresaw: nothing breaks, and nothing unsupported comes out."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from llm_server import Call, Calls, Raw, Request, Stall, Text, in_json, serve
from scripted_model import ASPIRIN, AskModel, drafting, modelled, reference

from assistant.agent.book import Book
from assistant.agent.drafting import MAX_CHARACTERS, Reader
from assistant.agent.gathering import calls_in
from assistant.progress import ToolCalled
from assistant.service import Assistant
from assistant.tools import Found
from assistant.tools.search_guidelines import SearchGuidelines
from indexes.filters import Filters
from indexes.passage import Kind

HELD = "Aspirin did not prevent heart attacks in adults over 70 and raised the rate of major bleeding."
GOOD = drafting((HELD, "raised the rate of major bleeding"))
DEEP = "[" * 100_000 + "]" * 100_000


def test_json_nested_without_end_is_unreadable_and_nothing_more(ask_model: AskModel) -> None:
    nested = Text('{"answerable": true, "claims": ' + DEEP + "}", pieces=50_000)
    asked = ask_model([nested, nested])
    assert asked.answer.engine == "extractive"
    assert asked.answer.claims
    assert calls_in('{"calls": ' + DEEP + "}") == []


@pytest.mark.parametrize("stream", [True, False])
def test_a_servers_own_json_may_be_nested_without_end(ask_model: AskModel, stream: bool) -> None:
    body = b'{"choices": ' + DEEP.encode() + b"}"
    sent = Raw(b"data: " + body + b"\n\n", "text/event-stream") if stream else Raw(body)
    script = [sent] * 3 if stream else [sent, sent, sent, GOOD]
    asked = ask_model(script, llm_tools="none" if stream else "text")
    assert asked.answer.engine == "extractive"
    assert asked.answer.claims


def test_calls_are_looked_for_in_no_more_than_linear_time() -> None:
    started = time.process_time()
    assert calls_in("```json" + " " * 60_000) == []
    assert time.process_time() - started < 5  # it was a minute and a half


def test_signs_that_do_not_show_are_no_part_of_a_sentence(ask_model: AskModel) -> None:
    def reply(request: Request) -> Text:
        hidden = HELD.replace("not ", "not\\u200b\\u202e \\ud800\\u0007")
        cited = reference(request, "raised the rate of major bleeding")
        return Text('{"answerable": true, "claims": [{"text": "' + hidden + '", "citations": ["' + cited + '"]}]}')

    asked = ask_model([reply])
    assert [claim.text for claim in asked.answer.claims] == [HELD]
    assert asked.answer.model_dump_json()


def test_a_sentence_that_is_too_long_is_refused_whole_and_not_cut() -> None:
    long = "Aspirin lowers the risk, " + "and so on, " * MAX_CHARACTERS + "except in adults over 70."
    (draft,) = Reader(Book()).read(json.dumps({"answerable": True, "claims": [{"text": long}]}), whole=True)
    assert draft.text == ""


@pytest.mark.parametrize("led", ["[here](https://elsewhere.example)", "www.elsewhere.example", "<img src=x>"])
def test_a_sentence_that_leads_elsewhere_is_refused(led: str) -> None:
    written = json.dumps(
        {"answerable": True, "claims": [{"text": f"{HELD} {led}"}, {"text": "It was <5% at p < 0.05."}]}
    )
    assert [draft.text for draft in Reader(Book()).read(written, whole=True)] == ["", "It was <5% at p < 0.05."]


def test_how_an_answer_came_about_is_not_said_to_be_quoting_where_a_model_wrote_it(ask_model: AskModel) -> None:
    said = ask_model([GOOD]).answer.rationale
    assert "word for word" not in said
    assert "weighed 0" not in said
    assert "test-model" in said


def test_the_questions_filters_bind_what_a_model_looks_up(small_library: Assistant) -> None:
    calls = Calls(
        [Call("search_literature", {"query": "aspirin bleeding"}), Call("find_article", {"title": "Aspirin"})]
    )
    with serve([calls, Text("DONE"), in_json({"answerable": False, "claims": []})]) as server:
        made = modelled(small_library, server, llm_tools="native")
        asyncio.run(made.ask(ASPIRIN, filters=Filters(kinds=frozenset({Kind.GUIDELINE}))))
    said = server.requests[-1].messages[-1]["content"]
    assert 'kind="guideline"' in said
    assert 'kind="literature"' not in said


def test_cancelling_a_question_stops_the_model(small_library: Assistant) -> None:
    with serve([Stall('{"answerable": true, ')]) as server:
        made = modelled(small_library, server)

        async def leave() -> bool:
            asking = asyncio.create_task(made.ask(ASPIRIN))
            while not server.requests:
                await asyncio.sleep(0.01)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            return await asyncio.to_thread(server.requests[0].hung_up.wait, 5)

        assert asyncio.run(leave())


@pytest.mark.parametrize(
    "written", ["[1, 2]", '"words"', "null", "12", '{"self": 1, "ctx": 2}', '{"query": "\\ud800"}']
)
def test_arguments_of_any_shape_are_told_to_the_model(ask_model: AskModel, written: str) -> None:
    asked = ask_model([Calls([Call("search_literature", written)]), Text("DONE"), GOOD], llm_tools="native")
    assert [claim.text for claim in asked.answer.claims] == [HELD]
    assert not [event for event in asked.told if isinstance(event, ToolCalled)]


def test_a_model_that_stalls_while_it_gathers_is_not_left_running(small_library: Assistant) -> None:
    with serve([Stall()]) as server:
        made = modelled(small_library, server, llm_tools="native", llm_seconds=1.0)

        async def ask() -> bool:
            answer = await made.ask(ASPIRIN)
            return answer.engine == "extractive" and await asyncio.to_thread(server.requests[0].hung_up.wait, 2)

        assert asyncio.run(ask())


def test_what_tools_return_is_fenced_as_data(ask_model: AskModel) -> None:
    calls = Calls([Call("search_literature", {"query": "randomised adults aged 70 aspirin placebo"})])
    asked = ask_model([calls, Text("DONE"), GOOD], llm_tools="native")
    first, second, _ = asked.requests
    told = second.messages[-1]["content"]
    assert told.startswith("<evidence>")
    assert told.count("</evidence>") == 1
    listed = first.messages[-1]["content"]
    assert listed.count("<evidence>") == listed.count("</evidence>") == 1


def test_a_model_that_never_stops_writing_is_stopped(ask_model: AskModel) -> None:
    asked = ask_model([Text('{"answerable": true, "claims": [' + " " * 2_000_000, pieces=20_000)])
    assert "more than" in asked.fallback
    assert asked.answer.claims


def test_a_tool_that_takes_too_long_does_not_outlast_the_question(
    ask_model: AskModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(self: SearchGuidelines, arguments: Any, bench: Any) -> Found:
        time.sleep(3)
        return Found()

    monkeypatch.setattr(SearchGuidelines, "run", slow)
    plan = in_json({"calls": [{"tool": "search_guidelines", "arguments": {"query": "aspirin"}}]})
    asked = ask_model([plan, GOOD], llm_tools="text", llm_seconds=1.5)
    assert "CITEWELL_LLM_SECONDS" in asked.fallback
    assert asked.answer.timings_ms["gather"] < 3000
