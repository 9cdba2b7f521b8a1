"""ClinicalTrials.gov studies as API v1 gave them until June 2024: `FullStudiesResponse`, `FullStudy`, `Study`, lists of them, or one a line.

Its names are those of API v2 with capitals, each repeating what it is in (`ArmGroupList/ArmGroup/ArmGroupLabel`). A study is brought into the
shape of API v2, with what `read_study` reads, and read there. API v1 gave out criteria without their bullets and indents, so that what was
nested under a criterion is a criterion of its own here. `StudyFieldsResponse` holds chosen fields, not studies, and is a problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingestion.document import Document, Item, Problem
from ingestion.sources import trials_legacy as spelled
from ingestion.sources.json_values import SUFFIXES, Json, json_values, object_at, objects_at, string_at, strings_at
from ingestion.sources.trials import MEND, read_study
from ingestion.sources.trials_legacy_results import results_of_v1

_MASKING = ("DesignInfo", "DesignMaskingInfo")
_KEYS = re.compile(rb'"(?:FullStudiesResponse|StudyFieldsResponse|FullStudy|ProtocolSection)"\s*:')


class LegacyTrialsJson:
    """The parser of ClinicalTrials.gov API v1 JSON."""

    name = "ClinicalTrials.gov JSON (API v1)"
    kind = "trials"
    version = 4
    suffixes = SUFFIXES

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the name says nothing: judge by content
        """Whether the file begins with a study or an answer of API v1."""
        return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[") and _KEYS.search(head) is not None

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
    if isinstance(value, dict) and "StudyFieldsResponse" in value:
        yield Problem(where, "holds chosen fields of studies (StudyFieldsResponse), not whole studies", MEND)
        return
    response = value.get("FullStudiesResponse") if isinstance(value, dict) else None
    listed = value if response is None else object_at(response).get("FullStudies")
    if isinstance(listed, list):
        for number, study in enumerate(listed, 1):
            yield _study(study, f"{where}, study {number}")
    elif response is not None:
        yield Problem(where, "its FullStudiesResponse lists no studies", MEND)
    else:
        yield _study(value, where)


def _study(study: Any, where: str) -> Document | Problem:
    for wrapper in ("FullStudy", "Study"):
        study = object_at(study, wrapper) or study
    protocol = object_at(study, "ProtocolSection")
    if not protocol:
        return Problem(where, "is no study: it has no ProtocolSection", MEND)
    results = object_at(study, "ResultsSection")
    derived = object_at(study, "DerivedSection")
    return read_study(
        {
            "protocolSection": _protocol(protocol),
            "resultsSection": results_of_v1(results),
            "derivedSection": {
                f"{name.lower()}BrowseModule": _mesh(derived, name) for name in ("Condition", "Intervention")
            },
        },
        where,
    )


def _protocol(protocol: Json) -> Json:
    identification = object_at(protocol, "IdentificationModule")
    description = object_at(protocol, "DescriptionModule")
    status = object_at(protocol, "StatusModule")
    design = object_at(protocol, "DesignModule")
    eligibility = object_at(protocol, "EligibilityModule")
    arms = object_at(protocol, "ArmsInterventionsModule")
    study_type = spelled.study_type(string_at(design, "StudyType"))
    return {
        "identificationModule": {
            "nctId": string_at(identification, "NCTId"),
            "briefTitle": string_at(identification, "BriefTitle"),
            "officialTitle": string_at(identification, "OfficialTitle"),
            "acronym": string_at(identification, "Acronym"),
        },
        "descriptionModule": {
            "briefSummary": string_at(description, "BriefSummary"),
            "detailedDescription": string_at(description, "DetailedDescription"),
        },
        "statusModule": {
            "overallStatus": spelled.status(string_at(status, "OverallStatus")),
            "whyStopped": string_at(status, "WhyStopped"),
            "startDateStruct": {"date": spelled.iso_date(string_at(object_at(status, "StartDateStruct"), "StartDate"))},
            "lastUpdatePostDateStruct": {
                "date": spelled.iso_date(string_at(object_at(status, "LastUpdatePostDateStruct"), "LastUpdatePostDate"))
            },
            "completionDateStruct": {
                "date": spelled.iso_date(string_at(object_at(status, "CompletionDateStruct"), "CompletionDate"))
            },
        },
        "designModule": {
            "studyType": study_type,
            "phases": spelled.phases(strings_at(object_at(design, "PhaseList"), "Phase"), study_type),
            "designInfo": {
                "allocation": spelled.allocation(string_at(object_at(design, "DesignInfo"), "DesignAllocation")),
                "maskingInfo": {
                    "masking": spelled.masking(string_at(object_at(design, *_MASKING), "DesignMasking")),
                },
            },
            "enrollmentInfo": {
                "count": spelled.count(string_at(object_at(design, "EnrollmentInfo"), "EnrollmentCount"))
            },
        },
        "eligibilityModule": {
            "eligibilityCriteria": string_at(eligibility, "EligibilityCriteria"),
            "sex": string_at(eligibility, "Gender"),
            "minimumAge": string_at(eligibility, "MinimumAge"),
            "maximumAge": string_at(eligibility, "MaximumAge"),
            "healthyVolunteers": spelled.healthy_volunteers(string_at(eligibility, "HealthyVolunteers")),
        },
        "conditionsModule": {
            "conditions": strings_at(object_at(protocol, "ConditionsModule", "ConditionList"), "Condition"),
            "keywords": strings_at(object_at(protocol, "ConditionsModule", "KeywordList"), "Keyword"),
        },
        "armsInterventionsModule": {
            "armGroups": _renamed(
                object_at(arms, "ArmGroupList"), "ArmGroup", label="ArmGroupLabel", description="ArmGroupDescription"
            ),
            "interventions": _renamed(
                object_at(arms, "InterventionList"),
                "Intervention",
                name="InterventionName",
                description="InterventionDescription",
            ),
        },
        "outcomesModule": {
            "primaryOutcomes": _outcomes(protocol, "Primary"),
            "secondaryOutcomes": _outcomes(protocol, "Secondary"),
        },
        "sponsorCollaboratorsModule": {
            "leadSponsor": {
                "name": string_at(object_at(protocol, "SponsorCollaboratorsModule", "LeadSponsor"), "LeadSponsorName"),
            },
        },
        "contactsLocationsModule": {
            "locations": _renamed(
                object_at(protocol, "ContactsLocationsModule", "LocationList"),
                "Location",
                facility="LocationFacility",
                city="LocationCity",
                state="LocationState",
                country="LocationCountry",
            ),
        },
    }


def _mesh(derived: Json, of: str) -> Json:
    browse = object_at(derived, f"{of}BrowseModule")
    return {
        "meshes": _renamed(object_at(browse, f"{of}MeshList"), f"{of}Mesh", term=f"{of}MeshTerm"),
        "ancestors": _renamed(object_at(browse, f"{of}AncestorList"), f"{of}Ancestor", term=f"{of}AncestorTerm"),
    }


def _outcomes(protocol: Json, rank: str) -> list[Json]:
    return _renamed(
        object_at(protocol, "OutcomesModule", f"{rank}OutcomeList"),
        f"{rank}Outcome",
        measure=f"{rank}OutcomeMeasure",
        description=f"{rank}OutcomeDescription",
        timeFrame=f"{rank}OutcomeTimeFrame",
    )


def _renamed(listing: Json, of: str, /, **names: str) -> list[Json]:
    """The objects of a list, with their strings under other names."""
    return [{new: string_at(item, old) for new, old in names.items()} for item in objects_at(listing, of)]
