"""PubMed XML as NLM gives it out: efetch output and the baseline and update files (`pubmed…n….xml.gz`).

Elements and their meaning: https://www.nlm.nih.gov/bsd/licensee/elements_descriptions.html. A document's text is its English abstract, one
section per `AbstractText`; inline markup is flattened, and `10<sup>9</sup>` reads `10⁹`, never `109`. `publisher` is the journal. An article
without abstract has an empty text and no sections.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from indexes.passage import Kind, Status
from ingestion.design import study_design
from ingestion.document import Deletion, Document, Item, Problem, TextBuilder
from ingestion.sources.markup import Element, children, document_element, safe_parser, squeezed, words
from ingestion.sources.medline import abstract_role, iso_language, publication_date
from ingestion.sources.records import XmlRecord, xml_records

_ROOT = "PubmedArticleSet"
_TAGS = ("PubmedArticle", "PubmedBookArticle", "DeleteCitation")
_PMID = re.compile(r"[1-9][0-9]{0,8}")
_RAW_PMID = re.compile(rb"<PMID\b[^>]*>\s*([1-9][0-9]{0,8})\s*</PMID>")

# What a notice linked from the article means for it (RefType of CommentsCorrections, lower case), the gravest first. A retraction in part
# leaves the rest standing, under doubt.
_NOTICES = (
    (Status.RETRACTED, {"retractionin", "retractedandrepublishedin"}),
    (Status.CONCERN, {"expressionofconcernin", "partialretractionin"}),
    (Status.CORRECTED, {"erratumin", "correctedandrepublishedin"}),
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
        parser = safe_parser()
        for record in xml_records(path, _ROOT, _TAGS):
            if record.fault:
                yield _malformed(record, record.fault)
                continue
            try:
                element = etree.fromstring(record.xml, parser)
            except etree.XMLSyntaxError as error:
                yield _malformed(record, error.msg or "not well-formed")
                continue
            if record.tag == "DeleteCitation":
                yield from (Deletion(f"pubmed:{pmid}") for pmid in map(words, element) if _PMID.fullmatch(pmid))
            elif record.tag == "PubmedArticle":
                yield _article(element, record.ordinal)
            else:
                yield _book(element, record.ordinal)


def _malformed(record: XmlRecord, reason: str) -> Problem:
    pmid = _RAW_PMID.search(record.xml)
    name = f"pubmed:{pmid[1].decode()}" if pmid else f"record {record.ordinal}"
    return Problem(name, f"malformed XML: {reason}", "fetch this record again (efetch, db=pubmed) and ingest that file")


def _article(article: Element, ordinal: int) -> Document | Problem:
    citation = article.find("MedlineCitation")
    body = citation.find("Article") if citation is not None else None
    if citation is None or body is None:
        return _incomplete(f"record {ordinal}", "has no MedlineCitation with an Article")
    journal = body.find("Journal")
    data = article.find("PubmedData")
    status = Status.CURRENT
    if (links := citation.find("CommentsCorrectionsList")) is not None:
        kinds = {(link.get("RefType") or "").lower() for link in links}
        status = next((status for status, notices in _NOTICES if kinds & notices), status)
    return _document(
        ordinal,
        citation,
        body,
        dates=_dates(journal, body, data),
        identifiers=data.find("ArticleIdList") if data is not None else None,
        publisher=squeezed(journal.find("Title")) if journal is not None else "",
        types=[words(item) for item in children(body.find("PublicationTypeList"))],
        mesh=_mesh(citation.find("MeshHeadingList")),
        status=status,
    )


def _book(article: Element, ordinal: int) -> Document | Problem:
    """A chapter or a book of NCBI Bookshelf. A chapter's `publisher` is its book, as an article's is its journal."""
    body = article.find("BookDocument")
    if body is None:
        return _incomplete(f"record {ordinal}", "has no BookDocument")
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
        status=Status.CURRENT,
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
    status: Status,
) -> Document | Problem:
    """What articles and book articles have in common. `citation` holds the PMID, `body` the title, the abstract and the authors."""
    marker = citation.find("PMID")
    pmid = words(marker).strip()
    if marker is None or not _PMID.fullmatch(pmid):
        return _incomplete(f"record {ordinal}", f"has no valid PMID ({pmid[:20]!r})" if pmid else "has no PMID")
    names = map(body.find, ("ArticleTitle", "VernacularTitle", "Book/BookTitle"))
    title = next(filter(None, map(squeezed, names)), "")
    builder, licence = _abstract(body.find("Abstract"))
    if not title and not builder.sections:
        return _incomplete(f"pubmed:{pmid}", "has neither title nor abstract")
    year, date = next(filter(all, map(publication_date, dates)), (None, None))
    languages = [iso_language(words(item)) for item in body.iterfind("Language")]
    design, level = study_design(types, title)
    return Document(
        document_id=f"pubmed:{pmid}",
        kind=Kind.LITERATURE,
        title=title,
        text=builder.text,
        sections=tuple(builder.sections),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/",
        year=year,
        date=date,
        publisher=publisher,
        authors=tuple(_authors(body.find("AuthorList"))),
        # `Abstract` is English whatever the article is written in; NLM keeps the others in `OtherAbstract`.
        language="en" if builder.sections or "en" in languages or not languages else languages[0],
        licence=licence,
        identifiers={"pmid": pmid, **_identifiers(identifiers, body)},
        publication_types=tuple(types),
        mesh=mesh,
        status=Status.RETRACTED if "Retracted Publication" in types else status,
        evidence_level=level,
        attributes={"version": _version(marker), "design": design, "languages": languages},
    )


def _dates(journal: Element | None, body: Element, data: Element | None) -> Iterator[Element | None]:
    """Where an article's date may stand: in print, else online, else as PubMed entered it. Each is looked up only if asked for."""
    if journal is not None:
        yield journal.find("JournalIssue/PubDate")
    yield body.find("ArticleDate")
    if data is not None:
        yield data.find("History/PubMedPubDate[@PubStatus='pubmed']")


def _incomplete(record: str, reason: str) -> Problem:
    return Problem(
        record,
        f"the record {reason}",
        "look the article up in PubMed and fetch it again with efetch (db=pubmed, retmode=xml)",
    )


def _abstract(abstract: Element | None) -> tuple[TextBuilder, str]:
    """The abstract's sections and its copyright notice."""
    builder, licence = TextBuilder(), ""
    for part in children(abstract):
        if part.tag == "AbstractText":
            label = (part.get("Label") or "").strip()
            if label.upper() == "UNLABELLED":  # NLM's stand-in for a stretch without a label
                label = ""
            builder.add(words(part), abstract_role(label, part.get("NlmCategory") or ""), (label,) if label else ())
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
    """Headings, one for each qualifier where there are any: "Hypertension/drug therapy"."""
    terms: list[str] = []
    for heading in children(headings):
        names = [words(part).strip() for part in heading]
        if names:
            descriptor, *qualifiers = names
            terms += [f"{descriptor}/{qualifier}" for qualifier in qualifiers] or [descriptor]
    return tuple(terms)


def _version(marker: Element) -> int:
    version = marker.get("Version") or ""
    return int(version) if version.isascii() and version.isdigit() and len(version) < 5 else 1
