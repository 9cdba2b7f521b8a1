"""ClinicalTrials.gov's former XML and API v1 JSON: they give the documents that API v2 gives."""

from __future__ import annotations

import gzip
import json
import lzma
import tarfile
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.document import Document, Item, Problem
from ingestion.errors import IngestionError, SourceError
from ingestion.sources import find_parser, trials_legacy
from ingestion.sources.trials import ClinicalTrialsGov
from ingestion.sources.trials_legacy_json import LegacyTrialsJson
from ingestion.sources.trials_legacy_xml import LegacyTrialsXml

XML = """<?xml version="1.0" encoding="UTF-8"?>
<clinical_study rank="1">
  <!-- This xml conforms to an XML Schema -->
  <id_info><org_study_id>S-1</org_study_id><nct_id>NCT00000101</nct_id></id_info>
  <brief_title>Salt trial</brief_title>
  <official_title>A Trial of Salt</official_title>
  <sponsors><lead_sponsor><agency>Salt Board</agency></lead_sponsor></sponsors>
  <brief_summary>
    <textblock>
      We test whether eating less salt than people of this region usually do lowers their blood&#xD;
      pressure.&#xD;
    </textblock>
  </brief_summary>
  <overall_status>Active, not recruiting</overall_status>
  <start_date type="Actual">March 4, 2020</start_date>
  <completion_date type="Actual">May 2021</completion_date>
  <phase>Phase 2/Phase 3</phase>
  <study_type>Interventional</study_type>
  <primary_outcome>
    <measure>Pressure</measure><time_frame>6 weeks</time_frame><description>Seated.</description>
  </primary_outcome>
  <secondary_outcome><measure>Stroke</measure><time_frame>1 year</time_frame></secondary_outcome>
  <study_design_info>
    <allocation>Non-Randomized</allocation><masking>Double (Participant, Investigator)</masking>
  </study_design_info>
  <enrollment type="Actual">80</enrollment>
  <condition>Hypertension</condition>
  <arm_group><arm_group_label>Low salt</arm_group_label><description>Diet with 2 g.</description></arm_group>
  <intervention><intervention_type>Other</intervention_type><intervention_name>Diet</intervention_name>
    <description>Meals without salt.</description></intervention>
  <keyword>diet</keyword>
  <last_update_posted type="Actual">June 1, 2022</last_update_posted>
  <eligibility>
    <criteria>
      <textblock>
        Inclusion Criteria:&#xD;
&#xD;
          -  Blood pressure above 140 mmHg on two of three days, measured by someone who has been&#xD;
             trained, as one of:&#xD;
&#xD;
               1. at home&#xD;
&#xD;
        Exclusion Criteria:&#xD;
&#xD;
          -  Pregnancy&#xD;
      </textblock>
    </criteria>
    <gender>All</gender>
    <minimum_age>18 Years</minimum_age>
    <maximum_age>N/A</maximum_age>
    <healthy_volunteers>Accepts Healthy Volunteers</healthy_volunteers>
  </eligibility>
  <location><facility><name>A</name><address><city>Nakuru</city><country>Kenya</country></address></facility></location>
  <location><facility><name>B</name><address><city>Lima</city><country>Peru</country></address></facility></location>
  <clinical_results>
    <outcome_list>
      <outcome><title>Pressure at 6 weeks</title><description>Mean of three.</description></outcome>
    </outcome_list>
  </clinical_results>
</clinical_study>
"""
V1: dict[str, Any] = {
    "ProtocolSection": {
        "IdentificationModule": {
            "NCTId": "NCT00000101",
            "BriefTitle": "Salt trial",
            "OfficialTitle": "A Trial of Salt",
        },
        "DescriptionModule": {
            "BriefSummary": "We test whether eating less salt than people of this region usually do lowers their blood pressure."
        },
        "StatusModule": {
            "OverallStatus": "Active, not recruiting",
            "StartDateStruct": {"StartDate": "March 4, 2020", "StartDateType": "Actual"},
            "CompletionDateStruct": {"CompletionDate": "May 2021"},
            "LastUpdatePostDateStruct": {"LastUpdatePostDate": "June 1, 2022"},
        },
        "SponsorCollaboratorsModule": {"LeadSponsor": {"LeadSponsorName": "Salt Board"}},
        "ConditionsModule": {
            "ConditionList": {"Condition": ["Hypertension"]},
            "KeywordList": {"Keyword": ["diet"]},
        },
        "DesignModule": {
            "StudyType": "Interventional",
            "PhaseList": {"Phase": ["Phase 2", "Phase 3"]},
            "EnrollmentInfo": {"EnrollmentCount": "80"},
            "DesignInfo": {
                "DesignAllocation": "Non-Randomized",
                "DesignMaskingInfo": {"DesignMasking": "Double"},
            },
        },
        "ArmsInterventionsModule": {
            "ArmGroupList": {"ArmGroup": [{"ArmGroupLabel": "Low salt", "ArmGroupDescription": "Diet with 2 g."}]},
            "InterventionList": {
                "Intervention": [
                    {
                        "InterventionType": "Other",
                        "InterventionName": "Diet",
                        "InterventionDescription": "Meals without salt.",
                    }
                ]
            },
        },
        "OutcomesModule": {
            "PrimaryOutcomeList": {
                "PrimaryOutcome": [
                    {
                        "PrimaryOutcomeMeasure": "Pressure",
                        "PrimaryOutcomeDescription": "Seated.",
                        "PrimaryOutcomeTimeFrame": "6 weeks",
                    }
                ]
            },
            "SecondaryOutcomeList": {
                "SecondaryOutcome": [{"SecondaryOutcomeMeasure": "Stroke", "SecondaryOutcomeTimeFrame": "1 year"}]
            },
        },
        "EligibilityModule": {
            "EligibilityCriteria": (
                "Inclusion Criteria:\n\n-  Blood pressure above 140 mmHg on two of three days, measured by someone who has been trained, "
                "as one of:\n\n     1. at home\n\nExclusion Criteria:\n\n-  Pregnancy"
            ),
            "Gender": "All",
            "MinimumAge": "18 Years",
            "HealthyVolunteers": "Accepts Healthy Volunteers",
        },
        "ContactsLocationsModule": {
            "LocationList": {
                "Location": [
                    {"LocationFacility": "A", "LocationCity": "Nakuru", "LocationCountry": "Kenya"},
                    {"LocationFacility": "B", "LocationCity": "Lima", "LocationCountry": "Peru"},
                ]
            }
        },
    },
    "ResultsSection": {
        "OutcomeMeasuresModule": {
            "OutcomeMeasureList": {
                "OutcomeMeasure": [
                    {"OutcomeMeasureTitle": "Pressure at 6 weeks", "OutcomeMeasureDescription": "Mean of three."}
                ]
            }
        }
    },
}
V2: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000101", "briefTitle": "Salt trial"},
        "descriptionModule": {"briefSummary": V1["ProtocolSection"]["DescriptionModule"]["BriefSummary"]},
        "statusModule": {
            "overallStatus": "ACTIVE_NOT_RECRUITING",
            "startDateStruct": {"date": "2020-03-04"},
            "completionDateStruct": {"date": "2021-05"},
            "lastUpdatePostDateStruct": {"date": "2022-06-01"},
        },
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Salt Board"}},
        "conditionsModule": {"conditions": ["Hypertension"], "keywords": ["diet"]},
        "designModule": {
            "phases": ["PHASE2", "PHASE3"],
            "studyType": "INTERVENTIONAL",
            "enrollmentInfo": {"count": 80},
            "designInfo": {"allocation": "NON_RANDOMIZED", "maskingInfo": {"masking": "DOUBLE"}},
        },
        "armsInterventionsModule": {
            "armGroups": [{"label": "Low salt", "description": "Diet with 2 g."}],
            "interventions": [{"name": "Diet", "description": "Meals without salt."}],
        },
        "outcomesModule": {
            "primaryOutcomes": [{"measure": "Pressure", "description": "Seated.", "timeFrame": "6 weeks"}],
            "secondaryOutcomes": [{"measure": "Stroke", "timeFrame": "1 year"}],
        },
        "eligibilityModule": {
            "eligibilityCriteria": V1["ProtocolSection"]["EligibilityModule"]["EligibilityCriteria"],
            "sex": "ALL",
            "minimumAge": "18 Years",
            "healthyVolunteers": True,
        },
        "contactsLocationsModule": {
            "locations": [
                {"facility": "A", "city": "Nakuru", "country": "Kenya"},
                {"facility": "B", "city": "Lima", "country": "Peru"},
            ]
        },
    },
    "resultsSection": {
        "outcomeMeasuresModule": {
            "outcomeMeasures": [{"title": "Pressure at 6 weeks", "description": "Mean of three."}]
        }
    },
    "hasResults": True,
}


