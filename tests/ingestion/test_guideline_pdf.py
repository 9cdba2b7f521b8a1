"""PDF guidelines: small ones made here for each trait, and genuine ones from the data folder."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from indexes.passage import Role, Status
from ingestion.document import Document, Problem
from ingestion.errors import SourceError
from ingestion.sources.guideline_pdf import PdfGuidelines

PARSER = PdfGuidelines(isolated=False)  # what is in a file does not depend on where it is read
WIDTH, HEIGHT = A4
PROSE = (
    "Fluids are given by mouth to children with fever who can drink.",
    "Carers are told which signs mean that the child must come back.",
    "Paracetamol is given for pain and not for the fever by itself.",
)


class Sheet:
    """A page to write on from the top down."""

    def __init__(self, canvas: Canvas, top: float = HEIGHT - 110) -> None:
        self.canvas, self.y = canvas, top

    def line(self, text: str, x: float = 72, size: float = 10, bold: bool = False, step: float = 1.3) -> Sheet:
        self.canvas.setFont("Helvetica-Bold" if bold else "Helvetica", size)
        self.canvas.drawString(x, self.y, text)
        self.y -= step * size
        return self

    def gap(self, height: float = 14) -> Sheet:
        self.y -= height
        return self


def write(path: Path, *pages: Callable[[Sheet], object], **options: Any) -> Path:
    canvas = Canvas(str(path), pagesize=A4, **options)
    canvas.setTitle("Fever in children")
    for page in pages:
        page(Sheet(canvas))
        canvas.showPage()
    canvas.save()
    return path


def read(path: Path) -> Document:
    (document,) = PARSER.parse(path)
    assert isinstance(document, Document)
    assert_offsets(document)
    return document


def assert_offsets(document: Document) -> None:
    reached = 0
    for section in document.sections:
        assert reached <= section.start < section.end
        assert document.text[section.start : section.end].strip() == document.text[section.start : section.end]
        reached = section.end
    assert reached == len(document.text)


def texts(document: Document) -> list[str]:
    return [document.text[section.start : section.end] for section in document.sections]


def body(sheet: Sheet) -> Sheet:
    for sentence in PROSE:
        sheet.line(sentence)
    return sheet


def test_lines_are_reflowed_and_headings_become_paths(tmp_path: Path) -> None:
    def page(sheet: Sheet) -> None:
        sheet.line("1 Treatment", size=18, bold=True).gap()
        body(sheet).gap()
        sheet.line("1.1 Recommendations", size=13, bold=True)
        sheet.line("WHO recommends oral fluids in children with fever.").line(
            "Strong recommendation, low-certainty evidence"
        ).gap()
        sheet.line("Rationale", bold=True)
        sheet.line("Trials agreed that drinking is safe in most children who are awake.")

    document = read(write(tmp_path / "a.pdf", page))
    assert [(s.role, s.path, s.grade, s.page) for s in document.sections] == [
        (Role.BODY, ("1 Treatment",), None, 1),
        (
            Role.RECOMMENDATION,
            ("1 Treatment", "1.1 Recommendations"),
            "Strong recommendation, low-certainty evidence",
            1,
        ),
        (Role.BACKGROUND, ("1 Treatment", "1.1 Recommendations", "Rationale"), None, 1),
    ]
    assert texts(document)[0] == " ".join(PROSE)
    assert texts(document)[1].endswith("with fever. Strong recommendation, low-certainty evidence")


def columns(order: str) -> Callable[[Sheet], None]:
    """Two columns of twelve lines, written column by column or, as some programs do, line by line across both."""
    left = [f"left line {n} of the first column of this narrow page" for n in range(12)]
    right = [f"right line {n} of the second column of this page" for n in range(12)]

    def page(sheet: Sheet) -> None:
        sheet.canvas.setFont("Helvetica", 10)
        cells = [(72, n, text) for n, text in enumerate(left)] + [(310, n, text) for n, text in enumerate(right)]
        for x, n, text in sorted(cells, key=lambda cell: cell[1]) if order == "across" else cells:
            sheet.canvas.drawString(x, sheet.y - 13 * n, text)

    return page


@pytest.mark.parametrize("order", ["down", "across"])
def test_two_columns_are_read_one_after_the_other(tmp_path: Path, order: str) -> None:
    text = read(write(tmp_path / "a.pdf", columns(order))).text
    found = re.findall(r"(left|right) line (\d+)", text)
    assert found == [("left", str(n)) for n in range(12)] + [("right", str(n)) for n in range(12)]
    assert "|" not in text


def test_rows_of_a_table_stay_together(tmp_path: Path) -> None:
    def page(sheet: Sheet) -> None:
        body(sheet).gap()
        for drug, dose in (("Amoxicillin", "40 mg/kg twice a day"), ("Ceftriaxone", "80 mg/kg once a day")):
            sheet.canvas.drawString(72, sheet.y, drug)
            sheet.canvas.drawString(250, sheet.y, dose)
            sheet.gap(24)

    assert texts(read(write(tmp_path / "a.pdf", page)))[1:] == [
        "Amoxicillin | 40 mg/kg twice a day",
        "Ceftriaxone | 80 mg/kg once a day",
    ]


def test_numbers_in_neighbouring_cells_never_run_together(tmp_path: Path) -> None:
    def page(sheet: Sheet) -> None:
        body(sheet).gap()
        for x, cell in ((72, "Ringer's lactate"), (250, "7"), (300, "484")):
            sheet.canvas.drawString(x, sheet.y, cell)
        sheet.gap(24)
        sheet.line("3.", step=0).line("Reassess the child after each of them.", x=100)

    assert texts(read(write(tmp_path / "a.pdf", page)))[1:] == [
        "Ringer's lactate | 7 | 484",
        "3. Reassess the child after each of them.",
    ]


def test_running_headers_footers_and_page_numbers_are_left_out(tmp_path: Path) -> None:
    def page(number: int) -> Callable[[Sheet], None]:
        def draw(sheet: Sheet) -> None:
            sheet.canvas.setFont("Helvetica", 8)
            sheet.canvas.drawString(72, HEIGHT - 40, "WHO guideline on fever in children")
            sheet.canvas.drawString(72, 30, f"Page {number} of 4")
            sheet.canvas.drawString(500, 30, str(number))
            body(sheet).line(f"This sentence stands on sheet {number} of the guideline.")

        return draw

    document = read(write(tmp_path / "a.pdf", *(page(n) for n in range(1, 5))))
    assert "WHO guideline on fever" not in document.text
    assert "Page" not in document.text
    assert {section.page for section in document.sections} == {1, 2, 3, 4}


def test_a_paragraph_goes_on_over_page_and_footnote(tmp_path: Path) -> None:
    def first(sheet: Sheet) -> None:
        body(sheet)
        sheet.line("The dose is measured with the syringe that comes with the bottle and")
        sheet.y = 110
        sheet.line("1 A syringe of 5 ml is enough for most of them.", size=7)

    document = read(
        write(tmp_path / "a.pdf", first, lambda sheet: sheet.line("is given again after six hours at the earliest."))
    )
    assert "the bottle and is given again after six hours" in document.text
    assert [section.page for section in document.sections] == [1, 1, 1]
    assert texts(document)[-1].startswith("1 A syringe")


def test_words_broken_at_the_line_end_are_made_whole(tmp_path: Path) -> None:
    def page(sheet: Sheet) -> None:
        sheet.line("Paracetamol is a well-known drug that is given to most children para-")
        sheet.line("cetamol can harm; in health care it is well-")
        sheet.line("known. Co-trimoxazole is another drug that long ago was given as co-")
        sheet.line("trimoxazole to them. The word paracetamol is here again.")

    text = read(write(tmp_path / "a.pdf", page)).text.replace("Co-trimoxazole", "co-trimoxazole")
    assert "children paracetamol can" in text
    assert "is well-known." in text
    assert text.count("co-trimoxazole") == 2


def test_list_items_keep_what_introduces_them(tmp_path: Path) -> None:
    def page(sheet: Sheet) -> None:
        body(sheet).gap()
        sheet.line("Send the child to hospital with any of:").line("• a fit", x=90).line("• a stiff neck", x=90)

    assert (
        texts(read(write(tmp_path / "a.pdf", page)))[1]
        == "Send the child to hospital with any of:\n• a fit\n• a stiff neck"
    )


def test_references_and_contents_are_left_out(tmp_path: Path) -> None:
    def contents(sheet: Sheet) -> None:
        sheet.line("Contents", size=18, bold=True)
        for number in range(1, 9):
            sheet.line(f"{number}. Chapter called so ............................. {number * 3}")

    def page(sheet: Sheet) -> None:
        sheet.line("Treatment", size=18, bold=True).gap()
        body(sheet).gap()
        sheet.line("References", size=18, bold=True)
        sheet.line("1. Somebody A. A trial of fluids. J Fever 2015;1:1-2.")

    document = read(write(tmp_path / "a.pdf", contents, page))
    assert texts(document) == [" ".join(PROSE)]


def test_sentences_in_bold_are_no_headings(tmp_path: Path) -> None:
    def page(sheet: Sheet) -> None:
        sheet.line("The child is seen again after two days at the very latest by the nurse.")
        sheet.line("Antibiotics are not given to a child whose fever has no source that is", bold=True)
        sheet.line("known and who looks well.", bold=True)
        sheet.line("All others are sent to a hospital that has a ward for children in it.")

    document = read(write(tmp_path / "a.pdf", page))
    assert {section.path for section in document.sections} == {()}
    assert "whose fever has no source that is known and who looks well." in document.text


def test_line_numbers_of_a_manuscript_go_and_mark_it_a_draft(tmp_path: Path) -> None:
    def page(sheet: Sheet) -> None:
        for number in range(1, 21):
            sheet.canvas.setFont("Helvetica", 10)
            sheet.canvas.drawString(40, sheet.y, str(number))
            sheet.line("word " * 14 + f"end{number}", x=80)

    document = read(write(tmp_path / "a.pdf", page))
    assert document.status is Status.DRAFT
    assert "end1 word" in document.text
    assert not re.search(r"(?<!end)\b\d", document.text)


def test_metadata_comes_from_the_pdf_and_its_first_pages(tmp_path: Path) -> None:
    def page(sheet: Sheet) -> None:
        body(sheet).gap(40)
        sheet.line("© World Health Organization 2021. Licence: CC BY-NC-SA 3.0 IGO.", size=7)
        sheet.line("ISBN 978-92-4-003398-6 (electronic version)", size=7)

    document = read(write(tmp_path / "a.pdf", page))
    assert document.document_id == "guideline:who/fever-in-children@2021"
    assert (document.title, document.publisher, document.year) == ("Fever in children", "WHO", 2021)
    assert (document.licence, document.identifiers["isbn"]) == ("CC BY-NC-SA 3.0 IGO", "9789240033986")


def picture() -> ImageReader:
    return ImageReader(Image.new("RGB", (40, 40), "grey"))


def test_a_scan_says_how_many_pages_have_no_text_and_names_ocr(tmp_path: Path) -> None:
    path = write(tmp_path / "scan.pdf", *[lambda sheet: sheet.canvas.drawImage(picture(), 0, 0, WIDTH, HEIGHT)] * 3)
    with pytest.raises(SourceError, match=r"3 of 3 pages have no text.*ocrmypdf"):
        read(path)


def test_one_page_that_is_a_picture_is_no_obstacle(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pdf", body, lambda sheet: sheet.canvas.drawImage(picture(), 0, 0, WIDTH, HEIGHT), body)
    assert {section.page for section in read(path).sections} == {1, 3}


def test_an_encrypted_pdf_says_how_to_decrypt_it(tmp_path: Path) -> None:
    path = write(tmp_path / "locked.pdf", body, encrypt=StandardEncryption("secret", ownerPassword="other"))
    with pytest.raises(SourceError, match=r"locked\.pdf.*encrypted.*qpdf --decrypt"):
        read(path)


def test_a_pdf_that_only_forbids_printing_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pdf", body, encrypt=StandardEncryption("", ownerPassword="other", canPrint=0))
    assert texts(read(path)) == [" ".join(PROSE)]


@cache
def sound() -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    for _ in range(3):
        body(Sheet(canvas))
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "0 bytes"),
        (b"%PDF-1.7\nnothing more", "fetch it again"),
        (b"words", "no readable PDF"),
        (b"%PDF-", "fetch"),
    ],
)
def test_broken_files_are_errors_that_name_the_file(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "bad.pdf"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"bad\.pdf") as error:
        read(path)
    assert said in str(error.value)


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="check the path"):
        read(tmp_path / "none.pdf")


@given(st.integers(0, 4000), st.binary(min_size=1, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_a_damaged_pdf_is_read_or_refused_but_never_worse(tmp_path: Path, at: int, noise: bytes) -> None:
    data = sound()
    at %= len(data)
    path = tmp_path / "damaged.pdf"
    path.write_bytes(data[:at] + noise + data[at + len(noise) :])
    try:
        items = list(PARSER.parse(path))
    except SourceError as error:
        assert "damaged.pdf" in str(error)  # noqa: PT017
    else:
        assert isinstance(items[0], Document)
        assert_offsets(items[0])
        assert all(isinstance(item, Problem) for item in items[1:])


@pytest.mark.parametrize(
    ("name", "head", "known"),
    [("a.pdf", b"", True), ("a", b"%PDF-1.4", True), ("a.bin", b"\r\n%PDF-1.4", True), ("a.txt", b"text", False)],
)
def test_recognised_by_suffix_or_beginning(name: str, head: bytes, known: bool) -> None:
    assert PARSER.recognises(Path(name), head) is known


WHO = "ingest/guidelines/who_pdf/data/raw"


@cache
def genuine(path: Path) -> Document:
    return read(path)


@pytest.mark.parametrize(
    ("file", "page", "grade", "sentence"),
    [
        (
            "ingest/guidelines/misc_pdf/pdf/hypertension.pdf",
            28,
            "Strong recommendation, moderate-certainty evidence",
            "WHO recommends a target blood pressure treatment goal of <140/90 mmHg in all patients with hypertension without comorbidities.",
        ),
        (
            f"{WHO}/Lenacapavir for HIV prevention and testing strategies.pdf",
            12,
            "strong recommendation, moderate to high certainty of evidence",
            "Long-acting injectable lenacapavir should be offered as an additional prevention choice for people at risk of HIV, "
            "as part of combination prevention approaches.",
        ),
        (
            f"{WHO}/Treatment of patients with cystic echinococcosis.pdf",
            30,
            "Conditional recommendation with very low certainty of evidence",
            "In patients with uncomplicated hepatic cyst types CE2 or CE3b > 5 cm, surgery combined with ALB is suggested.",
        ),
        (
            f"{WHO}/Management of sickle-cell disease during pregnancy, childbirth and the interpregnancy period.pdf",
            14,
            None,
            "Advise pregnant women with SCD living outside malaria endemic areas to continue daily supplementation with up to 5 mg "
            "folic acid or to initiate supplementation at this dose as soon as possible.",
        ),
    ],
)
def test_recommendations_of_who_stand_whole_in_one_section(
    data_dir: Path, file: str, page: int, grade: str | None, sentence: str
) -> None:
    document = genuine(data_dir / file)
    (section,) = (s for s in document.sections if s.page == page and sentence in document.text[s.start : s.end])
    assert (section.role, section.grade) == (Role.RECOMMENDATION, grade)


def test_a_guideline_of_who_is_described_and_free_of_furniture(data_dir: Path) -> None:
    document = genuine(data_dir / "ingest/guidelines/misc_pdf/pdf/hypertension.pdf")
    assert (
        document.document_id
        == "guideline:who/guideline-for-the-pharmacological-treatment-of-hypertension-in-adults@2021"
    )
    assert document.title == "Guideline for the pharmacological treatment of hypertension in adults"
    assert "METHOD FOR DEVELOPING THE GUIDELINE" not in document.text
    assert not any(re.fullmatch(r"[ivxlc\d]+", text) for text in texts(document))
    paths = {section.path for section in document.sections}
    assert ("3 Recommendations", "3.6 Target blood pressure") in paths
    assert not any("References" in path for path in paths)


@pytest.mark.slow
def test_the_draft_of_cdc_is_known_as_one_and_loses_its_line_numbers(data_dir: Path) -> None:
    document = genuine(data_dir / "ingest/guidelines/cdc_opioid_2022/docs/CDC-2022-0024-0002_content.pdf")
    assert (document.status, document.publisher, document.year) == (Status.DRAFT, "CDC", 2022)
    grades = {section.grade for section in document.sections if section.role is Role.RECOMMENDATION}
    assert "recommendation category: A, evidence type: 1" in grades
    sentence = (
        "For low back pain, the AHRQ systematic clinical evidence review found heat therapy was associated with a moderate decrease in pain "
        "versus usual care or placebo at 1 day to <1 week and at 2 to <4 weeks (evidence type 2 to 3)."
    )
    assert any(
        section.page == 50 and sentence in document.text[section.start : section.end] for section in document.sections
    )


@pytest.mark.slow
def test_all_pdfs_of_the_data_folder_are_read(data_dir: Path) -> None:
    files = sorted((data_dir / "ingest/guidelines").rglob("*.pdf"))
    documents = [genuine(file) for file in files]
    assert len({document.document_id for document in documents}) == len(files)
    for document in documents:
        assert document.year is not None
        assert document.publisher in {"WHO", "CDC"}
        assert {section.page for section in document.sections} <= set(range(1, document.attributes["pages"] + 1))
        # A spread of pages with text in a scattered or doubled order would show as one-word sections.
        assert sum(" " in text for text in texts(document)) > 0.9 * len(document.sections), document.title
