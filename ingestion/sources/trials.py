"""ClinicalTrials.gov studies as API v2 JSON: one study, a page `{"studies": […]}`, a list, or one study a line (`.jsonl`, gzip or not).

Fields: https://clinicaltrials.gov/data-api/about-api/study-data-structure. Text fields become sections word for word, their Markdown escapes
(`\\>`) included; titles and labels become paths. No sentence is composed from structured values: those are attributes, and the figures of posted
results are tables (`trials_results.py`). The formats before API v2
(`trials_legacy_json.py`, `trials_legacy_xml.py`) are brought into its shape and read here too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexes.passage import Kind, Role
from ingestion.document import Document, Item, Problem, TextBuilder
from ingestion.sources.criteria import Criterion, split_criteria
from ingestion.sources.json_values import SUFFIXES, Json, json_values, object_at, objects_at, string_at, strings_at
from ingestion.sources.trials_results import add_results

MEND = "download the study as API v2 JSON: https://clinicaltrials.gov/api/v2/studies/<NCT id>"
"""What to do with a study that cannot be read, in whatever format it came."""
NCT = re.compile(r"NCT[0-9]{8}")
_KEYS = re.compile(rb'"(?:protocolSection|resultsSection|derivedSection)"\s*:')
_DATE = re.compile(r"((?:19|20)[0-9]{2})(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?")


class ClinicalTrialsGov:
    """The parser of ClinicalTrials.gov API v2 JSON."""

    name = "ClinicalTrials.gov JSON (API v2)"
    kind = "trials"
    version = 4
    suffixes = SUFFIXES

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the name says nothing: judge by content
        """Whether the file begins with a study, or with a part of one, which is refused with that reason."""
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        return start[:1] in (b"{", b"[") and _KEYS.search(start) is not None

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


@dataclass(frozen=True, slots=True)
class Registration:
    """Where a study is registered: what its document is called, the page that shows it, and the registry.

    `revision` is the date of the record, after `OWN` where it is the registry's own and after `COPY` where it is someone's copy of it: sorted
    as text, no copy replaces the fuller record it was made from, however old that is.
    """

    document_id: str
    url: str
    registry: str
    identifiers: Mapping[str, str]
    revision: str


OWN, COPY = "1:", "0:"


def read_study(study: Any, where: str) -> Document | Problem:
    """The document of one study in the shape of API v2; `where` names the study in a problem."""
    protocol = object_at(study, "protocolSection")
    identification = object_at(protocol, "identificationModule")
    nct = string_at(identification, "nctId").strip()
    if not nct and isinstance(study, dict) and {"protocolSection", "resultsSection", "derivedSection"} & study.keys():
        return Problem(where, "is a part of a study: it has no nctId", MEND)
    if not protocol:
        return Problem(where, "is no study: it has no protocolSection", MEND)
    if not NCT.fullmatch(nct):
        return Problem(where, f"its nctId {nct[:20]!r} is no NCT number", MEND)
    updated = _DATE.fullmatch(string_at(object_at(protocol, "statusModule", "lastUpdatePostDateStruct"), "date"))
    registration = Registration(
        document_id=f"nct:{nct}",
        url=f"https://clinicaltrials.gov/study/{nct}",
        registry="ClinicalTrials.gov",
        identifiers={"nct": nct},
        revision=OWN + (updated[0] if updated else ""),
    )
    criteria = string_at(object_at(protocol, "eligibilityModule"), "eligibilityCriteria")
    document = study_document(study, registration, criteria_of(criteria))
    return document or Problem(registration.document_id, "has neither title nor text", MEND)


def criteria_of(text: str) -> Iterator[tuple[str, Criterion]]:
    """Each criterion of a text, word for word, and where it stands."""
    return ((text[criterion.start : criterion.end], criterion) for criterion in split_criteria(text))


def study_document(
    study: Json,
    registration: Registration,
    criteria: Iterable[tuple[str, Criterion]],
    results: Iterable[tuple[tuple[str, ...], str]] = (),
) -> Document | None:
    """The document of a study in the shape of API v2, whatever registry it is from; none where it has neither title nor text.

    `criteria` are its own, told apart already; `results` are paths and words of results that are given as text alone.
    """
    protocol = object_at(study, "protocolSection")
    identification = object_at(protocol, "identificationModule")
    title = string_at(identification, "officialTitle")
    title = " ".join((string_at(identification, "briefTitle") or title).split())
    builder = _sections(protocol, object_at(study, "resultsSection"), criteria)
    for path, words in results:
        builder.add(words, Role.RESULT, path)
    if not title and not builder.sections:
        return None
    date = _DATE.match(string_at(object_at(protocol, "statusModule", "startDateStruct"), "date"))
    return Document(
        document_id=registration.document_id,
        kind=Kind.TRIAL,
        title=title,
        text=builder.text,
        sections=tuple(builder.sections),
        url=registration.url,
        year=int(date[1]) if date else None,
        date=date[0] if date else None,
        publisher=registration.registry,
        identifiers=registration.identifiers,
        mesh=tuple(dict.fromkeys(_terms(study, "conditionBrowseModule", "interventionBrowseModule"))),
        revision=registration.revision,
        evidence_level="registration",
        attributes=_attributes(protocol, study),
    )


def _sections(protocol: Json, results: Json, criteria: Iterable[tuple[str, Criterion]]) -> TextBuilder:
    builder = TextBuilder()
    description = object_at(protocol, "descriptionModule")
    builder.add(string_at(description, "briefSummary"), Role.SUMMARY, ("Brief summary",))
    builder.add(string_at(description, "detailedDescription"), Role.BODY, ("Detailed description",))
    arms = object_at(protocol, "armsInterventionsModule")
    for arm in objects_at(arms, "armGroups"):
        builder.add(string_at(arm, "description"), Role.METHOD, _path("Arms", string_at(arm, "label")))
    for intervention in objects_at(arms, "interventions"):
        name = string_at(intervention, "name")
        builder.add(string_at(intervention, "description"), Role.METHOD, _path("Interventions", name))
    outcomes = object_at(protocol, "outcomesModule")
    for list_name, heading in (("primaryOutcomes", "Primary outcomes"), ("secondaryOutcomes", "Secondary outcomes")):
        for outcome in objects_at(outcomes, list_name):
            measure = string_at(outcome, "measure")
            builder.add(measure, Role.METHOD, (heading,))
            builder.add(string_at(outcome, "description"), Role.METHOD, _path(heading, measure))
    for words, criterion in criteria:
        builder.add(words, Role.ELIGIBILITY, _path("Eligibility", criterion.side, criterion.group))
    add_results(builder, results)
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
    outcomes = object_at(protocol, "outcomesModule")
    sex = string_at(eligibility, "sex").upper()
    values: Json = {
        "acronym": string_at(object_at(protocol, "identificationModule"), "acronym"),
        "status": string_at(status, "overallStatus"),
        "why_stopped": string_at(status, "whyStopped"),
        "completion_date": string_at(object_at(status, "completionDateStruct"), "date"),
        "phases": strings_at(design, "phases"),
        "study_type": string_at(design, "studyType"),
        "allocation": string_at(object_at(design, "designInfo"), "allocation"),
        "masking": string_at(object_at(design, "designInfo", "maskingInfo"), "masking"),
        "enrollment": enrollment if type(enrollment) is int else None,
        "sex": "ALL" if sex == "BOTH" else sex,  # the word of the older exports
        "minimum_age": _age(eligibility, "minimumAge"),
        "maximum_age": _age(eligibility, "maximumAge"),
        "healthy_volunteers": healthy if type(healthy) is bool else None,
        "conditions": strings_at(object_at(protocol, "conditionsModule"), "conditions"),
        "keywords": strings_at(object_at(protocol, "conditionsModule"), "keywords"),
        "condition_mesh": _condition_mesh(study),
        "interventions": [name for item in interventions if (name := string_at(item, "name"))],
        "primary_outcomes": _outcomes(outcomes, "primaryOutcomes"),
        "secondary_outcomes": _outcomes(outcomes, "secondaryOutcomes"),
        "sponsor": string_at(object_at(protocol, "sponsorCollaboratorsModule", "leadSponsor"), "name"),
        "countries": list(dict.fromkeys(country for place in places if (country := string_at(place, "country")))),
        "locations": [found for place in places if (found := _location(place))],
        "has_results": study.get("hasResults") is True or bool(object_at(study, "resultsSection")),
    }
    return {name: value for name, value in values.items() if value not in ("", None, [])}


def _terms(study: Json, *modules: str, name: str = "meshes") -> list[str]:
    """The MeSH terms that the registry derived, word for word."""
    found = (object_at(study, "derivedSection", module) for module in modules)
    return [term for each in found for item in objects_at(each, name) if (term := string_at(item, "term").strip())]


def _condition_mesh(study: Json) -> list[str]:
    """The conditions as MeSH has them, each with what it is a sort of: a trial of systolic heart failure is one of heart diseases."""
    terms = (_terms(study, "conditionBrowseModule", name=name) for name in ("meshes", "ancestors"))
    return list(dict.fromkeys(term for each in terms for term in each))


def _outcomes(outcomes: Json, name: str) -> list[Json]:
    listed = objects_at(outcomes, name)
    return [{"measure": string_at(item, "measure"), "time_frame": string_at(item, "timeFrame")} for item in listed]


def _location(place: Json) -> Json:
    """A site as the study names it; empty where it names no more than the country."""
    found = {name: value for name in ("facility", "city", "state", "country") if (value := string_at(place, name))}
    return found if found.keys() - {"country"} else {}


def _age(eligibility: Json, name: str) -> str:
    age = string_at(eligibility, name)
    return "" if age.upper() == "N/A" else age


def _path(*steps: str) -> tuple[str, ...]:
    return tuple(" ".join(step.split()) for step in steps if step.strip())
