"""PMC full text as JATS XML: single articles (`.nxml`, `.xml`), efetch answers (`<pmc-articleset>`) and answers of PMC's OAI-PMH service.

Elements: https://jats.nlm.nih.gov/archiving/tag-library/1.3/; PMC's use of them: https://www.ncbi.nlm.nih.gov/pmc/pmcdoc/tagging-guidelines/article/style.html.
A document is the authors' abstract and body, in `jats_text`. `publisher` is the journal. Only PMC's articles are taken: an article without a PMC id
is a `Problem`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from indexes.passage import Kind, Status
from ingestion.design import study_design
from ingestion.document import Deletion, Document, Item, Problem
from ingestion.sources.article import OF_OTHERS, RETRACTED_TITLE
from ingestion.sources.jats_text import full_text, heading
from ingestion.sources.markup import Element, Naming, children, document_element, elements, squeezed
from ingestion.sources.medline import exact_date
from ingestion.sources.records import read_head

_ROOT = "pmc-articleset"
_OAI = "OAI-PMH"  # https://www.openarchives.org/OAI/openarchivesprotocol.html
_TAGS = ("article", "Reply")  # efetch replies so for what it does not have
# HTML and DocBook have an <article> too; this is what JATS alone has, and has within its first lines.
_JATS = re.compile(rb"<front\b|<journal-meta\b|<article-meta\b|\barticle-type\s*=|//(?:NLM|TaxonX)//DTD")
_OF_PMC = re.compile(rb"oai:pubmedcentral|metadataPrefix\s*=\s*[\"']pmc")
_PMCID = re.compile(r"(?:PMC)?([1-9][0-9]{0,9})")
_NAMING = Naming(
    re.compile(
        rb'<article-id\b[^<>]{0,200}\bpub-id-type="pmc(?:id)?"[^<>]{0,200}>\s{0,50}(?:PMC)?([1-9][0-9]{0,9})\s{0,50}<'
    ),
    "pmc:PMC",
    "fetch this article again (efetch, db=pmc) and ingest that file",
)
_IDENTIFIERS = {"pmc": "pmcid", "pmcid": "pmcid", "pmid": "pmid", "doi": "doi"}
_HREF = "{http://www.w3.org/1999/xlink}href"
_LICENCE_REF = "{http://www.niso.org/schemas/ali/1.0/}license_ref"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"

# `article-type` and the printed subject heading, in NLM's words, which `study_design` knows. A type not listed is a journal article.
_TYPES = {
    "review-article": "Review",
    "systematic-review": "Systematic Review",
    "meta-analysis": "Meta-Analysis",
    "case-report": "Case Reports",
    "case report": "Case Reports",
    "protocol": "Clinical Trial Protocol",
    "study protocol": "Clinical Trial Protocol",
    "letter": "Letter",
    "reply": "Letter",
    "editorial": "Editorial",
    "news": "News",
    "article-commentary": "Comment",
    "discussion": "Comment",
    "correction": "Published Erratum",
    "addendum": "Published Erratum",
    "retraction": "Retraction of Publication",
    "partial-retraction": "Retraction of Publication",
    "expression-of-concern": "Expression of Concern",
    "preprint": "Preprint",
    "abstract": "Meeting Abstract",
}
# What a link means for the article that bears it, the gravest first: those to a notice, then those by which an article names itself.
_NOTICES = (
    (Status.RETRACTED, {"retraction-forward"}, {"retracted-article"}),
    (Status.CONCERN, {"expression-of-concern-forward", "partial-retraction-forward", "partial-retraction"}, {"object-of-concern"}),
    (Status.CORRECTED, {"correction-forward", "addendum-forward"}, {"corrected-article"}),
)  # fmt: skip
# The article's own dates, the best first; the day on which PMC released it is none.
_DATES = (("ppub", "print"), ("epub", "electronic"), ("epub-ppub", ""), ("collection", ""))


class PmcJats:
    """The parser of PMC full text."""

    name = "PMC full text (JATS XML)"
    kind = "pmc"
    version = 3
    suffixes = (".nxml", ".xml")

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the name says nothing: judge by content
        """Whether the document element is an answer of PMC, or an `<article>` with what only JATS has."""
        first = document_element(head)
        own = {"article": _JATS, _OAI: _OF_PMC}.get(first)
        return first == _ROOT or (own is not None and own.search(head.replace(b"\0", b"")) is not None)

    def parse(self, path: Path) -> Iterator[Item]:
        """Documents, problems and, of OAI-PMH, deletions in file order; raises what `xml_records` raises."""
        if document_element(read_head(path)) == _OAI:
            yield from _harvested(path)
            return
        for item in elements(path, _ROOT, _TAGS, _NAMING):
            if isinstance(item, Problem):
                yield item
                continue
            record, element = item
            yield _article(element, record.ordinal) if record.tag == "article" else _reply(element, record.ordinal)


def _harvested(path: Path) -> Iterator[Item]:
    """What an answer of OAI-PMH holds: each record has a header, which says whether it was deleted, and unless it was, an article."""
    awaited = ""
    for item in elements(path, _OAI, ("header", "article", "error"), _NAMING):
        if isinstance(item, Problem):
            awaited = ""
            yield item
            continue
        record, element = item
        if record.tag == "article":
            awaited = ""
            yield _article(_without_namespace(element), record.ordinal)
            continue
        if awaited:
            yield _no_article(awaited)
        awaited = ""
        if record.tag == "error":
            reason = " ".join(f"{element.get('code') or ''} {squeezed(element)}".split())[:200]
            yield Problem(f"record {record.ordinal}", f"PMC answered: {reason}", "ask again for what the answer names")
        elif element.get("status") == "deleted" and (number := _PMCID.fullmatch(_oai_number(element))):
            yield Deletion(f"pmc:PMC{number[1]}")
        else:
            awaited = _oai_number(element) or f"record {record.ordinal}"
    if awaited:
        yield _no_article(awaited)


def _oai_number(header: Element) -> str:
    return squeezed(header.find("identifier")).rpartition(":")[2][:40]


def _no_article(named: str) -> Problem:
    return Problem(named, "the record has no article in JATS", "ask for it with metadataPrefix=pmc")


def _without_namespace(article: Element) -> Element:
    """JATS stands in a namespace there, another one for each of its versions."""
    namespace, brace, _ = str(article.tag).rpartition("}")
    for element in article.iter() if brace else ():
        if isinstance(element.tag, str) and element.tag.startswith(namespace + brace):
            element.tag = element.tag.removeprefix(namespace + brace)
    return article


def _reply(reply: Element, ordinal: int) -> Problem:
    reason = " ".join((reply.get("error") or "no article").split())[:200]
    return Problem(f"record {ordinal}", f"PMC answered: {reason}", "check the PMC id and that its full text is open")


def _article(article: Element, ordinal: int) -> Document | Problem:
    meta = article.find("front/article-meta")
    if meta is None:
        return _incomplete(f"record {ordinal}", "has no front matter (article-meta)")
    identifiers = _identifiers(meta)
    pmcid = identifiers.get("pmcid")
    if pmcid is None:
        return _incomplete(f"record {ordinal}", "has no PMC id")
    title = heading(meta.find("title-group/article-title"))
    builder = full_text(article)
    if not title and not builder.sections:
        return _incomplete(f"pmc:{pmcid}", "has neither title nor text")
    types = _types(article, meta)
    year, date = _published(meta)
    design, level = study_design(types, title)
    return Document(
        document_id=f"pmc:{pmcid}",
        kind=Kind.LITERATURE,
        title=title,
        text=builder.text,
        sections=tuple(builder.sections),
        url=f"https://pmc.ncbi.nlm.nih.gov/articles/{pmcid}/",
        year=year,
        date=date,
        publisher=squeezed(next(article.iterfind("front/journal-meta//journal-title"), None)),
        authors=tuple(filter(None, map(_author, meta.iterfind("contrib-group/contrib")))),
        language=(article.get(_LANGUAGE) or "en").lower().partition("-")[0],
        licence=_licence(meta.find("permissions")),
        identifiers=identifiers,
        publication_types=types,
        status=_status(article, meta, types, title),
        evidence_level=level,
        attributes={"design": design, "article_type": article.get("article-type") or ""},
    )


def _incomplete(record: str, reason: str) -> Problem:
    return Problem(record, f"the article {reason}", "fetch it from PMC (efetch, db=pmc) and ingest that file")


def _identifiers(meta: Element) -> dict[str, str]:
    """PMC id (with its prefix), PMID and DOI, the first of each; in this order."""
    found: dict[str, str] = {}
    for item in meta.iterfind("article-id"):
        name, value = _IDENTIFIERS.get(item.get("pub-id-type") or ""), squeezed(item)
        if name == "pmcid":
            number = _PMCID.fullmatch(value)
            value = f"PMC{number[1]}" if number else ""
        if name and value:
            found.setdefault(name, value)
    return {name: found[name] for name in ("pmcid", "pmid", "doi") if name in found}


def _types(article: Element, meta: Element) -> tuple[str, ...]:
    subjects = map(squeezed, meta.iterfind("article-categories/subj-group/subject"))
    named = [(article.get("article-type") or ""), *subjects]
    return tuple(dict.fromkeys(_TYPES[name] for name in map(str.lower, named) if name in _TYPES)) or (
        "Journal Article",
    )


def _status(article: Element, meta: Element, types: tuple[str, ...], title: str) -> Status:
    """Where the article stands. A notice or a letter about a retracted article is itself current; a study so linked is taken for the
    retracted one, since a retracted study passed as sound is the graver error.
    """
    of_others = not OF_OTHERS.isdisjoint(types)
    if article.get("article-type") == "retracted-article" or (not of_others and RETRACTED_TITLE.match(title)):
        return Status.RETRACTED
    links = {link.get("related-article-type") or "" for link in meta.iterfind("related-article")}
    for status, forward, own in _NOTICES:
        if links & forward or (links & own and not of_others):
            return status
    return Status.CURRENT


def _published(meta: Element) -> tuple[int | None, str | None]:
    dates = list(meta.iterfind("pub-date"))
    for kind, medium in _DATES:
        for date in dates:
            own = date.get("date-type") == "pub" and medium and date.get("publication-format") == medium
            if kind in (date.get("pub-type"), date.get("date-type")) or own:
                parts = {str(part.tag): squeezed(part) for part in date}
                found = exact_date(parts.get("year", ""), parts.get("month", ""), parts.get("day", ""))
                if all(found):
                    return found
    return None, None


def _author(contributor: Element) -> str:
    """An author as PubMed prints the name ("Cock PJ"), a group by its own; empty for editors and the like."""
    if contributor.get("contrib-type", "author") != "author":
        return ""
    if (group := contributor.find("collab")) is not None:
        return " ".join((group.text or squeezed(group.find("institution"))).split())
    name = next(contributor.iter("name"), None)
    if name is None:
        return squeezed(contributor.find("string-name"))
    given = squeezed(name.find("given-names"))
    if not (given.isupper() and len(given) < 4):
        given = "".join(part[0].upper() for part in re.split(r"[\s.-]+", given) if part)
    return " ".join(filter(None, (squeezed(name.find("surname")), given, squeezed(name.find("suffix")))))


def _licence(permissions: Element | None) -> str:
    """The address of the licence, else its words, else the copyright statement."""
    for licence in (part for part in children(permissions) if part.tag == "license"):
        if found := licence.get(_HREF) or squeezed(licence.find(_LICENCE_REF)) or squeezed(licence):
            return found
    return squeezed(permissions.find("copyright-statement")) if permissions is not None else ""