def parse(folder: Path, content: Any, name: str = "study") -> list[Item]:
    """What `--kind trials` makes of a file."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return list(find_parser(path, "trials").parse(path))


def eligibility(document: Document) -> list[tuple[tuple[str, ...], str]]:
    sections = (section for section in document.sections if section.role == "eligibility")
    return [(section.path, " ".join(document.text[section.start : section.end].split())) for section in sections]


def test_the_same_study_is_the_same_document_in_every_format(tmp_path: Path) -> None:
    (new,) = parse(tmp_path, V2)
    (json_,) = parse(tmp_path, V1)
    (xml,) = parse(tmp_path, XML)
    assert isinstance(new, Document)
    assert isinstance(xml, Document)
    assert json_ == new
    assert eligibility(xml) == eligibility(new)
    assert [section.path for section in xml.sections] == [section.path for section in new.sections]
    assert xml.text.split() == new.text.split()
    assert "lowers their blood pressure." in xml.text  # a sentence is on one line again, to be quoted
    differing = {name for name, value in new.to_json().items() if xml.to_json()[name] != value}
    assert differing <= {"text", "sections"}  # an XML list is indented a little further


POSTED_XML = """
    <outcome_list><outcome>
      <title>Pressure</title><time_frame>Week 6</time_frame><population>All</population>
      <group_list><group group_id="O1"><title>Low salt</title></group><group group_id="O2"><title>Usual</title></group></group_list>
      <measure>
        <units>mmHg</units><param>Mean</param><dispersion>Standard Deviation</dispersion>
        <analyzed_list><analyzed><units>Participants</units>
          <count_list><count group_id="O1" value="40"/><count group_id="O2" value="38"/></count_list></analyzed></analyzed_list>
        <class_list><class><title>Night</title><category_list><category><measurement_list>
          <measurement group_id="O1" value="-5" spread="1.1"/><measurement group_id="O2" value="1" lower_limit="0" upper_limit="2"/>
        </measurement_list></category></category_list></class></class_list>
      </measure>
      <analysis_list><analysis>
        <group_id_list><group_id>O1</group_id><group_id>O2</group_id></group_id_list><groups_desc>All</groups_desc>
        <p_value>0.01</p_value><method>ANCOVA</method><param_type>Mean Difference</param_type><param_value>-6</param_value>
        <ci_percent>95</ci_percent><ci_lower_limit>-8</ci_lower_limit><ci_upper_limit>-4</ci_upper_limit>
      </analysis></analysis_list>
    </outcome></outcome_list>
    <reported_events>
      <time_frame>6 weeks</time_frame><desc>Asked for at each visit.</desc>
      <group_list><group group_id="E1"><title>Low salt</title></group></group_list>
      <serious_events><category_list>
        <category><title>Total</title><event_list><event><sub_title>Total, serious adverse events</sub_title></event></event_list></category>
        <category><title>Nerves</title><event_list><event><sub_title>Stroke</sub_title>
          <counts group_id="E1" subjects_affected="1" subjects_at_risk="40"/></event></event_list></category>
      </category_list></serious_events>
    </reported_events>
