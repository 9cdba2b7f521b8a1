"""Scanned guidelines: what OCR is sure of is read, what it is not is left out and marked, and nothing is read so unasked."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from native import pdf_of_lines
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ingestion.document import Document, Problem
from ingestion.errors import SourceError
from ingestion.library import Library
from ingestion.pipeline import ingest_files
from ingestion.sources.guideline_pdf import PdfGuidelines
from ingestion.sources.guideline_scan import ScannedGuidelines
from ingestion.sources.ocr import Reading
from ingestion.sources.pdf_gaps import OMITTED, marked
from ingestion.sources.pdf_lines import Line, Page
from ingestion.sources.scan_lines import LEAST, ScannedPage, as_pages, doubtful, speck, unreadable

PARSER = ScannedGuidelines(isolated=False)  # what is in a file does not depend on where it is read
ROOT = Path(__file__).parents[2]
needs_ocr = pytest.mark.skipif(
    find_spec("rapidocr") is None, reason="OCR is not installed: pip install 'citewell[ocr]'"
)
ADVICE = (
    "WHO recommends 40 mg of zibotentan once a day in adults with hypertension.",
    "Strong recommendation, moderate certainty evidence",
    "",
    "The dose is halved where the clearance is below 30 ml a minute, as in",
    "trials that followed 1250 people for 2.5 years.",
)


def scan(path: Path, *sheets: Sequence[str], turned: int = 0) -> Path:
    """A PDF whose pages are pictures of pages with those lines; an empty one is a page with text instead."""
    canvas = Canvas(str(path), pagesize=A4)
    for sheet in sheets:
        if sheet:
            source = pypdfium2.PdfDocument(pdf_of_lines(path.with_suffix(".source"), sheet))
            image = source[0].render(scale=200 / 72, grayscale=True).to_pil().rotate(turned, fillcolor=255)
            source.close()
            picture = io.BytesIO()
            image.save(picture, "JPEG", quality=80)
            picture.seek(0)
            canvas.drawImage(ImageReader(picture), 0, 0, *A4)
        else:
            for number, line in enumerate(
                ("This page has text of its own, as the last pages of", "many a scanned guideline have.")
            ):
                canvas.drawString(60, 700 - 16 * number, line)
        canvas.showPage()
    canvas.save()
    return path


def reading(text: str, y: float = 0.0, sure: float = 1.0, x: float = 100.0, **weak: float) -> Reading:
    """A line of 20 pixels' height. `weak`: how sure the reader is of the first characters, by their place ("at3=0.5")."""
    sureness = [sure] * len(text)
    for place, value in weak.items():
        sureness[int(place.removeprefix("at"))] = value
    return Reading(text, tuple(sureness), x, x + 10 * len(text), 200 + y, 20.0, 0.15)


def page(*readings: Reading, number: int = 1) -> ScannedPage:
    return ScannedPage(number, 600, 800, 1.0, readings)


def texts(pages: Sequence[Page]) -> list[str]:
    return [line.text for each in pages for line in each.lines]


@pytest.mark.parametrize(
    ("line", "doubt"),
    [
        (reading("Give 40 mg"), False),
        (reading("Give 40 mg", sure=LEAST - 0.01), True),
        (reading("Give 40 mg", at5=0.5), True),  # the 4
        (reading("Give 0.5 mg", at6=0.5), True),  # the point of a figure
        (reading("Give <40 mg", at5=0.5), True),  # its sign
        (reading("Give 40 mg", at0=0.5), False),  # the G
    ],
)
def test_a_line_is_doubtful_for_one_figure_but_not_for_one_letter(line: Reading, doubt: bool) -> None:
    assert doubtful(line) == doubt


def test_what_is_left_out_is_marked_where_it_stood() -> None:
    lines = ("Give no more than", "40 mg a day to", "children.", "Ask.", "5 ml", "Tell them.")
    sure = (1, 0.5, 1, 1, 0.5, 1)
    pages = marked(as_pages([page(*[reading(text, 30 * n, sure[n]) for n, text in enumerate(lines)])]))
    assert texts(pages) == ["Give no more than […]", "[…] children.", "Ask.", "[…] Tell them."]


