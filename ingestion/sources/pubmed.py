"""PubMed XML as NLM gives it out: efetch output and the baseline and update files (`pubmed…n….xml.gz`).

Elements and their meaning: https://www.nlm.nih.gov/bsd/licensee/elements_descriptions.html. A document's text is its abstract
(`abstracts.py` says which), one section per `AbstractText`; inline markup is flattened, and `10<sup>9</sup>` reads `10⁹`, never `109`.
`publisher` is the journal. An article without abstract has an empty text and no sections.

Millions of records pass here: elements are walked once, as each look-up of a child is a walk of its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ingestion.document import Deletion, Document, Item, Problem
from ingestion.sources.abstracts import Abstract
from ingestion.sources.article import PMID, article_document, incomplete, mesh_terms
from ingestion.sources.markup import Element, Naming, children, document_element, elements, named, squeezed, words
from ingestion.sources.medline import iso_language, publication_date

_ROOT = "PubmedArticleSet"
_TAGS = ("PubmedArticle", "PubmedBookArticle", "DeleteCitation")
_NAMING = Naming(
    re.compile(rb"<PMID\b[^<>]{0,200}>\s{0,50}([1-9][0-9]{0,8})\s{0,50}</PMID>"),
    "pubmed:",
    "fetch this record again (efetch, db=pubmed) and ingest that file",
)
_IDENTIFIERS = {"doi": "doi", "pmc": "pmcid"}

Parts = Mapping[str, Element]
"""An element's children, the first of each name."""


class PubMedXml:
    """The parser of PubMed XML: articles, book articles and deletions."""

    name = "PubMed XML"
    kind = "pubmed"
    version = 4
    suffixes = (".xml",)

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
    record = named(article)
    citation, data = named(record.get("MedlineCitation")), named(record.get("PubmedData"))
    body = citation.get("Article")
    if body is None:
        return incomplete(f"record {ordinal}", "has no MedlineCitation with an Article")
    parts = named(body)
    journal = named(parts.get("Journal"))
    title = squeezed(parts.get("ArticleTitle")) or squeezed(parts.get("VernacularTitle"))
    others = record["MedlineCitation"].iterchildren("OtherAbstract") if "OtherAbstract" in citation else ()
    return _document(
        ordinal,
        citation,
        body,
        parts,
        title=title,
        others=others,
        dates=_dates(journal, parts, data),
        identifiers=data.get("ArticleIdList"),
        publisher=squeezed(journal.get("Title")),
        types=children(parts.get("PublicationTypeList")),
        mesh=_mesh(citation.get("MeshHeadingList")),
        notices={(link.get("RefType") or "").lower() for link in children(citation.get("CommentsCorrectionsList"))},
    )


def _book(article: Element, ordinal: int) -> Document | Problem:
    """A chapter or a book of NCBI Bookshelf. A chapter's `publisher` is its book, as an article's is its journal."""
    body = article.find("BookDocument")
    if body is None:
        return incomplete(f"record {ordinal}", "has no BookDocument")
    parts = named(body)
    book = named(parts.get("Book"))
    titles = [squeezed((book | parts).get(tag)) for tag in ("ArticleTitle", "VernacularTitle", "BookTitle")]
    return _document(
        ordinal,
        parts,
        body,
        parts,
        title=next(filter(None, titles), ""),
        others=(),
        dates=(parts.get("ContributionDate"), book.get("PubDate")),
        identifiers=parts.get("ArticleIdList"),
        publisher=titles[-1]
        if "ArticleTitle" in parts
        else squeezed(named(book.get("Publisher")).get("PublisherName")),
        types=body.iterchildren("PublicationType"),
        mesh=(),
        notices=(),
    )


