"""Guidelines as Excel workbooks: each rule of a decision table is a passage of its own, with the names of its columns."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workbooks import NAMESPACE, Sheet, write_workbook

from indexes.passage import Role
from ingestion.document import Document
from ingestion.errors import SourceError
from ingestion.sources import find_parser
from ingestion.sources.guideline_xlsx import XlsxGuidelines
from ingestion.sources.workbook import sheets

PARSER = XlsxGuidelines()
COVER = Sheet(
    "COVER",
    {
        "B2": "Kit for fever care",
        "B3": "Decision-support logic",
        "B9": "https://example.org/kit/v1.2.0/Fever kit.xlsx\n© World Health Organization 2023. Some rights reserved.",
        "C9": "CC BY-NC-SA 3.0 IGO licence",
    },
)
RULES = Sheet(
    "FEV.DT Children",
    {
        "A1": "Decision ID", "B1": "FEV.DT",
        "A2": "Business rule", "B2": "Decide who is admitted",
        "A3": "Trigger", "B3": "A child has fever",
        "A4": "Hit policy indicator", "B4": "Rule order",
        "A5": "R", "B5": "Age", "C5": "Danger sign\n(any)", "D5": "Output type", "E5": "Action", "F5": "Annotations", "G5": "Reference(s)",
        "A6": "FEV.01", "B6": "Age < 3 months", "C6": "-", "D6": "PlanDefinition", "E6": "Admit", "F6": "The youngest are at risk.", "G6": "Handbook",
        "A7": "FEV.02", "C7": "Yes", "D7": "PlanDefinition", "E7": "Admit  at\nonce",
        "A8": "FEV.03", "B8": "Age ≥ 3 months", "C8": "No", "D8": "PlanDefinition", "E8": "Treat at home",
        "A10": "Note: these ages follow the handbook.",
    },
    merged=["B1:G1", "B2:G2", "B3:G3", "B4:G4", "B6:B7", "F6:F7", "G6:G8"],
)  # fmt: skip


def read(path: Path) -> Document:
    (document,) = PARSER.parse(path)
    assert isinstance(document, Document)
    return document


def found(document: Document) -> list[tuple[Role, tuple[str, ...], str]]:
    return [(s.role, s.path, document.text[s.start : s.end]) for s in document.sections]


def test_a_rule_is_a_recommendation_under_the_names_of_its_columns(tmp_path: Path) -> None:
    document = read(write_workbook(tmp_path / "kit.xlsx", COVER, RULES))
    above = ("FEV.DT Children", "Decide who is admitted")
    assert found(document) == [
        (Role.RECOMMENDATION, (*above, "Rule | Age | Action"), "FEV.01 | Age < 3 months | Admit"),
        (Role.BODY, (*above, "Annotations"), "The youngest are at risk."),
        (Role.RECOMMENDATION, (*above, "Rule | Age | Danger sign | Action"), "FEV.02 | Age < 3 months | Yes | Admit at once"),
        (Role.RECOMMENDATION, (*above, "Rule | Age | Danger sign | Action"), "FEV.03 | Age ≥ 3 months | No | Treat at home"),
        (Role.BODY, (*above, "Note: these ages follow the handbook."), "Note: these ages follow the handbook."),
    ]  # fmt: skip


def test_the_cover_says_what_the_workbook_is(tmp_path: Path) -> None:
    document = read(write_workbook(tmp_path / "Fever kit.xlsx", COVER, RULES))
    assert document.document_id == "guideline:who/fever-kit@1-2-0"
    assert (document.title, document.year) == ("Kit for fever care: Decision-support logic", 2023)
    assert document.url == "https://example.org/kit/v1.2.0/Fever%20kit.xlsx"
    assert document.licence == "CC BY-NC-SA 3.0 IGO"


def test_tables_side_by_side_and_inputs_named_below_their_header(tmp_path: Path) -> None:
    sheet = Sheet(
        "BCG",
        {
            "B2": "Decision ID", "C2": "BCG.DT", "H2": "Schedule ID", "I2": "BCG.S",
            "B3": "Business rule", "C3": "Decide whether a dose is due", "H3": "Vaccination",
            "B5": "Inputs", "D5": "Output", "E5": "Guidance displayed to health worker", "F5": "Reference(s)",
            "H5": "Service name", "I5": "Due date", "J5": "Overdue",
            "H6": "The name of the service", "I6": "When is it due?", "J6": "When is it overdue?",
            "B6": "At birth", "B7": "Doses given", "C7": "Age in days",
            "B8": "None", "C8": "28 or fewer", "D8": "Due", "E8": "Give the first dose", "F8": "Table 2",
            "H7": "First dose", "I7": "Date of birth", "J7": "28 days later",
            "B9": "Later", "B10": "Doses given", "C10": "Age in years",
            "B11": "None", "C11": "1 or more", "D11": "Not due", "E11": "Test first",
        },
        merged=["B5:C5", "B6:F6", "B9:F9", "C2:F2", "C3:F3", "H3:J3"],
    )  # fmt: skip
    rules = found(read(write_workbook(tmp_path / "kit.xlsx", sheet)))
    assert rules == [
        (
            Role.RECOMMENDATION,
            ("BCG", "Decide whether a dose is due", "At birth",
             "Doses given | Age in days | Output | Guidance displayed to health worker"),
            "None | 28 or fewer | Due | Give the first dose",
        ),
        (
            Role.RECOMMENDATION,
            ("BCG", "Decide whether a dose is due", "Later",
             "Doses given | Age in years | Output | Guidance displayed to health worker"),
            "None | 1 or more | Not due | Test first",
        ),
        (
            Role.BODY,
            ("BCG", "BCG.S", "Service name | Due date | Overdue"),
            "First dose | Date of birth | 28 days later",
        ),
    ]  # fmt: skip


def test_a_table_of_recommendations_has_its_grades(tmp_path: Path) -> None:
    sheet = Sheet(
        "Fever",
        {
            "A1": "Fever in adults",
            "A3": "Population", "B3": "Recommendation", "C3": "LOE", "D3": "COR",
            "A4": "Adults", "B4": "Offer fluids.", "C4": "B-R", "D4": "1",
            "A5": "Chapter two",
            "A6": "Children", "B6": "Do not offer aspirin.", "D6": "3: Harm",
            "A7": "Nobody", "C7": "A",
        },
    )  # fmt: skip
    document = read(write_workbook(tmp_path / "fever.xlsx", sheet))
    graded = [(s.role, s.grade, document.text[s.start : s.end]) for s in document.sections]
    assert graded == [
        (Role.RECOMMENDATION, "1, B-R", "Adults | Offer fluids. | B-R | 1"),
        (Role.RECOMMENDATION, "3: Harm", "Children | Do not offer aspirin. | 3: Harm"),
        (Role.BODY, None, "Nobody | A"),
    ]


def test_sheets_about_the_workbook_and_what_is_hidden_are_left_out(tmp_path: Path) -> None:
    def named(name: str, state: str = "") -> Sheet:
        return Sheet(name, RULES.cells, RULES.merged, state)

    shown = Sheet("Shown", RULES.cells, RULES.merged, columns='<col min="6" max="7" hidden="1"/>', hidden_rows=(8, 10))
    left_out = [named(name) for name in ("READ ME", "Decision table (README)", "References", "Change log")]
    path = write_workbook(tmp_path / "kit.xlsx", *left_out, named("Old", "hidden"), named("Older", "veryHidden"), shown)
    document = read(path)
    assert {section.path[0] for section in document.sections} == {"Shown"}
    assert document.text == "FEV.01 | Age < 3 months | Admit\n\nFEV.02 | Age < 3 months | Yes | Admit at once"


def test_cells_show_what_a_reader_sees(tmp_path: Path) -> None:
    cells = {
        "A1": '<c r="A1" t="s"><v>0</v></c>',
        "A2": '<c r="A2" t="s"><v>99</v></c>',
        "A3": '<c r="A3"><v>0.5</v></c>',
        "A4": '<c r="A4" s="1"><v>0.5</v></c>',
        "A5": '<c r="A5" s="2"><v>45000</v></c>',
        "A6": '<c r="A6" s="3"><v>45000.25</v></c>',
        "A7": '<c r="A7" t="b"><v>1</v></c>',
        "A8": '<c r="A8" t="e"><v>#REF!</v></c>',
        "A9": '<c r="A9" t="str"><f>A1&amp;"x"</f><v>stored</v></c>',
        "A10": '<c r="A10"><f>1+1</f></c>',
        "A11": "a_x000D_\nb_x0041_",
        "A12": '<c r="A12"><v>1e999</v></c>',
        "A13": '<c r="A13"><v>100000</v></c>',
        "A14": '<c r="A14" s="4"><v>7</v></c>',
    }
    strings = (
        '<si><r><t xml:space="preserve">10</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>9</t></r><r><t>/L</t></r>'
        "<rPh><t>guide</t></rPh></si>"
    )
    styles = (
        '<numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy hh:mm"/><numFmt numFmtId="165" formatCode="0 &quot;days&quot;"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="9"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs>'
    )
    path = write_workbook(tmp_path / "b.xlsx", Sheet("S", cells), strings=strings, styles=styles)
    (sheet,) = sheets(path)
    assert {row: text for (row, _), text in sheet.cells.items()} == {
        1: "10⁹/L",
        3: "0.5",
        4: "50%",
        5: "2023-03-15",
        6: "2023-03-15 06:00:00",
        7: "TRUE",
        9: "stored",
        11: "a\nbA",
        13: "100000",
        14: "7",
    }


def test_a_workbook_is_known_by_name_or_content(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "kit.xlsx", RULES)
    assert find_parser(path).name == PARSER.name
    assert PARSER.recognises(Path("download"), path.read_bytes().replace(b"_rels/.rels", b"xl/workbook"))
    assert not PARSER.recognises(Path("book.zip"), b"PK\x03\x04" + bytes(100))


BOMB = f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><worksheet xmlns="{NAMESPACE}"><sheetData><row r="1">'
BOMB += '<c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"xl/workbook.xml": "<workbook>"}, "well-formed"),
        ({"_rels/.rels": "<Relationships/>"}, "no workbook part"),
        ({"xl/worksheets/sheet1.xml": b"\0" * 5_000_000}, "would unpack"),
        ({"../../evil.xml": "<x/>"}, "points outside"),
        ({"xl/worksheets/sheet1.xml": BOMB}, "no visible sheet has a decision table"),
    ],
    ids=["broken part", "no workbook", "zip bomb", "path traversal", "entities"],
)
def test_hostile_and_broken_workbooks_are_refused(tmp_path: Path, parts: dict[str, bytes | str], reason: str) -> None:
    path = write_workbook(tmp_path / "bad.xlsx", RULES, parts=parts)
    with pytest.raises(SourceError, match=reason) as error:
        list(PARSER.parse(path))
    assert str(path) in str(error.value)


def test_a_protected_or_old_workbook_says_so(tmp_path: Path) -> None:
    path = tmp_path / "secret.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert find_parser(path).name == PARSER.name
    with pytest.raises(SourceError, match=r"password, or an old \.xls"):
        list(PARSER.parse(path))


def test_a_merged_whole_sheet_costs_nothing_and_too_much_merging_is_refused(tmp_path: Path) -> None:
    whole = Sheet("Rules", RULES.cells, [*RULES.merged, "XFA1:XFD1048576", "A1048570:XFD1048576", "nonsense"])
    assert read(write_workbook(tmp_path / "kit.xlsx", whole)).sections
    corners = {**RULES.cells, "IV19999": "far"}
    with pytest.raises(SourceError, match="are merged"):
        read(write_workbook(tmp_path / "wide.xlsx", Sheet("Rules", corners, ["H1:XFD1048576"])))


def test_one_text_in_very_many_rows_is_refused(tmp_path: Path) -> None:
    cells = {**RULES.cells, "B6": "x" * 30_000} | {f"A{row}": "rule" for row in range(12, 1000)}
    with pytest.raises(SourceError, match="merged cells counted in each row"):
        read(write_workbook(tmp_path / "kit.xlsx", Sheet("Rules", cells, ["B6:B1000"])))


def test_too_many_or_too_long_cells_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = Sheet("Rules", {"A1": "x" * 32_768})
    with pytest.raises(SourceError, match="characters in one"):
        list(PARSER.parse(write_workbook(tmp_path / "long.xlsx", long)))
    for far in ("A20001", "IW1"):
        with pytest.raises(SourceError, match="text beyond row"):
            list(PARSER.parse(write_workbook(tmp_path / "far.xlsx", Sheet("Rules", {far: "x"}))))
    monkeypatch.setattr("ingestion.sources.workbook.MOST_CELLS", 10)
    with pytest.raises(SourceError, match="more than 10 cells"):
        list(PARSER.parse(write_workbook(tmp_path / "many.xlsx", RULES)))


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_anywhere_is_an_error_or_a_document_with_true_offsets(tmp_path: Path, data: st.DataObject) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(write_workbook(tmp_path / "whole.xlsx", COVER, RULES)) as whole:
        names = whole.namelist()
        victim = data.draw(st.sampled_from(names))
        with zipfile.ZipFile(buffer, "w") as damaged:
            for name in names:
                content = bytearray(whole.read(name))
                if name == victim and content:
                    at = data.draw(st.integers(0, len(content) - 1))
                    content[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
                damaged.writestr(name, bytes(content))
    path = tmp_path / "damaged.xlsx"
    path.write_bytes(buffer.getvalue()[: data.draw(st.integers(1, len(buffer.getvalue())))])
    try:
        document = read(path)
    except SourceError:
        return
    reached = 0
    for section in document.sections:
        assert reached <= section.start < section.end
        assert document.text[section.start : section.end].strip()
        reached = section.end
    assert reached == len(document.text)


def test_genuine_decision_tables_are_read(data_dir: Path) -> None:
    folder = data_dir / "ingest/guidelines/who_smart"
    immunisation = read(folder / "immz/input/decision-logic/IMMZ DAK_decision-support logic.xlsx")
    assert immunisation.document_id == "guideline:who/immz-dak-decision-support-logic@1-0-0"
    assert sum(section.role is Role.RECOMMENDATION for section in immunisation.sections) == 579
    assert not any(section.path[0] == "Hepatitis B (old)" for section in immunisation.sections)  # a hidden sheet
    pregnant = next(text for _, path, text in found(immunisation) if path[0] == "BCG" and "pregnant" in text)
    assert pregnant.endswith("Do not vaccinate client with BCG as BCG vaccination is not recommended during pregnancy")
    tuberculosis = read(folder / "tb/input/decision-logic/TB DAK_decision-support logic.xlsx")
    rules = [text for role, _, text in found(tuberculosis) if role is Role.RECOMMENDATION]
    assert len(rules) == 704
    ids = [rule.split(" | ")[0] for rule in rules]
    assert sum(rule_id.startswith("TB.") and ".DT." in rule_id for rule_id in ids) == len(rules)
    dose = next(rule for rule in rules if rule.startswith("TB.D11.DT.01 "))
    assert '"Body weight (kg)" < 4 \'kg\' | "Prescribe medication" | Prescribe: isoniazid (H) 10 mg/kg/day' in dose


def test_a_genuine_data_dictionary_is_refused(data_dir: Path) -> None:
    path = data_dir / "ingest/guidelines/who_smart/immz/input/decision-logic/IMMZ DAK_core data dictionary.xlsx"
    with pytest.raises(SourceError, match="no visible sheet has a decision table"):
        read(path)
