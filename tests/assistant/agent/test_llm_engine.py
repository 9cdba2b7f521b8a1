"""The engine that reasons, against a model that is a script: what it is asked, what of its words is shown, and what happens when it fails."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from pathlib import Path

import pytest
from documents import guideline
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llm_server import (
    Call,
    Calls,
    Failure,
    HangUp,
    Raw,
    Request,
    Stall,
    Text,
    call_as_text,
    in_json,
    leave_once_asked,
    serve,
)
from scripted_model import ASPIRIN, NOTHING, Asked, AskModel, drafting, modelled, reference

from assistant.planning.rules import plan
from assistant.progress import ClaimReady, ToolCalled
from assistant.run import Run
from assistant.service import Assistant
from assistant.verification import verify
from ingestion.library import Library
from ingestion.pipeline import ingest_files

HELD = "Aspirin did not prevent heart attacks in adults over 70 and raised the rate of major bleeding."
ADVICE = "Do not start aspirin for primary prevention of heart attack in adults over 70."
GOOD = drafting((HELD, "raised the rate of major bleeding"), (ADVICE, "Do not start aspirin"))


def texts(asked: Asked) -> list[str]:
    return [claim.text for claim in asked.answer.claims]


def claims_told(asked: Asked) -> list[str]:
    return [event.claim.text for event in asked.told if isinstance(event, ClaimReady) and event.claim]


def test_a_draft_becomes_an_answer_that_cites_verbatim(ask_model: AskModel) -> None:
    asked = ask_model([GOOD])
    answer = asked.answer
    assert (answer.engine, answer.model, answer.abstained) == ("llm", "test-model", False)
    assert texts(asked) == [HELD, ADVICE]
    assert [source.kind for source in answer.sources] == ["literature", "guideline"]
    assert answer.versions.prompts
    assert "draft-1:" in answer.versions.prompts
    assert answer.versions.seed == 0
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (100, 20)
    (request,) = asked.requests
    assert (request.body["temperature"], request.body["seed"]) == (0, 0)


def test_sentences_are_told_as_they_are_checked_and_nothing_else_of_the_draft(ask_model: AskModel) -> None:
    made_up = ("Aspirin prevents 40% of heart attacks in adults over 70.", "raised the rate of major bleeding")
    asked = ask_model([drafting(made_up, (ADVICE, "Do not start aspirin")), Text(NOTHING)])
    assert claims_told(asked) == [ADVICE]
    assert texts(asked) == [ADVICE]
    assert "40%" not in asked.answer.model_dump_json()


def test_a_citation_that_carries_nothing_is_left_out_where_another_carries_the_sentence(ask_model: AskModel) -> None:
    def script(request: Request) -> Text:
        both = [reference(request, words) for words in ("raised the rate of major bleeding", "We randomised 19,114")]
        return in_json({"answerable": True, "claims": [{"text": HELD, "citations": both}]})

    (claim,) = ask_model([script]).answer.claims
    (citation,) = claim.citations
    assert citation.quote == HELD
    assert citation.support == 1.0


def test_a_sentence_that_does_not_hold_is_mended_once(ask_model: AskModel) -> None:
    wrong = drafting(("Aspirin raised the rate of major bleeding by 80%.", "raised the rate of major bleeding"))
    asked = ask_model([wrong, drafting((HELD, "raised the rate of major bleeding"))])
    assert texts(asked) == [HELD]
    assert "not accepted" in asked.requests[1].said
    assert len(asked.requests) == 2
    assert asked.answer.removed == 0  # another sentence stands in its place
    assert "taken out" not in asked.answer.rationale


def test_what_was_lost_is_counted_once(ask_model: AskModel) -> None:
    wrong = ("Aspirin raised the rate of major bleeding by 80%.", "raised the rate of major bleeding")
    asked = ask_model([drafting((ADVICE, "Do not start aspirin"), wrong), drafting(wrong)])
    assert texts(asked) == [ADVICE]
    assert asked.answer.removed == 1
    assert "1 did not stand up to the check against the source and was taken out" in asked.answer.rationale
    assert "wrote 1 sentence," in asked.answer.rationale


def test_a_true_sentence_with_the_wrong_number_is_given_the_right_quote(ask_model: AskModel) -> None:
    asked = ask_model([drafting((HELD, "We randomised 19,114")), Text(NOTHING)])
    (claim,) = asked.answer.claims
    assert claim.text == HELD
    assert [citation.quote for citation in claim.citations] == [HELD]
    assert asked.answer.removed == 0
    assert len(asked.requests) == 1  # no model had to be asked for that


def test_where_nothing_holds_the_sources_own_sentences_answer(ask_model: AskModel) -> None:
    wrong = drafting(("Aspirin cures 99% of heart attacks.", "raised the rate of major bleeding"))
    asked = ask_model([wrong, wrong])
    assert asked.answer.engine == "extractive"
    assert "No sentence that the model wrote" in asked.fallback
    assert asked.answer.claims
    assert "99%" not in asked.answer.model_dump_json()


def test_a_fragment_is_no_sentence(ask_model: AskModel) -> None:
    asked = ask_model([drafting(("Aspirin.", "Do not start aspirin"), (ADVICE, "Do not start aspirin")), Text(NOTHING)])
    assert texts(asked) == [ADVICE]


def test_numbers_that_stand_for_no_sentence_carry_nothing(ask_model: AskModel) -> None:
    untrue = "Aspirin cures most heart attacks within a day."
    invented = in_json({"answerable": True, "claims": [{"text": untrue, "citations": ["E99.1", "E1.99", "[3]"]}]})
    asked = ask_model([invented, Text(NOTHING)])
    assert asked.answer.engine == "extractive"


def test_a_model_that_says_the_evidence_does_not_answer_is_believed(ask_model: AskModel) -> None:
    asked = ask_model([Text(NOTHING)])
    assert asked.answer.abstained
    assert asked.answer.engine == "llm"
    assert "says that it does not answer" in (asked.answer.reason or "")


def test_a_section_that_the_search_passed_over_is_shown_first(tmp_path: Path) -> None:
    measles = {
        "condition_name": "Measles",
        "source": "NSTG 2022",
        "introduction": "Measles is a viral illness.",
        "prevention": ["Two doses"],
    }
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "measles.json").write_text(json.dumps(measles), encoding="utf-8")
    others = [
        f"Measles can be prevented in region {n}; how measles is prevented there is told elsewhere." for n in range(14)
    ]
    (papers / "regions.md").write_text(guideline("How measles can be prevented by region", *others), encoding="utf-8")
    with Library.open(tmp_path / "home", purpose="a test") as library, serve([Text(NOTHING)]) as server:
        assert not ingest_files(library, [papers]).failures
        asyncio.run(modelled(Assistant(library), server).ask("How can measles be prevented?"))
        (request,) = server.requests
    assert "E1.2 | Two doses" in request.said


def test_retracted_work_is_no_evidence_and_documents_cannot_leave_their_fence(ask_model: AskModel) -> None:
    asked = ask_model([GOOD])
    said = asked.requests[0].messages[-1]["content"]
    assert "abolished" not in said
    assert any(warning.kind == "retracted" for warning in asked.answer.warnings)
    assert said.count("</evidence>") == said.count("<evidence ")
    assert "to aspirin ‹/evidence> or placebo" in said


@pytest.mark.parametrize(
    "broken", [Text("I think aspirin is fine."), Text('{"answerable": true'), Text("[]"), Text('{"claims": 3}')]
)
def test_a_draft_that_is_no_json_is_asked_for_once_more(ask_model: AskModel, broken: Text) -> None:
    asked = ask_model([broken, GOOD])
    assert texts(asked) == [HELD, ADVICE]
    assert len(asked.requests) == 2
    again = ask_model([broken, broken])
    assert again.answer.engine == "extractive"
    assert again.answer.claims
    assert "JSON" in again.fallback or "sentences" in again.fallback


def test_json_in_a_fence_is_read(ask_model: AskModel) -> None:
    def fenced(request: Request) -> Text:
        claims = [{"text": ADVICE, "citations": [reference(request, "Do not start aspirin")]}]
        return Text(f"Here it is:\n```json\n{json.dumps({'answerable': True, 'claims': claims})}\n```\nDone.")

    assert texts(ask_model([fenced])) == [ADVICE]


@pytest.mark.parametrize(
    ("script", "word"),
    [
        ([Failure(401)], "key"),
        ([Failure(404)], "test-model"),
        ([Failure(429)] * 4, ""),
        ([Failure(500)] * 4, ""),
        ([Raw(b"<html>not a model</html>", "text/html")] * 4, ""),
        ([HangUp('{"answerable": true, "claims": [{"text": "Aspirin')] * 4, ""),
    ],
    ids=["wrong key", "unknown model", "too many", "broken", "no protocol", "disconnect"],
)
def test_where_the_model_fails_the_sources_answer_and_say_why(ask_model: AskModel, script: list, word: str) -> None:
    asked = ask_model(script)
    assert asked.answer.engine == "extractive"
    assert asked.answer.claims
    assert word in asked.fallback
    assert "sentences of the sources" in asked.fallback
    assert ASPIRIN not in asked.fallback


def test_a_model_that_stalls_is_given_up_in_time(ask_model: AskModel) -> None:
    asked = ask_model([Stall('{"answerable": true, ')], llm_seconds=0.7)
    assert "CITEWELL_LLM_SECONDS" in asked.fallback
    assert asked.answer.claims


def test_a_server_that_is_down_is_told(small_library: Assistant) -> None:
    with serve([]) as server:
        made = modelled(small_library, server)
    answer = asyncio.run(made.ask(ASPIRIN))
    assert answer.engine == "extractive"
    assert answer.claims
    assert any("cannot be reached" in warning.text for warning in answer.warnings)


def test_a_model_that_cannot_be_used_at_all_is_told(small_library: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    from assistant.opening import open_assistant
    from assistant.settings import Settings

    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    answer = asyncio.run(open_assistant(small_library.library, Settings(llm="openai:gpt-4.1")).ask(ASPIRIN))
    assert answer.claims
    assert any("CITEWELL_LLM_API_KEY" in warning.text for warning in answer.warnings)


def test_leaving_early_stops_the_model(small_library: Assistant) -> None:
    with serve([Stall('{"answerable": true, ')]) as server:
        asyncio.run(leave_once_asked(modelled(small_library, server).stream(ASPIRIN), server))
        assert server.requests[0].hung_up.wait(5)


# -- looking things up


def test_a_model_calls_tools_and_what_they_find_is_evidence(ask_model: AskModel) -> None:
    calls = Calls(
        [
            Call("search_literature", {"query": "aspirin major bleeding"}),
            Call("search_guidelines", {"query": "aspirin"}),
        ]
    )
    asked = ask_model([calls, Text("DONE"), GOOD], llm_tools="native")
    first, second, _ = asked.requests
    assert {"search_guidelines", "search_literature", "read_document"} <= set(first.tools)
    assert [message["role"] for message in second.messages[-2:]] == ["tool", "tool"]
    assert [event.tool for event in asked.told if isinstance(event, ToolCalled)].count("search_literature") == 1
    assert {step.tool for step in asked.answer.trace if step.step == "tool"} == {
        "search_literature",
        "search_guidelines",
    }
    assert texts(asked) == [HELD, ADVICE]


def test_retracted_work_that_a_model_asks_for_is_named_to_the_reader(ask_model: AskModel) -> None:
    question = "What do trials say of colchicine in gout?"
    for calls, named in (
        (Call("read_document", {"document_id": "pubmed:102"}), True),
        (Call("search_literature", {"query": "aspirin heart attack"}), False),  # found by the way, on another matter
    ):
        asked = ask_model([Calls([calls]), Text("DONE"), Text(NOTHING)], question, llm_tools="native")
        warned = [warning.document_id for warning in asked.answer.warnings if warning.kind == "retracted"]
        assert warned == (["pubmed:102"] if named else [])


def test_calls_written_as_text_are_made(ask_model: AskModel) -> None:
    asked = ask_model([call_as_text("search_literature", {"query": "aspirin bleeding"}), GOOD], llm_tools="native")
    assert [event.tool for event in asked.told if isinstance(event, ToolCalled)] == ["search_literature"]
    assert texts(asked) == [HELD, ADVICE]


def test_a_model_without_tool_calling_writes_a_plan(ask_model: AskModel) -> None:
    plan = in_json({"calls": [{"tool": "search_trials", "arguments": {"query": "aspirin"}}]})
    asked = ask_model([plan, GOOD], llm_tools="text")
    form = asked.requests[0].response_format
    assert form
    assert form["type"] == "json_schema"
    assert [event.tool for event in asked.told if isinstance(event, ToolCalled)] == ["search_trials"]
    assert texts(asked) == [HELD, ADVICE]


def test_a_plan_that_is_none_costs_nothing(ask_model: AskModel) -> None:
    assert texts(ask_model([Text("no plan"), GOOD], llm_tools="text")) == [HELD, ADVICE]


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (Call("search_the_web", {"query": "aspirin"}), "search_the_web"),
        (Call("search_literature", {"q": "aspirin"}), "query"),
        (Call("search_literature", "{not json"), "query"),
        (Call("read_document", {"document_id": "pubmed:999"}), "no document"),
    ],
    ids=["no such tool", "wrong arguments", "no json", "no such document"],
)
def test_a_wrong_call_is_told_to_the_model(ask_model: AskModel, call: Call, word: str) -> None:
    asked = ask_model([Calls([call]), Text("DONE"), GOOD], llm_tools="native")
    assert word in asked.requests[1].messages[-1]["content"]
    assert texts(asked) == [HELD, ADVICE]


def test_endless_calls_end(ask_model: AskModel) -> None:
    def script(request: Request) -> Calls | Text:
        if request.tools:
            return Calls([Call("search_literature", {"query": f"aspirin {len(request.messages)}"})] * 2)
        return GOOD(request)  # type: ignore[return-value]

    asked = ask_model(script, llm_tools="native", llm_tool_calls=3)
    assert texts(asked) == [HELD, ADVICE]
    assert sum(step.step == "tool" for step in asked.answer.trace) <= 3
    assert len(asked.requests) <= 6


def test_parallel_calls_run_in_parallel(small_library: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    from assistant.tools.search_guidelines import SearchGuidelines
    from assistant.tools.search_literature import SearchLiterature

    meeting = threading.Barrier(2, timeout=20)
    for tool in (SearchGuidelines, SearchLiterature):
        plain = tool.run

        def run(self: object, arguments: object, bench: object, plain: object = plain) -> object:
            meeting.wait()  # who came alone would wait in vain
            return plain(self, arguments, bench)  # type: ignore[operator]

        monkeypatch.setattr(tool, "run", run)
    calls = Calls([Call("search_literature", {"query": "aspirin"}), Call("search_guidelines", {"query": "aspirin"})])
    with serve([calls, Text("DONE"), GOOD]) as server:
        answer = asyncio.run(modelled(small_library, server, llm_tools="native").ask(ASPIRIN))
    assert answer.engine == "llm"
    assert not meeting.broken


def test_anthropic_calls_tools_by_its_own_protocol(small_library: Assistant) -> None:
    calls = Calls([Call("search_literature", {"query": "aspirin"}), Call("search_guidelines", {"query": "aspirin"})])
    with serve([calls, Text("DONE"), GOOD]) as server:
        claude = {"llm": f"anthropic:claude-haiku-4-5@{server.root}", "llm_api_key": "k", "llm_tools": "native"}
        answer = asyncio.run(modelled(small_library, server, **claude).ask(ASPIRIN))
    assert (answer.engine, answer.model) == ("llm", "claude-haiku-4-5")
    assert [claim.text for claim in answer.claims] == [HELD, ADVICE]
    made = {step.tool for step in answer.trace if step.step == "tool"}  # side by side, in no order
    assert made == {"search_literature", "search_guidelines"}
    assert {request.path for request in server.requests} == {"/v1/messages"}
    assert "search_literature" in json.dumps(server.requests[0].body["tools"])
    assert "tool_result" in json.dumps(server.requests[1].messages)


# -- limits


def test_evidence_is_trimmed_to_a_small_context(ask_model: AskModel) -> None:
    whole = ask_model([GOOD]).requests[0].messages[-1]["content"].count("<evidence ")
    shown = [
        sum(request.messages[-1]["content"].count("<evidence ") for request in asked.requests)
        for asked in (ask_model([Text(NOTHING)], llm_context=context) for context in range(2600, 1000, -100))
    ]
    assert shown == sorted(shown, reverse=True)
    assert set(shown) >= {0, 1, whole}


def test_what_cannot_fit_is_never_sent(ask_model: AskModel) -> None:
    asked = ask_model([GOOD], llm_context=600)
    assert not asked.requests
    assert "600" in asked.fallback
    assert asked.answer.claims


def test_money_and_tokens_are_limited(ask_model: AskModel) -> None:
    assert "CITEWELL_LLM_TOKENS" in ask_model([GOOD], llm_tokens=600).fallback
    assert "CITEWELL_LLM_COST" in ask_model([GOOD], llm_cost=0.0001, llm_price="50/100").fallback


def test_identifiers_are_not_sent_where_they_may_not_be(ask_model: AskModel) -> None:
    question = (
        "My patient, phone 555-867-5309, e-mail jane.roe@example.org: does aspirin prevent heart attacks over 70?"
    )
    asked = ask_model([GOOD], question, llm_identifiers=False)
    assert not asked.requests
    assert "identifiers" in asked.fallback
    assert "867" not in asked.fallback


# -- whatever a model writes

_words = st.sampled_from(
    [HELD, ADVICE, "Aspirin prevents heart attacks.", "Aspirin 500 mg cures 12%.", "", "E1.1", "</evidence>"]
)
_claims = st.fixed_dictionaries(
    {
        "text": st.one_of(_words, st.text(max_size=80), st.none(), st.integers()),
        "citations": st.one_of(
            st.lists(
                st.one_of(st.from_regex(r"E[0-9]{1,2}\.[0-9]{1,2}", fullmatch=True), st.text(max_size=6)), max_size=5
            ),
            st.none(),
            st.text(max_size=5),
        ),
    }
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(claims=st.lists(st.one_of(_claims, st.none(), st.text(max_size=9)), max_size=8))
def test_no_unverified_citation_ever_comes_out(ask_model: AskModel, small_library: Assistant, claims: list) -> None:
    asked = ask_model([in_json({"answerable": True, "claims": claims}), Text(NOTHING)])
    shown = [*asked.answer.claims, *(e.claim for e in asked.told if isinstance(e, ClaimReady) and e.claim)]
    for claim in shown:
        cited = [(citation, small_library.passage(citation.passage_id)) for citation in claim.citations]
        assert cited
        assert all(passage.text[c.start : c.end] == c.quote for c, passage in cited)
        assert verify(claim.text, cited).supported


def test_the_first_word_comes_before_the_model_does(small_library: Assistant) -> None:
    def late(request: Request) -> Text:
        time.sleep(0.3)
        return GOOD(request)  # type: ignore[return-value]

    with serve([late]) as server:
        made = modelled(small_library, server)

        async def first() -> bool:
            stream = made.stream(ASPIRIN)
            async for _ in stream:
                early = not server.requests
                break
            await stream.aclose()
            return early

        assert asyncio.run(first())


def test_a_model_answers_a_question_of_several_parts_as_a_whole(ask_model: AskModel) -> None:
    question = f"{ASPIRIN} Do statins cure gout in adults over 70?"
    answer = ask_model([drafting((HELD, "raised the rate of major bleeding"))], question).answer
    assert (answer.engine, answer.unanswered) == ("llm", [])
    run = Run(question, engine="llm", parts=(plan(ASPIRIN), plan("Do statins cure gout in adults over 70?")))
    assert (run.by_part, run.unanswered) == ((), [])
    run.start_over("extractive", "The model is gone.")
    assert len(run.by_part) == 2
