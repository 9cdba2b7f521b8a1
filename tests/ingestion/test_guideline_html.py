"""HTML guidelines: the main content without the page's furniture."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexes.passage import Role
from ingestion.document import Document
from ingestion.errors import SourceError
from ingestion.sources.guideline_html import HtmlGuidelines
from ingestion.sources.html_blocks import html_blocks

PARSER = HtmlGuidelines()
PAGE = """<!DOCTYPE html>
<html lang="en-GB"><head><meta charset="utf-8"><title>Fever | Site</title>
<meta property="og:site_name" content="World Health Organization">
<meta name="dcterms.issued" content="2023-05-02"><link rel="canonical" href="https://example.org/fever">
<style>p { color: red }</style><script>var p = "<p>scripted</p>";</script></head>
<body><header>Site header</header><nav><ul><li>Home</li></ul></nav>
<main><h1>Fever in <em>children</em></h1>
<h2>Recommendations</h2>
<ul><li><p>Offer fluids&nbsp;to all. (Grade B)</p></li><li>Ask about:<ul><li>rash</li><li>travel</li></ul></li></ul>
<table><tr><th>Population</th><th>Recommendation</th><th>Grade</th></tr><tr><td>Infants</td><td>Admit &lt;3 months.</td><td>A</td></tr></table>
<h2>Rationale</h2><p>Three trials<br>agree.<!-- no --> <span hidden>secret</span><span style="display: none">hidden</span></p>
<div>Loose text <b>too</b>.</div><aside>Related pages</aside>
<h2>References</h2><ol><li>Somebody 2015.</li></ol></main>
<footer>Imprint</footer></body></html>"""


def parse(folder: Path, page: str | bytes, name: str = "page.html") -> Document:
    path = folder / name
    path.write_bytes(page.encode() if isinstance(page, str) else page)
    (document,) = PARSER.parse(path)
    assert isinstance(document, Document)
    return document


def test_main_content_becomes_sections(tmp_path: Path) -> None:
    document = parse(tmp_path, PAGE)
    found = [(s.role, s.path, s.grade, document.text[s.start : s.end]) for s in document.sections]
    assert found == [
        (Role.RECOMMENDATION, ("Recommendations",), "Grade B", "Offer fluids to all. (Grade B)"),
        (Role.RECOMMENDATION, ("Recommendations",), None, "Ask about:\nrash\ntravel"),
        (Role.RECOMMENDATION, ("Recommendations",), "A", "Infants | Admit <3 months. | A"),
        (Role.BACKGROUND, ("Rationale",), None, "Three trials agree."),
        (Role.BACKGROUND, ("Rationale",), None, "Loose text too."),
    ]


def test_the_head_becomes_metadata(tmp_path: Path) -> None:
    document = parse(tmp_path, PAGE)
    assert document.document_id == "guideline:who/fever-in-children@2023"
    assert (document.title, document.publisher, document.date, document.year) == (
        "Fever in children",
        "WHO",
        "2023-05-02",
        2023,
    )
    assert (document.url, document.language) == ("https://example.org/fever", "en")


def test_a_bare_page_falls_back(tmp_path: Path) -> None:
    document = parse(tmp_path, '<p>Rest.</p><link rel="canonical" href="javascript:alert(1)">', "rest at home.html")
    assert (document.document_id, document.title, document.url) == (
        "guideline:local/rest-at-home@undated",
        "rest at home",
        "",
    )


def test_a_form_around_the_page_is_no_furniture(tmp_path: Path) -> None:
    assert parse(tmp_path, "<body><form><p>Kept.</p><input value='x'><button>Go</button></form></body>").text == "Kept."


@pytest.mark.parametrize(
    "page",
    [
        "<html><head><meta charset='iso-8859-1'></head><body><p>Ménière – 38 °C</p></body></html>".replace(
            "–", "-"
        ).encode("latin-1"),
        "<html><body><p>Ménière - 38 °C</p></body></html>".encode("utf-8-sig"),
        "<html><body><p>Ménière - 38 °C</p></body></html>".encode("utf-16"),
        '<?xml version="1.0" encoding="iso-8859-1"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>Ménière - 38 °C</p></body></html>'.encode(
            "latin-1"
        ),
        "<html><head><meta http-equiv='Content-Type' content='text/html; charset=windows-1252'></head><p>Ménière - 38 °C</p>".encode(
            "cp1252"
        ),
    ],
)
def test_encodings_are_followed(tmp_path: Path, page: bytes) -> None:
    assert parse(tmp_path, page).text == "Ménière - 38 °C"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"plain words", "not an HTML page"),
        (b"\x00\x01\x02", "HTML"),
        (b"<html><body></body></html>", "no text"),
        (b"<html><body><script>1</script><nav>x</nav></body></html>", "no text"),
    ],
)
def test_bad_files_are_errors_that_name_the_file(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=r"bad\.html") as error:
        parse(tmp_path, content, "bad.html")
    assert said in str(error.value)


def test_deep_and_broken_markup_is_survived(tmp_path: Path) -> None:
    assert "deep" in parse(tmp_path, "<p>top</p>" + "<div>" * 3000 + "deep").text + "deep"
    assert parse(tmp_path, "<ul>" + "<li>" * 3000 + "item").sections
    assert parse(tmp_path, "<table>" * 300 + "<tr><td>cell<p>after").text
    assert parse(tmp_path, "<p>a</div></p></ul><b>c<p>d").text


@pytest.mark.parametrize(
    ("name", "head", "known"),
    [
        ("a.html", b"anything", True),
        ("a.XHTML", b"", True),
        ("a.txt", b"\xef\xbb\xbf  <!DOCTYPE HTML>", True),
        ("a", b"<?xml version='1.0'?><html>", True),
        ("a.xml", b"<?xml version='1.0'?><PubmedArticleSet>", False),
        ("a.txt", b"words", False),
    ],
)
def test_recognised_by_suffix_or_beginning(name: str, head: bytes, known: bool) -> None:
    assert PARSER.recognises(Path(name), head) is known


def test_pieces_of_html_give_blocks() -> None:
    assert [(b.text, b.level) for b in html_blocks("<h3>A</h3>b<p>c</p>")] == [("A", 3), ("b", None), ("c", None)]
    assert html_blocks("<!-- only a comment -->") == []


TAGS = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<li>",
        "</li>",
        "<ul>",
        "<h2>",
        "</h2>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<div>",
        "</div>",
        "<nav>",
        "</nav>",
        "<b>",
    ]
)
WORDS = st.sampled_from(["a", "Recommendations", "&amp;", "<br>", "<", "<!--", "-->", "References", "(Grade A)"])


@given(st.lists(TAGS | WORDS, max_size=60).map(" ".join))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_offsets_are_true_for_any_html(tmp_path: Path, page: str) -> None:
    try:
        document = parse(tmp_path, "<p>Start.</p>" + page)
    except SourceError:
        return
    reached = 0
    for section in document.sections:
        assert reached <= section.start < section.end
        assert document.text[section.start : section.end].strip() == document.text[section.start : section.end]
        reached = section.end
    assert reached == len(document.text)


def test_genuine_xhtml_is_read(data_dir: Path) -> None:
    folder = data_dir / "ingest/guidelines/cdc_std_2010_epub/epubs/STD-EPUB/OEBPS/Text"
    (document,) = PARSER.parse(folder / "chancroid.xhtml")
    assert isinstance(document, Document)
    assert document.title == "Chancroid"
    assert "Ciprofloxacin is contraindicated during pregnancy and lactation." in document.text


def test_cells_that_span_stand_once_and_keep_the_columns_of_the_others(tmp_path: Path) -> None:
    rows = "<tr><th colspan='2'>Who</th><th>Advice</th><th>Grade</th></tr><tr><td rowspan='2'>Adults</td><td>men</td><td>Offer A.</td><td>B</td></tr>"
    rows += "<tr><td>women</td><td>Offer B.</td><td>C</td></tr>"
    document = parse(tmp_path, f"<h1>T</h1><h2>Recommendations</h2><table>{rows}</table>")
    assert [(s.grade, document.text[s.start : s.end]) for s in document.sections] == [
        ("B", "Adults | men | Offer A. | B"),
        ("C", "women | Offer B. | C"),
    ]
    wide = "".join(f"<td colspan='9999' rowspan='9999'>{number}</td>" for number in range(2000))
    assert parse(tmp_path, f"<table><tr>{wide}</tr></table>").text.startswith("0 | 1 | 2")


def test_raised_figures_stay_raised_and_marks_of_notes_are_left_out(tmp_path: Path) -> None:
    page = "<p>Below 10<sup>9</sup>/L.<sup><a href='#n'>3</a></sup><a href='#m'><sup>4,5</sup></a> See <a href='#x'>page 7</a>.</p>"
    assert parse(tmp_path, page).text == "Below 10⁹/L. See page 7."
