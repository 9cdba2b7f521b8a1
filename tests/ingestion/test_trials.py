"""ClinicalTrials.gov studies: what is read, how criteria are split, and what is refused."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexes.passage import Kind, Role
from ingestion.chunking import passages_of
from ingestion.document import Document, Item, Problem
from ingestion.errors import SourceError
from ingestion.sources import json_values
from ingestion.sources.criteria import split_criteria
from ingestion.sources.records import read_head
from ingestion.sources.trials import ClinicalTrialsGov

PARSER = ClinicalTrialsGov()
CRITERIA = (
    "Inclusion Criteria:\n\n* Age \\>= 18 years\n* Pressure above 140, as one of:\n\n  * at home\n  * in clinic\n\n"
    "Exclusion Criteria:\n\n1. Pregnancy\n2. E. coli infection\n\nPart B only:\n\n* Gout"
)


def study(nct: str = "NCT00000101", **modules: Any) -> dict[str, Any]:
    """An invented study as API v2 gives it."""
    return {
        "protocolSection": {
            "identificationModule": {"nctId": nct, "briefTitle": "Salt  trial"},
            "descriptionModule": {"briefSummary": "We test salt.", "detailedDescription": "At length."},
            **modules,
        },
        "hasResults": False,
    }


def parse(folder: Path, content: Any, name: str = "study.json") -> list[Item]:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return list(PARSER.parse(path))


def test_a_study_becomes_a_document(tmp_path: Path) -> None:
    given_study = study(
        statusModule={
            "overallStatus": "RECRUITING",
            "startDateStruct": {"date": "2020-03"},
            "completionDateStruct": {"date": "2024-03"},
            "lastUpdatePostDateStruct": {"date": "2023-05-06"},
        },
        sponsorCollaboratorsModule={"leadSponsor": {"name": "Salt Board"}},
        conditionsModule={"conditions": ["Hypertension"], "keywords": ["diet"]},
        designModule={
            "phases": ["PHASE3"],
            "studyType": "INTERVENTIONAL",
            "enrollmentInfo": {"count": 80},
            "designInfo": {"allocation": "RANDOMIZED", "maskingInfo": {"masking": "DOUBLE"}},
        },
        armsInterventionsModule={
            "armGroups": [{"label": "Low salt", "description": "Diet with 2 g."}, {"label": "Empty"}],
            "interventions": [{"name": "Diet", "description": "Meals without salt."}],
        },
        outcomesModule={
            "primaryOutcomes": [{"measure": "Pressure", "description": "Seated.", "timeFrame": "6 weeks"}],
            "secondaryOutcomes": [{"measure": "Stroke", "timeFrame": "1 year"}],
        },
        eligibilityModule={
            "eligibilityCriteria": CRITERIA,
            "sex": "ALL",
            "minimumAge": "18 Years",
            "maximumAge": "N/A",
        },
        contactsLocationsModule={
            "locations": [
                {"facility": "A", "city": "Nakuru", "country": "Kenya"},
                {"country": "Kenya"},
                {"country": "Peru"},
            ]
        },
    )
    given_study["resultsSection"] = {
        "outcomeMeasuresModule": {
            "outcomeMeasures": [{"title": "Pressure at 6 weeks", "description": "Mean of three."}]
        }
    }
    (found,) = parse(tmp_path, given_study)
    assert isinstance(found, Document)
    assert (found.document_id, found.kind, found.title) == ("nct:NCT00000101", Kind.TRIAL, "Salt trial")
    assert found.url == "https://clinicaltrials.gov/study/NCT00000101"
    assert (found.year, found.date, found.evidence_level) == (2020, "2020-03", "registration")
    assert found.revision == "1:2023-05-06"
    assert [(s.role, s.path, found.text[s.start : s.end]) for s in found.sections] == [
        (Role.SUMMARY, ("Brief summary",), "We test salt."),
        (Role.BODY, ("Detailed description",), "At length."),
        (Role.METHOD, ("Arms", "Low salt"), "Diet with 2 g."),
        (Role.METHOD, ("Interventions", "Diet"), "Meals without salt."),
        (Role.METHOD, ("Primary outcomes",), "Pressure"),
        (Role.METHOD, ("Primary outcomes", "Pressure"), "Seated."),
        (Role.METHOD, ("Secondary outcomes",), "Stroke"),
        (Role.ELIGIBILITY, ("Eligibility", "Inclusion"), "Age \\>= 18 years"),
        (
            Role.ELIGIBILITY,
            ("Eligibility", "Inclusion"),
            "Pressure above 140, as one of:\n\n  * at home\n  * in clinic",
        ),
        (Role.ELIGIBILITY, ("Eligibility", "Exclusion"), "Pregnancy"),
        (Role.ELIGIBILITY, ("Eligibility", "Exclusion"), "E. coli infection"),
        (Role.ELIGIBILITY, ("Eligibility", "Exclusion", "Part B only"), "Gout"),
        (Role.RESULT, ("Results",), "Pressure at 6 weeks"),
        (Role.RESULT, ("Results", "Pressure at 6 weeks"), "Mean of three."),
    ]
    assert found.attributes == {
        "status": "RECRUITING",
        "completion_date": "2024-03",
        "phases": ["PHASE3"],
        "study_type": "INTERVENTIONAL",
        "allocation": "RANDOMIZED",
        "masking": "DOUBLE",
        "enrollment": 80,
        "sex": "ALL",
        "minimum_age": "18 Years",
        "conditions": ["Hypertension"],
        "keywords": ["diet"],
        "interventions": ["Diet"],
        "primary_outcomes": [{"measure": "Pressure", "time_frame": "6 weeks"}],
        "secondary_outcomes": [{"measure": "Stroke", "time_frame": "1 year"}],
        "sponsor": "Salt Board",
        "countries": ["Kenya", "Peru"],
        "locations": [{"facility": "A", "city": "Nakuru", "country": "Kenya"}],
        "has_results": True,
    }
    assert Document.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "\n        INCLUSION CRITERIA\n\n          -  Adults with gout who\n             take part\n\n          -  \n\n"
            "        Key Exclusion Criteria:\n\n          1. None\n",
            [("Inclusion", "", "Adults with gout who\n             take part"), ("Exclusion", "", "None")],
        ),
        (
            "Inclusion criteria: adults\nExclusion: children",
            [("Inclusion", "", "adults"), ("Exclusion", "", "children")],
        ),
        ("Exclusion criteria:\n  Gout\n  Asthma", [("Exclusion", "", "Gout"), ("Exclusion", "", "Asthma")]),
        ("4.2 Exclusion criteria (part B)\n- Gout", [("Exclusion", "", "Gout")]),
        ("Exclusion criteria：\n- Gout", [("Exclusion", "", "Gout")]),
        ("- Adults. - Gout. Exclusion Criteria: - Asthma", [("", "", "Adults. - Gout."), ("Exclusion", "", "Asthma")]),
        ("Non-inclusion criteria:\n- Gout", [("Exclusion", "", "Gout")]),
        ("Inclusion and exclusion criteria:\n- Gout", [("", "", "Gout")]),
        ("* **Exclusion Criteria:**\n* Gout", [("Exclusion", "", "Gout")]),
        ("DISEASE CHARACTERISTICS:\n\n  Gout", [("", "DISEASE CHARACTERISTICS", "Gout")]),
        ("* Does not meet any exclusion criteria", [("", "", "Does not meet any exclusion criteria")]),
        (
            "        Gout that lasts\n        for years\n\n        Asthma",
            [("", "", "Gout that lasts\n        for years"), ("", "", "Asthma")],
        ),
        (  # a line that goes on with the one above is no heading, whatever it begins with
            "        Exclusion Criteria:\n\n          -  Other drugs than those in the\n             inclusion criteria) within 90 days\n\n"
            "          -  Illness at\n             inclusion\n\n          -  Pregnancy",
            [
                ("Exclusion", "", "Other drugs than those in the\n             inclusion criteria) within 90 days"),
                ("Exclusion", "", "Illness at\n             inclusion"),
                ("Exclusion", "", "Pregnancy"),
            ],
        ),
        (
            "Inclusion Criteria:\n* Asthma by one of these\n  criteria:\n    * wheeze\n* Adults",
            [("Inclusion", "", "Asthma by one of these\n  criteria:\n    * wheeze"), ("Inclusion", "", "Adults")],
        ),
        (
            "        Inclusion Criteria: - HbA1c\n        7.0 - 10.0 percent both inclusive Exclusion Criteria: - Gout",
            [("Inclusion", "", "HbA1c\n        7.0 - 10.0 percent both inclusive"), ("Exclusion", "", "Gout")],
        ),
        (
            "Inclusion Criteria:\n* Stable (see\n  Exclusion Criteria) on treatment\n* Lung disease (refer to Exclusion Criteria):\n* Adults",
            [
                ("Inclusion", "", "Stable (see\n  Exclusion Criteria) on treatment"),
                ("Inclusion", "", "Lung disease (refer to Exclusion Criteria):"),
                ("Inclusion", "", "Adults"),
            ],
        ),
        ("* Gout\nexclusion criteria:\n* Asthma", [("", "", "Gout"), ("Exclusion", "", "Asthma")]),
        ("* Gout\nExclusion criteria\n* Asthma", [("", "", "Gout"), ("Exclusion", "", "Asthma")]),
        ("-Gout\n-2 visits", [("", "", "Gout"), ("", "", "-2 visits")]),
        ("1.5 mg of salt", [("", "", "1.5 mg of salt")]),
        ("", []),
    ],
)
def test_criteria_are_split_in_every_layout(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert [(c.side, c.group, text[c.start : c.end]) for c in split_criteria(text)] == expected


LINES = st.sampled_from(
    [
        "Inclusion Criteria:",
        "Exclusion criteria: some",
        "* a",
        "  * b",
        "1. c",
        "-",
        "",
        "        d",
        "            e:",
        "F:",
        "**",
        " ",
    ]
)


@given(st.lists(LINES | st.text(max_size=12)).map("\n".join))
def test_criteria_are_stretches_of_the_text_in_order(text: str) -> None:
    end = 0
    for criterion in split_criteria(text):
        assert end <= criterion.start < criterion.end <= len(text)
        assert text[criterion.start : criterion.end].strip()
        end = criterion.end


def test_pages_lists_and_lines_are_read(tmp_path: Path) -> None:
    two = [study("NCT00000001"), study("NCT00000002")]
    as_lines = "\n".join(map(json.dumps, two)) + "\n"
    for content, name in [
        ({"studies": two, "nextPageToken": "x"}, "page.json"),
        (two, "list.json"),
        (as_lines, "lines.jsonl"),
        (as_lines, "lines.txt"),
        ("\ufeff" + json.dumps(two), "marked.json"),
    ]:
        assert [getattr(item, "document_id", item) for item in parse(tmp_path, content, name)] == [
            "nct:NCT00000001",
            "nct:NCT00000002",
        ]


def test_posted_results_are_tables(tmp_path: Path) -> None:
    given_study = study()
    given_study["resultsSection"] = {
        "outcomeMeasuresModule": {
            "outcomeMeasures": [
                {
                    "title": "Pressure",
                    "populationDescription": "All who finished.",
                    "paramType": "LEAST_SQUARES_MEAN",
                    "dispersionType": "Standard Error",
                    "unitOfMeasure": "mmHg",
                    "timeFrame": "Week 6",
                    "groups": [{"id": "OG0", "title": "Low salt"}, {"id": "OG1", "title": "Usual\nsalt"}],
                    "denoms": [
                        {
                            "units": "Participants",
                            "counts": [{"groupId": "OG0", "value": "40"}, {"groupId": "OG1", "value": "38"}],
                        }
                    ],
                    "classes": [
                        {"categories": [{"measurements": [{"groupId": "OG0", "value": "-5.2", "spread": "1.1"}]}]},
                        {
                            "title": "At night",
                            "categories": [
                                {
                                    "title": "Women",
                                    "measurements": [
                                        {"groupId": "OG1", "value": "-1", "lowerLimit": "-3", "upperLimit": "1"}
                                    ],
                                }
                            ],
                        },
                    ],
                    "analyses": [
                        {
                            "groupIds": ["OG0", "OG1"],
                            "pValue": "<0.001",
                            "statisticalMethod": "ANCOVA",
                            "paramType": "Mean Difference",
                            "paramValue": "-4.2",
                            "ciPctValue": "95",
                            "ciLowerLimit": "-6.1",
                            "ciUpperLimit": "-2.3",
                        }
                    ],
                },
                {"title": "Empty", "groups": [{"id": "OG0", "title": "x"}], "classes": [{"categories": [{}]}]},
            ]
        },
        "adverseEventsModule": {
            "timeFrame": "6 weeks",
            "eventGroups": [{"id": "EG0", "title": "Low salt"}, {"id": "EG1", "title": "Usual salt"}],
            "seriousEvents": [
                {
                    "term": "Stroke",
                    "stats": [
                        {"groupId": "EG0", "numAffected": 0, "numAtRisk": 40},
                        {"groupId": "EG1", "numAffected": 1, "numAtRisk": 38},
                    ],
                }
            ],
            "otherEvents": [{"term": "Cramp", "stats": [{"groupId": "EG0", "numAffected": 2, "numAtRisk": 40}]}],
        },
    }
    (found,) = parse(tmp_path, given_study)
    assert isinstance(found, Document)
    results = [(s.path, found.text[s.start : s.end]) for s in found.sections if s.role == Role.RESULT]
    assert results == [
        (("Results",), "Pressure"),
        (("Results", "Pressure", "Analysis population"), "All who finished."),
        (
            ("Results", "Pressure", "Least squares mean (Standard Error), mmHg"),
            "Time Frame | Week 6\nArm/Group Title | Low salt | Usual salt\nParticipants | 40 | 38\nmmHg | -5.2 (1.1) | \n"
            "At night, Women |  | -1 (-3 to 1)",
        ),
        (
            ("Results", "Pressure", "Analysis of Low salt, Usual salt"),
            "P-Value | <0.001\nMethod | ANCOVA\nMean Difference | -4.2\nConfidence Interval 95% | -6.1 to -2.3",
        ),
        (("Results",), "Empty"),
        (("Adverse events", "Time frame"), "6 weeks"),
        (
            ("Adverse events", "Serious", "Affected/at risk"),
            "Arm/Group Title | Low salt | Usual salt\nStroke | 0/40 | 1/38",
        ),
        (("Adverse events", "Other", "Affected/at risk"), "Arm/Group Title | Low salt | Usual salt\nCramp | 2/40 |"),
    ]


def test_a_bad_line_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = [json.dumps(study("NCT00000001")), "", "{half", '{"a": 1}', "[" * 100_000, json.dumps(study("NCT00000002"))]
    path = tmp_path / "studies.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    one, *problems, two = PARSER.parse(path)
    assert isinstance(one, Document)
    assert isinstance(two, Document)
    assert [p.record for p in problems if isinstance(p, Problem)] == ["line 3", "line 4", "line 5"]
    assert all("API v2" in p.mend for p in problems if isinstance(p, Problem))


def test_a_truncated_gzip_gives_its_complete_lines(tmp_path: Path) -> None:
    packed = gzip.compress("\n".join(json.dumps(study(f"NCT{n * 7919:08}")) for n in range(900)).encode())
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(packed[: len(packed) // 2])
    found: list[Item] = []
    with pytest.raises(SourceError, match="truncated"):
        found.extend(PARSER.parse(path))
    assert found
    assert all(isinstance(item, Document) for item in found)


@pytest.mark.parametrize(
    "content",
    [
        {"a": 1},
        [1, None],
        {"studies": [{}]},
        {"studies": {"protocolSection": 1}},
        study("NCT1"),
        study("../../etc"),
        {"protocolSection": {"identificationModule": {"nctId": "NCT00000001"}}},
        {"protocolSection": {"identificationModule": [1]}},
        {"resultsSection": {"outcomeMeasuresModule": {}}},
    ],
)
def test_what_is_no_study_is_a_problem_with_the_mend(tmp_path: Path, content: Any) -> None:
    found = parse(tmp_path, content)
    assert found
    assert all(isinstance(item, Problem) and "clinicaltrials.gov/api/v2" in item.mend for item in found)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("not json", "is not one JSON value"),
        ("", "empty"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_files_that_cannot_be_read_say_why(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason) as error:
        parse(tmp_path, content)
    assert "study.json" in str(error.value)


def test_small_values_without_end_do_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values, "MAX_VALUES", 1_000)
    with pytest.raises(SourceError, match="more than 1,000 values"):
        parse(tmp_path, '{"studies": [' + "{}," * 1_000 + "{}]}")


def test_recognition() -> None:
    any_path = Path("any")
    assert PARSER.recognises(any_path, json.dumps({"studies": [study()]}).encode())
    assert PARSER.recognises(any_path, b"\xef\xbb\xbf" + json.dumps(study()).encode())
    assert not PARSER.recognises(any_path, b"<?xml version='1.0'?>\n<clinical_study>")
    assert not PARSER.recognises(any_path, b'{"FullStudiesResponse": {"FullStudies": []}}')
    assert not PARSER.recognises(any_path, b'{"resourceType": "Bundle"}')
    assert PARSER.recognises(any_path, b'{"protocolSection": {"descriptionModule": {}}}')  # to say what it is
    assert PARSER.recognises(any_path, b'{"hasResults": true, "resultsSection": {}}')
    assert not PARSER.recognises(any_path, b"<PubmedArticleSet>")
    assert not PARSER.recognises(any_path, b"%PDF \xff")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    "conditionsModule",
    "contactsLocationsModule",
    "statusModule",
    "descriptionModule",
    "eligibilityModule",
    "designModule",
    "armsInterventionsModule",
    "outcomesModule",
]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_values_of_the_wrong_type_are_passed_over(tmp_path: Path, modules: dict[str, Any]) -> None:
    (found,) = parse(tmp_path, study(**modules))
    assert isinstance(found, Document)


@given(st.dictionaries(st.sampled_from(["outcomeMeasures", "seriousEvents", "eventGroups", "groups"]), JSON))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_results_of_the_wrong_type_are_passed_over(tmp_path: Path, module: dict[str, Any]) -> None:
    results = {"outcomeMeasuresModule": module, "adverseEventsModule": module}
    (found,) = parse(tmp_path, {**study(), "resultsSection": results})
    assert isinstance(found, Document)


def test_half_a_surrogate_pair_does_not_reach_the_text(tmp_path: Path) -> None:
    (found,) = parse(tmp_path, study(descriptionModule={"briefSummary": "bad \ud800 text"}))
    assert isinstance(found, Document)
    assert found.text == "bad \ufffd text"
    assert found.content_hash


def test_genuine_files_are_read_or_refused_with_the_mend(data_dir: Path) -> None:
    counts: Counter[str] = Counter()
    for path in sorted((data_dir / "ingest" / "ctgov_native").rglob("*")):
        if not path.is_file() or not path.stat().st_size or not PARSER.recognises(path, read_head(path, 4096)):
            continue
        for item in PARSER.parse(path):
            counts[type(item).__name__] += 1
    assert counts == {"Document": 15, "Problem": 51}  # most are parts of studies


@pytest.mark.slow
def test_reserialised_studies_are_read_whole(data_dir: Path) -> None:
    documents = criteria = 0
    for item in PARSER.parse(data_dir / "ingest" / "ctgov_v2_reserialised" / "studies.jsonl.gz"):
        assert isinstance(item, Document)
        documents += 1
        criteria += sum(section.role == Role.ELIGIBILITY for section in item.sections)
    assert documents == 8740
    assert criteria > 100_000


@given(
    counts=st.lists(st.integers(0, 99), min_size=1, max_size=120),
    arms=st.lists(st.text("abc ", min_size=1, max_size=300).filter(str.strip), min_size=1, max_size=4),
)
@settings(deadline=None, max_examples=30)
def test_each_passage_of_a_long_table_says_whose_figures_they_are(
    tmp_path_factory: pytest.TempPathFactory, counts: list[int], arms: list[str]
) -> None:
    groups = [{"id": f"EG{number}", "title": title} for number, title in enumerate(arms)]
    given_study = study("NCT00000001")
    given_study["resultsSection"] = {
        "adverseEventsModule": {
            "eventGroups": groups,
            "otherEvents": [
                {
                    "term": f"Event number {number}",
                    "stats": [{"groupId": group["id"], "numAffected": count, "numAtRisk": 99} for group in groups],
                }
                for number, count in enumerate(counts)
            ],
        }
    }
    (found,) = parse(tmp_path_factory.mktemp("study"), given_study)
    assert isinstance(found, Document)
    head = " | ".join(("Arm/Group Title", *(" ".join(title.split()) for title in arms)))
    tables = [section for section in found.sections if section.path[:1] == ("Adverse events",)]
    rows = [line for table in tables for line in found.text[table.start : table.end].splitlines() if line != head]
    assert rows == [
        " | ".join((f"Event number {number}", *(f"{count}/99" for _ in arms))) for number, count in enumerate(counts)
    ]
    assert all(found.text[table.start : table.end].startswith(head) for table in tables)
    assert sum(len(head) for _ in tables) <= len(head) + sum(map(len, rows))
    for passage in passages_of(found):
        if passage.section[:1] == ("Adverse events",) and len(head) < 400:
            assert passage.text.startswith(head)
