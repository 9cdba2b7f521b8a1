"""Reading on in a document, and finding a work by what it is known by."""

from __future__ import annotations

from pathlib import Path

import pytest
from benches import Call, Small, bench_of, call
from documents import article, guideline, pubmed

from assistant.errors import ToolError
from assistant.shelves import LibraryShelf, passages_in
from assistant.tools import Tool, find_article
from assistant.tools.bibliography import is_author, is_journal, title_likeness
from assistant.tools.read_document import PAGE
from indexes.filters import Filters
from indexes.passage import Kind
from ingestion.document import Document
from ingestion.library import Library

TRIAL = "nct:NCT00003140"


def record(
    pmid: int, title: str, *, authors: tuple[str, ...] = (), journal: str = "Trials", year: int = 2019, doi: str = ""
) -> str:
    """An article with what it can be found by."""
    people = "".join(
        f"<Author><LastName>{last}</LastName><Initials>{initials}</Initials></Author>"
        for last, initials in (author.rsplit(" ", 1) for author in authors)
    )
    found = article(pmid, title, conclusions=f"Number {pmid} says so.").replace("<Title>Trials<", f"<Title>{journal}<")
    found = found.replace("<Year>2019<", f"<Year>{year}<").replace(
        "<Language>", f"<AuthorList>{people}</AuthorList><Language>"
    )
    ids = (
        f'<PubmedData><ArticleIdList><ArticleId IdType="doi">{doi}</ArticleId></ArticleIdList></PubmedData>'
        if doi
        else ""
    )
    return found.replace("</PubmedArticle>", f"{ids}</PubmedArticle>")


