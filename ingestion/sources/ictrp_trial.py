"""One trial of the WHO's registry platform, brought into the shape of ClinicalTrials.gov's API v2 and read as those are.

Fields: https://www.who.int/clinical-trials-registry-platform/network/who-data-set. Each of some twenty registries fills them in its own way
(`ictrp_words.py`). A trial of ClinicalTrials.gov keeps its identifier, `nct:NCT…`, so that it is in the library once; ICTRP holds a
shortened copy of it, marked as a copy by its revision, which never replaces the registry's own record.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping

from ingestion.document import Document, Problem
from ingestion.sources import ictrp_words as spelled
from ingestion.sources import trials_legacy
from ingestion.sources.criteria import EXCLUSION, INCLUSION, Criterion
from ingestion.sources.json_values import Json
from ingestion.sources.markup import raised
from ingestion.sources.trials import COPY, NCT, Registration, criteria_of, study_document

MEND = "export the trial again from https://trialsearch.who.int, as XML"
TRIAL_ID = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z][\w./-]{3,59}", re.ASCII)
Fields = Mapping[str, str]

_BREAK = re.compile(r"\r?[^\S\n]{0,99}<(?:br|/p|/div|/li|/tr|/h[1-6])\s*/?>\r?", re.IGNORECASE)
_RAISED = re.compile(r"<sup>([^<>]{1,40})</sup>", re.IGNORECASE)
# Only tags that registries use: "age <18 or > 65" has none.
_TAG = re.compile(
    r"</?(?:p|div|span|font|li|ul|ol|b|i|u|em|strong|sub|sup|table|tbody|tr|td|th|a|h[1-6])(?:\s[^<>]{0,200})?/?>",
    re.IGNORECASE,
)
# The EU register's form, which follows its criteria.
_EU_FORM = re.compile(r"Are the trial subjects under 18\?.*", re.DOTALL)
_INLINE_NUMBER = re.compile(r"(?:(?<=\s)|(?<=[.;:；。)]))\(?([0-9]{1,2})[.)](?![0-9])")
_URL = re.compile(r"https?://[^\s<>\"']{4,500}")
_REGISTERS = {
    "ACTRN": "ANZCTR",
    "ChiCTR": "ChiCTR",
    "CTIS": "Clinical Trials Information System",
    "CTRI": "CTRI",
    "DRKS": "German Clinical Trials Register",
    "EUCTR": "EU Clinical Trials Register",
    "IRCT": "IRCT",
    "ISRCTN": "ISRCTN",
    "ITMCTR": "ITMCTR",
    "JPRN": "JPRN",
    "KCT": "CRIS",
    "LBCTR": "LBCTR",
    "NCT": "ClinicalTrials.gov",
    "NL": "Netherlands Trial Register",
    "NTR": "Netherlands Trial Register",
    "PACTR": "PACTR",
    "PER": "REPEC",
    "RBR": "REBEC",
    "RPCEC": "RPCEC",
    "SLCTR": "SLCTR",
    "TCTR": "TCTR",
}
"""Registers by how their identifiers begin, named as the portal's `Source Register` names them."""


def field_name(name: str) -> str:
    """A field's name without what differs between exports: "Date_registration" and "Date registration" are `dateregistration`."""
    return re.sub("[^a-z0-9]", "", name.lower()).replace("inclusionage", "age").replace("inclusiongender", "gender")


def read_trial(fields: Fields, where: str) -> Document | Problem:
    """The document of one trial; `fields` by their `field_name`, as the export has them. `where` names it in a problem."""
    trial = fields.get("trialid", "").strip()
    if not TRIAL_ID.fullmatch(trial):
        return Problem(where, f"its TrialID {trial[:20]!r} is none" if trial else "it has no TrialID", MEND)
    own = NCT.fullmatch(trial) is not None
    name = f"nct:{trial}" if own else f"ictrp:{trial}"
    identifiers = {"nct": trial} if own else {"ictrp": trial}
    others = set(NCT.findall(_first(fields, "secondaryids", "secondaryid")))
    if not own and len(others) == 1:  # of several, who knows which is this trial
        identifiers["nct"] = others.pop()
    link = _URL.match(_first(fields, "webaddress", "url").strip())
    registration = Registration(
        document_id=name,
        url=f"https://clinicaltrials.gov/study/{trial}" if own else link[0] if link else "",
        registry=_clean(fields.get("sourceregister", "")) or _register(trial),
        identifiers=identifiers,
        revision=COPY + spelled.iso_date(fields.get("lastrefreshedon", "")),
    )
    document = study_document(_study(fields, own), registration, _criteria(fields, own), _results(fields))
    return document or Problem(name, "has neither title nor text", MEND)


