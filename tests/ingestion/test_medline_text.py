"""MEDLINE text: the same documents as from PubMed XML, word for word, and what becomes of records that cannot be read."""

from __future__ import annotations

import gzip
import re
import textwrap
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexes.passage import Role, Status
from ingestion.document import Document, Item, Problem
from ingestion.errors import SourceError
from ingestion.sources import find_parser
from ingestion.sources.article import PMID
from ingestion.sources.medline_text import MedlineText
from ingestion.sources.pubmed import PubMedXml
from ingestion.sources.records import MAX_RECORD

PARSER = MedlineText()
FULL = """
PMID- 101
OWN - NLM
STAT- MEDLINE
LR  - 20240501
DP  - 2019 Sep 5
TI  - Salt and pressure in a randomised trial of adults who were asked to eat less
      of it.
LID - 10.1/salt [doi]
AB  - BACKGROUND: Salt (e.g. NaCl) raises pressure. METHODS AND FINDINGS: We gave 5 g of
      salt; p < 0.05. DNA: none was taken. MAIN OUTCOME MEASURE(S): Systolic
      pressure. CONCLUSIONS: Eat less.
CI  - (c) 2019 Nobody.
FAU - Cook, Anna B
AU  - Cook AB
AD  - Institute of Salt, Kiel, Germany.
CN  - SALT Group
FAU - Roe, Jane
AU  - Roe J
LA  - eng
LA  - ger
PT  - Journal Article
PT  - Randomized Controlled Trial
TA  - J Salt
JT  - Journal of salt
CIN - Lancet. 2020;1:2. PMID: 5
EIN - J Salt. 2020;1:3. PMID: 6
MH  - Adult
MH  - Hypertension/*drug therapy/adverse
      effects
MH  - *Sodium Chloride, Dietary
PMC - PMC7
PHST- 2019/09/06 06:00 [pubmed]
AID - S1 [pii]
AID - 10.1/salt [doi]
SO  - J Salt. 2019 Sep 5;1:1.
"""
SAME_IN_XML = """<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID Version="1">101</PMID>
<DateRevised><Year>2024</Year><Month>05</Month><Day>01</Day></DateRevised><Article><Journal>
<JournalIssue><PubDate><Year>2019</Year><Month>Sep</Month><Day>5</Day></PubDate></JournalIssue><Title>Journal of salt</Title></Journal>
<ArticleTitle>Salt and pressure in a randomised trial of adults who were asked to eat less of it.</ArticleTitle>
<Abstract><AbstractText Label="BACKGROUND">Salt (e.g. NaCl) raises pressure.</AbstractText>
<AbstractText Label="METHODS AND FINDINGS">We gave 5 g of salt; p &lt; 0.05. DNA: none was taken.</AbstractText>
<AbstractText Label="MAIN OUTCOME MEASURE(S)">Systolic pressure.</AbstractText>
<AbstractText Label="CONCLUSIONS">Eat less.</AbstractText><CopyrightInformation>(c) 2019 Nobody.</CopyrightInformation></Abstract>
<AuthorList><Author><LastName>Cook</LastName><Initials>AB</Initials></Author><Author><CollectiveName>SALT Group</CollectiveName></Author>
<Author><LastName>Roe</LastName><Initials>J</Initials></Author></AuthorList><Language>eng</Language><Language>ger</Language>
<PublicationTypeList><PublicationType>Journal Article</PublicationType>
<PublicationType>Randomized Controlled Trial</PublicationType></PublicationTypeList></Article>
<CommentsCorrectionsList><CommentsCorrections RefType="CommentIn"/><CommentsCorrections RefType="ErratumIn"/></CommentsCorrectionsList>
<MeshHeadingList><MeshHeading><DescriptorName>Adult</DescriptorName></MeshHeading>
<MeshHeading><DescriptorName>Hypertension</DescriptorName><QualifierName>drug therapy</QualifierName>
<QualifierName>adverse effects</QualifierName></MeshHeading>
<MeshHeading><DescriptorName>Sodium Chloride, Dietary</DescriptorName></MeshHeading></MeshHeadingList></MedlineCitation>
<PubmedData><ArticleIdList><ArticleId IdType="doi">10.1/salt</ArticleId><ArticleId IdType="pmc">PMC7</ArticleId></ArticleIdList></PubmedData>
</PubmedArticle></PubmedArticleSet>"""


