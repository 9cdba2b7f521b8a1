"""PubMed XML: what is read from a record, and what becomes of records and files that cannot be read."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexes.passage import Role, Status
from ingestion.document import Deletion, Document, Item, Problem
from ingestion.errors import SourceError
from ingestion.sources.pubmed import PubMedXml
from ingestion.sources.records import read_head

PARSER = PubMedXml()


def article(
    pmid: str = "101",
    title: str = "Salt and pressure",
    abstract: str = "<AbstractText>Salt raises pressure.</AbstractText>",
    body: str = "",
    citation: str = "",
    data: str = "",
    date: str = "<Year>2019</Year><Month>Sep</Month><Day>5</Day>",
) -> str:
    """A record as efetch gives it, about an invented article."""
    return f"""<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="2">{pmid}</PMID><Article>
      <Journal><JournalIssue><PubDate>{date}</PubDate></JournalIssue><Title>Journal of Salt</Title></Journal>
      <ArticleTitle>{title}</ArticleTitle>{f"<Abstract>{abstract}</Abstract>" if abstract else ""}{body}</Article>{citation}
      </MedlineCitation><PubmedData>{data}</PubmedData></PubmedArticle>"""


def parse(folder: Path, *records: str, header: str = "", encoding: str = "utf-8") -> list[Item]:
    path = folder / "records.xml"
    path.write_text(f"{header}<PubmedArticleSet>{''.join(records)}</PubmedArticleSet>", encoding=encoding)
    return list(PARSER.parse(path))


def document(folder: Path, record: str) -> Document:
    (found,) = parse(folder, record)
    assert isinstance(found, Document)
    return found


def test_a_record_becomes_a_document(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        article(
            title="Salt &lt;5 g and <i>Pressure</i>: 10<sup>9</sup>/L",
            abstract='<AbstractText Label="BACKGROUND" NlmCategory="BACKGROUND">Old.</AbstractText>'
            '<AbstractText Label="Patients and methods" NlmCategory="UNASSIGNED">We gave <b>salt</b>.</AbstractText>'
            '<AbstractText Label="METHODS AND FINDINGS" NlmCategory="RESULTS">Up by 5.</AbstractText>'
            '<AbstractText Label="CONCLUSIONS AND RELEVANCE">Eat less.</AbstractText>'
            '<AbstractText Label="UNLABELLED" NlmCategory="UNASSIGNED">Also.</AbstractText>'
            "<CopyrightInformation>© 2019 Nobody.</CopyrightInformation>",
            body="<AuthorList><Author><LastName>Cook</LastName><ForeName>Anna B</ForeName><Initials>AB</Initials></Author>"
            '<Author ValidYN="N"><LastName>Wrong</LastName></Author>'
            "<Author><CollectiveName>SALT Group</CollectiveName></Author></AuthorList><Language>eng</Language><Language>ger</Language>"
            "<PublicationTypeList><PublicationType>Randomized Controlled Trial</PublicationType></PublicationTypeList>",
            citation="<MeshHeadingList><MeshHeading><DescriptorName>Hypertension</DescriptorName><QualifierName>drug therapy</QualifierName>"
            "<QualifierName>etiology</QualifierName></MeshHeading><MeshHeading><DescriptorName>Humans</DescriptorName></MeshHeading>"
            '</MeshHeadingList><OtherAbstract Language="fre"><AbstractText>Le sel.</AbstractText></OtherAbstract>',
            data='<ArticleIdList><ArticleId IdType="doi">10.1/salt</ArticleId><ArticleId IdType="pmc">PMC7</ArticleId></ArticleIdList>'
            '<ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.9/other</ArticleId></ArticleIdList></Reference></ReferenceList>',
        ),
    )
    assert found.document_id == "pubmed:101"
    assert found.url == "https://pubmed.ncbi.nlm.nih.gov/101/"
    assert found.title == "Salt <5 g and Pressure: 10⁹/L"
    assert [(found.text[s.start : s.end], s.role, s.path) for s in found.sections] == [
        ("Old.", Role.BACKGROUND, ("BACKGROUND",)),
        ("We gave salt.", Role.METHOD, ("Patients and methods",)),
        ("Up by 5.", Role.RESULT, ("METHODS AND FINDINGS",)),
        ("Eat less.", Role.CONCLUSION, ("CONCLUSIONS AND RELEVANCE",)),
        ("Also.", Role.BODY, ()),
    ]
    assert "sel" not in found.text.split()
    assert (found.year, found.date, found.publisher) == (2019, "2019-09-05", "Journal of Salt")
    assert found.identifiers == {"pmid": "101", "doi": "10.1/salt", "pmcid": "PMC7"}
    assert found.authors == ("Cook AB", "SALT Group")
    assert found.mesh == ("Hypertension/drug therapy", "Hypertension/etiology", "Humans")
    assert found.licence == "© 2019 Nobody."
    assert (found.evidence_level, found.status, found.language) == ("2", Status.CURRENT, "en")
    assert found.attributes == {"version": 2, "design": "randomised trial", "languages": ["en", "de"]}
    assert Document.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("INTERPRETATION", Role.CONCLUSION),
        ("Implications for practice", Role.CONCLUSION),
        ("Discussion", Role.CONCLUSION),
        ("MAIN OUTCOME MEASURES", Role.METHOD),
        ("MEASUREMENTS AND MAIN RESULTS", Role.RESULT),
        ("Findings", Role.RESULT),
        ("AIMS", Role.BACKGROUND),
        ("IMPORTANCE", Role.BACKGROUND),
        ("TRIAL REGISTRATION", Role.BODY),
    ],
)
def test_labels_without_a_category_get_roles(tmp_path: Path, label: str, role: Role) -> None:
    found = document(tmp_path, article(abstract=f'<AbstractText Label="{label}">Words.</AbstractText>'))
    assert [(s.role, s.path) for s in found.sections] == [(role, (label,))]


@pytest.mark.parametrize(
    ("given_date", "year", "date"),
    [
        ("<Year>2019</Year><Month>9</Month><Day>05</Day>", 2019, "2019-09-05"),
        ("<Year>2019</Year><Month>September</Month>", 2019, "2019-09"),
        ("<Year>2019</Year><Month>Feb</Month><Day>30</Day>", 2019, "2019-02"),
        ("<Year>1990</Year><Season>Spring</Season>", 1990, "1990"),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", 1998, "1998-12"),
        ("<MedlineDate>2000 Nov 15-30</MedlineDate>", 2000, "2000-11-15"),
        ("<MedlineDate>2019 Sep/Oct</MedlineDate>", 2019, "2019-09"),
        ("<MedlineDate>Fall 2004</MedlineDate>", 2004, "2004"),
        ("<MedlineDate>1976-1977</MedlineDate>", 1976, "1976"),
        ("<Year></Year>", None, None),
        ("<Year>99999</Year>", None, None),
        ("<MedlineDate>undated</MedlineDate>", None, None),
    ],
)
def test_every_form_of_date_is_read(tmp_path: Path, given_date: str, year: int | None, date: str | None) -> None:
    found = document(tmp_path, article(date=given_date))
    assert (found.year, found.date) == (year, date)


def test_an_undated_issue_takes_the_entry_date(tmp_path: Path) -> None:
    history = '<History><PubMedPubDate PubStatus="pubmed"><Year>1975</Year><Month>6</Month><Day>1</Day></PubMedPubDate></History>'
    assert document(tmp_path, article(date="", data=history)).date == "1975-06-01"


@pytest.mark.parametrize(
    ("version", "revised", "revision"),
    [
        ("1", "<Year>2024</Year><Month>05</Month><Day>01</Day>", "01 2024-05-01"),
        ("2", "<Year>2019</Year><Month>12</Month><Day>31</Day>", "02 2019-12-31"),
        ("12", "<Year>2019</Year>", "12 2019"),
        ("9999", "<Year>2019</Year>", "99 2019"),
        ("two", "<Year>2019</Year>", "01 2019"),
        ("2", "", ""),
    ],
)
def test_a_record_says_which_of_its_revisions_it_is(tmp_path: Path, version: str, revised: str, revision: str) -> None:
    record = article(citation=f"<DateRevised>{revised}</DateRevised>" if revised else "")
    found = document(tmp_path, record.replace('Version="2"', f'Version="{version}"'))
    assert found.revision == revision
    assert Document.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        (["RetractionIn"], Status.RETRACTED),
        (["ErratumIn", "ExpressionOfConcernIn"], Status.CONCERN),
        (["Cites", "ErratumIn"], Status.CORRECTED),
        (["RetractionOf", "CommentIn"], Status.CURRENT),
    ],
)
def test_notices_give_the_status(tmp_path: Path, kinds: list[str], status: Status) -> None:
    links = "".join(f'<CommentsCorrections RefType="{kind}"/>' for kind in kinds)
    found = document(tmp_path, article(citation=f"<CommentsCorrectionsList>{links}</CommentsCorrectionsList>"))
    assert found.status == status


def test_retracted_publications_are_retracted_by_their_type_alone(tmp_path: Path) -> None:
    types = "<PublicationTypeList><PublicationType>Retracted Publication</PublicationType></PublicationTypeList>"
    assert document(tmp_path, article(body=types)).status == Status.RETRACTED


@pytest.mark.parametrize(
    ("title", "types", "status"),
    [
        ("RETRACTED: Salt and blood pressure", "Journal Article", Status.RETRACTED),
        ("[Retracted] Salt and blood pressure", "Journal Article", Status.RETRACTED),
        ("RETRACTED: Salt and blood pressure", "Letter", Status.CURRENT),
        ("Retraction: Salt and blood pressure", "Retraction of Publication", Status.CURRENT),
        ("Retracted studies on salt: a survey", "Journal Article", Status.CURRENT),
    ],
)
def test_a_title_that_its_publisher_has_marked_is_believed(
    tmp_path: Path, title: str, types: str, status: Status
) -> None:
    body = f"<PublicationTypeList><PublicationType>{types}</PublicationType></PublicationTypeList>"
    assert document(tmp_path, article(title=title, body=body)).status == status


def test_a_preprint_keeps_its_type(tmp_path: Path) -> None:
    types = "<PublicationTypeList><PublicationType>Preprint</PublicationType></PublicationTypeList>"
    assert document(tmp_path, article(body=types)).publication_types == ("Preprint",)


def test_deletions_books_and_missing_abstracts(tmp_path: Path) -> None:
    book = (
        "<PubmedBookArticle><BookDocument><PMID>202</PMID><ArticleIdList/><Book><BookTitle>Salts</BookTitle>"
        "<PubDate><Year>2021</Year></PubDate></Book><ArticleTitle>Sodium</ArticleTitle><Language>eng</Language>"
        "<Abstract><AbstractText>About sodium.</AbstractText></Abstract></BookDocument></PubmedBookArticle>"
    )
    deleted = '<DeleteCitation><PMID Version="1">7</PMID><PMID Version="1">8</PMID></DeleteCitation>'
    bare, chapter, *gone = parse(tmp_path, article(abstract=""), book, deleted)
    assert isinstance(bare, Document)
    assert (bare.text, bare.sections) == ("", ())
    assert isinstance(chapter, Document)
    assert (chapter.title, chapter.publisher, chapter.year, chapter.text) == ("Sodium", "Salts", 2021, "About sodium.")
    assert gone == [Deletion("pubmed:7"), Deletion("pubmed:8")]


def test_a_bad_record_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    found = parse(
        tmp_path,
        article("1"),
        article("2", title="a </b> c"),
        article("", title="Nameless"),
        article("../../3"),
        article("4", title="", abstract=""),
        article("5", title="&bomb;"),
        "<PubmedArticle><Other/></PubmedArticle>",
        article("6"),
        header='<!DOCTYPE PubmedArticleSet [<!ENTITY a "ha"><!ENTITY bomb "&a;&a;&a;">]>',
    )
    assert [item.document_id for item in found if isinstance(item, Document)] == ["pubmed:1", "pubmed:6"]
    problems = [item for item in found if isinstance(item, Problem)]
    assert [problem.record for problem in problems] == [
        "pubmed:2",
        "record 3",
        "record 4",
        "pubmed:4",
        "pubmed:5",
        "record 7",
    ]
    assert all(problem.reason and problem.mend for problem in problems)


def test_invalid_bytes_are_one_records_problem(tmp_path: Path) -> None:
    path = tmp_path / "records.xml"
    path.write_bytes(
        f"<PubmedArticleSet>{article('1', title='X')}{article('2')}</PubmedArticleSet>".encode().replace(
            b">X<", b">\xff<"
        )
    )
    one, two = PARSER.parse(path)
    assert isinstance(one, Problem)
    assert isinstance(two, Document)


def test_a_declared_encoding_reaches_the_text(tmp_path: Path) -> None:
    (found,) = parse(
        tmp_path,
        article(title="Sjögren"),
        header='<?xml version="1.0" encoding="ISO-8859-1"?>',
        encoding="iso-8859-1",
    )
    assert isinstance(found, Document)
    assert found.title == "Sjögren"


def test_a_truncated_baseline_gives_its_complete_records(tmp_path: Path) -> None:
    records = "".join(article(str(number), title=f"Study {number * 7919}") for number in range(1, 400))
    packed = gzip.compress(f"<PubmedArticleSet>{records}</PubmedArticleSet>".encode())
    path = tmp_path / "cut.xml.gz"
    path.write_bytes(packed[: len(packed) // 2])
    found: list[Item] = []
    with pytest.raises(SourceError, match=r"cut\.xml\.gz.*truncated.*again"):
        found.extend(PARSER.parse(path))
    assert 10 < len(found) < 399
    assert all(isinstance(item, Document) for item in found)


def test_what_is_not_pubmed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.xml"
    path.write_text("<html><body>Service unavailable</body></html>")
    assert not PARSER.recognises(path, path.read_bytes())
    with pytest.raises(SourceError, match="holds no <PubmedArticle>"):
        list(PARSER.parse(path))


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b'<?xml version="1.0"?>\n<!-- c --><PubmedArticleSet>', True),
        (b'\xef\xbb\xbf<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD" "x.dtd">', True),
        ("<PubmedArticle>".encode("utf-16"), True),
        (b"<!DOCTYPE eSearchResult><eSearchResult>", False),
        (b"<other><PubmedArticleSet>", False),
        (b'{"PubmedArticleSet": 1}', False),
        (b"%PDF-1.7 \xff\x00", False),
        (b"", False),
    ],
)
def test_recognition_is_by_the_first_element(head: bytes, expected: bool) -> None:
    assert PARSER.recognises(Path("any"), head) is expected


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_abstract_text_is_kept_verbatim(tmp_path: Path, text: str) -> None:
    found = document(tmp_path, article(abstract=f"<AbstractText>{escape(text)}</AbstractText>"))
    assert found.text == text.strip()


def test_genuine_files_are_read_or_not_recognised(data_dir: Path) -> None:
    counts: Counter[str] = Counter()
    levels: Counter[str] = Counter()
    for path in sorted((data_dir / "ingest" / "pubmed_native").rglob("*")):
        if not path.is_file():
            continue
        if not PARSER.recognises(path, read_head(path, 4096)):
            with pytest.raises(SourceError, match=r"holds no|without a"):
                list(PARSER.parse(path))
            counts["refused"] += 1
            continue
        for item in PARSER.parse(path):
            assert isinstance(item, Document)
            assert item.year
            counts["articles"] += 1
            levels[item.status] += 1
    assert counts == {"articles": 328, "refused": 53}
    assert levels == {Status.CURRENT: 324, Status.CORRECTED: 3, Status.RETRACTED: 1}


@pytest.mark.slow
def test_reserialised_shards_are_read_whole(data_dir: Path) -> None:
    documents = retracted = 0
    for path in sorted((data_dir / "ingest" / "pubmed_xml_reserialised").glob("*.xml.gz")):
        for item in PARSER.parse(path):
            assert isinstance(item, Document)
            assert all(item.text[s.start : s.end].strip() for s in item.sections)
            documents += 1
            retracted += item.status == Status.RETRACTED
    assert (documents, retracted) == (26031, 21)
