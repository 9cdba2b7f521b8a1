"""EPUB guidelines: chapters in reading order, metadata of the package, and what a hostile one tries."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexes.passage import Role, Status
from ingestion.chunking import passages_of
from ingestion.document import Document, Item, Problem
from ingestion.errors import SourceError
from ingestion.sources import find_parser
from ingestion.sources.guideline_epub import EpubGuidelines

PARSER = EpubGuidelines()
CONTAINER = (
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
METADATA = (
    '<dc:title id="t2">Second edition</dc:title><dc:title id="t1">Fever in children</dc:title>'
    '<meta refines="#t1" property="title-type">main</meta><dc:creator>A. Author</dc:creator>'
    "<dc:publisher>World Health Organization</dc:publisher><dc:date>2023-05-02T00:00:00Z</dc:date><dc:language>en-GB</dc:language>"
    '<dc:identifier id="id">urn:isbn:978-92-4-000000-1</dc:identifier><dc:identifier>https://doi.org/10.1000/fever</dc:identifier>'
    "<dc:rights>CC BY-NC-SA 3.0 IGO</dc:rights>"
)
XHTML = "application/xhtml+xml"


def page(body: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head><body>{body}</body></html>'
    )


def book(
    path: Path,
    *chapters: tuple[str, str | bytes],
    metadata: str = METADATA,
    manifest: str = "",
    spine: str = "",
    spine_attributes: str = "",
    extra: dict[str, str | bytes] | None = None,
    without: str = "",
) -> Path:
    """An EPUB of these chapters (file name, content), with whatever else a test puts into it."""
    items = "".join(
        f'<item id="c{n}" href="Text/{name}" media-type="{XHTML}"/>' for n, (name, _) in enumerate(chapters)
    )
    order = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    opf = (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opf="http://www.idpf.org/2007/opf">{metadata}</metadata>'
        f"<manifest>{items}{manifest}</manifest><spine {spine_attributes}>{order}{spine}</spine></package>"
    )
    members: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": opf,
    }
    members |= {f"OEBPS/Text/{name}": content for name, content in chapters} | (extra or {})
    with zipfile.ZipFile(path, "w") as package:
        for name, content in members.items():
            if name != without:
                package.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return path


def items(path: Path) -> list[Item]:
    return list(PARSER.parse(path))


def parse(path: Path) -> Document:
    (document,) = items(path)
    assert isinstance(document, Document)
    return document


def found(document: Document) -> list[tuple[tuple[str, ...], str]]:
    return [(section.path, document.text[section.start : section.end]) for section in document.sections]


ONE = ("one.xhtml", page("<h1>Treatment</h1><p>Rest and drink enough.</p>"))


def test_chapters_come_in_the_order_of_the_spine_with_headings_as_paths(tmp_path: Path) -> None:
    path = book(
        tmp_path / "fever.epub",
        ("z.xhtml", page("<header><h1>Fluids</h1></header><section><h2>Recommendations</h2><ul><li>Offer fluids. (Grade B)</li></ul></section>")),
        ("a.xhtml", page('<h2>Doses</h2><table><caption>Table 1. Doses</caption><tr><th colspan="2">Drug</th><th>Dose</th></tr>'
                         '<tr><td rowspan="2">A</td><td>oral</td><td>1 g</td></tr><tr><td>IV</td><td>10<sup>9</sup> U</td></tr></table>')),
        ("n.xhtml", page('<h1>References</h1><p>Somebody 2015.</p>')),
        ("r.xhtml", page('<h2>Remarks</h2><aside>Call for help early.</aside>'
                         '<p>It helps.<sup><a href="notes.xhtml#n1">1,2</a></sup> <a epub:type="noteref" href="#n">*</a></p>')),
    )  # fmt: skip
    document = parse(path)
    assert found(document) == [
        (("Fluids", "Recommendations"), "Offer fluids. (Grade B)"),
        (("Fluids", "Doses"), "Table 1. Doses"),
        (("Fluids", "Doses"), "Drug | Dose\nA | oral | 1 g\nIV | 10⁹ U"),
        (("Fluids", "Remarks"), "Call for help early."),
        (("Fluids", "Remarks"), "It helps."),
    ]
    assert (document.sections[0].role, document.sections[0].grade) == (Role.RECOMMENDATION, "Grade B")
    assert find_parser(path).name == "guideline (EPUB)"


def test_the_package_becomes_metadata(tmp_path: Path) -> None:
    document = parse(book(tmp_path / "a.epub", ONE))
    assert document.document_id == "guideline:who/fever-in-children@2023"
    assert (document.title, document.publisher, document.authors) == ("Fever in children", "WHO", ("A. Author",))
    assert (document.date, document.year, document.language) == ("2023-05-02", 2023, "en")
    assert (document.licence, document.url) == ("CC BY-NC-SA 3.0 IGO", "https://doi.org/10.1000/fever")
    assert document.identifiers == {"isbn": "9789240000001", "doi": "10.1000/fever"}


def test_the_older_edition_of_the_format_is_read_too(tmp_path: Path) -> None:
    metadata = (
        '<dc:title>DRAFT: Fever</dc:title><dc:creator opf:role="aut">Centers for Disease Control and Prevention</dc:creator>'
        '<dc:date opf:event="modification">2020-01-01</dc:date><dc:date opf:event="publication">2011</dc:date>'
        '<dc:identifier opf:scheme="ISBN">0-306-40615-2</dc:identifier>'
    )
    ncx = (
        '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint id="n"><navLabel><text>Chapter one</text></navLabel>'
        '<content src="Text/bare.xhtml#start"/><navPoint id="m"><navLabel><text>Inside</text></navLabel><content src="Text/bare.xhtml#x"/>'
        '</navPoint></navPoint><navPoint id="o"><navLabel><text>Not needed</text></navLabel><content src="Text/one.xhtml"/></navPoint></navMap></ncx>'
    )
    document = parse(
        book(
            tmp_path / "old.epub",
            ("bare.xhtml", page("<p>There is no heading here.</p>")),
            ONE,
            metadata=metadata,
            manifest='<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>',
            spine_attributes='toc="ncx"',
            extra={"OEBPS/toc.ncx": ncx},
        )
    )
    assert document.document_id == "guideline:cdc/draft-fever@2011"
    assert document.status is Status.DRAFT
    assert document.identifiers == {"isbn": "0306406152"}
    assert found(document) == [
        (("Chapter one",), "There is no heading here."),
        (("Treatment",), "Rest and drink enough."),
    ]


def test_the_navigation_document_names_chapters_and_is_no_chapter(tmp_path: Path) -> None:
    nav = page(
        '<nav epub:type="toc"><h1>Contents</h1><ol><li><a href="Text/bare.xhtml">Chapter <i>one</i></a></li></ol></nav><p>stray</p>'
    )
    document = parse(
        book(
            tmp_path / "a.epub",
            ("bare.xhtml", page("<p>There is no heading here.</p>")),
            manifest=f'<item id="nav" href="nav.xhtml" properties="nav" media-type="{XHTML}"/>',
            spine='<itemref idref="nav"/>',
            extra={"OEBPS/nav.xhtml": nav},
        )
    )
    assert found(document) == [(("Chapter one",), "There is no heading here.")]


@pytest.mark.parametrize("kind", ["toc", "index", "bibliography", "endnotes", "cover"])
def test_lists_of_works_and_places_are_left_out_by_what_they_say_they_are(tmp_path: Path, kind: str) -> None:
    for part in (f'<section epub:type="{kind}">', f'<section role="doc-{kind}">'):
        document = parse(book(tmp_path / "a.epub", ONE, ("x.xhtml", page(f"{part}<p>Left out.</p></section>"))))
        assert document.text == "Rest and drink enough."


def test_plain_paragraphs_that_are_headings_become_paths(tmp_path: Path) -> None:
    sentence = "Patients should be seen again after three to seven days of treatment, and their partners too."
    body = (
        f"<h1>Chancroid</h1><p>Special Considerations</p><p>&#160;</p><p>HIV Infection</p><p>{sentence}</p><p>Follow-Up</p><p>{sentence}</p>"
        f"<p>Give Azithromycin</p><p>Azithromycin</p><p>Ceftriaxone</p><p>Ciprofloxacin</p><p>Erythromycin</p><p>{sentence}</p>"
        f"<p>Take 2 Tablets</p><p>{sentence}</p><p>Last Line</p>"
    )
    paths = [
        path for path, text in found(parse(book(tmp_path / "a.epub", ("c.xhtml", page(body))))) if text == sentence
    ]
    assert paths == [
        ("Chancroid", "Special Considerations", "HIV Infection"),
        ("Chancroid", "Follow-Up"),
        ("Chancroid", "Follow-Up"),  # five in a row are a list, and stay in the text
        ("Chancroid", "Follow-Up"),  # a dose is never a heading
    ]
    text = parse(tmp_path / "a.epub").text
    assert all(words in text for words in ("Azithromycin", "Erythromycin", "Take 2 Tablets", "Last Line"))


def test_missing_and_odd_chapters_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.epub",
        ONE,
        manifest=f'<item id="gone" href="Text/gone.xhtml" media-type="{XHTML}"/><item id="out" href="../../x.xhtml" media-type="{XHTML}"/>'
        '<item id="pic" href="pic.svg" media-type="image/svg+xml"/>',
        spine='<itemref idref="gone"/><itemref idref="nobody"/><itemref idref="out"/><itemref idref="pic"/><itemref idref="c0"/>',
    )
    *problems, document = items(path)
    assert [(problem.record, problem.reason) for problem in problems if isinstance(problem, Problem)] == [
        ("OEBPS/Text/gone.xhtml", "OEBPS/Text/gone.xhtml is missing from it; fetch the file again"),
        ("nobody", "is in the order of reading but not among the files"),
        ("out", "names a file outside of the EPUB"),
        ("OEBPS/pic.svg", "is image/svg+xml, not text"),
    ]
    assert isinstance(document, Document)
    assert document.text == "Rest and drink enough."


def test_a_broken_table_of_contents_stops_nothing(tmp_path: Path) -> None:
    problem, document = items(
        book(
            tmp_path / "a.epub",
            ONE,
            manifest=f'<item id="nav" href="nav.xhtml" properties="nav" media-type="{XHTML}"/>',
            extra={"OEBPS/nav.xhtml": "<nav>"},
        )
    )
    assert isinstance(problem, Problem)
    assert problem.record == "OEBPS/nav.xhtml"
    assert isinstance(document, Document)


def test_pictures_that_stand_where_text_would_are_named(tmp_path: Path) -> None:
    body = (
        '<h1>Treatment</h1><p>Give this:</p><p><img alt="" src="../Images/dose.png"/></p><p><img alt="A rash" src="rash.png"/></p>'
        '<p>See <img src="icon.png"/> above.</p>'
    )
    problem, document = items(
        book(tmp_path / "a.epub", ("cover.xhtml", page('<p><img src="cover.png"/></p>')), ("c.xhtml", page(body)))
    )
    assert isinstance(problem, Problem)
    assert "(dose.png)" in problem.reason
    assert isinstance(document, Document)


def encryption(algorithm: str, member: str) -> str:
    return (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData>'
        f'<enc:EncryptionMethod Algorithm="{algorithm}"/><enc:CipherData><enc:CipherReference URI="{member}"/></enc:CipherData>'
        "</enc:EncryptedData></encryption>"
    )


def test_protection_is_named_and_obfuscated_fonts_are_none(tmp_path: Path) -> None:
    drm = encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "OEBPS/Text/one.xhtml")
    with pytest.raises(SourceError, match="DRM"):
        items(book(tmp_path / "a.epub", ONE, extra={"META-INF/encryption.xml": drm}))
    for algorithm, member in (
        ("http://www.idpf.org/2008/embedding", "OEBPS/Fonts/a.otf"),
        ("http://ns.adobe.com/pdf/enc#RC", "OEBPS/Fonts/a.otf"),
        ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "OEBPS/Images/cover.png"),
    ):
        assert parse(
            book(tmp_path / "b.epub", ONE, extra={"META-INF/encryption.xml": encryption(algorithm, member)})
        ).text


@pytest.mark.parametrize("method", ["deflated", "as declared"])
def test_a_bomb_is_one_problem_and_is_never_unpacked(tmp_path: Path, method: str) -> None:
    size = 64 << 20 if method == "deflated" else 9 << 20
    content = b" " * size if method == "deflated" else bytes(range(32, 127)) * (size // 95)
    problem, document = items(book(tmp_path / "a.epub", ONE, ("bomb.xhtml", content)))
    assert isinstance(problem, Problem)
    assert (problem.record, "allowed" in problem.reason) == ("OEBPS/Text/bomb.xhtml", True)
    assert isinstance(document, Document)


def test_external_entities_are_not_fetched_and_internal_ones_not_multiplied(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("classified")
    declared = f'<!DOCTYPE html [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY y "yyyyyyyyyy"><!ENTITY z "&y;&y;&y;&y;&y;&y;">]>'
    chapter = page("<h1>T</h1><p>Rest &x; and &z;&nbsp;drink enough.</p>").replace("<!DOCTYPE html>", declared)
    document = parse(book(tmp_path / "a.epub", ("c.xhtml", chapter)))
    assert document.text.startswith("Rest")
    assert not any(words in document.text for words in ("classified", "yyyy", "]>", "ENTITY"))
    opf = f'{declared.replace("html", "package")}<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
    opf += f'<dc:title>Fever &x;</dc:title></metadata><manifest><item id="c" href="Text/one.xhtml" media-type="{XHTML}"/></manifest>'
    opf += '<spine><itemref idref="c"/></spine></package>'
    assert "classified" not in parse(book(tmp_path / "b.epub", ONE, extra={"OEBPS/book.opf": opf})).title


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1"])
def test_wrong_and_right_encodings_are_read(tmp_path: Path, encoding: str, declared: str) -> None:
    if encoding == "utf-8" and declared != "utf-8":
        pytest.skip("nothing tells these apart")
    text = page("<h1>T</h1><p>Ménière at 38 °C</p>").replace('encoding="utf-8"', f'encoding="{declared}"')
    assert parse(book(tmp_path / "a.epub", ("c.xhtml", text.encode(encoding)))).text == "Ménière at 38 °C"


@pytest.mark.parametrize(
    ("without", "said"),
    [
        ("META-INF/container.xml", "no EPUB"),
        ("OEBPS/book.opf", "package document"),
        ("OEBPS/Text/one.xhtml", "no text"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, without: str, said: str) -> None:
    path = book(tmp_path / "a.epub", ONE, without=without)
    with pytest.raises(SourceError, match=said) as error:
        items(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"<html>", "zip"), (b"PK\x03\x04", "zip")],
    ids=["0 bytes", "HTML", "truncated"],
)
def test_what_is_no_epub_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "a.epub"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=said):
        items(path)


def test_an_empty_spine_and_a_broken_package_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="spine is empty"):
        items(book(tmp_path / "a.epub"))
    with pytest.raises(SourceError, match="no well-formed XML"):
        items(book(tmp_path / "a.epub", ONE, extra={"OEBPS/book.opf": "<package>"}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_hostile_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="points outside"):
        items(book(tmp_path / "a.epub", ONE, extra={"../../evil": "x"}))
    path = book(tmp_path / "b.epub", ONE)
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("OEBPS/Text/one.xhtml", page("<p>Another.</p>"))
    with pytest.raises(SourceError, match="two different"):
        items(path)


def test_recognised_by_suffix_or_its_first_member_and_a_zip_of_it_is_not(tmp_path: Path) -> None:
    path = book(tmp_path / "no suffix", ONE)
    assert find_parser(path).name == "guideline (EPUB)"
    assert PARSER.recognises(Path("a.EPUB"), b"")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as package:
        package.write(path, "book.epub")
    assert not PARSER.recognises(tmp_path / "a.zip", (tmp_path / "a.zip").read_bytes())
    assert not PARSER.recognises(Path("page.html"), b"<html>")


def test_a_chapter_of_an_unpacked_book_is_named_after_the_book(tmp_path: Path) -> None:
    for name in ("Fever", "Cough"):
        folder = tmp_path / name / "OEBPS" / "Text"
        folder.mkdir(parents=True)
        (folder / "introduction.xhtml").write_text(page(f"<h2>Introduction</h2><p>{name} is common.</p>"))
    chapters = sorted(tmp_path.rglob("*.xhtml"))
    documents = [
        item for chapter in chapters for item in find_parser(chapter).parse(chapter) if isinstance(item, Document)
    ]
    assert [document.document_id for document in documents] == [
        "guideline:local/cough-introduction@undated",
        "guideline:local/fever-introduction@undated",
    ]
    assert {document.title for document in documents} == {"Introduction"}


SAMPLE = page("<h1>Care</h1><p>Rest and drink.</p><table><tr><td>A</td></tr></table><ul><li>Offer fluids.</li></ul>")


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_a_truncated_or_corrupted_file_is_read_truly_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "damaged.epub"
    content = bytearray(book(path, ("a.xhtml", SAMPLE), ("b.xhtml", SAMPLE)).read_bytes())
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]))
    try:
        read = items(path)
    except SourceError as error:
        assert str(path) in str(error)  # noqa: PT017
        return
    for item in read:
        if isinstance(item, Document):
            assert all(item.text[s.start : s.end].strip() for s in item.sections)


@pytest.fixture(scope="session")
def std_2010(data_dir: Path) -> Path:
    return data_dir / "ingest/guidelines/cdc_std_2010_epub/epubs/STD-EPUB/OEBPS/Text"


def test_the_genuine_chapters_of_2010_go_in(std_2010: Path) -> None:
    documents: list[Document] = []
    refused: dict[str, str] = {}
    pictures = 0
    for file in sorted(std_2010.glob("*.*html")):
        try:
            for item in find_parser(file).parse(file):
                if isinstance(item, Document):
                    documents.append(item)
                elif isinstance(item, Problem):
                    pictures += int(item.reason.split()[0])
        except SourceError as error:
            refused[file.name] = str(error)
    assert len(documents) == len({document.document_id for document in documents}) == 47
    assert set(refused) == {
        "references.xhtml",
        "MMWR-disclaimer.xhtml",
    }  # nothing but references, nothing but a picture
    assert pictures == 59  # CDC made most regimens pictures
    assert not any("Contraceptive technology. 19th ed." in document.text for document in documents)


def test_the_genuine_chapter_on_chancroid_has_its_headings(std_2010: Path) -> None:
    *_, document = items(std_2010 / "chancroid.xhtml")
    assert isinstance(document, Document)
    assert (document.title, document.document_id) == ("Chancroid", "guideline:local/std-epub-chancroid@undated")
    assert [path for path, _ in found(document)] == [
        *[()] * 3,
        *[("Treatment",)] * 2,
        ("Other Management Considerations",),
        ("Follow-Up",),
        ("Management of Sex Partners",),
        ("Special Considerations", "Pregnancy"),
        ("HIV Infection",),
    ]
    assert dict(found(document))["Special Considerations", "Pregnancy"] == (
        "Ciprofloxacin is contraindicated during pregnancy and lactation. "
        "No adverse effects of chancroid on pregnancy outcome have been reported."
    )


def test_the_genuine_boxes_of_regimens_are_recommendations_and_passages_of_their_own(std_2010: Path) -> None:
    (document,) = items(std_2010 / "syphilis.xhtml")
    assert isinstance(document, Document)
    passages = [passage for passage in passages_of(document) if "Regimen" in passage.text.split("\n")[0][:40]]
    assert len(passages) == 8
    assert all(passage.parts[0].role is Role.RECOMMENDATION for passage in passages)
    neuro = next(passage for passage in passages if passage.text.startswith("Alternative Regimen"))
    assert neuro.text == (
        "Alternative Regimen\nProcaine penicillin 2.4 million units IM once daily\n-PLUS-\n"
        "Probenecid 500 mg orally four times a day, both for 10–14 days"
    )
    assert neuro.section == ("Neurosyphilis", "Treatment")
    assert all(document.text[passage.start : passage.end] == passage.text for passage in passages)


def test_the_genuine_chapters_packed_are_one_document(std_2010: Path, tmp_path: Path) -> None:
    names = ["summary", "methods", "chancroid", "references", "syphilis", "hepatitis-C"]
    chapters = [(f"{name}.xhtml", (std_2010 / f"{name}.xhtml").read_bytes()) for name in names]
    metadata = (
        "<dc:title>Sexually Transmitted Diseases Treatment Guidelines, 2010</dc:title>"
        "<dc:publisher>Centers for Disease Control and Prevention</dc:publisher><dc:date>2010-12-17</dc:date><dc:rights>Public domain</dc:rights>"
    )
    *problems, document = items(book(tmp_path / "std.epub", *chapters, metadata=metadata))
    assert [problem.record for problem in problems if isinstance(problem, Problem)] == ["pictures"]
    assert isinstance(document, Document)
    assert document.document_id == "guideline:cdc/sexually-transmitted-diseases-treatment-guidelines-2010@2010"
    assert (document.date, document.licence) == ("2010-12-17", "Public domain")
    tops = Counter(path[0] for path, _ in found(document) if path)
    assert {"Summary", "Methods", "Syphilis", "Hepatitis C"} <= set(tops)
    assert "References" not in tops
    assert ("Syphilis", "Neurosyphilis", "Treatment") in [path for path, _ in found(document)]