def parse(folder: Path, content: str | bytes, name: str = "saved.nbib") -> list[Item]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(PARSER.parse(path))


def document(folder: Path, content: str | bytes) -> Document:
    (found,) = parse(folder, content)
    assert isinstance(found, Document), found
    return found


def record(*fields: str, pmid: int = 1) -> str:
    return "\n".join((f"PMID- {pmid}", *fields)) + "\n"


def names(items: list[Item]) -> list[str]:
    return [item.record if isinstance(item, Problem) else item.document_id for item in items]


def test_the_same_article_is_the_same_document_as_from_xml(tmp_path: Path) -> None:
    (tmp_path / "same.xml").write_text(SAME_IN_XML)
    (from_xml,) = PubMedXml().parse(tmp_path / "same.xml")
    found = document(tmp_path, FULL)
    assert isinstance(from_xml, Document)
    assert found == from_xml
    assert (found.status, found.date, found.identifiers["doi"]) == (Status.CORRECTED, "2019-09-05", "10.1/salt")
    assert found.revision == "01 2024-05-01"
    assert found.mesh[1:3] == ("Hypertension/drug therapy", "Hypertension/adverse effects")
    assert found.authors == ("Cook AB", "SALT Group", "Roe J")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (("RIN - J. 2020",), Status.RETRACTED),
        (("RRI - J. 2020",), Status.RETRACTED),
        (("PT  - Retracted Publication",), Status.RETRACTED),
        (("EIN - J. 2019", "RIN - J. 2020"), Status.RETRACTED),
        (("ECI - J. 2020", "EIN - J. 2019"), Status.CONCERN),
        (("PRIN- J. 2020",), Status.CONCERN),
        (("EIN - J. 2020",), Status.CORRECTED),
        (("CRI - J. 2020",), Status.CORRECTED),
        (("CIN - J. 2020", "ROF - J. 2019", "EFR - J. 2019", "CON - J. 2019"), Status.CURRENT),
    ],
)
def test_notices_on_the_article_decide_where_it_stands(tmp_path: Path, fields: tuple[str, ...], status: Status) -> None:
    assert document(tmp_path, record("TI  - Salt.", *fields)).status is status


@pytest.mark.parametrize(
    ("fields", "year", "date"),
    [
        (("DP  - 2006",), 2006, "2006"),
        (("DP  - 1998 Dec-1999 Jan",), 1998, "1998-12"),
        (("DP  - 2004 Fall",), 2004, "2004"),
        (("DP  - 2001 Feb 30",), 2001, "2001-02"),
        (("DP  - soon", "DEP - 20060110"), 2006, "2006-01-10"),
        (("PHST- 2005/06/17 [received]", "PHST- 2006/01/13 09:00 [pubmed]", "EDAT- 2007/01/01 00:00"), 2006, "2006-01-13"),
        (("EDAT- 2007/01/02 00:00",), 2007, "2007-01-02"),
        ((), None, None),
    ],
)  # fmt: skip
def test_dates_are_as_exact_as_the_record(
    tmp_path: Path, fields: tuple[str, ...], year: int | None, date: str | None
) -> None:
    found = document(tmp_path, record("TI  - Salt.", *fields))
    assert (found.year, found.date) == (year, date)


def test_what_stands_in_for_what_is_missing(tmp_path: Path) -> None:
    plain = document(tmp_path, record("TT  - Das Salz.", "FAU - Cook, Anna", "LA  - ger", "TA  - J Salt"))
    assert (plain.title, plain.authors, plain.language, plain.publisher) == (
        "Das Salz.",
        ("Cook Anna",),
        "de",
        "J Salt",
    )
    chapter = document(tmp_path, record("TI  - Salt.", "BTI - StatPearls", "PB  - Publisher"))
    assert (chapter.title, chapter.publisher) == ("Salt.", "StatPearls")
    book = document(tmp_path, record("BTI - StatPearls", "PB  - Publisher", "AB  - Of salt."))
    assert (book.title, book.publisher, book.text) == ("StatPearls", "Publisher", "Of salt.")


