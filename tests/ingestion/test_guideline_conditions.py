"""Treatment guidelines taken apart into JSON, a condition an object."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexes.passage import Role
from ingestion.document import Document, Item, Problem
from ingestion.errors import SourceError
from ingestion.sources import find_parser
from ingestion.sources.guideline_conditions import ConditionGuidelines

PARSER = ConditionGuidelines()
FEVER: dict[str, Any] = {
    "condition_name": "Fever",
    "condition_slug": "fever",
    "source": "National  Handbook 2022",
    "introduction": "Fever is\n common.",
    "clinical_features": [
        {"type": "Mild", "features": ["Warm skin", " "]},
        {"type": "Severe", "features": ["Fits"], "signs": "Shock"},
    ],
    "treatment": {"goals": ["Comfort"], "drug": ["Paracetamol:", "Adults: 1 g four times a day"], "non_drug": []},
    "prognosis": None,
    "_odd": 3,
}


def parse(folder: Path, content: object, name: str = "FEVER_2.json") -> list[Item]:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    assert find_parser(path).name == PARSER.name
    return list(PARSER.parse(path))


def test_sections_keep_their_names_and_a_list_stays_together(tmp_path: Path) -> None:
    (document,) = parse(tmp_path, FEVER)
    assert isinstance(document, Document)
    assert [(s.role, s.path, document.text[s.start : s.end]) for s in document.sections] == [
        (Role.BODY, ("Introduction",), "Fever is common."),
        (Role.BODY, ("Clinical features", "Mild"), "Warm skin"),
        (Role.BODY, ("Clinical features", "Severe"), "Fits"),
        (Role.BODY, ("Clinical features", "Severe"), "Shock"),
        (Role.BODY, ("Treatment", "Goals"), "Comfort"),
        (Role.BODY, ("Treatment", "Drug"), "Paracetamol:\nAdults: 1 g four times a day"),
    ]


def test_the_document_says_what_it_was_taken_from(tmp_path: Path) -> None:
    (document,) = parse(tmp_path, FEVER)
    assert isinstance(document, Document)
    assert document.document_id == "guideline:national-handbook/fever-2@2022"
    assert (document.title, document.publisher, document.year) == ("Fever", "National Handbook", 2022)
    assert document.attributes == {"extracted_from": "National Handbook 2022"}


@pytest.mark.parametrize("name", ["all.json", "all.jsonl"])
def test_conditions_of_one_file_do_not_replace_each_other(tmp_path: Path, name: str) -> None:
    twice = [FEVER, {**FEVER, "introduction": "Fever in children."}]
    content = json.dumps(twice) if name == "all.json" else "\n".join(map(json.dumps, twice))
    assert [item.document_id for item in parse(tmp_path, content, name) if isinstance(item, Document)] == [
        "guideline:national-handbook/fever@2022",
        "guideline:national-handbook/fever-2@2022",
    ]


def test_one_bad_condition_is_a_problem_and_the_rest_goes_on(tmp_path: Path) -> None:
    deep: Any = "text"
    for _ in range(9):
        deep = {"further": deep}
    bad = [
        {**FEVER, "source": ""},
        {**FEVER, "condition_name": 7},
        "text",
        {"condition_name": "Rash", "source": "A 2020", "prognosis": None},
        {**FEVER, "treatment": deep},
    ]
    items = parse(tmp_path, [*bad, FEVER])
    problems = [item for item in items if isinstance(item, Problem)]
    assert [(problem.record, problem.reason.split(":")[-1].strip()) for problem in problems] == [
        ("condition 1", "has no source"),
        ("condition 2", "has no condition_name"),
        ("condition 3", "is no JSON object"),
        ("condition 4", "has no text"),
        ("condition 5", "its sections nest deeper than 6 levels"),
    ]
    assert isinstance(items[-1], Document)


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not one JSON value"):
        parse(tmp_path, '{"condition_name": "Fever", ')


def test_what_comes_before_the_break_of_a_truncated_file_is_read(tmp_path: Path) -> None:
    lines = "".join(json.dumps({**FEVER, "introduction": str(number) * 4000}) + "\n" for number in range(400))
    packed = gzip.compress(lines.encode(), mtime=0)
    path = tmp_path / "all.jsonl.gz"
    path.write_bytes(packed[: len(packed) // 2])
    items = PARSER.parse(path)
    assert isinstance(next(items), Document)
    with pytest.raises(SourceError, match="truncated"):
        list(items)
    path.write_bytes(gzip.compress(lines.encode().partition(b"\n")[0] + b"\n", mtime=0)[:-9])
    with pytest.raises(SourceError, match="truncated"):
        list(PARSER.parse(path))


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "a_b", ""]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(VALUES, VALUES)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_offsets_are_true_whatever_the_sections_hold(tmp_path: Path, first: object, second: object) -> None:
    for item in parse(tmp_path, {**FEVER, "treatment": first, "prognosis": second}):
        if isinstance(item, Document):
            reached = 0
            for section in item.sections:
                assert reached <= section.start < section.end
                reached = section.end
            assert reached == len(item.text)


def test_every_genuine_condition_is_read(data_dir: Path) -> None:
    files = sorted((data_dir / "ingest/guidelines/nigeria_nstg_2022/processed_json").glob("*.json"))
    ids = set()
    for path in files:
        assert find_parser(path).name == PARSER.name
        (document,) = PARSER.parse(path)
        assert isinstance(document, Document)
        assert not any(section.role is Role.RECOMMENDATION for section in document.sections)
        ids.add(document.document_id)
        written = json.loads(path.read_text(encoding="utf-8"))
        assert document.title == " ".join(written["condition_name"].split())
        for line in [line for lines in written["treatment"].values() for line in lines]:
            assert " ".join(line.split()) in document.text
    assert len(ids) == len(files) == 270