def _study(fields: Fields, own: bool) -> Json:
    study_type = spelled.study_type(fields.get("studytype", ""))
    treatments = _clean(_first(fields, "interventions", "intervention"))
    described = [] if own else [{"description": treatments}]
    design = _clean(fields.get("studydesign", ""))
    started = _first(fields, "dateenrollement", "dateenrolment", "dateenrollment")
    registered = spelled.iso_date(_first(fields, "dateregistration3", "dateregistration"))
    return {
        "protocolSection": {
            "identificationModule": {
                "briefTitle": _line(fields.get("publictitle", "")),
                "officialTitle": _line(fields.get("scientifictitle", "")),
                "acronym": _line(fields.get("acronym", "")),
            },
            "statusModule": {
                "overallStatus": trials_legacy.status(_line(fields.get("recruitmentstatus", ""))),
                "startDateStruct": {"date": spelled.iso_date(started) or registered},
                "completionDateStruct": {"date": spelled.iso_date(fields.get("resultsdatecompleted", ""))},
            },
            "designModule": {
                "studyType": study_type,
                "phases": spelled.phases(_clean(fields.get("phase", "")), study_type),
                "designInfo": {
                    "allocation": spelled.allocation(design),
                    "maskingInfo": {"masking": spelled.masking(design)},
                },
                "enrollmentInfo": {"count": spelled.people(fields.get("targetsize", ""))},
            },
            "eligibilityModule": {
                "sex": spelled.sex(_clean(fields.get("gender", ""))),
                "minimumAge": spelled.age(fields.get("agemin", "")),
                "maximumAge": spelled.age(fields.get("agemax", "")),
            },
            "conditionsModule": {"conditions": spelled.conditions(_clean(_first(fields, "conditions", "condition")))},
            "armsInterventionsModule": {
                "interventions": [{"name": name} for name in spelled.interventions(treatments)] + described,
            },
            "outcomesModule": {
                "primaryOutcomes": _outcomes(fields, "primaryoutcome", "primaryoutcomes"),
                "secondaryOutcomes": _outcomes(fields, "secondaryoutcomes", "secondaryoutcome"),
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": _line(fields.get("primarysponsor", ""))}},
            "contactsLocationsModule": {
                "locations": [{"country": name} for name in spelled.items(_clean(fields.get("countries", "")))],
            },
        },
        "hasResults": spelled.has_results(fields),
    }


def _outcomes(fields: Fields, *names: str) -> list[Json]:
    return [{"measure": measure} for measure in spelled.items(_clean(_first(fields, *names)))]


def _results(fields: Fields) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, heading in (
        ("resultssummary", "Summary"),
        ("resultsbaselinechar", "Baseline"),
        ("resultsparticipantflow", "Participant flow"),
        ("resultsoutcomemeasures", "Outcome measures"),
        ("resultsadverseevents", "Adverse events"),
    ):
        yield ("Results", heading), _clean(fields.get(name, ""))


def _criteria(fields: Fields, own: bool) -> Iterator[tuple[str, Criterion]]:
    """The criteria of both fields. What stands in the field of exclusions is one, whatever heading is over it.

    ICTRP has both of ClinicalTrials.gov's in the first field (`own`), wrapped at a fixed width and with its headings.
    """
    included, excluded = (_clean(fields.get(f"{side}criteria", "")) for side in (INCLUSION.lower(), EXCLUSION.lower()))
    if own:
        narrow = trials_legacy.is_wrapped(included)
        yield from criteria_of(trials_legacy.unwrapped(included) if narrow else included)
    else:
        for words, found in criteria_of(_lined(_EU_FORM.sub("", included))):
            yield words, Criterion(found.start, found.end, found.side or INCLUSION, found.group)
    for words, found in criteria_of(_lined(excluded)):
        yield words, Criterion(found.start, found.end, EXCLUSION, found.group)


def _lined(text: str) -> str:
    """The text with each of the criteria that are numbered within a line ("1. Gout; 2. Asthma") on a line of its own."""
    pieces, begin, expected = [], 0, 1
    for number in _INLINE_NUMBER.finditer(text):
        if int(number[1]) == expected:
            pieces.append(text[begin : number.start()].rstrip(" "))
            begin, expected = number.start(), expected + 1
        elif int(number[1]) == 1:
            expected = 2  # another list
            pieces.append(text[begin : number.start()].rstrip(" "))
            begin = number.start()
    pieces.append(text[begin:])
    return "\n".join(pieces) if len(pieces) > 2 else text


def _register(trial: str) -> str:
    return next((name for start, name in _REGISTERS.items() if trial.lower().startswith(start.lower())), "WHO ICTRP")


def _first(fields: Fields, *names: str) -> str:
    """The first of these fields that says something."""
    return next((value for name in names if (value := fields.get(name, "")).strip()), "")


def _clean(value: str) -> str:
    """A field's words without its HTML: breaks and ends of blocks are line ends, entities are characters."""
    text = _BREAK.sub("\n", html.unescape(value))
    text = _TAG.sub("", _RAISED.sub(lambda found: raised(found[1]), text))
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").strip("\n ")


def _line(value: str) -> str:
    return " ".join(_clean(value).split())
