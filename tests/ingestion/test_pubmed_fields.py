"""Every field of genuine PubMed records, against a second reading of the same files that shares no code with the parser."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import strptime
from typing import Any
from xml.etree import ElementTree

import pytest

from indexes.passage import Status
from ingestion.document import Deletion, Document, Item
from ingestion.sources.pubmed import PubMedXml
from ingestion.sources.records import read_head

PARSER = PubMedXml()
LANGUAGES = {"eng": "en", "ger": "de", "fre": "fr", "ita": "it", "rus": "ru", "spa": "es", "chi": "zh"}
LOWERED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻−–", "0123456789+---", "^")


def plain(text: str) -> str:
    """Words with their white space collapsed and what is raised put back on the line."""
    return " ".join(text.translate(LOWERED).split())


def text_of(element: ElementTree.Element | None) -> str:
    return "" if element is None else plain("".join(element.itertext()))


def first(record: ElementTree.Element, *paths: str) -> str:
    return next(filter(None, (text_of(record.find(path)) for path in paths)), "")


def date_of(record: ElementTree.Element) -> str | None:
    paths = (
        "MedlineCitation/Article/Journal/JournalIssue/PubDate",
        "MedlineCitation/Article/ArticleDate",
        "PubmedData/History/PubMedPubDate[@PubStatus='pubmed']",
    )
    for element in (found for found in map(record.find, paths) if found is not None):
        year, month, day = (element.findtext(tag) or "" for tag in ("Year", "Month", "Day"))
        if words := (element.findtext("MedlineDate") or "").split():  # "2019 Sep-Oct"
            year, month = words[0], words[1].partition("-")[0] if len(words) > 1 else ""
        if year := year[:4]:
            if month:
                month = f"-{int(month) if month.isdigit() else strptime(month[:3], '%b').tm_mon:02}"
            return year + month + (f"-{int(day):02}" if day else "")
    return None


def author_of(author: ElementTree.Element) -> str:
    if author.find("CollectiveName") is not None:
        return text_of(author.find("CollectiveName"))
    given = author.findtext("Initials") or author.findtext("ForeName") or ""
    return plain(f"{author.findtext('LastName') or ''} {given} {author.findtext('Suffix') or ''}")


def authors_of(record: ElementTree.Element) -> list[str]:
    authors = record.findall("MedlineCitation/Article/AuthorList/Author")
    return [name for author in authors if author.get("ValidYN") != "N" and (name := author_of(author))]


def doi_of(record: ElementTree.Element) -> str:
    listed = first(record, "PubmedData/ArticleIdList/ArticleId[@IdType='doi']")
    places = record.findall("MedlineCitation/Article/ELocationID[@EIdType='doi']")
    return listed or next((text_of(place) for place in places if place.get("ValidYN") != "N"), "")


def mesh_of(record: ElementTree.Element) -> list[str]:
    terms = []
    for heading in record.findall("MedlineCitation/MeshHeadingList/MeshHeading"):
        name = heading.findtext("DescriptorName") or ""
        terms += [f"{name}/{part.text}" for part in heading.findall("QualifierName")] or [name]
    return terms


def status_of(record: ElementTree.Element) -> Status:
    links = {
        link.get("RefType") for link in record.findall("MedlineCitation/CommentsCorrectionsList/CommentsCorrections")
    }
    if "RetractionIn" in links or "Retracted Publication" in texts(
        record, "MedlineCitation/Article/PublicationTypeList/*"
    ):
        return Status.RETRACTED
    if "ExpressionOfConcernIn" in links:
        return Status.CONCERN
    return Status.CORRECTED if "ErratumIn" in links else Status.CURRENT


def revision_of(record: ElementTree.Element) -> str:
    revised = record.find("MedlineCitation/DateRevised")
    marker = record.find("MedlineCitation/PMID")
    assert marker is not None
    if revised is None:
        return ""
    year, month, day = (int(revised.findtext(tag) or 0) for tag in ("Year", "Month", "Day"))
    return f"{int(marker.get('Version') or 1):02} {year}-{month:02}-{day:02}"


def texts(record: ElementTree.Element, path: str) -> list[str]:
    return [text_of(element) for element in record.findall(path)]


def abstract_of(record: ElementTree.Element) -> list[tuple[str, str]]:
    """Labels and texts of the English abstract."""
    found = []
    for part in record.findall("MedlineCitation/Article/Abstract/AbstractText"):
        label = part.get("Label") or ""
        if text_of(part):
            found.append(("" if label == "UNLABELLED" else label, text_of(part)))
    return found


# Each field as the record has it and as the document has it.
FIELDS: dict[str, tuple[Callable[[ElementTree.Element], Any], Callable[[Document], Any]]] = {
    "PMID": (lambda record: first(record, "MedlineCitation/PMID"), lambda found: found.identifiers["pmid"]),
    "title": (
        lambda record: first(record, "MedlineCitation/Article/ArticleTitle", "MedlineCitation/Article/VernacularTitle"),
        lambda found: plain(found.title),
    ),
    "abstract": (
        abstract_of,
        lambda found: [("".join(part.path), plain(found.text[part.start : part.end])) for part in found.sections],
    ),
    "authors": (
        authors_of,
        lambda found: list(map(plain, found.authors)),
    ),
    "journal": (lambda record: first(record, "MedlineCitation/Article/Journal/Title"), lambda found: plain(found.publisher)),
    "date": (date_of, lambda found: found.date),
    "year": (lambda record: int((date_of(record) or "0")[:4]) or None, lambda found: found.year),
    "DOI": (doi_of, lambda found: found.identifiers.get("doi", "")),
    "PMC id": (
        lambda record: first(record, "PubmedData/ArticleIdList/ArticleId[@IdType='pmc']"),
        lambda found: found.identifiers.get("pmcid", ""),
    ),
    "MeSH": (mesh_of, lambda found: list(found.mesh)),
    "publication types": (
        lambda record: texts(record, "MedlineCitation/Article/PublicationTypeList/PublicationType"),
        lambda found: list(found.publication_types),
    ),
    "languages": (
        lambda record: [LANGUAGES[code] for code in texts(record, "MedlineCitation/Article/Language")],
        lambda found: found.attributes["languages"],
    ),
    "status": (status_of, lambda found: found.status),
    "copyright": (
        lambda record: first(record, "MedlineCitation/Article/Abstract/CopyrightInformation") if abstract_of(record) else "",
        lambda found: plain(found.licence),
    ),
    "revision": (revision_of, lambda found: found.revision),
}  # fmt: skip


def compared(path: Path) -> Counter[str]:
    """How many documents of the file have something in each field. Asserts that each is what the record says."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    root = ElementTree.fromstring(content)  # noqa: S314 - a genuine file
    items: list[Item] = list(PARSER.parse(path))
    deleted = [f"pubmed:{pmid}" for pmid in texts(root, "DeleteCitation/PMID")]
    assert [item.document_id for item in items if isinstance(item, Deletion)] == deleted
    records = root.findall("PubmedArticle")
    documents = [item for item in items if isinstance(item, Document)]
    assert len(documents) == len(records)
    filled: Counter[str] = Counter()
    for record, found in zip(records, documents, strict=True):
        for field, (expected, actual) in FIELDS.items():
            assert actual(found) == expected(record), f"{path.name} {found.document_id}: {field}"
            filled[field] += bool(expected(record))
        filled["other statuses"] += found.status is not Status.CURRENT
        filled["marked up"] += re.search("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]", found.title + found.text) is not None
    return filled


def test_every_field_of_genuine_records_is_what_a_second_reading_finds(data_dir: Path) -> None:
    filled: Counter[str] = Counter()
    for path in sorted((data_dir / "ingest" / "pubmed_native").rglob("*.xml*")):
        if PARSER.recognises(path, read_head(path, 4096)):
            filled += compared(path)
    assert filled["PMID"] == 328
    assert min(filled[field] for field in FIELDS) > 30, filled  # a field that is always empty proves nothing
    assert (filled["other statuses"], filled["revision"]) == (4, 328)
    assert filled["marked up"] > 10


@pytest.mark.slow
def test_every_field_of_reserialised_records_is_what_a_second_reading_finds(data_dir: Path) -> None:
    filled: Counter[str] = Counter()
    for path in sorted((data_dir / "ingest" / "pubmed_xml_reserialised").glob("*.xml.gz")):
        filled += compared(path)
    assert (filled["PMID"], filled["other statuses"]) == (26031, 21)
