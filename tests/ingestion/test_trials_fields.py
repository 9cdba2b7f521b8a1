"""Every field of genuine ClinicalTrials.gov studies, against a second reading of the same files that shares no code with the parser."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indexes.passage import Role
from ingestion.document import Document
from ingestion.sources.records import read_head
from ingestion.sources.trials import ClinicalTrialsGov

PARSER = ClinicalTrialsGov()
FIELDS = {
    "acronym": "protocolSection.identificationModule.acronym",
    "status": "protocolSection.statusModule.overallStatus",
    "why_stopped": "protocolSection.statusModule.whyStopped",
    "completion_date": "protocolSection.statusModule.completionDateStruct.date",
    "phases": "protocolSection.designModule.phases",
    "study_type": "protocolSection.designModule.studyType",
    "allocation": "protocolSection.designModule.designInfo.allocation",
    "masking": "protocolSection.designModule.designInfo.maskingInfo.masking",
    "enrollment": "protocolSection.designModule.enrollmentInfo.count",
    "sex": "protocolSection.eligibilityModule.sex",
    "minimum_age": "protocolSection.eligibilityModule.minimumAge",
    "maximum_age": "protocolSection.eligibilityModule.maximumAge",
    "healthy_volunteers": "protocolSection.eligibilityModule.healthyVolunteers",
    "conditions": "protocolSection.conditionsModule.conditions",
    "keywords": "protocolSection.conditionsModule.keywords",
    "sponsor": "protocolSection.sponsorCollaboratorsModule.leadSponsor.name",
}
TEXTS = {
    "protocolSection.descriptionModule.briefSummary": Role.SUMMARY,
    "protocolSection.descriptionModule.detailedDescription": Role.BODY,
}
HEADING = re.compile(
    r"(?i)in-?clusion|ex-?clusion|criteri|eligib|age|sex|gender|stage|volunteer|patient|participant|characteristic|therapy"
)


def at(study: Any, path: str) -> Any:
    """What stands there; `None` where nothing does."""
    for name in path.split("."):
        study = study.get(name) if isinstance(study, dict) else None
    return [each for each in study if each] if isinstance(study, list) else study


def studies_in(value: Any) -> Iterator[dict[str, Any]]:
    """Whatever has a protocol with an NCT number, however deep."""
    if isinstance(value, dict) and at(value, "protocolSection.identificationModule.nctId"):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from studies_in(each)


def second_reading(path: Path) -> dict[str, dict[str, Any]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig")
    try:
        values = [json.loads(text)]
    except ValueError:
        values = [json.loads(line) for line in text.splitlines() if line.strip()]
    return {at(study, "protocolSection.identificationModule.nctId"): study for study in studies_in(values)}


def flat(text: str) -> str:
    return " ".join(text.split())


def check(document: Document, study: dict[str, Any]) -> Iterator[str]:
    """Compares a document with its study; the names of the fields that the study fills."""
    for name, path in FIELDS.items():
        said = at(study, path)
        said = "ALL" if said in ("BOTH", "Both") else said  # the word of the older exports
        if said in (None, "", []) or (name.endswith("_age") and said == "N/A"):
            assert name not in document.attributes, name
        else:
            assert document.attributes[name] == said, name
            yield name
    for name, key in (("primary_outcomes", "primaryOutcomes"), ("secondary_outcomes", "secondaryOutcomes")):
        listed = at(study, f"protocolSection.outcomesModule.{key}") or []
        expected = [(each.get("measure", ""), each.get("timeFrame", "")) for each in listed]
        found = [(each["measure"], each["time_frame"]) for each in document.attributes.get(name, [])]
        assert found == expected, name
        yield from [name] * bool(expected)
    interventions = at(study, "protocolSection.armsInterventionsModule.interventions") or []
    assert document.attributes.get("interventions", []) == [each["name"] for each in interventions]
    yield from ["interventions"] * bool(interventions)
    places = at(study, "protocolSection.contactsLocationsModule.locations") or []
    assert set(document.attributes.get("countries", [])) == {each["country"] for each in places if each.get("country")}
    assert len(document.attributes.get("locations", [])) == sum(
        bool(each.keys() & {"facility", "city", "state"}) for each in places
    )
    yield from ["locations"] * bool(places)
    for path, role in TEXTS.items():
        said = at(study, path)
        told = [document.text[each.start : each.end] for each in document.sections if each.role is role]
        assert not said or flat(said) in map(flat, told), path
        yield from [path] * bool(said)
    updated = at(study, "protocolSection.statusModule.lastUpdatePostDateStruct.date")
    assert document.revision.endswith(updated or ":")
    yield from ["revision"] * bool(updated)


def lines_left_out(document: Document, study: dict[str, Any]) -> list[str]:
    """The lines of a study's criteria that are in none of its sections, headings apart."""
    raw = at(study, "protocolSection.eligibilityModule.eligibilityCriteria") or ""
    told = flat(
        " ".join(document.text[each.start : each.end] for each in document.sections if each.role is Role.ELIGIBILITY)
    )
    paths = flat(" ".join(name for each in document.sections if each.role is Role.ELIGIBILITY for name in each.path))
    lines = (
        re.sub(r"^\W*(?:\d{1,2}[.)]|[a-z][.)])?\s*|\W+$", "", flat(line).replace("\\", "")) for line in raw.splitlines()
    )
    spoken = (told + " " + paths).replace("\\", "")
    return [line for line in lines if line and line not in spoken and not (len(line) < 80 and HEADING.search(line))]


def compared(path: Path) -> Counter[str]:
    filled: Counter[str] = Counter()
    documents = {item.document_id: item for item in PARSER.parse(path) if isinstance(item, Document)}
    studies = second_reading(path)
    for document_id, document in documents.items():
        study = studies[document_id.removeprefix("nct:")]
        filled.update(["study", *check(document, study)])
        filled["lines of criteria left out"] += len(lines_left_out(document, study))
    return filled


def test_every_field_of_genuine_studies_is_what_a_second_reading_finds(data_dir: Path) -> None:
    filled: Counter[str] = Counter()
    for path in sorted((data_dir / "ingest" / "ctgov_native").rglob("*")):
        if path.is_file() and path.stat().st_size and PARSER.recognises(path, read_head(path, 4096)):
            filled += compared(path)
    assert (filled["study"], filled["lines of criteria left out"]) == (15, 0)
    assert filled.keys() >= {
        *FIELDS,
        *TEXTS,
        "primary_outcomes",
        "secondary_outcomes",
        "interventions",
        "locations",
        "revision",
    }


@pytest.mark.slow
def test_every_field_of_reserialised_studies_is_what_a_second_reading_finds(data_dir: Path) -> None:
    filled = compared(data_dir / "ingest" / "ctgov_v2_reserialised" / "studies.jsonl.gz")
    assert filled["study"] == 8740
    assert filled["lines of criteria left out"] < 170  # headings that hold the beginning of what follows them, mostly
