"""From an answer to what the page shows."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import (
    DELAY,
    HOSTILE,
    INTENSIVE,
    PASSAGES,
    POISON,
    SPRINT,
    THRESHOLD,
    WHO,
    ScriptedAssistant,
    cite,
    hostile,
    hypertension,
    make_answer,
    source,
)

from assistant.answer import Certainty, Claim, Direction, WarningKind
from assistant.answer import Warning as AnswerWarning
from assistant.errors import NotFoundError
from assistant.wording import NOTHING_FOUND
from indexes.passage import Passage, Status
from ui import words
from ui.page import notice_page
from ui.rendering import answer_page, safe_url, segments

passage = ScriptedAssistant().passage


def test_each_claim_marks_its_own_words() -> None:
    page = answer_page(hypertension("q"), passage)
    for claim, quote in zip(page["claims"], (THRESHOLD, DELAY, INTENSIVE), strict=True):
        (marker,) = claim["markers"]
        (excerpt,) = marker["excerpts"]
        assert [part["text"] for part in excerpt["segments"] if part["marked"]] == [quote]
    assert [claim["markers"][0]["number"] for claim in page["claims"]] == [1, 1, 2]
    where = page["claims"][0]["markers"][0]["excerpts"][0]["where"]
    assert where == (
        "Recommendations › Blood pressure threshold · Grade: Strong, moderate- to high-certainty evidence · strength: strong "
        "· certainty: moderate to high · for: individuals with a confirmed diagnosis of hypertension · page 11"
    )


def test_how_certain_the_evidence_is_stands_in_one_line() -> None:
    text = "Certainty of the evidence: moderate. A single study."
    certainty = Certainty(level="moderate", starts="high", rests_on=[WHO], reasons=["A single study."], text=text)
    answer = hypertension("q").model_copy(update={"certainty": certainty})
    assert answer_page(answer, passage)["certainty"] == text
    assert answer_page(hypertension("q"), passage)["certainty"] == ""


def test_sources_in_words() -> None:
    who, sprint = answer_page(hypertension("q"), passage)["sources"]
    assert (who["kind"], who["year"], who["status"], who["concern"]) == ("Guideline", "2021", "Current", "")
    assert who["host"] == "who.int"
    assert (sprint["grade"], sprint["concern"]) == ("evidence level 2 of 5", "caution")
    assert sprint["identifiers"] == ["PMID 26551272", "DOI 10.1056/NEJMoa1511939"]


def test_one_marker_for_several_citations_of_a_source() -> None:
    claim = Claim(
        text="Both.",
        support=1.0,
        citations=[cite(SPRINT, INTENSIVE), cite(WHO, DELAY), cite(WHO, THRESHOLD)],
    )
    answer = make_answer("q", claims=[claim], sources=[source(WHO), source(SPRINT)])
    first, second = answer_page(answer, passage)["claims"][0]["markers"]
    assert (first["number"], second["number"]) == (1, 2)
    (excerpt,) = first["excerpts"]
    assert [part["text"] for part in excerpt["segments"] if part["marked"]] == [THRESHOLD, DELAY]
    assert "".join(part["text"] for part in excerpt["segments"]) == PASSAGES[WHO].text


def test_a_passage_that_went_or_changed_shows_the_words_alone() -> None:
    def gone(passage_id: str) -> Passage:
        raise NotFoundError(passage_id)

    for fetch in (gone, lambda _: PASSAGES[POISON]):
        excerpt = answer_page(hypertension("q"), fetch)["claims"][0]["markers"][0]["excerpts"][0]
        assert excerpt["segments"] == [{"text": THRESHOLD, "marked": True}]
        assert excerpt["where"].startswith("The library changed")


def test_warnings_come_gravest_first_and_name_their_source() -> None:
    warnings = [
        AnswerWarning(kind="preliminary", text="b"),
        AnswerWarning(kind="retracted", document_id="pubmed:26551272", text="a"),
        AnswerWarning(kind="emergency", text="c"),
    ]
    answer = make_answer(
        "q",
        claims=[Claim(text="x", support=1.0, citations=[cite(SPRINT, INTENSIVE)])],
        sources=[source(SPRINT)],
        warnings=warnings,
    )
    shown = answer_page(answer, passage)["warnings"]
    assert [(one["heading"], one["grave"], one["number"]) for one in shown] == [
        ("Possible emergency", True, 0),
        ("Retracted", True, 1),
        ("Preliminary", False, 0),
    ]


def test_every_code_has_words() -> None:
    assert set(words.WARNINGS) == set(get_args(WarningKind))
    assert set(words.STATUSES) == {str(status) for status in Status}


def test_an_abstention_says_so_with_its_reason() -> None:
    page = answer_page(make_answer("q", abstained=True, reason="Nothing on dragons."), passage)
    assert page["notice"] == {"heading": NOTHING_FOUND, "text": "Nothing on dragons."}
    assert notice_page("h", "t")["claims"] == []


def test_hostile_text_stays_text_and_its_address_is_dropped() -> None:
    page = answer_page(hostile("q"), passage)
    assert page["sources"][0]["url"] == ""
    assert page["sources"][0]["concern"] == "grave"
    assert page["claims"][0]["text"] == HOSTILE
    assert json.loads(json.dumps(page)) == page


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "file:///etc",
        "",
        "http://",
        "http://[",
    ],
)
def test_only_web_addresses_become_links(url: str) -> None:
    assert safe_url(url) == ""


def test_a_web_address_stays() -> None:
    assert safe_url("https://www.who.int/x?y=1#z") == "https://www.who.int/x?y=1#z"


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6))
def test_segments_keep_every_character_and_mark_exactly_the_spans(text: str, spans: list[tuple[int, int]]) -> None:
    inside = [(min(a, b, len(text)), min(max(a, b), len(text))) for a, b in spans]
    cut = segments(text, [span for span in inside if span[0] < span[1]])
    assert "".join(part["text"] for part in cut) == text
    flags = [part["marked"] for part in cut for _ in part["text"]]
    assert flags == [any(start <= at < end for start, end in inside) for at in range(len(text))]


def test_the_direction_leads_and_the_context_stays_out_of_the_words() -> None:
    claim = Claim(text=DELAY, support=1.0, citations=[cite(WHO, DELAY)], context="hypertension in adults")
    direction = Direction(verdict="yes", claims=[0], text="The evidence cited points to: yes.")
    answer = make_answer("q", claims=[claim], sources=[source(WHO)]).model_copy(update={"direction": direction})
    page = answer_page(answer, passage)
    assert page["direction"] == "The evidence cited points to: yes."
    (shown,) = page["claims"]
    assert (shown["context"], shown["text"]) == ("hypertension in adults", DELAY)
    assert "".join(part["text"] for part in shown["markers"][0]["excerpts"][0]["segments"] if part["marked"]) == DELAY
    assert answer_page(hypertension("q"), passage)["direction"] == ""