def test_a_document_is_read_page_by_page_in_its_order(use: Call, library: Library) -> None:
    whole = [each.passage_id for each in passages_in(LibraryShelf(library), TRIAL)]
    read: list[str] = []
    pages = -(-len(whole) // PAGE)
    for page in range(1, pages + 1):
        found = use("read_document", document_id=TRIAL, page=page)
        assert f"page {page} of {pages}" in found.text
        assert len(found.passages) <= PAGE
        read += [passage.passage_id for passage in found.passages]
    assert read == whole
    with pytest.raises(ToolError, match=f"page: there are {pages}. Give 1 to {pages}"):
        use("read_document", document_id=TRIAL, page=pages + 1)


def test_sections_are_listed_and_can_be_read_alone(use: Call) -> None:
    assert "Sections: Brief summary (1); Eligibility > Inclusion (" in use("read_document", document_id=TRIAL).text
    for words in ("inclusion", "ELIGIBILITY > Inclusion"):
        found = use("read_document", document_id=TRIAL, section=words)
        assert {passage.section for passage in found.passages} == {("Eligibility", "Inclusion")}
        assert "of this section" in found.text
    with pytest.raises(ToolError, match=r"section: there is none of these words\. There are: Brief summary"):
        use("read_document", document_id=TRIAL, section="Jane Roe")


def test_a_passage_s_identifier_leads_to_its_document(use: Call) -> None:
    assert use("read_document", document_id=f"{TRIAL}#3").passages == use("read_document", document_id=TRIAL).passages


def test_a_label_within_an_abstract_is_a_section(small: Small, tools: dict[str, Tool]) -> None:
    held = small({"a.xml": pubmed(article(1, "A trial", methods="We did it.", results="It worked."))})
    found = call(tools["read_document"], bench_of(held), document_id="pubmed:1", section="results")
    assert "It worked." in found.passages[0].text


def test_what_cannot_be_read_is_said(small: Small, tools: dict[str, Tool]) -> None:
    files = {"a.xml": pubmed(article(1, "Gone", retracted=True, results="It was made up."), article(2, "Title alone"))}
    held = small(files)
    read = tools["read_document"]
    retracted = call(read, bench_of(held), document_id="pubmed:1")
    assert (list(retracted.passages), "is retracted" in retracted.text) == ([], True)
    assert [passage.document_id for passage in retracted.retracted] == ["pubmed:1"]
    assert "a title and no text" in call(read, bench_of(held), document_id="pubmed:2").text
    for unknown in ("pubmed:3", "../../etc/passwd", "x" * 300, "nct:\x00", "calculator:bmi@1?weight=1"):
        with pytest.raises(ToolError, match="no document of this document_id") as caught:
            call(read, bench_of(held), document_id=unknown)
        assert unknown not in str(caught.value)


def test_the_question_s_filters_shut_a_document_out(use: Call) -> None:
    with pytest.raises(ToolError, match="filters shut this document out"):
        use("read_document", Filters(kinds=frozenset({Kind.GUIDELINE})), document_id=TRIAL)


@pytest.fixture
def few(small: Small) -> Library:
    """A library of four articles and a guideline."""
    return small(
        {
            "a.xml": pubmed(
                record(
                    11,
                    "Angiotensin-neprilysin inhibition versus enalapril in heart failure",
                    authors=("McMurray JJ", "Packer M", "Desai AS", "Gong J"),
                    journal="The New England journal of medicine",
                    year=2014,
                    doi="10.1056/NEJMoa1409077",
                ),
                record(
                    12,
                    "Dapagliflozin in heart failure",
                    authors=("McMurray JJV",),
                    journal="The New England journal of medicine",
                ),
                record(
                    13,
                    "Heart failure in Chagas disease",
                    authors=("Martínez F",),
                    journal="Journal of the American Heart Association",
                ),
                article(14, "Enalapril in severe heart failure, made up", retracted=True, results="It was made up."),
                article(15, "A letter on heart failure"),
            ),
            "g.md": guideline("Heart failure in adults", "Offer an ACE inhibitor."),
        }
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"title": "Angiotensin-neprilysin inhibition versus enalapril in heart failure"}, ["pubmed:11"]),
        ({"title": "neprilysin inhibitoin enalapril"}, ["pubmed:11"]),
        ({"title": "heart failure", "author": "McMurray"}, ["pubmed:12", "pubmed:11"]),
        ({"author": "JJV McMurray", "year": 2014}, ["pubmed:11"]),
        ({"author": "Martinez"}, ["pubmed:13"]),
        ({"journal": "NEJM", "year": 2019}, ["pubmed:12"]),
        ({"journal": "N Engl J Med", "title": "dapagliflozin"}, ["pubmed:12"]),
        ({"identifier": "10.1056/nejmOA1409077"}, ["pubmed:11"]),
        ({"identifier": "https://doi.org/10.1056/NEJMoa1409077"}, ["pubmed:11"]),
        ({"identifier": "PMID: 13"}, ["pubmed:13"]),
        ({"identifier": "pubmed:13"}, ["pubmed:13"]),
        ({"title": "heart failure in adults"}, ["guideline:who/heart-failure-in-adults@2021"]),
        ({"title": "gout"}, []),
        ({"author": "Roe"}, []),
        ({"identifier": "99"}, []),
        ({"identifier": "' OR 1=1 --"}, []),
    ],
)
@pytest.mark.parametrize("large", [False, True])
def test_a_work_is_found(
    given: dict[str, object],
    expected: list[str],
    large: bool,
    few: Library,
    tools: dict[str, Tool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(find_article, "SCANNED", 0 if large else 2_000)
    if large and not {"title", "identifier"} & set(given):
        with pytest.raises(ToolError, match=r"searched by titles only\. Give words of the title"):
            call(tools["find_article"], bench_of(few), **given)
        return
    found = call(tools["find_article"], bench_of(few), **given)
    assert [passage.document_id for passage in found.passages][: len(expected)] == expected
    assert bool(found.passages) == bool(expected)
    assert all(f"- {document_id}: " in found.text for document_id in expected)


def test_what_has_no_text_is_named_and_what_is_retracted_is_counted(few: Library, tools: dict[str, Tool]) -> None:
    found = call(tools["find_article"], bench_of(few), title="letter heart failure")
    assert "- pubmed:15: A letter on heart failure. Trials. 2019 (title only, no text)" in found.text
    made_up = call(tools["find_article"], bench_of(few), title="enalapril severe heart failure made up")
    assert "pubmed:14" not in {passage.document_id for passage in made_up.passages}
    assert "1 retracted document left out" in made_up.text


def test_filters_and_nothing_to_find_by(few: Library, tools: dict[str, Tool]) -> None:
    only = bench_of(few, Filters(kinds=frozenset({Kind.GUIDELINE})))
    found = call(tools["find_article"], only, identifier="13")
    assert (list(found.passages), "shut out by the question's own filters" in found.text) == ([], True)
    for nothing in ({}, {"title": "..."}, {"year": 2019}):
        with pytest.raises(ToolError, match="Say what it is found by"):
            call(tools["find_article"], only, **nothing)


@pytest.mark.parametrize(
    ("wanted", "authors", "fits"),
    [
        ("McMurray", ("McMurray JJ",), True),
        ("McMuray", ("McMurray JJ",), True),
        ("Jane Smith", ("Smith J",), True),
        ("J Smith", ("Smith J",), True),
        ("K Smith", ("Smith J",), False),
        ("García-Pérez", ("Garcia-Perez A",), True),
        ("Li", ("Lin X",), False),
        ("World Health Organization", ("World Health Organization",), True),
        ("", ("Smith J",), False),
    ],
)
def test_an_author_is_known_by_family_name_and_initials(wanted: str, authors: tuple[str, ...], fits: bool) -> None:
    assert is_author(wanted, authors) is fits


@pytest.mark.parametrize(
    ("wanted", "journal", "fits"),
    [
        ("The Lancet", "Lancet (London, England)", True),
        ("JAMA", "JAMA", True),
        ("BMJ", "British medical journal", True),
        ("J Am Coll Cardiol", "Journal of the American College of Cardiology", True),
        ("Circulation", "Circulation. Heart failure", True),
        ("Heart", "Circulation", False),
    ],
)
def test_a_journal_is_known_by_its_short_names(wanted: str, journal: str, fits: bool) -> None:
    assert is_journal(wanted, journal) is fits


def test_titles_are_alike_by_their_words() -> None:
    title = "Apixaban versus warfarin in patients with atrial fibrillation"
    assert title_likeness(title, title) == 1
    assert title_likeness("apixaban atrial fibrillation", title) > title_likeness("apixiban atrial fibrillation", title)
    assert title_likeness("rivaroxaban gout", title) == 0
    assert title_likeness("the of", title) == 0


def test_the_ledger_knows_documents_by_all_their_identifiers(few: Library, tmp_path: Path) -> None:
    ledger = few.ledger
    assert ledger.identified(" 10.1056/NEJMOA1409077 ") == ["pubmed:11"]
    assert [document.document_id for document in ledger.documents()] == sorted(
        each.document_id for each in ledger.listed(limit=100)
    )
    assert ledger.has_more_than(5)
    assert not ledger.has_more_than(6)
    kept = ledger.document("pubmed:11")
    assert isinstance(kept, Document)
    ledger.remove("pubmed:11")
    assert ledger.identified("10.1056/nejmoa1409077") == []
