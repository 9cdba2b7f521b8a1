"""Trials of the WHO's registry platform: every export and register reads alike, and no copy replaces what it was made from."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from native import study

from indexes.passage import Kind, Role
from ingestion.document import Document, Item, Problem
from ingestion.errors import SourceError
from ingestion.library import Library
from ingestion.pipeline import ingest_files
from ingestion.sources import find_parser, ictrp_words
from ingestion.sources.ictrp import _COLUMNS, IctrpCsv, IctrpXml
from ingestion.sources.ictrp_trial import field_name

TRIAL = {
    "TrialID": "ChiCTR2000000001",
    "Last_Refreshed_on": "17 February 2020",
    "Public_title": "Salt  and pressure",
    "Scientific_title": "A trial of salt" + " " * 2000,
    "Acronym": "SALT",
    "Primary_sponsor": "Salt Board",
    "Date_registration": "16/02/2020",
    "Date_registration3": "20200216",
    "Source_Register": "ChiCTR",
    "web_address": "http://www.chictr.org.cn/showproj.aspx?proj=1",
    "Recruitment_Status": "Not yet recruiting",
    "Inclusion_agemin": "18",
    "Inclusion_agemax": "75",
    "Inclusion_gender": "Both",
    "Date_enrollement": "2020-03-01",
    "Target_size": "Low salt:40;Usual salt:20;",
    "Study_type": "Interventional study",
    "Study_design": "Randomized parallel controlled trial",
    "Phase": "2-3",
    "Countries": "China;Kenya",
    "Inclusion_Criteria": "Inclusion criteria: 1. Pressure >140 mmHg;<br>2. Platelets <50 x 10<sup>9</sup>/L;&#x0D;<br>3. Consent.",
    "Exclusion_Criteria": "Exclusion criteria: 1. Pregnancy; 2. Renal failure (eGFR <30); 3. Asthma",
    "Condition": "Hypertension;Stroke",
    "Intervention": "Low salt:2 g a day;Usual salt:nil;",
    "Primary_outcome": "Pressure (seated; mean of 3);Stroke;",
    "Secondary_outcome": "Death;",
    "results_summary": "<p>Pressure fell by 5 mmHg.</p>",
    "results_yes_no": "Yes",
}
WRAPPED = (
    "<br>        Inclusion Criteria:<br><br>          -  Pressure above 140 mmHg on two of three days, measured by someone who"
    "<br>             has been trained<br><br>          -  Consent<br><br>        Exclusion Criteria:<br><br>          -  Pregnancy<br>      "
)


def xml(*trials: dict[str, str]) -> str:
    written = "".join(
        "  <Trial>"
        + "".join(f"<{name}>{escape(value)}\n    </{name}>" for name, value in trial.items())
        + "<Bridged_type/></Trial>\n"
        for trial in trials
    )
    return f"<?xml version='1.0' encoding='UTF-8' ?>\n<Trials_downloaded_from_ICTRP>\n{written}</Trials_downloaded_from_ICTRP>"


def portal_csv(*trials: dict[str, str]) -> str:
    out = io.StringIO()
    out.write(",".join(name.replace("_", " ") for name in trials[0]) + "\n")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(trial.values() for trial in trials)
    return out.getvalue()


def full_csv(*trials: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for trial in trials:
        fields = {field_name(name): value for name, value in trial.items()}
        fields |= {"secondaryoutcomes": fields.get("secondaryoutcome", ""), "conditions": fields.get("condition", "")}
        fields["interventions"] = fields.get("intervention", "")
        fields["url"] = fields.get("webaddress", "")
        writer.writerow(
            [trial["TrialID"], *(f'"{fields[name]}"' if fields.get(name) else "NULL" for name in _COLUMNS[1:])]
        )
    return out.getvalue()


def read(folder: Path, content: str | bytes, name: str = "export") -> list[Item]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(find_parser(path).parse(path))


def one(folder: Path, content: str, name: str = "export") -> Document:
    (found,) = read(folder, content, name)
    assert isinstance(found, Document)
    return found


def sections(document: Document) -> list[tuple[Role, tuple[str, ...], str]]:
    return [(s.role, s.path, document.text[s.start : s.end]) for s in document.sections]


def test_a_trial_becomes_a_document(tmp_path: Path) -> None:
    found = one(tmp_path, xml(TRIAL))
    assert (found.document_id, found.kind, found.title) == ("ictrp:ChiCTR2000000001", Kind.TRIAL, "Salt and pressure")
    assert found.url == "http://www.chictr.org.cn/showproj.aspx?proj=1"
    assert (found.date, found.publisher, found.evidence_level) == ("2020-03-01", "ChiCTR", "registration")
    assert found.identifiers == {"ictrp": "ChiCTR2000000001"}
    assert sections(found) == [
        (Role.METHOD, ("Interventions",), "Low salt:2 g a day;Usual salt:nil;"),
        (Role.METHOD, ("Primary outcomes",), "Pressure (seated; mean of 3)"),
        (Role.METHOD, ("Primary outcomes",), "Stroke"),
        (Role.METHOD, ("Secondary outcomes",), "Death"),
        (Role.ELIGIBILITY, ("Eligibility", "Inclusion"), "Pressure >140 mmHg;"),
        (Role.ELIGIBILITY, ("Eligibility", "Inclusion"), "Platelets <50 x 10⁹/L;"),
        (Role.ELIGIBILITY, ("Eligibility", "Inclusion"), "Consent."),
        (Role.ELIGIBILITY, ("Eligibility", "Exclusion"), "Pregnancy;"),
        (Role.ELIGIBILITY, ("Eligibility", "Exclusion"), "Renal failure (eGFR <30);"),
        (Role.ELIGIBILITY, ("Eligibility", "Exclusion"), "Asthma"),
        (Role.RESULT, ("Results", "Summary"), "Pressure fell by 5 mmHg."),
    ]
    assert found.attributes == {
        "acronym": "SALT",
        "status": "NOT_YET_RECRUITING",
        "phases": ["PHASE2", "PHASE3"],
        "study_type": "INTERVENTIONAL",
        "allocation": "RANDOMIZED",
        "enrollment": 60,
        "sex": "ALL",
        "minimum_age": "18 Years",
        "maximum_age": "75 Years",
        "conditions": ["Hypertension", "Stroke"],
        "interventions": ["Low salt:2 g a day", "Usual salt:nil"],
        "primary_outcomes": [
            {"measure": "Pressure (seated; mean of 3)", "time_frame": ""},
            {"measure": "Stroke", "time_frame": ""},
        ],
        "secondary_outcomes": [{"measure": "Death", "time_frame": ""}],
        "sponsor": "Salt Board",
        "countries": ["China", "Kenya"],
        "has_results": True,
    }
    assert Document.from_json(found.to_json()) == found


def test_every_export_gives_the_same_document(tmp_path: Path) -> None:
    expected = one(tmp_path, xml(TRIAL))
    assert one(tmp_path, portal_csv(TRIAL)) == expected
    assert one(tmp_path, "\ufeff" + portal_csv(TRIAL)) == expected
    full = one(tmp_path, full_csv(TRIAL), "full.csv")
    differing = {name for name, value in expected.to_json().items() if full.to_json()[name] != value}
    assert differing == {"attributes"}
    assert {**full.attributes, "acronym": "SALT"} == expected.attributes  # which it has no column for


def test_a_copy_of_a_clinicaltrials_gov_record_reads_as_the_record_does(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        xml(
            TRIAL
            | {
                "TrialID": "NCT00000101",
                "Source_Register": "ClinicalTrials.gov",
                "Inclusion_Criteria": WRAPPED,
                "Exclusion_Criteria": "",
                "Intervention": "Drug: Salt;Dietary Supplement: Water",
                "Study_design": "Allocation: Randomized. Masking: Double (Participant, Investigator). ",
                "Phase": "Phase 2/Phase 3",
                "Date_enrollement": "March 1, 2020",
            }
        ),
    )
    assert found.document_id == "nct:NCT00000101"
    assert found.url == "https://clinicaltrials.gov/study/NCT00000101"
    assert found.identifiers == {"nct": "NCT00000101"}
    assert [(path[1:], words) for role, path, words in sections(found) if role == Role.ELIGIBILITY] == [
        (("Inclusion",), "Pressure above 140 mmHg on two of three days, measured by someone who has been trained"),
        (("Inclusion",), "Consent"),
        (("Exclusion",), "Pregnancy"),
    ]
    assert found.attributes["interventions"] == ["Salt", "Water"]
    assert found.attributes["masking"] == "DOUBLE"
    assert found.date == "2020-03-01"


def test_a_copy_never_replaces_the_registrys_own_record(tmp_path: Path, library: Library) -> None:
    own, copy, newer = tmp_path / "own.json", tmp_path / "copy.xml", tmp_path / "newer.xml"
    own.write_text(study("NCT00000101", "The fuller record."))
    copy.write_text(xml(TRIAL | {"TrialID": "NCT00000101"}))
    newer.write_text(xml(TRIAL | {"TrialID": "NCT00000101", "Last_Refreshed_on": "1 March 2026", "Acronym": "NEW"}))

    def held() -> Document:
        found = library.ledger.document("nct:NCT00000101")
        assert found is not None
        return found

    ingest_files(library, [copy])
    assert "Stroke" in held().text
    ingest_files(library, [newer])
    assert held().attributes["acronym"] == "NEW"
    (tmp_path / "older.xml").write_text(xml(TRIAL | {"TrialID": "NCT00000101", "Acronym": "OLD"}))
    assert ingest_files(library, [tmp_path / "older.xml"]).outdated == 1
    ingest_files(library, [own])
    assert held().text == "The fuller record."
    newer.write_text(xml(TRIAL | {"TrialID": "NCT00000101", "Last_Refreshed_on": "1 March 2027"}))
    assert ingest_files(library, [newer]).outdated == 1
    assert held().text == "The fuller record."


def test_what_stands_among_the_exclusions_is_never_an_inclusion(tmp_path: Path) -> None:
    criteria = "Exclusion criteria: <br>1. Gout<br>Inclusion criteria: <br>2. Asthma"
    found = one(tmp_path, xml(TRIAL | {"Inclusion_Criteria": "Adults", "Exclusion_Criteria": criteria}))
    sides = [(path[1], words) for role, path, words in sections(found) if role == Role.ELIGIBILITY]
    assert sides == [("Inclusion", "Adults"), ("Exclusion", "Gout"), ("Exclusion", "Asthma")]


def test_the_form_of_the_eu_register_is_told_from_its_criteria(tmp_path: Path) -> None:
    form = "Are the trial subjects under 18? no<br>Number of subjects for this age range: <br>F.1.2 Adults (18-64 years) yes<br>"
    found = one(
        tmp_path,
        xml(
            TRIAL
            | {
                "TrialID": "EUCTR2020-000001-01-GR",
                "Secondary_ID": "NCT00000009",
                "Inclusion_Criteria": f"Inclusion criteria: <br>• Gout<br>• Organ failure, as one of: <br> - renal<br>{form}",
                "Exclusion_Criteria": "Exclusion criteria: <br>• Asthma<br>",
                "Inclusion_gender": "<br>Female: yes<br>Male: no<br>",
                "Phase": "Human pharmacology (Phase I): noTherapeutic exploratory (Phase II): yesTherapeutic use (Phase IV): yes",
                "Intervention": "<br>Trade Name: Kineret<br>Product Name: Anakinra<br>Pharmaceutical Form: <br>",
                "Condition": "Gout <br>MedDRA version: 20.0Level: LLT;Therapeutic area: Diseases [C]",
            }
        ),
    )
    assert [(path[1], words) for role, path, words in sections(found) if role == Role.ELIGIBILITY] == [
        ("Inclusion", "Gout"),
        ("Inclusion", "Organ failure, as one of:\n - renal"),
        ("Exclusion", "Asthma"),
    ]
    assert found.identifiers == {"ictrp": "EUCTR2020-000001-01-GR", "nct": "NCT00000009"}
    assert found.attributes["sex"] == "FEMALE"
    assert found.attributes["phases"] == ["PHASE2", "PHASE4"]
    assert found.attributes["interventions"] == ["Kineret", "Anakinra"]
    assert found.attributes["conditions"] == ["Gout"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("18 Years", "18 Years"), ("18", "18 Years"), ("18 Year(s)", "18 Years"), ("18.00 Year(s)", "18 Years"),
        ("18years-old", "18 Years"), ("1 Year", "1 Year"), ("6 Months", "6 Months"), ("28 Days", "28 Days"), ("18Y", "18 Years"),
        ("N/A", ""), ("", ""), ("0", ""), ("0 Years", ""), ("-1", ""), ("999", ""), ("No limit", ""), ("no max", ""), ("18 apples", ""),
    ],
)  # fmt: skip
def test_ages_of_every_register(words: str, expected: str) -> None:
    assert ictrp_words.age(words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("All", "ALL"), ("Both males and females", "ALL"), ("Male and Female", "ALL"), ("Females", "FEMALE"), ("Male", "MALE"),
        ("\nFemale: no\nMale: yes\n", "MALE"), ("Female: yes\nMale: yes", "ALL"), ("F", "FEMALE"), ("-", ""), ("", ""),
    ],
)  # fmt: skip
def test_sexes_of_every_register(words: str, expected: str) -> None:
    assert ictrp_words.sex(words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Phase 4", ["PHASE4"]), ("Phase 2/Phase 3", ["PHASE2", "PHASE3"]), ("II-III", ["PHASE2", "PHASE3"]), ("1-2", ["PHASE1", "PHASE2"]),
        ("Phase 1b/2a", ["PHASE1", "PHASE2"]), ("Phase III", ["PHASE3"]), ("0", ["EARLY_PHASE1"]), ("Early Phase 1", ["EARLY_PHASE1"]),
        ("N/A", ["NA"]), ("Not Applicable", ["NA"]), ("Retrospective study", []), ("New Treatment Measure Clinical Study", []), ("", []),
    ],
)  # fmt: skip
def test_phases_of_every_register(words: str, expected: list[str]) -> None:
    assert ictrp_words.phases(words, "INTERVENTIONAL") == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("27/01/2020", "2020-01-27"), ("2020-01-27", "2020-01-27"), ("20200127", "2020-01-27"), ("2020/01/27", "2020-01-27"),
        ("27-01-2020", "2020-01-27"), ("January 27, 2020", "2020-01-27"), ("January 2020", "2020-01"), ("27 January 2020", "2020-01-27"),
        ("", ""), ("soon", ""), ("99/99/2020", ""),
    ],
)  # fmt: skip
def test_dates_of_every_register(words: str, expected: str) -> None:
    assert ictrp_words.iso_date(words) == expected


def test_a_bad_trial_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    good, last = TRIAL, TRIAL | {"TrialID": "ISRCTN00000002"}
    for content in [
        xml(good, {"TrialID": "none of it"}, {"Public_title": "x"}, last),
        xml(good, TRIAL | {"TrialID": "DRKS00000003"}, last).replace("<TrialID>DRKS", "<x><TrialID>DRKS"),
        portal_csv(good, TRIAL | {"TrialID": "../../etc"}, last),
        portal_csv(good, last).replace('"ISRCTN', '"DRKS00000003","too few"\n"ISRCTN'),
        portal_csv(good, last).replace('"ISRCTN', '"DRKS00000003","never closed\n"ISRCTN'),
    ]:
        first, *problems, end = read(tmp_path, content)
        assert isinstance(first, Document)
        assert isinstance(end, Document)
        assert end.document_id == "ictrp:ISRCTN00000002"
        assert problems
        assert all(isinstance(item, Problem) and "trialsearch.who.int" in item.mend for item in problems)


def test_a_csv_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("name,age\nx,1\n")
    with pytest.raises(SourceError, match="neither ICTRP's header nor the columns of its full export"):
        list(find_parser(path, "trials").parse(path))


def test_a_large_cell_and_an_old_encoding_are_read(tmp_path: Path) -> None:
    trial = TRIAL | {"results_summary": "long " * 60_000, "Primary_sponsor": "Hôpital"}
    found = one(tmp_path, portal_csv(trial))
    assert len(found.text) > 250_000
    (old,) = read(tmp_path, portal_csv(trial).encode("cp1252"))
    assert old == found


def test_white_space_without_end_is_no_work_without_end(tmp_path: Path) -> None:
    spaces = " " * 300_000
    hostile = {name: f"x{spaces}y" for name in TRIAL if name != "TrialID"}
    assert isinstance(one(tmp_path, portal_csv({"TrialID": "DRKS00000003", **hostile})), Document)


def test_each_export_is_told_by_its_content() -> None:
    heads = [xml(TRIAL), portal_csv(TRIAL), full_csv(TRIAL)]
    assert [IctrpXml().recognises(Path("any"), head.encode()) for head in heads] == [True, False, False]
    assert [IctrpCsv().recognises(Path("any.csv.gz"), head.encode()) for head in heads] == [False, True, True]


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
HARD = st.lists(
    st.sampled_from(["<br>", "1. ", "2) ", ";", "(", "Exclusion criteria:", "&lt;", "<b", "\n", " - ", "“", '"', ","])
    | WORDS,
    max_size=12,
)


@given(trial=st.fixed_dictionaries({name: HARD.map("".join) for name in TRIAL if name != "TrialID"}))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_the_fields_hold_the_document_is_sound(tmp_path: Path, trial: dict[str, str]) -> None:
    (found,) = read(tmp_path, portal_csv({"TrialID": "DRKS00000003", **trial}))
    if isinstance(found, Problem):
        assert found.reason == "has neither title nor text"
        return
    assert isinstance(found, Document)
    for section in found.sections:
        words = found.text[section.start : section.end]
        assert words.strip() == words != ""
    assert Document.from_json(found.to_json()) == found
    assert set(found.attributes.get("sex", "ALL").split()) <= {"ALL", "FEMALE", "MALE"}


@given(length=st.integers(10, 5000), form=st.sampled_from([xml, portal_csv, full_csv]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_a_truncated_export_gives_its_whole_trials_and_says_so(tmp_path: Path, length: int, form: object) -> None:
    assert callable(form)
    content = form(TRIAL, TRIAL | {"TrialID": "DRKS00000003"}).strip()
    whole = [item for item in _tolerant(tmp_path, content) if isinstance(item, Document)]
    assert len(whole) == 2
    found = _tolerant(tmp_path, content[: len(content) - length])
    assert [item for item in found if isinstance(item, Document)] == whole[: len(found) - 1]
    assert not isinstance(found[-1], Document)


def _tolerant(folder: Path, content: str) -> list[Item | str]:
    """The items, and last the error that ended them where there was one."""
    path = folder / "cut.csv"
    path.write_text(content, newline="")
    found: list[Item | str] = []
    try:
        found.extend(find_parser(path, "trials").parse(path))
    except SourceError as error:
        found.append(str(error))
    return found
