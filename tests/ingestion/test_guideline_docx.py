"""Word guidelines: what a reader sees once changes are accepted, from files that python-docx wrote and that we then mark up."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.document import Document as Word
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.text.paragraph import Paragraph
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexes.passage import Role, Status
from ingestion.document import Document, Item, Problem
from ingestion.errors import SourceError
from ingestion.sources import find_parser
from ingestion.sources.guideline_docx import DocxGuidelines
from ingestion.sources.symbol_font import spelled, symbol

PARSER = DocxGuidelines()
W = nsdecls("w")


def items(path: Path) -> list[Item]:
    return list(PARSER.parse(path))


def parse(path: Path) -> Document:
    (document,) = items(path)
    assert isinstance(document, Document)
    return document


def written(folder: Path, fill: Callable[[Word], Any], name: str = "guide.docx") -> Path:
    """A Word file that python-docx saves after `fill` wrote in it."""
    word = docx.Document()
    fill(word)
    path = folder / name
    word.save(str(path))
    return path


def texts(document: Document) -> list[str]:
    return [document.text[section.start : section.end] for section in document.sections]


def xml(paragraph: Paragraph, inner: str) -> None:
    """Put elements into a paragraph that python-docx has no words for."""
    spaces = (
        f'{W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml" '
        'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
        'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    )
    for element in parse_xml(f"<w:p {spaces}>{inner}</w:p>"):
        paragraph._p.append(element)


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def repacked(path: Path, change: dict[str, bytes | None]) -> Path:
    """The file with some of its members replaced, added or (`None`) left out."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()} | change
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in members.items():
            if data is not None:
                new.writestr(name, data)
    return path


def test_styles_become_section_paths_and_recommendations(tmp_path: Path) -> None:
    def fill(word: Word) -> None:
        word.add_paragraph("Fever in children", "Title")
        word.add_heading("Recommendations", 1)
        word.add_heading("Fluids", 2)
        word.add_paragraph("Offer fluids to every child. (Grade B)", "List Bullet")
        word.add_paragraph("Ask about:", "List Bullet")
        word.add_paragraph("rash", "List Bullet 2")
        word.add_heading("Rationale", 1)
        word.add_paragraph("Three trials agree.")
        word.add_heading("References", 1)
        word.add_paragraph("Somebody 2015.")

    path = written(tmp_path, fill)
    document = parse(path)
    found = [(s.role, s.path, s.grade, text) for s, text in zip(document.sections, texts(document), strict=True)]
    assert found == [
        (Role.RECOMMENDATION, ("Recommendations", "Fluids"), "Grade B", "Offer fluids to every child. (Grade B)"),
        (Role.RECOMMENDATION, ("Recommendations", "Fluids"), None, "Ask about:"),
        (Role.RECOMMENDATION, ("Recommendations", "Fluids"), None, "rash"),
        (Role.BACKGROUND, ("Rationale",), None, "Three trials agree."),
    ]
    assert document.title == "Fever in children"
    assert find_parser(path).name == "guideline (DOCX)"


def test_a_nested_list_stays_with_its_item(tmp_path: Path) -> None:
    def fill(word: Word) -> None:
        for text, depth in (("Ask about:", 0), ("rash", 1), ("travel", 1), ("Offer fluids.", 0)):
            numbered = parse_xml(f'<w:numPr {W}><w:ilvl w:val="{depth}"/><w:numId w:val="1"/></w:numPr>')
            word.add_paragraph(text)._p.get_or_add_pPr().append(numbered)
        word.add_paragraph("After it.")

    assert texts(parse(written(tmp_path, fill))) == ["Ask about:\nrash\ntravel", "Offer fluids.", "After it."]