@pytest.mark.parametrize(
    ("abstract", "sections"),
    [
        ("Salt. Results: none.", [("", "Salt. Results: none.")]),
        ("We used RNA. HIV: no. COVID-19: no.", [("", "We used RNA. HIV: no. COVID-19: no.")]),
        ("In the RESULTS: part nothing.", [("", "In the RESULTS: part nothing.")]),
        ("Salt. TRIAL REGISTRATION: NCT1.", [("", "Salt."), ("TRIAL REGISTRATION", "NCT1.")]),
        ("AIM: To ask (why?) RESULTS: It rose.", [("AIM", "To ask (why?)"), ("RESULTS", "It rose.")]),
        ("UNLABELLED: Salt. RESULTS: Ratio 1:2.", [("", "Salt."), ("RESULTS", "Ratio 1:2.")]),
        ("BACKGROUND: RESULTS:", [("BACKGROUND", "RESULTS:")]),
    ],
)
def test_labels_in_capitals_at_the_beginning_of_sentences_cut_the_abstract(
    tmp_path: Path, abstract: str, sections: list[tuple[str, str]]
) -> None:
    found = document(tmp_path, record(f"AB  - {abstract}"))
    assert [("".join(s.path), found.text[s.start : s.end]) for s in found.sections] == sections


WORDS = st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=12)
ABSTRACTS = st.lists(
    WORDS | st.sampled_from(["RESULTS:", "salt.", "METHODS:", "CONCLUSIONS:", "PMID-", "AB  - x"]), min_size=1
)


@given(words=ABSTRACTS, width=st.integers(20, 90))
@example(words=["AAAA", "AA:"], width=20)
@example(words=["RESULTS:"], width=20)
@example(words=["AAAA", "AA:", "METHODS:", "salt."], width=20)
def test_however_the_lines_are_broken_every_word_is_there_in_its_place(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], width: int
) -> None:
    abstract = " ".join(" ".join(words).split())
    wrapped = textwrap.wrap(abstract, width, break_long_words=False, break_on_hyphens=False)
    folder = tmp_path_factory.mktemp("wrapped")
    found = document(folder, record("TI  - Salt.", "AB  - " + "\n      ".join(wrapped), "PT  - Review"))
    stretches = [(section.path, found.text[section.start : section.end]) for section in found.sections]
    assert all(stretch in abstract and stretch for _, stretch in stretches)
    told = re.sub(r"\W", "", "".join("".join(path) + stretch for path, stretch in stretches))
    whole = re.sub(r"\W", "", abstract)
    assert told == whole
    assert found.publication_types == ("Review",)