"""
POSTED_V1: dict[str, Any] = {
    "OutcomeMeasuresModule": {
        "OutcomeMeasureList": {
            "OutcomeMeasure": [
                {
                    "OutcomeMeasureTitle": "Pressure",
                    "OutcomeMeasurePopulationDescription": "All",
                    "OutcomeMeasureParamType": "Mean",
                    "OutcomeMeasureDispersionType": "Standard Deviation",
                    "OutcomeMeasureUnitOfMeasure": "mmHg",
                    "OutcomeMeasureTimeFrame": "Week 6",
                    "OutcomeGroupList": {
                        "OutcomeGroup": [
                            {"OutcomeGroupId": "OG000", "OutcomeGroupTitle": "Low salt"},
                            {"OutcomeGroupId": "OG001", "OutcomeGroupTitle": "Usual"},
                        ]
                    },
                    "OutcomeDenomList": {
                        "OutcomeDenom": [
                            {
                                "OutcomeDenomUnits": "Participants",
                                "OutcomeDenomCountList": {
                                    "OutcomeDenomCount": [
                                        {"OutcomeDenomCountGroupId": "OG000", "OutcomeDenomCountValue": "40"},
                                        {"OutcomeDenomCountGroupId": "OG001", "OutcomeDenomCountValue": "38"},
                                    ]
                                },
                            }
                        ]
                    },
                    "OutcomeClassList": {
                        "OutcomeClass": [
                            {
                                "OutcomeClassTitle": "Night",
                                "OutcomeCategoryList": {
                                    "OutcomeCategory": [
                                        {
                                            "OutcomeMeasurementList": {
                                                "OutcomeMeasurement": [
                                                    {
                                                        "OutcomeMeasurementGroupId": "OG000",
                                                        "OutcomeMeasurementValue": "-5",
                                                        "OutcomeMeasurementSpread": "1.1",
                                                    },
                                                    {
                                                        "OutcomeMeasurementGroupId": "OG001",
                                                        "OutcomeMeasurementValue": "1",
                                                        "OutcomeMeasurementLowerLimit": "0",
                                                        "OutcomeMeasurementUpperLimit": "2",
                                                    },
                                                ]
                                            }
                                        }
                                    ]
                                },
                            }
                        ]
                    },
                    "OutcomeAnalysisList": {
                        "OutcomeAnalysis": [
                            {
                                "OutcomeAnalysisGroupIdList": {"OutcomeAnalysisGroupId": ["OG000", "OG001"]},
                                "OutcomeAnalysisGroupDescription": "All",
                                "OutcomeAnalysisPValue": "0.01",
                                "OutcomeAnalysisStatisticalMethod": "ANCOVA",
                                "OutcomeAnalysisParamType": "Mean Difference",
                                "OutcomeAnalysisParamValue": "-6",
                                "OutcomeAnalysisCIPctValue": "95",
                                "OutcomeAnalysisCILowerLimit": "-8",
                                "OutcomeAnalysisCIUpperLimit": "-4",
                            }
                        ]
                    },
                }
            ]
        }
    },
    "AdverseEventsModule": {
        "EventsTimeFrame": "6 weeks",
        "EventsDescription": "Asked for at each visit.",
        "EventGroupList": {"EventGroup": [{"EventGroupId": "EG000", "EventGroupTitle": "Low salt"}]},
        "SeriousEventList": {
            "SeriousEvent": [
                {
                    "SeriousEventTerm": "Stroke",
                    "SeriousEventStatsList": {
                        "SeriousEventStats": [
                            {
                                "SeriousEventStatsGroupId": "EG000",
                                "SeriousEventStatsNumAffected": "1",
                                "SeriousEventStatsNumAtRisk": "40",
                            }
                        ]
                    },
                }
            ]
        },
    },
}


def test_posted_results_are_the_same_tables_in_both_formats(tmp_path: Path) -> None:
    before, _, rest = XML.partition("<clinical_results>")
    content = f"{before}<clinical_results>{POSTED_XML}</clinical_results>{rest.partition('</clinical_results>')[2]}"
    (xml,) = parse(tmp_path, content)
    (json_,) = parse(tmp_path, {**V1, "ResultsSection": POSTED_V1})
    found = []
    for document in (xml, json_):
        assert isinstance(document, Document)
        found.append([(s.path, document.text[s.start : s.end]) for s in document.sections if s.role == "result"])
    assert found[0] == found[1]
    assert found[0] == [
        (("Results",), "Pressure"),
        (("Results", "Pressure", "Analysis population"), "All"),
        (
            ("Results", "Pressure", "Mean (Standard Deviation), mmHg"),
            "Time Frame | Week 6\nArm/Group Title | Low salt | Usual\nParticipants | 40 | 38\nNight | -5 (1.1) | 1 (0 to 2)",
        ),
        (
            ("Results", "Pressure", "Analysis of Low salt, Usual"),
            "P-Value | 0.01\nMethod | ANCOVA\nMean Difference | -6\nConfidence Interval 95% | -8 to -4\nComment | All",
        ),
        (("Adverse events",), "Asked for at each visit."),
        (("Adverse events", "Time frame"), "6 weeks"),
        (("Adverse events", "Serious", "Affected/at risk"), "Arm/Group Title | Low salt\nStroke | 1/40"),
    ]


def test_every_way_api_v1_wraps_studies_is_read(tmp_path: Path) -> None:
    line = json.dumps({"Study": V1})
    answer = {"FullStudiesResponse": {"NStudiesReturned": 2, "FullStudies": [{"Rank": 1, "Study": V1}, {"Study": V1}]}}
    for content, count in [
        (V1, 1),
        ({"Study": V1}, 1),
        ({"FullStudy": {"Rank": 1, "Study": V1}}, 1),
        ([{"Study": V1}, V1], 2),
        (answer, 2),
        (json.dumps(answer, indent=2), 2),
        (f"{line}\n{line}\n", 2),
    ]:
        assert [getattr(item, "document_id", item) for item in parse(tmp_path, content)] == ["nct:NCT00000101"] * count


def test_several_xml_studies_in_a_file_and_a_bad_one_among_them(tmp_path: Path) -> None:
    good = XML.partition("?>")[2]
    bad = good.replace("</brief_title>", "")
    path = tmp_path / "studies.xml.gz"
    path.write_bytes(gzip.compress((good + bad + good).encode()))
    first, problem, last = find_parser(path, "trials").parse(path)
    assert first == last
    assert isinstance(problem, Problem)
    assert problem.record == "nct:NCT00000101"
    assert "clinicaltrials.gov/api/v2" in problem.mend


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret words")
    bomb = (
        '<!DOCTYPE clinical_study [<!ENTITY a "ha"><!ENTITY b "&a;&a;">'
        f'<!ENTITY c SYSTEM "file://{tmp_path}/secret">]>' + XML.partition("?>")[2]
    )
    for name in "bc":
        (problem,) = parse(tmp_path, bomb.replace("Salt trial", f"Salt &{name};"))
        assert isinstance(problem, Problem)
        assert "haha" not in str(problem)
        assert "secret words" not in str(problem)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"StudyFieldsResponse": {"StudyFields": []}}, "chosen fields"),
        ({"FullStudiesResponse": {}}, "lists no studies"),
        ({"FullStudiesResponse": {"FullStudies": [None]}}, "no ProtocolSection"),
        ({"Study": {"ProtocolSection": {"IdentificationModule": {"NCTId": "NCT1"}}}}, "no NCT number"),
        ("<clinical_study><brief_title>Salt</brief_title></clinical_study>", "no nctId"),
    ],
)
def test_what_is_no_whole_study_is_a_problem_with_the_mend(tmp_path: Path, content: Any, reason: str) -> None:
    (problem,) = parse(tmp_path, content)
    assert isinstance(problem, Problem)
    assert reason in problem.reason
    assert "clinicaltrials.gov/api/v2" in problem.mend


def test_a_truncated_xml_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"study: ends inside a <clinical_study> \(truncated\)"):
        parse(tmp_path, XML[: len(XML) // 2])


def test_each_format_has_one_parser() -> None:
    parsers = (ClinicalTrialsGov(), LegacyTrialsJson(), LegacyTrialsXml())
    heads = [json.dumps(V2), json.dumps(V1), XML]
    assert [[parser.recognises(Path("any"), head.encode()) for parser in parsers] for head in heads] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]


@pytest.mark.parametrize(
    ("phase", "kind", "expected"),
    [
        ("Phase 1/Phase 2", "INTERVENTIONAL", ["PHASE1", "PHASE2"]),
        ("Early Phase 1", "INTERVENTIONAL", ["EARLY_PHASE1"]),
        ("Phase 0", "INTERVENTIONAL", ["EARLY_PHASE1"]),
        ("N/A", "INTERVENTIONAL", ["NA"]),
        ("Not Applicable", "INTERVENTIONAL", ["NA"]),
        ("N/A", "OBSERVATIONAL", []),
        ("", "INTERVENTIONAL", []),
    ],
)
def test_phases_are_spelled_as_api_v2_does(phase: str, kind: str, expected: list[str]) -> None:
    assert trials_legacy.phases([phase], kind) == expected


def test_words_are_spelled_as_api_v2_does() -> None:
    words = ("Recruiting", "Unknown status", "Enrolling by invitation", "")
    assert [trials_legacy.status(word) for word in words] == ["RECRUITING", "UNKNOWN", "ENROLLING_BY_INVITATION", ""]
    kinds = ("Observational [Patient Registry]", "Expanded Access", "N/A")
    assert [trials_legacy.study_type(word) for word in kinds] == ["OBSERVATIONAL", "EXPANDED_ACCESS", ""]
    dates = ("July 2001", "July 9, 2001", "Juli 2001", "")
    assert [trials_legacy.iso_date(word) for word in dates] == ["2001-07", "2001-07-09", "Juli 2001", ""]


def test_a_line_that_its_author_ended_is_not_joined(tmp_path: Path) -> None:
    (found,) = parse(tmp_path, XML.replace("-  Pregnancy&#xD;", "-  Pregnancy&#xD;\n          -  Gout&#xD;"))
    assert isinstance(found, Document)
    assert [text for _, text in eligibility(found)][-2:] == ["Pregnancy", "Gout"]


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
MODULES = [name for name in V1["ProtocolSection"] if name != "IdentificationModule"]


@given(st.dictionaries(st.sampled_from(MODULES), JSON), JSON)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_values_of_the_wrong_type_are_passed_over(tmp_path: Path, modules: dict[str, Any], results: Any) -> None:
    protocol = V1["ProtocolSection"] | modules
    (found,) = parse(tmp_path, {"ProtocolSection": protocol, "ResultsSection": results})
    assert isinstance(found, Document)


@pytest.fixture(scope="module")
def genuine(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every file of the native folder, those in its archives unpacked."""
    source, unpacked, files = data_dir / "ingest" / "ctgov_native", tmp_path_factory.mktemp("unpacked"), []
    for path in sorted(source.rglob("*")):
        if path.name.endswith(".tar.xz"):
            with tarfile.open(path) as archive:
                archive.extractall(unpacked / path.name, filter="data")
            files += sorted(item for item in (unpacked / path.name).rglob("*") if item.is_file())
        elif path.suffix == ".xz":
            (unpacked / path.stem).write_bytes(lzma.decompress(path.read_bytes()))
            files.append(unpacked / path.stem)
        elif path.is_file():
            files.append(path)
    return files


