"""ClinicalTrials.gov studies as API v2 JSON: one study, a page `{"studies": […]}`, a list, or one study a line (`.jsonl`, gzip or not).

Fields: https://clinicaltrials.gov/data-api/about-api/study-data-structure. Text fields become sections word for word, their Markdown escapes
(`\\>`) included; titles and labels become paths. No sentence is composed from structured values: those are attributes. The formats before API v2
(`trials_legacy_json.py`, `trials_legacy_xml.py`) are brought into its shape and read here too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexes.passage import Kind, Role
from ingestion.document import Document, Item, Problem, TextBuilder
from ingestion.sources.criteria import split_criteria
from ingestion.sources.json_values import SUFFIXES, Json, json_values, object_at, objects_at, string_at, strings_at

MEND = "download the study as API v2 JSON: https://clinicaltrials.gov/api/v2/studies/<NCT id>"
"""What to do with a study that cannot be read, in whatever format it came."""
_NCT = re.compile(r"NCT[0-9]{8}")
_DATE = re.compile(r"((?:19|20)[0-9]{2})(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?")


class ClinicalTrialsGov:
    """The parser of ClinicalTrials.gov API v2 JSON."""

    name = "ClinicalTrials.gov JSON (API v2)"
    kind = "trials"
    version = 1
    suffixes = SUFFIXES

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the name says nothing: judge by content
        """Whether the file begins with a study."""
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        return start[:1] in (b"{", b"[") and b'"protocolSection"' in start and b'"nctId"' in start

    def parse(self, path: Path) -> Iterator[Item]:
        """Documents and problems in file order; raises what `json_values` raises."""
        for item in json_values(path, MEND):
            if isinstance(item, Problem):
                yield item
            else:
                where, value = item
                yield from _studies(value, where)


def _studies(value: Any, where: str) -> Iterator[Document | Problem]:
    """The studies in a JSON value: itself, or those it lists."""
    listed = value.get("studies") if isinstance(value, dict) and "protocolSection" not in value else value
    if isinstance(listed, list):
        for number, study in enumerate(listed, 1):
            yield read_study(study, f"{where}, study {number}")
    else:
        yield read_study(value, where)


def read_study(study: Any, where: str) -> Document | Problem:
    """The document of one study in the shape of API v2; `where` names the study in a problem."""
    protocol = object_at(study, "protocolSection")
    if not protocol:
        return Problem(where, "is no study: it has no protocolSection", MEND)
    identification = object_at(protocol, "identificationModule")
    nct = string_at(identification, "nctId").strip()
    if not _NCT.fullmatch(nct):
        return Problem(where, f"its nctId {nct[:20]!r} is no NCT number" if nct else "it has no nctId", MEND)
    title = string_at(identification, "officialTitle")
    title = " ".join((string_at(identification, "briefTitle") or title).split())
    builder = _sections(protocol, object_at(study, "resultsSection"))
    if not title and not builder.sections:
        return Problem(f"nct:{nct}", "has neither title nor text", MEND)
    date = _DATE.match(string_at(object_at(protocol, "statusModule", "startDateStruct"), "date"))
    return Document(
        document_id=f"nct:{nct}",
        kind=Kind.TRIAL,
        title=title,
        text=builder.text,
        sections=tuple(builder.sections),
        url=f"https://clinicaltrials.gov/study/{nct}",
        year=int(date[1]) if date else None,
        date=date[0] if date else None,
        publisher="ClinicalTrials.gov",
        identifiers={"nct": nct},
        evidence_level="registration",
        attributes=_attributes(protocol, study),
    )


def _sections(protocol: Json, results: Json) -> TextBuilder:
    builder = TextBuilder()
    description = object_at(protocol, "descriptionModule")
    builder.add(string_at(description, "briefSummary"), Role.SUMMARY, ("Brief summary",))
    builder.add(string_at(description, "detailedDescription"), Role.BODY, ("Detailed description",))
    for arm in objects_at(object_at(protocol, "armsInterventionsModule"), "armGroups"):
        builder.add(string_at(arm, "description"), Role.METHOD, _path("Arms", string_at(arm, "label")))
    for outcome in objects_at(object_at(protocol, "outcomesModule"), "primaryOutcomes"):
        measure = string_at(outcome, "measure")
        builder.add(measure, Role.METHOD, ("Primary outcomes",))
        builder.add(string_at(outcome, "description"), Role.METHOD, _path("Primary outcomes", measure))
    criteria = string_at(object_at(protocol, "eligibilityModule"), "eligibilityCriteria")
    for criterion in split_criteria(criteria):
        path = _path("Eligibility", criterion.side, criterion.group)
        builder.add(criteria[criterion.start : criterion.end], Role.ELIGIBILITY, path)
    for outcome in objects_at(object_at(results, "outcomeMeasuresModule"), "outcomeMeasures"):
        name = string_at(outcome, "title")
        builder.add(name, Role.RESULT, ("Results",))
        builder.add(string_at(outcome, "description"), Role.RESULT, _path("Results", name))
    return builder


def _attributes(protocol: Json, study: Json) -> Json:
    """What a trial is filtered and matched by; a value that the study does not give has no key."""
    status = object_at(protocol, "statusModule")
    design = object_at(protocol, "designModule")
    eligibility = object_at(protocol, "eligibilityModule")
    enrollment = object_at(design, "enrollmentInfo").get("count")
    healthy = eligibility.get("healthyVolunteers")
    interventions = objects_at(object_at(protocol, "armsInterventionsModule"), "interventions")
    places = objects_at(object_at(protocol, "contactsLocationsModule"), "locations")
    outcomes = objects_at(object_at(protocol, "outcomesModule"), "primaryOutcomes")
    sex = string_at(eligibility, "sex").upper()
    values: Json = {
        "status": string_at(status, "overallStatus"),
        "why_stopped": string_at(status, "whyStopped"),
        "phases": strings_at(design, "phases"),
        "study_type": string_at(design, "studyType"),
        "enrollment": enrollment if type(enrollment) is int else None,
        "sex": "ALL" if sex == "BOTH" else sex,  # the word of the older exports
        "minimum_age": _age(eligibility, "minimumAge"),
        "maximum_age": _age(eligibility, "maximumAge"),
        "healthy_volunteers": healthy if type(healthy) is bool else None,
        "conditions": strings_at(object_at(protocol, "conditionsModule"), "conditions"),
        "interventions": [name for item in interventions if (name := string_at(item, "name"))],
        "primary_outcomes": [
            {"measure": string_at(outcome, "measure"), "time_frame": string_at(outcome, "timeFrame")}
            for outcome in outcomes
        ],
        "sponsor": string_at(object_at(protocol, "sponsorCollaboratorsModule", "leadSponsor"), "name"),
        "countries": list(dict.fromkeys(country for place in places if (country := string_at(place, "country")))),
        "has_results": study.get("hasResults") is True or bool(object_at(study, "resultsSection")),
    }
    return {name: value for name, value in values.items() if value not in ("", None, [])}


def _age(eligibility: Json, name: str) -> str:
    age = string_at(eligibility, name)
    return "" if age.upper() == "N/A" else age


def _path(*steps: str) -> tuple[str, ...]:
    return tuple(" ".join(step.split()) for step in steps if step.strip())
