"""USPSTF statements from the Prevention TaskForce API: each recommendation with its grade and its population."""

from __future__ import annotations

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
from ingestion.sources.uspstf import UspstfStatements

PARSER = UspstfStatements()


def answer(**changes: Any) -> dict[str, Any]:
    """An answer of the API with one statement of two recommendations."""
    return {
        "specificRecommendations": [
            {
                "id": 1, "title": "Fever: Screening -- Adults &lt;40 years", "grade": "B", "gradeVer": 1, "sex": "female",
                "ageRange": [18, 39], "risk": ["39"], "general": "7",
                "text": "The USPSTF recommends asking about fever.<br><br>See the Clinical Considerations section.",
                "servFreq": "<p>Once a year.</p>", "riskText": "<h3>Risk</h3><p>Travel &amp; heat.</p>",
            },
            {
                "id": 2, "title": "Fever: Screening -- All other adults", "grade": "I", "sex": "men and women",
                "ageRange": [40, 100], "risk": [], "general": 7, "text": "Evidence is insufficient.",
            },
        ],
        "grades": {"B": ["", "Offer it."]},
        "generalRecommendations": {
            "7": {
                "title": "Fever: Screening", "topicYear": 2021, "uspstfAlias": "fever-screening", "pubDate": "2021-03-02",
                "topic": "Fever", "topicType": "Screening", "keywords": "fever|  heat |", "specific": [1, 2],
                "rationale": "<h2>Rationale</h2><h3>Importance</h3><p>Fever is common.<sup>1, 2</sup> BMI of 30 kg/m<sup>2</sup> or "
                "10<sup>9</sup>/L.</p>"
                "<h3>USPSTF Assessment</h3><p>The net benefit is moderate.</p>",
                "clinical": "<p>Other groups recommend it (Grade A).</p>",
                "other": "<h2>Recommendations of Others</h2><p>They offer it (B recommendation).</p>",
            }
        },
        "risks": {"39": {"code": "PREGNANT", "name": "Pregnant"}},
        **changes,
    }  # fmt: skip


def parse(folder: Path, content: object) -> list[Item]:
    path = folder / "api.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return list(PARSER.parse(path))


def one(folder: Path, content: object) -> Document:
    (document,) = parse(folder, content)
    assert isinstance(document, Document)
    return document


def test_each_recommendation_stands_under_its_population_with_its_grade(tmp_path: Path) -> None:
    document = one(tmp_path, answer())
    assert [(s.role, s.grade, s.path, document.text[s.start : s.end]) for s in document.sections] == [
        (
            Role.RECOMMENDATION, "B", ("Recommendations", "Adults <40 years"),
            "The USPSTF recommends asking about fever. See the Clinical Considerations section.",
        ),
        (Role.BODY, None, ("Recommendations", "Adults <40 years", "Frequency of service"), "Once a year."),
        (Role.BODY, None, ("Recommendations", "Adults <40 years", "Risk"), "Travel & heat."),
        (Role.RECOMMENDATION, "I", ("Recommendations", "All other adults"), "Evidence is insufficient."),
        (Role.BACKGROUND, None, ("Rationale", "Importance"), "Fever is common. BMI of 30 kg/m² or 10⁹/L."),
        (Role.CONCLUSION, None, ("Rationale", "USPSTF Assessment"), "The net benefit is moderate."),
        (Role.BODY, None, ("Clinical Considerations",), "Other groups recommend it (Grade A)."),
        (Role.BODY, None, ("Recommendations of Others",), "They offer it (B recommendation)."),
    ]  # fmt: skip


def test_a_statement_is_named_dated_and_linked(tmp_path: Path) -> None:
    document = one(tmp_path, answer())
    assert document.document_id == "guideline:uspstf/fever-screening@2021"
    assert (document.title, document.publisher, document.date, document.year) == (
        "Fever: Screening",
        "USPSTF",
        "2021-03-02",
        2021,
    )
    assert document.url == "https://www.uspreventiveservicestaskforce.org/uspstf/recommendation/fever-screening"


def test_whom_it_is_for_is_said_in_the_words_of_trials(tmp_path: Path) -> None:
    assert one(tmp_path, answer()).attributes == {
        "recommendations": [
            {
                "grade": "B", "population": "Adults <40 years", "sex": "FEMALE", "minimum_age": "18 Years", "maximum_age": "39 Years",
                "risks": ["Pregnant"],
            },
            {"grade": "I", "population": "All other adults", "sex": "ALL", "minimum_age": "40 Years"},
        ],
        "sex": "ALL",
        "minimum_age": "18 Years",
        "topic": "Fever",
        "topic_type": "Screening",
        "keywords": ["fever", "heat"],
    }  # fmt: skip


