"""ClinicalTrials.gov studies as XML, given out until June 2024: one `<clinical_study>` a file, or several in one.

Elements: https://clinicaltrials.gov/ct2/html/images/info/public.xsd. A study is brought into the shape of API v2, with what `read_study` reads,
and read there. The export indents its text blocks and wraps them at a fixed width; both are undone, so that a sentence is on one line again.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from ingestion.document import Item, Problem
from ingestion.sources import trials_legacy as spelled
from ingestion.sources.json_values import Json
from ingestion.sources.markup import Naming, document_element, elements
from ingestion.sources.trials import MEND, read_study
from ingestion.sources.trials_legacy_results import results_of_xml

_ROOT = "search_results"
_TAG = "clinical_study"
_NAMING = Naming(re.compile(rb"<nct_id>\s*(NCT[0-9]{8})\s*</nct_id>"), "nct:", MEND)

Element = etree._Element


class LegacyTrialsXml:
    """The parser of ClinicalTrials.gov's former XML."""

    name = "ClinicalTrials.gov XML"
    kind = "trials"
    version = 4
    suffixes = (".xml",)

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the name says nothing: judge by content
        """Whether the document element is a study."""
        return document_element(head) == _TAG

    def parse(self, path: Path) -> Iterator[Item]:
        """Documents and problems in file order; raises what `xml_records` raises."""
        for item in elements(path, _ROOT, (_TAG,), _NAMING):
            if isinstance(item, Problem):
                yield item
                continue
            record, element = item
            yield read_study(_study(element), f"record {record.ordinal}")


def _study(study: Element) -> Json:
    study_type = spelled.study_type(_text(study, "study_type"))
    results = study.find("clinical_results")
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": _text(study, "id_info/nct_id"),
                "briefTitle": _text(study, "brief_title"),
                "officialTitle": _text(study, "official_title"),
                "acronym": _text(study, "acronym"),
            },
            "descriptionModule": {
                "briefSummary": _block(study, "brief_summary"),
                "detailedDescription": _block(study, "detailed_description"),
            },
            "statusModule": {
                "overallStatus": spelled.status(_text(study, "overall_status")),
                "whyStopped": _text(study, "why_stopped"),
                "startDateStruct": {"date": spelled.iso_date(_text(study, "start_date"))},
                "lastUpdatePostDateStruct": {"date": spelled.iso_date(_last_update(study))},
                "completionDateStruct": {"date": spelled.iso_date(_text(study, "completion_date"))},
            },
            "designModule": {
                "studyType": study_type,
                "phases": spelled.phases([_text(study, "phase")], study_type),
                "designInfo": {
                    "allocation": spelled.allocation(_text(study, "study_design_info/allocation")),
                    "maskingInfo": {"masking": spelled.masking(_text(study, "study_design_info/masking"))},
                },
                "enrollmentInfo": {"count": spelled.count(_text(study, "enrollment"))},
            },
            "eligibilityModule": {
                "eligibilityCriteria": _block(study, "eligibility/criteria"),
                "sex": _text(study, "eligibility/gender"),
                "minimumAge": _text(study, "eligibility/minimum_age"),
                "maximumAge": _text(study, "eligibility/maximum_age"),
                "healthyVolunteers": spelled.healthy_volunteers(_text(study, "eligibility/healthy_volunteers")),
            },
            "conditionsModule": {
                "conditions": [_text(item) for item in study.iterfind("condition")],
                "keywords": [_text(item) for item in study.iterfind("keyword")],
            },
            "armsInterventionsModule": {
                "armGroups": [
                    {"label": _text(item, "arm_group_label"), "description": _text(item, "description")}
                    for item in study.iterfind("arm_group")
                ],
                "interventions": [
                    {"name": _text(item, "intervention_name"), "description": _text(item, "description")}
                    for item in study.iterfind("intervention")
                ],
            },
            "outcomesModule": {
                "primaryOutcomes": _planned(study, "primary_outcome"),
                "secondaryOutcomes": _planned(study, "secondary_outcome"),
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": _text(study, "sponsors/lead_sponsor/agency")}},
            "contactsLocationsModule": {
                "locations": [_location(item) for item in study.iterfind("location/facility")],
            },
        },
        "derivedSection": {
            f"{name}BrowseModule": {
                "meshes": [{"term": _text(item)} for item in study.iterfind(f"{name}_browse/mesh_term")]
            }
            for name in ("condition", "intervention")
        },
        "hasResults": results is not None,
        "resultsSection": results_of_xml(results),
    }


def _last_update(study: Element) -> str:
    return _text(study, "last_update_posted") or _text(study, "lastchanged_date")  # the latter until 2018


def _planned(study: Element, tag: str) -> list[Json]:
    return [
        {
            "measure": _text(item, "measure"),
            "description": _text(item, "description"),
            "timeFrame": _text(item, "time_frame"),
        }
        for item in study.iterfind(tag)
    ]


def _location(facility: Element) -> Json:
    place = {name: _text(facility, f"address/{name}") for name in ("city", "state", "country")}
    return {"facility": _text(facility, "name"), **place}


def _text(element: Element, path: str = ".") -> str:
    """The text of the element at this path, with plain line ends; empty where there is none."""
    return (element.findtext(path) or "").replace("\r\n", "\n").strip()


def _block(element: Element, path: str) -> str:
    """The text block in the element at this path, neither wrapped nor indented as a whole."""
    return textwrap.dedent(spelled.unwrapped(element.findtext(f"{path}/textblock") or ""))