def test_a_doubtful_cell_keeps_its_place_in_the_row() -> None:
    row = (reading("Amoxicillin"), reading("40 mg", x=300, sure=0.5), reading("twice", x=450))
    lines = marked(as_pages([page(*row, reading("Below the table", 60))]))[0].lines
    assert [(line.text, line.cell) for line in lines] == [
        ("Amoxicillin", False), (OMITTED, True), ("twice", True), ("Below the table", False),
    ]  # fmt: skip


def test_a_page_that_is_mostly_doubtful_is_left_out_whole_and_the_gap_marked() -> None:
    poor = page(reading("9G wm", sure=0.4), reading("zz 06", 30, sure=0.4), reading("Give 40 mg", 60), number=2)
    assert unreadable(poor)
    pages = marked(as_pages([page(reading("Give no more than")), poor, page(reading("a day to adults"), number=3)]))
    assert texts(pages) == ["Give no more than […]", "[…] a day to adults"]


def test_lines_that_run_up_the_edge_are_no_lines_of_the_page() -> None:
    tab = Reading("CHAPTER", (1.0,) * 7, 580, 595, 500, 300.0, 0.2)
    assert texts(as_pages([page(tab, reading("Give"), reading("Take", 30))])) == ["Give", "Take"]
    assert unreadable(page(tab, tab, reading("Give")))


def test_specks_are_passed_over_and_single_figures_are_not() -> None:
    assert speck(reading("o", sure=0.5))
    assert not speck(reading("5", sure=0.5))
    assert not speck(reading("a", sure=1.0))


def test_numbers_that_stand_near_are_not_run_together() -> None:
    assert texts(as_pages([page(reading("7"), reading("484", x=112))])) == ["7", "484"]
    assert texts(as_pages([page(reading("1."), reading("Give", x=150))])) == ["1. Give"]


def test_sizes_differ_only_where_type_does() -> None:
    body = [reading("a line of the running text" + "x" * n, 30 * n) for n in range(9)]
    tall = Reading(body[0].text, body[0].sure, 100, 350, 480, 22.0, 0.15)
    heading = Reading("Dose", (1.0,) * 4, 100, 200, 560, 36.0, 0.15)
    (found,) = as_pages([page(*body, tall, heading)])
    assert len({line.size for line in found.lines[:-1]}) == 1
    assert found.lines[-1].size > 1.5 * found.lines[0].size


LINES = st.lists(
    st.tuples(st.sampled_from((OMITTED, "Give", "as told", "5 mg")), st.booleans(), st.integers(1, 4)), max_size=12
)


@given(LINES)
def test_marks_hide_no_word_and_are_missing_nowhere(drawn: list[tuple[str, bool, int]]) -> None:
    drawn.sort(key=lambda each: each[2])
    lines = [Line(text, number, 0, 50, 700 - n, 10, False, cell) for n, (text, cell, number) in enumerate(drawn)]
    there = sorted({line.page for line in lines})
    pages = marked([Page(n, 600, 800, tuple(line for line in lines if line.page == n)) for n in there])
    words = " ".join(texts(pages))
    assert words.replace(OMITTED, "").split() == " ".join(line.text for line in lines).replace(OMITTED, "").split()
    if any(line.text != OMITTED for line in lines):
        assert (OMITTED in words) == (
            any(line.text == OMITTED for line in lines) or there != list(range(there[0], there[-1] + 1))
        )


def test_a_scan_is_refused_with_both_ways_on(tmp_path: Path) -> None:
    path = tmp_path / "old.pdf"
    canvas = Canvas(str(path))
    canvas.showPage()
    canvas.save()
    with pytest.raises(SourceError, match=r"--kind scan.*citewell\[ocr\].*ocrmypdf"):
        list(PdfGuidelines(isolated=False).parse(path))