def read(files: list[Path]) -> tuple[Counter[str], dict[str, dict[str, Document]]]:
    """What the files hold by format, and the documents by trial and format."""
    counts: Counter[str] = Counter()
    documents: dict[str, dict[str, Document]] = defaultdict(dict)
    for path in files:
        try:
            parser = find_parser(path)
            if parser.kind != "trials":
                continue
            for item in parser.parse(path):
                counts[f"{parser.name}: {type(item).__name__}"] += 1
                if isinstance(item, Document):
                    documents[item.document_id].setdefault(parser.name, item)
        except IngestionError:
            counts["studies refused"] += b"<clinical_study" in path.read_bytes()
    return counts, documents


def test_genuine_files_are_read(genuine: list[Path]) -> None:
    counts, documents = read(genuine)
    assert counts == {
        "ClinicalTrials.gov XML: Document": 146,
        "ClinicalTrials.gov JSON (API v1): Document": 206,
        "ClinicalTrials.gov JSON (API v1): Problem": 2,  # chosen fields, and statistics
        "ClinicalTrials.gov JSON (API v2): Document": 15,
        "ClinicalTrials.gov JSON (API v2): Problem": 51,  # most are parts of studies
        "studies refused": 0,
    }
    legacy = [document for formats in documents.values() for name, document in formats.items() if "v2" not in name]
    withheld = [document for document in legacy if document.attributes["status"] == "WITHHELD"]
    assert len(withheld) == 1
    for document in legacy:
        assert document.title
        assert "\r" not in document.text
        if document not in withheld:
            assert eligibility(document)
            assert document.attributes.get("sex", "ALL") in {"ALL", "FEMALE", "MALE"}  # one does not say


