"""Passages keep everything through a payload; filters mean what they say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from passages import any_passage, make_passage

from indexes.errors import UnusableQueryError
from indexes.filters import Filters
from indexes.passage import Kind, Part, Passage, Role, Sex, Status


@given(any_passage())
def test_a_payload_is_json_and_gives_the_passage_again(passage: Passage) -> None:
    assert Passage.from_payload(json.loads(json.dumps(passage.to_payload()))) == passage


def test_the_embedder_reads_title_and_section_and_the_quote_does_not() -> None:
    passage = Passage(
        "d#0", "d", Kind.GUIDELINE, "Offer a statin.", 0, 15, "Lipids", ("Treatment", "Primary prevention")
    )
    assert passage.embedding_text == "Lipids. Treatment > Primary prevention\nOffer a statin."
    assert Passage("d#0", "d", Kind.GUIDELINE, "Offer a statin.", 0, 15, "").embedding_text == "Offer a statin."


def test_a_part_of_an_earlier_citewell_is_read_and_one_without_more_is_written_as_then() -> None:
    before = [0, 5, "recommendation", "Adults", "Grade B"]
    part = Part(0, 5, Role.RECOMMENDATION, "Adults", "Grade B")
    assert Part.from_payload(before) == part
    assert part.to_payload() == before
    more = Part(0, 5, Role.RECOMMENDATION, "Adults", "Grade B", "recommended", "high", "adults")
    assert Part.from_payload(json.loads(json.dumps(more.to_payload()))) == more


def test_each_character_has_the_part_that_holds_it() -> None:
    parts = (Part(0, 5, Role.METHOD), Part(7, 10, Role.CONCLUSION))
    passage = Passage("d#0", "d", Kind.LITERATURE, "0123456789", 0, 10, "", parts=parts)
    assert [passage.part_at(offset).role for offset in (0, 4, 5, 7, 9)] == [
        Role.METHOD, Role.METHOD, Role.BODY, Role.CONCLUSION, Role.CONCLUSION,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "accepted"),
    [
        (Filters(), {1, 2, 3}),
        (Filters(kinds=frozenset({Kind.TRIAL, Kind.GUIDELINE})), {2, 3}),
        (Filters(year_from=2020), {1}),
        (Filters(year_to=2020), {1, 2}),
        (Filters(year_from=2010, year_to=2010), {2}),
        (Filters(kinds=frozenset({Kind.TRIAL}), year_from=2020), set()),
        (Filters(document_ids=frozenset({"doc:3"})), {3}),
    ],
)
def test_filters(filters: Filters, accepted: set[int]) -> None:
    passages = {
        1: make_passage(1, "x", Kind.LITERATURE, 2020),
        2: make_passage(2, "x", Kind.TRIAL, 2010),
        3: make_passage(3, "x", Kind.GUIDELINE, None),
    }
    assert {number for number, one in passages.items() if filters.accepts(one)} == accepted
    assert filters.empty == (filters == Filters())


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"kinds": "trial"}, r"kinds .*'trial'.*a set, such as frozenset\(\{'trial'\}\)"),
        ({"kinds": Kind.TRIAL}, r"kinds .*'trial'.*a set"),
        ({"kinds": {"book"}}, "kinds .*'book'.*one of: guideline, literature, trial"),
        ({"statuses": {"fine"}}, "statuses .*'fine'.*retracted"),
        ({"sex": "x"}, "sex .*'x'.*one of: all, female, male"),
        ({"age": float("nan")}, "age .*'nan'.*from 0 to 200"),
        ({"age": -1}, "age .*'-1'"),
        ({"age": "old"}, "age .*'old'"),
        ({"phases": {"9"}}, "no phase '9'.*early phase 1"),
        ({"year_from": 2010.5}, r"year_from .*'2010\.5'.*a year"),
        ({"year_to": "2010"}, "year_to "),
        ({"mesh": {" _"}}, "mesh .*words"),
        ({"conditions": {5}}, "conditions .*'5'.*words"),
        ({"document_ids": 7}, "document_ids .*'7'.*a set"),
        ({"evidence_levels": "guideline"}, "evidence_levels .*a set"),
    ],
)
def test_a_filter_that_nothing_could_meet_is_refused_by_name_with_what_it_may_be(
    said: dict[str, Any], told: str
) -> None:
    with pytest.raises(UnusableQueryError, match=told):
        Filters(**said)


def test_filters_take_any_collection_of_values_and_keep_them_as_members() -> None:
    taken = Filters(kinds=["trial"], statuses=("draft",), sex="male", phases=["III"], languages=[], age=0)  # type: ignore[arg-type]
    assert taken == Filters(
        kinds=frozenset({Kind.TRIAL}),
        statuses=frozenset({Status.DRAFT}),
        sex=Sex.MALE,
        phases=frozenset({"Phase 3"}),
        age=0,
    )
