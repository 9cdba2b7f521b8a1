"""ClinicalTrials.gov studies as API v2 JSON: one study, a page `{"studies": […]}`, a list, or one study a line (`.jsonl`, gzip or not).

Fields: https://clinicaltrials.gov/data-api/about-api/study-data-structure. Text fields become sections word for word, their Markdown escapes
(`\\>`) included; titles and labels become paths. No sentence is composed from structured values: those are attributes. The older XML and JSON
formats, retired in June 2024, are recognised in order to say so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexes.passage import Kind, Role
from ingestion.document import Document, Item, Problem, TextBuilder, printable
from ingestion.errors import SourceError
from ingestion.sources.criteria import split_criteria
from ingestion.sources.records import chunks, lines, read_head

MAX_JSON = 512 << 20
"""The longest JSON file in bytes that is read at once; one study a line has no such limit."""
MAX_VALUES = 20_000_000
"""The most values in JSON that is read at once: three bytes of `{},` become a hundred in memory. Studies have one in some thirty bytes."""

_MEND = "download the study as API v2 JSON: https://clinicaltrials.gov/api/v2/studies/<NCT id>"
_NCT = re.compile(r"NCT[0-9]{8}")
_DATE = re.compile(r"((?:19|20)[0-9]{2})(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?")
_LEGACY_XML = re.compile(rb"<(?:!DOCTYPE\s+)?clinical_study\b")
_LEGACY_JSON = re.compile(rb'"(?:FullStudiesResponse|StudyFieldsResponse|FullStudy|ProtocolSection)"\s*:')

Json = dict[str, Any]


class ClinicalTrialsGov:
    """The parser of ClinicalTrials.gov API v2 JSON."""

    name = "ClinicalTrials.gov JSON (API v2)"
    kind = "trials"
    version = 1
    suffixes = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the name says nothing: judge by content
        """Whether the file begins with a study, or is of an older ClinicalTrials.gov format, which `parse` refuses with its mend."""
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if start[:1] in (b"{", b"["):
            return (b'"protocolSection"' in start and b'"nctId"' in start) or _LEGACY_JSON.search(start) is not None
        return start[:1] == b"<" and _LEGACY_XML.search(start) is not None

    def parse(self, path: Path) -> Iterator[Item]:
        """Documents and problems in file order.

        Raises `SourceError` where the file cannot be opened or, after what came before, read on; where it is no JSON; and where it is of an
        older format.
        """
        start = read_head(path)
        if _LEGACY_XML.search(start) and start.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<":
            raise SourceError(f"{path}: legacy ClinicalTrials.gov XML; {_MEND}")
        if _LEGACY_JSON.search(start):
            raise SourceError(f"{path}: legacy ClinicalTrials.gov JSON (API v1); {_MEND}")
        named_lines = path.name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson"))
        if named_lines or _is_object(start.partition(b"\n")[0]):
            yield from _by_line(path)
            return
        try:
            value = _decode(_whole(path))
        except ValueError as error:
            raise SourceError(
                f"{path}: is not one JSON value ({error}); name a file of one study a line .jsonl, or {_MEND}"
            ) from error
        yield from _studies(value, "the file")


def _is_object(line: bytes) -> bool:
    """Whether a line is a JSON object by itself, so that the file is read line by line whatever its suffix."""
    try:
        return isinstance(_decode(line), dict)
    except ValueError:
        return False


def _whole(path: Path) -> bytes:
    pieces, size = [], 0
    for piece in chunks(path):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_JSON:
            raise SourceError(
                f"{path}: more than {MAX_JSON >> 20} MiB of JSON at once; write one study a line (.jsonl)"
            )
    return b"".join(pieces)


def _decode(data: bytes) -> Any:
    """The JSON value; raises `ValueError` where there is none, also where it nests too deeply or has too many values."""
    if len(data) > MAX_VALUES and sum(map(data.count, (b",", b"{", b"["))) > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES:,} values")
    try:
        return json.loads(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _by_line(path: Path) -> Iterator[Item]:
    for number, line in lines(path):
        if not line.strip():
            continue
        try:
            value = _decode(line)
        except ValueError as error:
            yield Problem(f"line {number}", f"is not JSON ({error})", f"each line must be one study; {_MEND}")
        else:
            yield from _studies(value, f"line {number}")


def _studies(value: Any, where: str) -> Iterator[Document | Problem]:
    """The studies in a JSON value: itself, or those it lists."""
    listed = value.get("studies") if isinstance(value, dict) and "protocolSection" not in value else value
    if isinstance(listed, list):
        for number, study in enumerate(listed, 1):
            yield _study(study, f"{where}, study {number}")
    else:
        yield _study(value, where)


def _study(study: Any, where: str) -> Document | Problem:
    protocol = _object(study, "protocolSection")
    if not protocol:
        return Problem(where, "is no study: it has no protocolSection", _MEND)
    identification = _object(protocol, "identificationModule")
    nct = _string(identification, "nctId").strip()
    if not _NCT.fullmatch(nct):
        return Problem(where, f"its nctId {nct[:20]!r} is no NCT number" if nct else "it has no nctId", _MEND)
    title = _string(identification, "officialTitle")
    title = " ".join((_string(identification, "briefTitle") or title).split())
    builder = _sections(protocol, _object(study, "resultsSection"))
    if not title and not builder.sections:
        return Problem(f"nct:{nct}", "has neither title nor text", _MEND)
    date = _DATE.match(_string(_object(protocol, "statusModule", "startDateStruct"), "date"))
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
    description = _object(protocol, "descriptionModule")
    builder.add(_string(description, "briefSummary"), Role.SUMMARY, ("Brief summary",))
    builder.add(_string(description, "detailedDescription"), Role.BODY, ("Detailed description",))
    for arm in _objects(_object(protocol, "armsInterventionsModule"), "armGroups"):
        builder.add(_string(arm, "description"), Role.METHOD, _path("Arms", _string(arm, "label")))
    for outcome in _objects(_object(protocol, "outcomesModule"), "primaryOutcomes"):
        measure = _string(outcome, "measure")
        builder.add(measure, Role.METHOD, ("Primary outcomes",))
        builder.add(_string(outcome, "description"), Role.METHOD, _path("Primary outcomes", measure))
    criteria = _string(_object(protocol, "eligibilityModule"), "eligibilityCriteria")
    for criterion in split_criteria(criteria):
        path = _path("Eligibility", criterion.side, criterion.group)
        builder.add(criteria[criterion.start : criterion.end], Role.ELIGIBILITY, path)
    for outcome in _objects(_object(results, "outcomeMeasuresModule"), "outcomeMeasures"):
        name = _string(outcome, "title")
        builder.add(name, Role.RESULT, ("Results",))
        builder.add(_string(outcome, "description"), Role.RESULT, _path("Results", name))
    return builder


def _attributes(protocol: Json, study: Json) -> Json:
    """What a trial is filtered and matched by; a value that the study does not give has no key."""
    status = _object(protocol, "statusModule")
    design = _object(protocol, "designModule")
    eligibility = _object(protocol, "eligibilityModule")
    enrollment = _object(design, "enrollmentInfo").get("count")
    healthy = eligibility.get("healthyVolunteers")
    interventions = _objects(_object(protocol, "armsInterventionsModule"), "interventions")
    places = _objects(_object(protocol, "contactsLocationsModule"), "locations")
    outcomes = _objects(_object(protocol, "outcomesModule"), "primaryOutcomes")
    sex = _string(eligibility, "sex").upper()
    values: Json = {
        "status": _string(status, "overallStatus"),
        "why_stopped": _string(status, "whyStopped"),
        "phases": _strings(design, "phases"),
        "study_type": _string(design, "studyType"),
        "enrollment": enrollment if type(enrollment) is int else None,
        "sex": "ALL" if sex == "BOTH" else sex,  # the word of the older exports
        "minimum_age": _age(eligibility, "minimumAge"),
        "maximum_age": _age(eligibility, "maximumAge"),
        "healthy_volunteers": healthy if type(healthy) is bool else None,
        "conditions": _strings(_object(protocol, "conditionsModule"), "conditions"),
        "interventions": [name for item in interventions if (name := _string(item, "name"))],
        "primary_outcomes": [
            {"measure": _string(outcome, "measure"), "time_frame": _string(outcome, "timeFrame")}
            for outcome in outcomes
        ],
        "sponsor": _string(_object(protocol, "sponsorCollaboratorsModule", "leadSponsor"), "name"),
        "countries": list(dict.fromkeys(country for place in places if (country := _string(place, "country")))),
        "has_results": study.get("hasResults") is True or bool(_object(study, "resultsSection")),
    }
    return {name: value for name, value in values.items() if value not in ("", None, [])}


def _age(eligibility: Json, name: str) -> str:
    age = _string(eligibility, name)
    return "" if age.upper() == "N/A" else age


def _path(*steps: str) -> tuple[str, ...]:
    return tuple(" ".join(step.split()) for step in steps if step.strip())


# What a file says may be of any JSON type: a value of another type than its field's counts as absent.
def _object(value: Any, *names: str) -> Json:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _objects(value: Json, name: str) -> list[Json]:
    listed = value.get(name)
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _string(value: Json, name: str) -> str:
    found = value.get(name)
    return printable(found) if isinstance(found, str) else ""


def _strings(value: Json, name: str) -> list[str]:
    listed = value.get(name)
    return (
        [printable(item) for item in listed if isinstance(item, str) and item.strip()]
        if isinstance(listed, list)
        else []
    )