@given(content=st.binary(max_size=400) | st.text(alphabet="PMID-AB TIDP  1920\n\r\t", max_size=400).map(str.encode))
def test_nothing_that_is_in_a_file_breaks_the_parser(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    items = parse(tmp_path_factory.mktemp("fuzz"), FULL.encode() + b"\n" + content)
    assert names(items)[0] == "pubmed:101"


# records and files that cannot be read


def test_a_bad_record_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    content = "\n".join(
        (
            record("TI  - First.", pmid=1),
            record("AD  - Nowhere.", pmid=2),
            "TI  - Nameless.\n",
            record("TI  - ok", "??? what is this", pmid=4),
            record("STAT- MEDLINE", "TI  - Salt.", "AB  - Half an abstr", pmid=5),
            "PMID- 12x\nTI  - Salt.\n",
            record("TI  - Last.", pmid=7).rstrip("\n"),
        )
    ).encode() + b"\n" + record("TI  - ", pmid=8).rstrip("\n").encode() + b"\xe9\n\n" + record("TI  - End.", pmid=9).encode()  # fmt: skip
    items = parse(tmp_path, content)
    assert names(items) == [
        "pubmed:1", "pubmed:2", "record 3", "pubmed:4", "pubmed:5", "record 6", "pubmed:7", "pubmed:8", "pubmed:9"
    ]  # fmt: skip
    problems = {item.record: item.reason for item in items if isinstance(item, Problem)}
    assert set(problems) == {"pubmed:2", "record 3", "pubmed:4", "pubmed:5", "record 6", "pubmed:8"}
    for name, reason in {
        "pubmed:2": "neither title nor abstract",
        "record 3": "no PMID",
        "pubmed:4": "its 3., that is neither a field",
        "pubmed:5": "truncated",
        "record 6": "no valid PMID",
        "pubmed:8": "not UTF-8",
    }.items():
        assert reason in problems[name]
    assert all(item.mend for item in items if isinstance(item, Problem))


def test_a_missing_blank_line_joins_no_two_records(tmp_path: Path) -> None:
    first, second = parse(tmp_path, record("TI  - First.", pmid=1) + record("TI  - Second.", pmid=2))
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert (first.title, second.title) == ("First.", "Second.")


def test_a_record_without_end_is_one_problem(tmp_path: Path) -> None:
    endless = record(*["AD  - " + "x" * 100_000] * (MAX_RECORD // 100_000 + 1), pmid=1)
    assert names(parse(tmp_path, endless + "\n" + record("TI  - Next.", pmid=2))) == ["pubmed:1", "pubmed:2"]


@pytest.mark.parametrize(
    "wrap", [gzip.compress, lambda content: content.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf".__add__]
)
def test_gzip_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path, wrap: object) -> None:
    assert callable(wrap)
    path = tmp_path / "saved.txt"
    path.write_bytes(wrap(FULL.encode()))
    parser = find_parser(path)
    assert (parser.name, parser.kind) == ("MEDLINE text", "pubmed")
    assert list(parser.parse(path)) == [document(tmp_path, FULL)]


def test_a_truncated_gzip_tells_after_what_came_before(tmp_path: Path) -> None:
    many = "\n".join(record(f"TI  - Number {n * 7919 % 1000}.", pmid=n) for n in range(1, 2000))
    path = tmp_path / "saved.nbib.gz"
    path.write_bytes(gzip.compress(many.encode())[:-200])
    items = PARSER.parse(path)
    found = []
    with pytest.raises(SourceError, match="truncated"):
        found.extend(items)
    path.write_bytes(b" \n\n ")
    with pytest.raises(SourceError, match="holds no record"):
        list(PARSER.parse(path))


@pytest.mark.parametrize(
    "content", ["PMID list\n1\n2\n", "18209\n182", "TI  - No PMID.\n", "# A\n\nPMID- 1\n", "PMID- one\n"]
)
def test_other_text_is_not_taken_for_it(tmp_path: Path, content: str) -> None:
    assert not PARSER.recognises(tmp_path / "saved.txt", content.encode())


# genuine files


def test_genuine_files_give_their_articles(data_dir: Path) -> None:
    folder = data_dir / "ingest" / "pubmed_native" / "biopython" / "Tests" / "Medline"
    paths = sorted(folder.glob("pubmed_result*.txt"))
    found = {path.name: list(find_parser(path).parse(path)) for path in paths}
    assert {name: names(items) for name, items in found.items()} == {
        "pubmed_result1.txt": ["pubmed:12230038"],
        "pubmed_result2.txt": ["pubmed:16403221", "pubmed:16377612", "pubmed:14871861", "pubmed:14630660"],
        "pubmed_result3.txt": ["pubmed:23039619"],
    }
    for path in paths:
        native = " ".join(path.read_text().split())
        for item in found[path.name]:
            assert isinstance(item, Document)
            assert PMID.fullmatch(item.identifiers["pmid"])
            assert item.title in native
            assert item.authors
            assert item.date
            assert item.publisher
            assert not any("*" in term for term in item.mesh)
            assert all(item.text[section.start : section.end] in native for section in item.sections)
    (ultrasound,) = found["pubmed_result3.txt"]
    assert isinstance(ultrasound, Document)
    assert [(section.path, section.role) for section in ultrasound.sections] == [
        (("PURPOSE",), Role.BACKGROUND),
        (("METHODS",), Role.METHOD),
        (("RESULTS",), Role.RESULT),
        (("CONCLUSIONS",), Role.CONCLUSION),
    ]
    assert ultrasound.identifiers == {"pmid": "23039619", "doi": "10.1118/1.4748329"}
    assert "High-Intensity Focused Ultrasound Ablation/adverse effects" in ultrasound.mesh