def test_trials_given_in_two_formats_agree(genuine: list[Path], data_dir: Path) -> None:
    _, documents = read(genuine)
    compared = 0
    new = ClinicalTrialsGov()
    for item in new.parse(data_dir / "ingest" / "ctgov_v2_reserialised" / "studies.jsonl.gz"):
        if isinstance(item, Document) and item.document_id in documents:
            documents[item.document_id].setdefault(new.name, item)
    for formats in documents.values():
        names = sorted(formats)
        for one, other in pairwise(names):
            compared += 1
            assert_agree(formats[one], formats[other], flat=one.endswith("(API v1)") and other.endswith("XML"))
    assert compared == 5


def assert_agree(one: Document, other: Document, flat: bool) -> None:
    """That they say the same wherever both say it. What is `flat` in one (API v1 kept no nested lists) is more criteria there, not others."""
    assert one.title == other.title or not one.title or not other.title
    for name in one.attributes.keys() & other.attributes.keys() & {"sex", "minimum_age", "maximum_age", "phases"}:
        given_, expected = (str(document.attributes[name]).upper().replace(" ", "") for document in (one, other))
        assert given_ == expected, name
    mine, theirs = eligibility(one), eligibility(other)
    if flat:
        assert len(mine) > len(theirs) > 0
        assert all(any(nested.startswith(text) for _, text in mine) for _, nested in theirs)
    elif mine and theirs:
        assert len(mine) == len(theirs)
