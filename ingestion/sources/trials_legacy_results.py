"""Posted results as ClinicalTrials.gov's former XML and API v1 gave them, brought into the shape of API v2 for `trials_results.py`.

Elements: https://clinicaltrials.gov/ct2/html/images/info/public.xsd. API v1's names are those of API v2 with capitals, after what they are in.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from ingestion.sources import trials_legacy as spelled
from ingestion.sources.json_values import Json, object_at, objects_at, string_at, strings_at

Element = etree._Element

_ANALYSIS_XML = {
    "pValue": "p_value",
    "statisticalMethod": "method",
    "paramType": "param_type",
    "paramValue": "param_value",
    "ciPctValue": "ci_percent",
    "ciLowerLimit": "ci_lower_limit",
    "ciUpperLimit": "ci_upper_limit",
    "groupDescription": "groups_desc",
}
_ANALYSIS_V1 = {
    "pValue": "PValue",
    "statisticalMethod": "StatisticalMethod",
    "paramType": "ParamType",
    "paramValue": "ParamValue",
    "ciPctValue": "CIPctValue",
    "ciLowerLimit": "CILowerLimit",
    "ciUpperLimit": "CIUpperLimit",
    "groupDescription": "GroupDescription",
}


def results_of_xml(results: Element | None) -> Json:
    """The `<clinical_results>`; empty where there are none."""
    if results is None:
        return {}
    events = results.find("reported_events")
    return {
        "outcomeMeasuresModule": {
            "outcomeMeasures": [_xml_outcome(outcome) for outcome in results.iterfind("outcome_list/outcome")]
        },
        "adverseEventsModule": {} if events is None else _xml_events(events),
    }


def _xml_outcome(outcome: Element) -> Json:
    return {
        "title": _text(outcome, "title"),
        "description": _text(outcome, "description"),
        "populationDescription": _text(outcome, "population"),
        "paramType": _text(outcome, "measure/param"),
        "dispersionType": _text(outcome, "measure/dispersion"),
        "unitOfMeasure": _text(outcome, "measure/units"),
        "timeFrame": _text(outcome, "time_frame"),
        "groups": _xml_groups(outcome),
        "denoms": [
            {
                "units": _text(analyzed, "units"),
                "counts": [
                    {"groupId": count.get("group_id"), "value": count.get("value")}
                    for count in analyzed.iterfind("count_list/count")
                ],
            }
            for analyzed in outcome.iterfind("measure/analyzed_list/analyzed")
        ],
        "classes": [
            {
                "title": _text(part, "title"),
                "categories": [
                    {"title": _text(category, "title"), "measurements": list(_xml_measurements(category))}
                    for category in part.iterfind("category_list/category")
                ],
            }
            for part in outcome.iterfind("measure/class_list/class")
        ],
        "analyses": [
            {
                "groupIds": [_text(group) for group in analysis.iterfind("group_id_list/group_id")],
                **{name: _text(analysis, tag) for name, tag in _ANALYSIS_XML.items()},
            }
            for analysis in outcome.iterfind("analysis_list/analysis")
        ],
    }


def _xml_measurements(category: Element) -> Iterator[Json]:
    for found in category.iterfind("measurement_list/measurement"):
        yield {
            "groupId": found.get("group_id"),
            "value": found.get("value"),
            "spread": found.get("spread"),
            "lowerLimit": found.get("lower_limit"),
            "upperLimit": found.get("upper_limit"),
        }


def _xml_groups(holder: Element) -> list[Json]:
    return [
        {"id": group.get("group_id"), "title": _text(group, "title")} for group in holder.iterfind("group_list/group")
    ]


def _xml_events(events: Element) -> Json:
    return {
        "description": _text(events, "desc"),
        "timeFrame": _text(events, "time_frame"),
        "eventGroups": _xml_groups(events),
        **{
            name: [
                {
                    "term": _text(event, "sub_title"),
                    "stats": [
                        _affected(count.get("group_id"), count.get("subjects_affected"), count.get("subjects_at_risk"))
                        for count in event.iterfind("counts")
                    ],
                }
                for category in events.iterfind(f"{tag}/category_list/category")
                if _text(category, "title") != "Total"
                for event in category.iterfind("event_list/event")
            ]
            for name, tag in (("seriousEvents", "serious_events"), ("otherEvents", "other_events"))
        },
    }


def results_of_v1(results: Json) -> Json:
    """The `ResultsSection`; empty where there is none."""
    if not results:
        return {}
    events = object_at(results, "AdverseEventsModule")
    return {
        "outcomeMeasuresModule": {
            "outcomeMeasures": [
                _v1_outcome(outcome)
                for outcome in _listed(object_at(results, "OutcomeMeasuresModule"), "OutcomeMeasure")
            ]
        },
        "adverseEventsModule": {
            "description": string_at(events, "EventsDescription"),
            "timeFrame": string_at(events, "EventsTimeFrame"),
            "eventGroups": _v1_groups(events, "EventGroup"),
            "seriousEvents": _v1_events(events, "SeriousEvent"),
            "otherEvents": _v1_events(events, "OtherEvent"),
        },
    }


def _v1_outcome(outcome: Json) -> Json:
    return {
        **{
            name[0].lower() + name[1:]: string_at(outcome, f"OutcomeMeasure{name}")
            for name in (
                *("Title", "Description", "PopulationDescription", "ParamType"),
                *("DispersionType", "UnitOfMeasure", "TimeFrame"),
            )
        },
        "groups": _v1_groups(outcome, "OutcomeGroup"),
        "denoms": [
            {
                "units": string_at(denominator, "OutcomeDenomUnits"),
                "counts": [
                    {
                        "groupId": string_at(count, "OutcomeDenomCountGroupId"),
                        "value": string_at(count, "OutcomeDenomCountValue"),
                    }
                    for count in _listed(denominator, "OutcomeDenomCount")
                ],
            }
            for denominator in _listed(outcome, "OutcomeDenom")
        ],
        "classes": [
            {
                "title": string_at(part, "OutcomeClassTitle"),
                "categories": [
                    {"title": string_at(category, "OutcomeCategoryTitle"), "measurements": _v1_measurements(category)}
                    for category in _listed(part, "OutcomeCategory")
                ],
            }
            for part in _listed(outcome, "OutcomeClass")
        ],
        "analyses": [
            {
                "groupIds": strings_at(object_at(analysis, "OutcomeAnalysisGroupIdList"), "OutcomeAnalysisGroupId"),
                **{name: string_at(analysis, f"OutcomeAnalysis{old}") for name, old in _ANALYSIS_V1.items()},
            }
            for analysis in _listed(outcome, "OutcomeAnalysis")
        ],
    }


def _v1_measurements(category: Json) -> list[Json]:
    return [
        {
            name[0].lower() + name[1:]: string_at(found, f"OutcomeMeasurement{name}")
            for name in ("GroupId", "Value", "Spread", "LowerLimit", "UpperLimit")
        }
        for found in _listed(category, "OutcomeMeasurement")
    ]


def _v1_groups(holder: Json, name: str) -> list[Json]:
    return [
        {"id": string_at(group, f"{name}Id"), "title": string_at(group, f"{name}Title")}
        for group in _listed(holder, name)
    ]


def _v1_events(events: Json, name: str) -> list[Json]:
    return [
        {
            "term": string_at(event, f"{name}Term"),
            "stats": [
                _affected(*(string_at(count, f"{name}Stats{part}") for part in ("GroupId", "NumAffected", "NumAtRisk")))
                for count in _listed(event, f"{name}Stats")
            ],
        }
        for event in _listed(events, name)
    ]


def _affected(group: str | None, affected: str | None, risk: str | None) -> Json:
    return {"groupId": group, "numAffected": spelled.count(affected or ""), "numAtRisk": spelled.count(risk or "")}


def _listed(holder: Json, name: str) -> list[Json]:
    """The objects of `name` in its list, `nameList`."""
    return objects_at(object_at(holder, f"{name}List"), name)


def _text(element: Element, path: str = ".") -> str:
    return (element.findtext(path) or "").replace("\r\n", "\n").strip()
