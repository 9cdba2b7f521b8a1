"""What an EPUB says of itself: which chapters it has, in which order, what they are called, and its metadata."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from indexes.passage import Status
from ingestion.document import Problem
from ingestion.errors import SourceError
from ingestion.sources.guideline import Metadata, publisher_named_in, says_draft, web_url, year_in
from ingestion.sources.markup import Element, local_attribute, local_name, squeezed
from ingestion.sources.packages import Package, resolved

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
# Fonts made useless outside of the book; its text stays readable. https://www.w3.org/TR/epub-33/#sec-font-obfuscation
_OBFUSCATIONS = frozenset(("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"))
_MOST_CHAPTERS = 5_000
_READ_TYPES = frozenset(("application/xhtml+xml", "text/html", "application/html", "text/x-oeb1-document"))
_ISBN = re.compile(r"(?:urn:)?(?:isbn:?\s*)?(97[89](?:[ -]?\d){10})", re.IGNORECASE)
_SHORT_ISBN = re.compile(r"(?:urn:)?(?:isbn:?\s*)?((?:\d[ -]?){9}[\dXx])", re.IGNORECASE)
_DOI = re.compile(r"(?:^|doi:|doi\.org/)(10\.\d{4,9}/\S{1,200})$", re.IGNORECASE)
_DATE = re.compile(r"\d{4}(?:-\d\d){0,2}")
_LONGEST_RIGHTS = 300


@dataclass(frozen=True, slots=True)
class Chapter:
    """One item of the spine; `label` is its name in the table of contents; `fault` says why it cannot be read."""

    member: str
    label: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """The chapters in reading order, and what is wrong with the package itself."""

    metadata: Metadata
    chapters: tuple[Chapter, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Resource:
    member: str
    type: str
    properties: frozenset[str]


def read_book(package: Package) -> Book:
    """The book in a package. Raises `SourceError` where its container or package document is missing or broken, or its text is protected."""
    opf = _package_document(package)
    root = package.xml(opf)
    manifest = {
        local_attribute(item, "id"): _Resource(
            resolved(opf, local_attribute(item, "href")),
            local_attribute(item, "media-type").lower(),
            frozenset(local_attribute(item, "properties").split()),
        )
        for item in _below(root, "manifest", "item")
    }
    references = [local_attribute(item, "idref") for item in _below(root, "spine", "itemref")]
    if not references:
        raise SourceError(f"{package.path}: {opf} names no chapters (its spine is empty); fetch the EPUB again")
    if len(references) > _MOST_CHAPTERS:
        raise SourceError(
            f"{package.path}: {len(references):,} chapters are more than the {_MOST_CHAPTERS:,} allowed; split the EPUB"
        )
    labels, problems = _labels(package, root, manifest)
    protected = _protected(package)
    chapters = []
    for reference in dict.fromkeys(references):
        item = manifest.get(reference)
        if item is None:
            chapters.append(
                Chapter(
                    reference or "an item without a name", fault="is in the order of reading but not among the files"
                )
            )
        elif item.member in protected:
            raise SourceError(
                f"{package.path}: its chapters are encrypted (DRM, copy protection); ask the publisher for a copy without it"
            )
        elif not item.member:
            chapters.append(Chapter(reference, fault="names a file outside of the EPUB"))
        elif item.type not in _READ_TYPES:
            chapters.append(Chapter(item.member, fault=f"is {item.type[:60] or 'of no type'}, not text"))
        elif "nav" not in item.properties:  # the table of contents
            chapters.append(Chapter(item.member, labels.get(item.member, "")))
    return Book(_metadata(root), tuple(chapters), tuple(problems))


def _package_document(package: Package) -> str:
    if _CONTAINER not in package:
        raise SourceError(
            f"{package.path}: this is a zip file but no EPUB ({_CONTAINER} is missing from it); unpack it and ingest what is in it"
        )
    for element in package.xml(_CONTAINER).iter():
        if local_name(element) == "rootfile" and (member := resolved("", local_attribute(element, "full-path"))):
            if member not in package:
                break
            return member
    raise SourceError(f"{package.path}: its package document (.opf) is missing; fetch the EPUB again")


def _below(root: Element, parent: str, name: str) -> list[Element]:
    return [
        element for group in root if local_name(group) == parent for element in group if local_name(element) == name
    ]


def _protected(package: Package) -> set[str]:
    """The members that are encrypted in earnest."""
    if _ENCRYPTION not in package:
        return set()
    members = set()
    for data in package.xml(_ENCRYPTION).iter():
        if local_name(data) != "EncryptedData":
            continue
        parts = {local_name(part): part for part in data.iter()}
        method, reference = parts.get("EncryptionMethod"), parts.get("CipherReference")
        algorithm = local_attribute(method, "Algorithm") if method is not None else ""
        if reference is not None and algorithm not in _OBFUSCATIONS:
            members.add(resolved("", local_attribute(reference, "URI")))
    return members


def _labels(package: Package, root: Element, manifest: Mapping[str, _Resource]) -> tuple[dict[str, str], list[Problem]]:
    """What the table of contents calls each chapter: EPUB 3's navigation document, else EPUB 2's NCX."""
    spine = next((element for element in root if local_name(element) == "spine"), None)
    ncx = manifest.get(local_attribute(spine, "toc")) if spine is not None else None
    found = next((item for item in manifest.values() if "nav" in item.properties), None) or ncx
    if found is None or not found.member:
        return {}, []
    try:
        contents = package.xml(found.member)
    except SourceError as error:
        reason = str(error).removeprefix(f"{package.path}: ")
        return {}, [
            Problem(
                found.member,
                f"the table of contents cannot be read: {reason}",
                "chapters without headings stay without a name",
            )
        ]
    labels: dict[str, str] = {}
    for target, label in _entries(contents):
        member = resolved(found.member, target)
        if member and label:
            labels.setdefault(member, label)
    return labels, []


def _entries(contents: Element) -> Iterable[tuple[str, str]]:
    """Targets and names, in order."""
    for element in contents.iter():
        match local_name(element):
            case "nav" if local_attribute(element, "type") in ("toc", ""):
                yield from (
                    (local_attribute(link, "href"), squeezed(link))
                    for link in element.iter()
                    if local_name(link) == "a"
                )
            case "navPoint":
                parts = {local_name(part): part for part in element}
                label, content = parts.get("navLabel"), parts.get("content")
                if label is not None and content is not None:
                    yield local_attribute(content, "src"), squeezed(label)
            case _:
                pass


def _metadata(root: Element) -> Metadata:
    """Dublin Core as EPUB 2 and 3 write it, and EPUB 3's `meta` that refine it."""
    group = next((element for element in root if local_name(element) == "metadata"), None)
    elements = list(group.iter()) if group is not None else []

    def named(name: str) -> list[Element]:
        return [element for element in elements if local_name(element) == name and squeezed(element)]

    refined = {
        (local_attribute(meta, "refines").removeprefix("#"), local_attribute(meta, "property")): squeezed(meta)
        for meta in named("meta")
    }
    titles = named("title")
    main = next((t for t in titles if refined.get((local_attribute(t, "id"), "title-type")) == "main"), None)
    title = squeezed(main if main is not None else titles[0]) if titles else ""
    creators = tuple(dict.fromkeys(map(squeezed, named("creator"))))
    publisher = next(map(squeezed, named("publisher")), "")
    rights = next(map(squeezed, named("rights")), "") or refined.get(("", "dcterms:license"), "")
    date = _date(named("date"))
    identifiers = _identifiers([*named("identifier"), *named("source")])
    doi = identifiers.get("doi")
    links = [web_url(squeezed(element)) for element in (*named("source"), *named("identifier"))]
    return Metadata(
        title=title,
        publisher=publisher_named_in(publisher) or publisher or publisher_named_in(" ".join((*creators, rights))),
        date=date or None,
        year=year_in(date) or year_in(title),
        url=f"https://doi.org/{doi}" if doi else next((link for link in links if link), ""),
        language=next(map(squeezed, named("language")), "").split("-")[0].lower(),
        licence=rights[:_LONGEST_RIGHTS],
        status=Status.DRAFT if says_draft(title) else Status.CURRENT,
        authors=creators,
        identifiers=identifiers,
    )


def _date(dates: list[Element]) -> str:
    """The day of publication: EPUB 2 says which of several it is, EPUB 3 has but one."""
    ranked = sorted(
        dates,
        key=lambda element: (
            ("publication", "", "creation", "modification").index(event)
            if (event := local_attribute(element, "event")) in ("publication", "", "creation")
            else 3
        ),
    )
    found = _DATE.match(squeezed(ranked[0])) if ranked else None
    return found[0] if found else ""


def _identifiers(elements: list[Element]) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in elements:
        text = squeezed(element)
        says_isbn = "isbn" in (local_attribute(element, "scheme") + text).lower()
        isbn = _ISBN.fullmatch(text) or (_SHORT_ISBN.fullmatch(text) if says_isbn else None)
        if isbn:
            found.setdefault("isbn", re.sub(r"[ -]", "", isbn[1]).upper())
        elif doi := _DOI.search(text):
            found.setdefault("doi", doi[1])
    return found