def _document(
    ordinal: int,
    citation: Parts,
    body: Element,
    parts: Parts,
    *,
    title: str,
    others: Iterable[Element],
    dates: Iterable[Element | None],
    identifiers: Element | None,
    publisher: str,
    types: Iterable[Element],
    mesh: Sequence[str],
    notices: Collection[str],
) -> Document | Problem:
    """What articles and book articles have in common. `citation` holds the PMID, `parts` of the `body` the abstract and the authors."""
    marker = citation.get("PMID")
    pmid = words(marker).strip()
    if marker is None or not PMID.fullmatch(pmid):
        return incomplete(f"record {ordinal}", f"has no valid PMID ({pmid[:20]!r})" if pmid else "has no PMID")
    return article_document(
        pmid=pmid,
        title=title,
        abstracts=[_abstract(element) for element in (parts.get("Abstract"), *others) if element is not None],
        date=next(filter(all, map(publication_date, dates)), (None, None)),
        publisher=publisher,
        authors=_authors(parts.get("AuthorList")),
        languages=[iso_language(words(item)) for item in body.iterchildren("Language")],
        identifiers=_identifiers(identifiers, body),
        types=[words(item) for item in types],
        mesh=mesh,
        notices=notices,
        version=_version(marker),
        revised=publication_date(citation.get("DateRevised"))[1],
    )


def _dates(journal: Parts, article: Parts, data: Parts) -> Iterator[Element | None]:
    """Where an article's date may stand: in print, else online, else as PubMed entered it. Each is looked up only if asked for."""
    yield named(journal.get("JournalIssue")).get("PubDate")
    yield article.get("ArticleDate")
    yield from (entry for entry in children(data.get("History")) if entry.get("PubStatus") == "pubmed")


def _abstract(element: Element) -> Abstract:
    """An `Abstract` or an `OtherAbstract`, which alone says its type and language."""
    stretches, licence = [], ""
    for part in element:
        if part.tag == "AbstractText":
            stretches.append((words(part), part.get("Label") or "", part.get("NlmCategory") or ""))
        elif part.tag == "CopyrightInformation":
            licence = squeezed(part)
    language = element.get("Language")
    return Abstract(stretches, iso_language(language) if language else "en", element.get("Type") or "", licence)


def _authors(authors: Element | None) -> list[str]:
    """Names as PubMed prints them ("Cock PJ"), groups by their full name; names NLM has marked as wrong are left out."""
    names = []
    for author in children(authors):
        if author.get("ValidYN") == "N":
            continue
        parts = {part.tag: part.text for part in author}
        if "CollectiveName" in parts:  # alone may hold markup
            names.append(squeezed(author.find("CollectiveName")))
        else:
            given = parts.get("Initials") or parts.get("ForeName")
            names.append(
                " ".join([part.strip() for part in (parts.get("LastName"), given, parts.get("Suffix")) if part])
            )
    return [name for name in names if name]


def _identifiers(listed: Element | None, body: Element) -> dict[str, str]:
    """DOI and PMC id, from the article's own list (never its references'), else the DOI of its electronic location."""
    found: dict[str, str] = {}
    for item in children(listed):
        if (name := _IDENTIFIERS.get(item.get("IdType") or "")) and (value := words(item).strip()):
            found.setdefault(name, value)
    if "doi" not in found:
        for item in body.iterchildren("ELocationID"):
            if item.get("EIdType") == "doi" and item.get("ValidYN") != "N" and (value := words(item).strip()):
                found["doi"] = value
                break
    return found


def _mesh(headings: Element | None) -> list[str]:
    terms: list[str] = []
    names: list[str] = []  # of one heading, the descriptor first
    for part in () if headings is None else headings.iter("DescriptorName", "QualifierName"):
        if part.tag == "DescriptorName":
            terms += mesh_terms(*names) if len(names) > 1 else names
            names = []
        names.append((part.text or "").strip())
    return terms + (mesh_terms(*names) if len(names) > 1 else names)


def _version(marker: Element) -> int:
    version = marker.get("Version") or ""
    return int(version) if version.isascii() and version.isdigit() and len(version) < 5 else 1
