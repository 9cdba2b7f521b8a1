"""PubMed XML as NLM gives it out: efetch output and the baseline and update files (`pubmed…n….xml.gz`).

Elements and their meaning: https://www.nlm.nih.gov/bsd/licensee/elements_descriptions.html. A document's text is its English abstract, one
section per `AbstractText`; inline markup is flattened, and `10<sup>9</sup>` reads `10⁹`, never `109`. `publisher` is the journal. An article
without abstract has an empty text and no sections.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from ingestion.document import Deletion, Document, Item, Problem, TextBuilder
from ingestion.sources.article import PMID, add_part, article_document, incomplete, mesh_terms
from ingestion.sources.markup import Element, Naming, children, document_element, elements, squeezed, words
from ingestion.sources.medline import iso_language, publication_date

_ROOT = "PubmedArticleSet"
_TAGS = ("PubmedArticle", "PubmedBookArticle", "DeleteCitation")
_NAMING = Naming(
    re.compile(rb"<PMID\b[^>]*>\s*([1-9][0-9]{0,8})\s*</PMID>"),
    "pubmed:",
    "fetch this record again (efetch, db=pubmed) and ingest that file",
)


class PubMedXml:
    """The parser of PubMed XML: articles, book articles and deletions."""

    name = "PubMed XML"
    kind = "pubmed"
    version = 2
    suffixes = (".xml", ".xml.gz")

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the name says nothing: judge by content
        """Whether the document element is PubMed's. The other E-utilities' answers are not."""
        return document_element(head) in {_ROOT, *_TAGS}

    def parse(self, path: Path) -> Iterator[Item]:
        """Documents, deletions and problems in file order; raises what `xml_records` raises."""
        for item in elements(path, _ROOT, _TAGS, _NAMING):
            if isinstance(item, Problem):
                yield item
                continue
            record, element = item
            if record.tag == "DeleteCitation":
                yield from (Deletion(f"pubmed:{pmid}") for pmid in map(words, element) if PMID.fullmatch(pmid))
            elif record.tag == "PubmedArticle":
                yield _article(element, record.ordinal)
            else:
                yield _book(element, record.ordinal)


def _article(article: Element, ordinal: int) -> Document | Problem:
    citation = article.find("MedlineCitation")
    body = citation.find("Article") if citation is not None else None
    if citation is None or body is None:
        return incomplete(f"record {ordinal}", "has no MedlineCitation with an Article")
    journal = body.find("Journal")
    data = article.find("PubmedData")
    links = children(citation.find("CommentsCorrectionsList"))
    return _document(
        ordinal,
        citation,
        body,
        dates=_dates(journal, body, data),
        identifiers=data.find("ArticleIdList") if data is not None else None,
        publisher=squeezed(journal.find("Title")) if journal is not None else "",
        types=[words(item) for item in children(body.find("PublicationTypeList"))],
        mesh=_mesh(citation.find("MeshHeadingList")),
        notices={(link.get("RefType") or "").lower() for link in links},
    )


def _book(article: Element, ordinal: int) -> Document | Problem:
    """A chapter or a book of NCBI Bookshelf. A chapter's `publisher` is its book, as an article's is its journal."""
    body = article.find("BookDocument")
    if body is None:
        return incomplete(f"record {ordinal}", "has no BookDocument")
    publisher = "Book/BookTitle" if body.find("ArticleTitle") is not None else "Book/Publisher/PublisherName"
    return _document(
        ordinal,
        body,
        body,
        dates=iter((body.find("ContributionDate"), body.find("Book/PubDate"))),
        identifiers=body.find("ArticleIdList"),
        publisher=squeezed(body.find(publisher)),
        types=[words(item) for item in body.iterfind("PublicationType")],
        mesh=(),
        notices=(),
    )


def _document(
    ordinal: int,
    citation: Element,
    body: Element,
    *,
    dates: Iterator[Element | None],
    identifiers: Element | None,
    publisher: str,
    types: list[str],
    mesh: tuple[str, ...],
    notices: Collection[str],
) -> Document | Problem:
    """What articles and book articles have in common. `citation` holds the PMID, `body` the title, the abstract and the authors."""
    marker = citation.find("PMID")
    pmid = words(marker).strip()
    if marker is None or not PMID.fullmatch(pmid):
        return incomplete(f"record {ordinal}", f"has no valid PMID ({pmid[:20]!r})" if pmid else "has no PMID")
    names = map(body.find, ("ArticleTitle", "VernacularTitle", "Book/BookTitle"))
    title = next(filter(None, map(squeezed, names)), "")
    builder, licence = _abstract(body.find("Abstract"))
    return article_document(
        pmid=pmid,
        title=title,
        abstract=builder,
        date=next(filter(all, map(publication_date, dates)), (None, None)),
        publisher=publisher,
        authors=tuple(_authors(body.find("AuthorList"))),
        languages=[iso_language(words(item)) for item in body.iterfind("Language")],
        licence=licence,
        identifiers=_identifiers(identifiers, body),
        types=types,
        mesh=mesh,
        notices=notices,
        version=_version(marker),
    )


def _dates(journal: Element | None, body: Element, data: Element | None) -> Iterator[Element | None]:
    """Where an article's date may stand: in print, else online, else as PubMed entered it. Each is looked up only if asked for."""
    if journal is not None:
        yield journal.find("JournalIssue/PubDate")
    yield body.find("ArticleDate")
    if data is not None:
        yield data.find("History/PubMedPubDate[@PubStatus='pubmed']")


def _abstract(abstract: Element | None) -> tuple[TextBuilder, str]:
    """The abstract's sections and its copyright notice."""
    builder, licence = TextBuilder(), ""
    for part in children(abstract):
        if part.tag == "AbstractText":
            add_part(builder, words(part), part.get("Label") or "", part.get("NlmCategory") or "")
        elif part.tag == "CopyrightInformation":
            licence = squeezed(part)
    return builder, licence


def _authors(authors: Element | None) -> Iterator[str]:
    """Names as PubMed prints them ("Cock PJ"), groups by their full name; names NLM has marked as wrong are left out."""
    for author in children(authors):
        if author.get("ValidYN") == "N":
            continue
        if (group := author.find("CollectiveName")) is not None:
            name = squeezed(group)
        else:
            given = author.findtext("Initials") or author.findtext("ForeName")
            parts = (author.findtext("LastName"), given, author.findtext("Suffix"))
            name = " ".join(part.strip() for part in parts if part)
        if name:
            yield name


def _identifiers(listed: Element | None, body: Element) -> dict[str, str]:
    """DOI and PMC id, from the article's own list (never its references'), else the DOI of its electronic location."""
    found: dict[str, str] = {}
    for item in children(listed):
        if (name := {"doi": "doi", "pmc": "pmcid"}.get(item.get("IdType") or "")) and (value := words(item).strip()):
            found.setdefault(name, value)
    if "doi" not in found:
        for item in body.iterfind("ELocationID"):
            if item.get("EIdType") == "doi" and item.get("ValidYN") != "N" and (value := words(item).strip()):
                found["doi"] = value
                break
    return found


def _mesh(headings: Element | None) -> tuple[str, ...]:
    terms: list[str] = []
    for heading in children(headings):
        names = [words(part).strip() for part in heading]
        if names:
            terms += mesh_terms(names[0], names[1:])
    return tuple(terms)


def _version(marker: Element) -> int:
    version = marker.get("Version") or ""
    return int(version) if version.isascii() and version.isdigit() and len(version) < 5 else 1
