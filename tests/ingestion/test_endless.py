"""Text that is made to keep a reader busy: what takes a moment for a page must not take for ever for a megabyte.

Each of these took from minutes to longer than anybody waits; the limit on the time of a test is what fails there.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from native import guideline, jats, pdf_of_lines, pubmed_xml
from workbooks import Sheet, write_workbook

from indexes.passage import Kind, Role
from ingestion.chunking import passages_of
from ingestion.design import study_design
from ingestion.document import Document, Problem, TextBuilder
from ingestion.sources.guideline_markdown import MarkdownGuidelines, markdown_blocks
from ingestion.sources.guideline_pdf import PdfGuidelines
from ingestion.sources.guideline_xlsx import XlsxGuidelines
from ingestion.sources.ictrp import IctrpCsv
from ingestion.sources.jats import PmcJats
from ingestion.sources.medline_text import MedlineText
from ingestion.sources.pubmed import PubMedXml

pytestmark = pytest.mark.timeout(60)


def document(parser: PmcJats | PubMedXml | MedlineText | MarkdownGuidelines | PdfGuidelines, path: Path) -> Document:
    """The one document of a file."""
    (found,) = parser.parse(path)
    assert isinstance(found, Document)
    return found


def test_a_section_with_a_long_number(tmp_path: Path) -> None:
    path = tmp_path / "a.nxml"
    path.write_text(jats(1, f"<sec><title>{'1' * 250}x</title><p>Aspirin prevented strokes.</p></sec>"))
    assert document(PmcJats(), path).text == "Aspirin prevented strokes."


@pytest.mark.parametrize(("number", "role"), [("2. ", Role.RESULT), ("1.2.3) ", Role.RESULT), ("iv. ", Role.RESULT)])
def test_numbers_before_titles_are_passed_over_as_ever(tmp_path: Path, number: str, role: Role) -> None:
    path = tmp_path / "a.nxml"
    path.write_text(jats(1, f"<sec><title>{number}Results</title><p>Aspirin prevented strokes.</p></sec>"))
    assert document(PmcJats(), path).sections[0].role is role


def test_malformed_records_full_of_what_names_them(tmp_path: Path) -> None:
    pmc, pubmed = tmp_path / "a.nxml", tmp_path / "a.xml"
    pmc.write_text(f"<article>{'<article-id ' * 300_000}</article>")
    pubmed.write_text(pubmed_xml(f"<PubmedArticle>{'<PMID ' * 600_000}</PubmedArticle>"))
    for found in (*PmcJats().parse(pmc), *PubMedXml().parse(pubmed)):
        assert isinstance(found, Problem)
        assert found.reason.startswith("malformed XML")


def test_white_space_without_end(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    space = " " * 300_000
    path.write_text(
        pubmed_xml(
            "<PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>T</ArticleTitle><Abstract><AbstractText>"
            f"Aspirin <i>prevented</i>\n{space}strokes{space}.</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle>"
        )
    )
    found = document(PubMedXml(), path)
    assert found.text.startswith("Aspirin prevented strokes ")
    assert list(passages_of(found))


def test_a_title_of_endless_words() -> None:
    assert study_design([], "open " * 300_000 + ": a trial")
    assert study_design([], "A phase 2 trial of aspirin") != ("unknown", "unknown")


def test_a_field_without_a_space(tmp_path: Path) -> None:
    path = tmp_path / "a.nbib"
    path.write_text(f"PMID- 1\nTI  - Title\nAID - {'1' * 300_000}\nAID - 10.1/x [doi]\n")
    assert document(MedlineText(), path).identifiers["doi"] == "10.1/x"


def test_a_row_without_a_comma(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'TrialID,Title\nNCT00000001,"never closed\nA{"1" * 300_000}\n')
    (found,) = IctrpCsv().parse(path)
    assert isinstance(found, Problem)


def test_a_format_of_brackets(tmp_path: Path) -> None:
    code = "[" * 500_000
    styles = f'<numFmts><numFmt numFmtId="200" formatCode="{code}"/></numFmts><cellXfs><xf numFmtId="200"/></cellXfs>'
    rows = {
        "A1": "Population", "B1": "Recommendation", "C1": "LOE", "D1": "COR",
        "A2": '<c r="A2" s="0"><v>7</v></c>', "B2": "Offer a statin to adults with diabetes.", "C2": "A", "D2": "1",
    }  # fmt: skip
    path = write_workbook(tmp_path / "a.xlsx", Sheet("Advice", rows), styles=styles)
    (found,) = XlsxGuidelines().parse(path)
    assert isinstance(found, Document)
    assert "statin" in found.text


def test_lines_of_dots_and_of_one_word_in_a_pdf(tmp_path: Path) -> None:
    lines = ["." * 60_000, "A" * 60_000 + "-", "b and more of the same.", "Offer a statin to adults with diabetes." * 3]
    assert "Offer a statin" in document(PdfGuidelines(isolated=False), pdf_of_lines(tmp_path / "a.pdf", lines)).text


def test_brackets_that_close_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(guideline("Lipids", "Offer a statin. " + "[1 " * 100_000))
    found = document(MarkdownGuidelines(), path)
    assert found.text.startswith("Offer a statin. [1 [1 [1")
    (linked,) = markdown_blocks("See [the guideline](https://example.org) [1].")
    assert linked.text == "See the guideline [1]."


def test_a_sentence_with_a_hole() -> None:
    builder = TextBuilder()
    builder.add("word " * 2000 + " " * 500_000 + "and so on", Role.BODY, ("Methods",))
    found = Document("pubmed:1", Kind.LITERATURE, "t", builder.text, tuple(builder.sections))
    assert [passage.text for passage in passages_of(found)]