def test_headings_of_localised_and_own_styles_are_known_by_name_outline_and_inheritance(tmp_path: Path) -> None:
    def fill(word: Word) -> None:
        styles = word.styles
        styles["Heading 1"].element.set(docx.oxml.ns.qn("w:styleId"), "berschrift1")
        own = styles.add_style("Kapitel", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
        own.base_style = styles["Heading 1"]
        outlined = styles.add_style("Abschnitt", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
        outlined.element.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {W} w:val="1"/>'))
        word.add_paragraph("Kapitel A", own)
        word.add_paragraph("Abschnitt B", outlined)
        word.add_paragraph("Text dazu.")
        direct = word.add_paragraph("Direkt C")
        direct._p.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {W} w:val="0"/>'))
        word.add_paragraph("Text danach.")

    document = parse(written(tmp_path, fill))
    assert [section.path for section in document.sections] == [("Abschnitt B",), ("Direkt C",)]
    assert document.title == "Kapitel A"


def test_tracked_changes_are_read_as_accepted(tmp_path: Path) -> None:
    who = 'w:id="1" w:author="A" w:date="2024-01-01T00:00:00Z"'

    def fill(word: Word) -> None:
        xml(
            word.add_paragraph("Give "),
            f"<w:del {who}><w:r><w:delText>aspirin</w:delText></w:r></w:del><w:ins {who}>{run('clopidogrel')}"
            f"<w:del {who}><w:r><w:delText>prasugrel</w:delText></w:r></w:del></w:ins>"
            f"<w:moveFrom {who}>{run(' now')}</w:moveFrom><w:moveTo {who}>{run(' daily.')}</w:moveTo>",
        )
        first = word.add_paragraph("Stop before ")
        first._p.get_or_add_pPr().append(parse_xml(f"<w:rPr {W}><w:del {who}/></w:rPr>"))
        word.add_paragraph("surgery.")
        table = word.add_table(2, 2)
        for row, values in zip(table.rows, (("Drug", "Dose"), ("Gone", "1 g")), strict=True):
            for cell, value in zip(row.cells, values, strict=True):
                cell.text = value
        table.rows[1]._tr.get_or_add_trPr().append(parse_xml(f"<w:del {W} {who}/>"))

    assert texts(parse(written(tmp_path, fill))) == ["Give clopidogrel daily.", "Stop before surgery.", "Drug | Dose"]


def test_superscripts_symbols_and_formulas_keep_their_meaning(tmp_path: Path) -> None:
    above = '<w:vertAlign w:val="superscript"/>'

    def fill(word: Word) -> None:
        xml(
            word.add_paragraph("Platelets below 50 × 10"),
            f"{run('9', above)}{run('/L, 10')}{run('−', above)}{run('6', above)}{run(' m', '')}{run('2', above)}",
        )
        xml(
            word.add_paragraph("Age "),
            '<w:r><w:sym w:font="Symbol" w:char="F0B3"/></w:r>' + run(" 65, ")
            + run("\uf06d", '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>') + run("g, ")
            + run("b", '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>') + run("-blocker, ")
            + '<w:r><w:sym w:font="Wingdings" w:char="F0E0"/></w:r><w:r><w:sym w:font="Other" w:char="zz"/></w:r>'
            + "<w:r><w:t>non</w:t><w:noBreakHyphen/><w:t>drug</w:t><w:br/><w:t>end</w:t></w:r>",
        )  # fmt: skip
        xml(
            word.add_paragraph("Dose "),
            "<m:oMath><m:r><m:t>≥5 mg</m:t></m:r></m:oMath>" + run(" or ")
            + "<m:oMath><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath>",
        )  # fmt: skip

    assert texts(parse(written(tmp_path, fill))) == [
        "Platelets below 50 × 10⁹/L, 10⁻⁶ m²",
        "Age ≥ 65, μg, β-blocker, →\ufffdnon-drug end",
        "Dose ≥5 mg or […]",
    ]


def test_hidden_text_fields_comments_and_placeholders_are_left_out(tmp_path: Path) -> None:
    field = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    citation = (
        field.format("begin")
        + "<w:r><w:instrText> ADDIN ZOTERO_ITEM CSL </w:instrText></w:r>"
        + field.format("separate")
    )

    def fill(word: Word) -> None:
        xml(
            word.add_paragraph("Rest"),
            run(" in secret", "<w:vanish/>") + run(" at home", '<w:vanish w:val="0"/>') + citation
            + run("3,4", '<w:vertAlign w:val="superscript"/>') + field.format("end")
            + "<w:r><w:commentReference w:id=\"0\"/></w:r>"
            + f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{run('Click here')}</w:sdtContent></w:sdt>"
            + f"<w:sdt><w:sdtContent>{run(' today')}</w:sdtContent></w:sdt>" + run("."),
        )  # fmt: skip
        word.sections[0].header.paragraphs[0].text = "Running header"
        word.sections[0].footer.paragraphs[0].text = "Page 1"

    assert parse(written(tmp_path, fill)).text == "Rest at home today."


def test_text_boxes_are_read_once_though_they_are_drawn_twice(tmp_path: Path) -> None:
    def fill(word: Word) -> None:
        box = f"<w:txbxContent><w:p>{run('Call for help.')}</w:p></w:txbxContent>"
        xml(
            word.add_paragraph("Before the box."),
            f'<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>'
            f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>",
        )
        word.add_paragraph("After the box.")

    assert texts(parse(written(tmp_path, fill))) == ["Before the box.", "Call for help.", "After the box."]


def test_tables_keep_header_rows_and_merged_cells_once(tmp_path: Path) -> None:
    def fill(word: Word) -> None:
        table = word.add_table(3, 3)
        for row, values in zip(
            table.rows, (("Drug", "Dose", "When"), ("A", "1 g", "daily"), ("", "2 g", "")), strict=True
        ):
            for cell, value in zip(row.cells, values, strict=True):
                cell.text = value
        table.cell(1, 0).merge(table.cell(2, 0))
        table.cell(2, 1).merge(table.cell(2, 2))
        word.add_paragraph("Between.")
        graded = word.add_table(2, 2)
        for row, values in zip(graded.rows, (("Recommendation", "Grade"), ("Offer a statin.", "A")), strict=True):
            for cell, value in zip(row.cells, values, strict=True):
                cell.text = value

    document = parse(written(tmp_path, fill))
    assert texts(document) == ["Drug | Dose | When\nA | 1 g | daily\n2 g", "Between.", "Offer a statin. | A"]


def test_a_frame_of_one_cell_is_one_passage_and_a_box_of_regimens_a_recommendation(tmp_path: Path) -> None:
    def fill(word: Word) -> None:
        box = word.add_table(1, 1).cell(0, 0)
        box.text = "Recommended regimen"
        box.add_paragraph("Azithromycin 1 g orally in a single dose")
        word.add_paragraph("Between.")
        page = word.add_table(1, 1).cell(0, 0)
        page.add_paragraph("Diagnosis", "Heading 2")
        page.add_paragraph("Take a swab.")

    document = parse(written(tmp_path, fill))
    assert texts(document) == [
        "Recommended regimen\nAzithromycin 1 g orally in a single dose",
        "Between.",
        "Take a swab.",
    ]
    assert [section.role for section in document.sections] == [Role.RECOMMENDATION, Role.BODY, Role.BODY]
    assert document.sections[2].path == ()  # the only heading is the title
    assert document.title == "Diagnosis"


def test_a_footnote_stays_with_its_paragraph_or_table(tmp_path: Path) -> None:
    mark = '<w:r><w:footnoteReference w:id="2"/></w:r>'

    def fill(word: Word) -> None:
        xml(word.add_paragraph("Give 1 g"), mark + run(" daily."))
        xml(word.add_table(1, 2).cell(0, 0).paragraphs[0], run("Dose") + mark)

    path = written(tmp_path, fill)
    with zipfile.ZipFile(path) as package:
        relations = package.read("word/_rels/document.xml.rels")
    notes = (
        f'<w:footnotes {W}><w:footnote w:type="separator" w:id="-1"><w:p>{run("---")}</w:p></w:footnote>'
        f'<w:footnote w:id="2"><w:p>{run("Half in kidney failure.")}</w:p></w:footnote></w:footnotes>'
    )
    link = b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes" Target="footnotes.xml"/>'
    repacked(
        path,
        {
            "word/footnotes.xml": notes.encode(),
            "word/_rels/document.xml.rels": relations.replace(b"</Relationships>", link + b"</Relationships>"),
        },
    )
    assert texts(parse(path)) == ["Give 1 g daily.\nHalf in kidney failure.", "Dose\nHalf in kidney failure."]
    repacked(path, {"word/footnotes.xml": b"<broken"})
    problem, document = items(path)
    assert isinstance(problem, Problem)
    assert problem.record == "word/footnotes.xml"
    assert isinstance(document, Document)
    assert "Give 1 g daily." in document.text


def test_contents_and_index_are_left_out_by_their_style(tmp_path: Path) -> None:
    def fill(word: Word) -> None:
        word.styles.add_style("toc 1", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
        word.add_paragraph("Fever ..... 3", "toc 1")
        word.add_paragraph("Rest.")

    assert parse(written(tmp_path, fill)).text == "Rest."


def test_bold_lines_are_headings_only_where_a_document_has_no_others(tmp_path: Path) -> None:
    def fill(word: Word) -> None:
        word.add_paragraph().add_run("Management of fever").bold = True
        word.add_paragraph("Most fevers pass by themselves.")
        word.add_paragraph().add_run("Give paracetamol 15 mg/kg").bold = True
        word.add_paragraph().add_run("Offer fluids to all").bold = True
        word.add_paragraph("It helps within an hour.")
        word.add_paragraph().add_run("When to refer").bold = True
        word.add_paragraph("Refer after five days.")

    document = parse(written(tmp_path, fill))
    assert document.title == "Management of fever"
    assert [(s.path, text) for s, text in zip(document.sections, texts(document), strict=True)] == [
        ((), "Most fevers pass by themselves."),
        ((), "Give paracetamol 15 mg/kg"),
        ((), "Offer fluids to all"),
        ((), "It helps within an hour."),
        (("When to refer",), "Refer after five days."),
    ]
    styled = written(tmp_path, lambda word: (word.add_heading("Fever", 1), fill(word)))
    assert "Management of fever" in parse(styled).text


def test_properties_become_metadata(tmp_path: Path) -> None:
    def fill(word: Word) -> None:
        core = word.core_properties
        core.title, core.author, core.version = "Microsoft Word - draft3.doc", "World Health Organization", "2.1"
        core.modified, core.language = dt.datetime(2023, 5, 2, 12, tzinfo=dt.UTC), "fr-FR"
        word.add_heading("Fièvre", 1)
        word.add_paragraph("Repos.")

    document = parse(written(tmp_path, fill))
    assert document.document_id == "guideline:who/fievre@2-1"
    assert (document.title, document.publisher, document.language, document.date, document.year) == (
        "Fièvre",
        "WHO",
        "fr",
        "2023-05-02",
        2023,
    )
    assert document.authors == ("World Health Organization",)
    assert document.status is Status.CURRENT


@pytest.mark.parametrize("place", ["watermark", "title", "property"])
def test_a_draft_is_marked_where_it_says_so(tmp_path: Path, place: str) -> None:
    def fill(word: Word) -> None:
        word.add_paragraph("Fever: draft for consultation" if place == "title" else "Fever", "Title")
        word.add_paragraph("Draft horses are strong.")
        if place == "property":
            word.core_properties.content_status = "Draft"
        if place == "watermark":
            header = word.sections[0].header.paragraphs[0]
            xml(header, '<w:r><w:pict><v:shape><v:textpath string="DRAFT"/></v:shape></w:pict></w:r>')

    assert parse(written(tmp_path, fill)).status is Status.DRAFT


def test_a_mention_of_drafts_is_no_draft(tmp_path: Path) -> None:
    def fill(word: Word) -> None:
        word.add_paragraph("Drafting guidelines", "Title")
        xml(
            word.sections[0].header.paragraphs[0],
            '<w:r><w:pict><v:shape><v:textpath string="COPY"/></v:shape></w:pict></w:r>',
        )
        word.add_paragraph("This draft was final.")

    assert parse(written(tmp_path, fill)).status is Status.CURRENT


def test_strict_open_xml_is_read_too(tmp_path: Path) -> None:
    path = written(tmp_path, lambda word: (word.add_heading("Care", 1), word.add_paragraph("Rest.")))
    with zipfile.ZipFile(path) as package:
        changed = {
            name: package.read(name)
            .replace(b"http://schemas.openxmlformats.org/wordprocessingml/2006/main", b"http://purl.oclc.org/ooxml/wordprocessingml/main")
            .replace(b"http://schemas.openxmlformats.org/officeDocument/2006/relationships", b"http://purl.oclc.org/ooxml/officeDocument/relationships")
            for name in package.namelist() if name.endswith((".xml", ".rels"))
        }  # fmt: skip
    document = parse(repacked(path, {**changed}))
    assert (document.title, document.text) == ("Care", "Rest.")


def test_an_embedded_document_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, lambda word: word.add_paragraph("Rest."))
    with zipfile.ZipFile(path) as package:
        text = package.read("word/document.xml").replace(b"<w:sectPr", b'<w:altChunk r:id="rId7"/><w:sectPr', 1)
    problem, document = items(repacked(path, {"word/document.xml": text}))
    assert isinstance(problem, Problem)
    assert "not read" in problem.reason
    assert isinstance(document, Document)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("bad.docx", b"", "empty"),
        ("bad.docx", b"nothing of the sort", "zip"),
        ("bad.docx", OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "without a password"),
        ("bad.doc", OLE + b"\0" * 600 + "WordDocument".encode("utf-16-le"), r"save it as \.docx"),
        ("bad.doc", b"{\\rtf1 Rest.}", r"save it as \.docx"),
        ("bad.docx", OLE + b"\0" * 600, r"save it as \.docx"),
    ],
    ids=["0 bytes", "no zip", "encrypted", "old Word", "RTF", "old Word by another name"],
)
def test_what_cannot_be_read_is_named_with_the_mend(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError, match=said) as error:
        list((find_parser(path) if content else PARSER).parse(path))
    assert str(path) in str(error.value)
    assert ";" in str(error.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.docx").mkdir()
    for name in ("none.docx", "folder.docx"):
        with pytest.raises(SourceError, match=name):
            items(tmp_path / name)


def test_a_spreadsheet_and_a_plain_zip_are_no_word_documents(tmp_path: Path) -> None:
    path = written(tmp_path, lambda word: word.add_paragraph("Rest."))
    with pytest.raises(SourceError, match="workbook"):
        items(repacked(path, {"word/document.xml": b"<workbook/>"}))
    with pytest.raises(SourceError, match="no Word document"):
        items(repacked(path, {"word/document.xml": None}))
    plain = tmp_path / "plain.docx"
    with zipfile.ZipFile(plain, "w") as package:
        package.writestr("word/notes.txt", "Rest.")
    with pytest.raises(SourceError, match="no Word document"):
        items(plain)
    assert not PARSER.recognises(Path("plain.zip"), plain.read_bytes())


def test_external_entities_are_not_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("classified")
    path = written(tmp_path, lambda word: word.add_paragraph("Rest."))
    text = (
        f'<!DOCTYPE w:document [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY y "yyyy">]>'
        f"<w:document {W}><w:body><w:p><w:r><w:t>Rest &x;&y; well.</w:t></w:r></w:p></w:body></w:document>"
    )
    document = parse(repacked(path, {"word/document.xml": text.encode()}))
    assert document.text.startswith("Rest")
    assert "classified" not in document.text


def test_deep_nesting_is_refused_or_read(tmp_path: Path) -> None:
    path = written(tmp_path, lambda word: word.add_paragraph("Rest."))
    for depth in (200, 100_000):
        deep = f"<w:document {W}><w:body>{'<w:sdt>' * depth}<w:p>{run('Deep.')}</w:p>{'</w:sdt>' * depth}</w:body></w:document>"
        try:
            assert parse(repacked(path, {"word/document.xml": deep.encode()})).text == "Deep."
        except SourceError:
            assert depth > 200


@pytest.mark.parametrize(
    ("name", "head", "known"),
    [
        ("a.docx", b"", True),
        ("a.DOCM", b"", True),
        ("a.doc", OLE, True),
        ("a.doc", b"{\\rtf1", True),
        ("a.doc", b"<html>", False),
        ("a.xls", OLE, False),
        ("a.zip", b"PK\x03\x04", False),
    ],
)
def test_recognised_by_suffix_or_content(name: str, head: bytes, known: bool) -> None:
    assert PARSER.recognises(Path(name), head) is known


def test_recognised_without_its_suffix(tmp_path: Path) -> None:
    path = written(tmp_path, lambda word: word.add_paragraph("Rest."), "no suffix")
    assert find_parser(path).name == "guideline (DOCX)"


def test_symbols_of_fonts_are_spelled() -> None:
    assert [symbol(code, "Symbol") for code in (0xF0B3, 0xF0A3, 0xB1, 0xF06D, 0xF0B0, 0xF0FE, 0xF000)] == [
        *"≥≤±μ°⎭",
        "\ufffd",
    ]
    assert spelled("≥ 65", "Arial") == "≥ 65"
    assert spelled("\uf0b3 65", "Arial") == "≥ 65"


def sample() -> bytes:
    word = docx.Document()
    word.add_heading("Care", 1)
    word.add_paragraph("Rest and drink. " * 20)
    word.add_table(2, 2).cell(0, 0).text = "Drug"
    buffer = io.BytesIO()
    word.save(buffer)
    return buffer.getvalue()


SAMPLE = sample()


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_a_truncated_or_corrupted_file_is_read_truly_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.docx"
    path.write_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]))
    try:
        found = items(path)
    except SourceError as error:
        assert str(path) in str(error)  # noqa: PT017
        return
    for item in found:
        if isinstance(item, Document):
            assert all(item.text[s.start : s.end].strip() for s in item.sections)