@pytest.mark.parametrize("broken", [False, True], ids=["not installed", "without its models"])
def test_without_ocr_a_scan_is_refused_with_the_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    path = tmp_path / "old.pdf"
    canvas = Canvas(str(path))
    canvas.showPage()
    canvas.save()
    if broken:
        (tmp_path / "rapidocr" / "models").mkdir(parents=True)
        (tmp_path / "rapidocr" / "__init__.py").touch()
    monkeypatch.delitem(sys.modules, "rapidocr", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(
        SourceError, match=r"old\.pdf: .*pip install" + (".*rapidocr" if broken else r" 'citewell\[ocr\]'")
    ):
        list(PARSER.parse(path))


def test_words_that_ocr_put_under_a_picture_are_told_from_printed_ones(tmp_path: Path) -> None:
    def sheet(mode: int) -> Document:
        canvas = Canvas(str(path := tmp_path / "layer.pdf"), pagesize=A4)
        for render_mode in (0, mode):
            text = canvas.beginText(60, 700)
            text.setTextRenderMode(render_mode)
            text.textLines("\n".join(ADVICE))
            canvas.drawText(text)
            canvas.showPage()
        canvas.save()
        (found,) = PdfGuidelines(isolated=False).parse(path)
        assert isinstance(found, Document)
        return found

    assert sheet(0).attributes == {"pages": 2}
    assert sheet(3).attributes == {"pages": 2, "ocr": True, "ocr_engine": "the file's own text layer", "ocr_pages": 1}


def test_a_pdf_with_text_needs_no_ocr(tmp_path: Path) -> None:
    path = pdf_of_lines(tmp_path / "text.pdf", ["Offer a statin to adults with diabetes, as the panel agreed."] * 4)
    assert list(PARSER.parse(path)) == list(PdfGuidelines(isolated=False).parse(path))


@needs_ocr
@pytest.mark.slow
def test_a_scan_is_read_and_says_so(tmp_path: Path) -> None:
    (found,) = ScannedGuidelines().parse(scan(tmp_path / "old.pdf", ADVICE, (), ADVICE[3:]))
    assert isinstance(found, Document)
    sections = [(part.page, part.grade, found.text[part.start : part.end]) for part in found.sections]
    assert sections == [
        (1, ADVICE[1], f"{ADVICE[0]} {ADVICE[1]}"),
        (1, None, f"{ADVICE[3]} {ADVICE[4]}"),
        (2, None, "This page has text of its own, as the last pages of many a scanned guideline have."),
        (3, None, f"{ADVICE[3]} {ADVICE[4]}"),
    ]
    assert found.attributes["ocr"] is True
    assert found.attributes["ocr_engine"].startswith("rapidocr 3")
    assert (found.attributes["pages"], found.attributes["ocr_pages"]) == (3, 2)
    assert LEAST < found.attributes["ocr_confidence"] <= 1


@needs_ocr
@pytest.mark.slow
def test_a_page_on_its_side_is_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "old.pdf"
    upright = scan(tmp_path / "upright.pdf", ADVICE)
    sideways = scan(tmp_path / "sideways.pdf", ADVICE, turned=90)
    joined = pypdfium2.PdfDocument.new()
    for source in (upright, sideways):
        part = pypdfium2.PdfDocument(source)
        joined.import_pages(part)
        part.close()
    joined.save(path)
    joined.close()
    document, problem = PARSER.parse(path)
    assert isinstance(document, Document)
    assert isinstance(problem, Problem)
    assert {section.page for section in document.sections} == {1}
    assert problem.record == "pages 2"
    assert "OCR is not sure of" in problem.reason


@needs_ocr
@pytest.mark.slow
def test_a_scan_of_which_nothing_is_certain_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"old\.pdf: OCR is sure of none of its 1 pages; scan them again"):
        list(PARSER.parse(scan(tmp_path / "old.pdf", ADVICE, turned=90)))


@needs_ocr
@pytest.mark.slow
def test_a_scan_goes_in_only_where_it_is_asked_for(tmp_path: Path, library: Library) -> None:
    path = scan(tmp_path / "old.pdf", ADVICE)
    assert len(ingest_files(library, [path]).failures) == 1
    assert not ingest_files(library, [path], "scan").failures
    assert not library.ledger.failures()
    assert library.ledger.has_documents()


@needs_ocr
@pytest.mark.slow
def test_reading_a_scan_neither_calls_home_nor_writes(tmp_path: Path) -> None:
    """A connection would raise, and an identifier in the home folder would give a report away."""
    path = scan(tmp_path / "old.pdf", ADVICE)
    home = tmp_path / "home"
    home.mkdir()
    code = (
        "import socket, sys; from pathlib import Path\n"
        "def refuse(*_): sys.exit('it went online')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from ingestion.sources.guideline_scan import ScannedGuidelines\n"
        f"assert list(ScannedGuidelines(isolated=False).parse(Path({str(path)!r})))"
    )
    environment = {"HOME": str(home), "XDG_CACHE_HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    assert not [file for file in home.rglob("*") if file.is_file()]