def test_recommendations_without_their_statements_are_refused(tmp_path: Path) -> None:
    content = answer()
    del content["generalRecommendations"]
    with pytest.raises(SourceError, match="no generalRecommendations"):
        parse(tmp_path, content)


def test_one_bad_record_is_a_problem_and_the_rest_goes_on(tmp_path: Path) -> None:
    content = answer()
    content["generalRecommendations"] |= {"8": {"title": "Alone"}, "9": "no statement", "10": {"title": ""}}
    content["specificRecommendations"] += [
        {"id": 3, "general": "99", "text": "Lost."},
        {"id": 4, "general": "7", "text": "<p> </p>"},
        {"general": {}, "text": "Nameless."},
    ]
    items = parse(tmp_path, content)
    assert [item.document_id for item in items if isinstance(item, Document)] == [
        "guideline:uspstf/fever-screening@2021"
    ]
    assert [item.record for item in items if isinstance(item, Problem)] == [
        "recommendation 3", "recommendation 4", "recommendation no. 5 of the file", "statement 8", "statement 9", "statement 10",
    ]  # fmt: skip
    assert all(item.mend for item in items if isinstance(item, Problem))


def test_fields_of_the_wrong_type_count_as_absent(tmp_path: Path) -> None:
    content = answer()
    content["generalRecommendations"]["7"] |= {
        "uspstfAlias": "../../x?y",
        "pubDate": "soon",
        "topicYear": "n/a",
        "keywords": 3,
    }
    content["specificRecommendations"][0] |= {
        "grade": "<b>",
        "sex": 1,
        "ageRange": [-1, "x"],
        "risk": "39",
        "riskText": [],
    }
    document = one(tmp_path, content)
    assert document.document_id == "guideline:uspstf/fever-screening@undated"
    assert (document.url, document.date, document.year, document.sections[0].grade) == ("", None, None, None)


def test_it_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "anything"
    path.write_text(json.dumps(answer()), encoding="utf-8")
    assert find_parser(path).name == PARSER.name
    assert not PARSER.recognises(path, b'{"risks": {}}')


HTML = st.text("ab <>/psuh2&;0159,\x00\ud800", max_size=60)


@given(HTML, HTML, st.one_of(st.none(), st.integers(), HTML, st.lists(st.integers())))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_offsets_are_true_whatever_the_fields_hold(tmp_path: Path, text: str, rationale: str, other: object) -> None:
    content = answer()
    content["specificRecommendations"][1] |= {"text": text, "title": rationale, "ageRange": other, "grade": other}
    content["generalRecommendations"]["7"] |= {
        "rationale": rationale,
        "clinical": text,
        "other": other,
        "topicYear": other,
    }
    for item in parse(tmp_path, content):
        if isinstance(item, Document):
            reached = 0
            for section in item.sections:
                assert reached <= section.start < section.end
                reached = section.end
            assert reached == len(item.text)
            item.text.encode()


def test_the_genuine_data_set_is_read_whole(data_dir: Path) -> None:
    path = data_dir / "ingest/guidelines/uspstf_api/src/assets/data/sample.json"
    source = json.loads(path.read_text(encoding="utf-8"))
    documents = [item for item in PARSER.parse(path) if isinstance(item, Document)]
    assert len(documents) == len({document.document_id for document in documents}) == 90
    for document, statement in zip(documents, source["generalRecommendations"].values(), strict=True):
        assert (document.title, document.year, document.date) == (
            statement["title"].strip(),
            statement["topicYear"],
            statement["pubDate"],
        )
        assert document.url.endswith(f"/{statement['uspstfAlias']}")
    written: dict[str, list[str]] = {}
    for recommendation in source["specificRecommendations"]:
        written.setdefault(recommendation["general"], []).append(recommendation["grade"])
    read = [
        [section.grade for section in document.sections if section.role is Role.RECOMMENDATION]
        for document in documents
    ]
    assert read == [written[number] for number in source["generalRecommendations"]]
    assert sum(map(len, read)) == 143
    recommended = [s for document in documents for s in document.sections if s.role is Role.RECOMMENDATION]
    assert all(s.strength and s.certainty for s in recommended)
    assert all(s.population == s.path[-1] != "Population not named" for s in recommended)
    assert not any(mark in document.text for document in documents for mark in ("&nbsp;", "</p>", "<sup>"))


def test_the_genuine_excerpt_without_statements_is_refused(data_dir: Path) -> None:
    with pytest.raises(SourceError, match="without the statements"):
        list(PARSER.parse(data_dir / "ingest/guidelines/uspstf_api/working-guidlines.json"))
