"""Guidelines as web pages: the main content's headings, paragraphs, list items and tables, without the page's furniture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup
from bs4.element import Tag

from ingestion.document import Item
from ingestion.errors import SourceError
from ingestion.sources.guideline import Metadata, build_document, publisher_named_in, read_bytes
from ingestion.sources.html_blocks import decoded, read_blocks, shown, soup_of
from ingestion.sources.markup import without_prolog

_BEGINS = re.compile(rb"<(?:!doctype\s+)?html(?=[\s>])", re.IGNORECASE)
_LARGEST = 20_000_000


class HtmlGuidelines:
    """One HTML or XHTML page, one guideline."""

    name = "guideline (HTML)"
    kind = "guideline"
    version = 5
    suffixes: tuple[str, ...] = (".html", ".htm", ".xhtml")

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it has an HTML suffix, or begins as an HTML page whatever its suffix. Other XML, though it speak of HTML, is none."""
        return path.suffix.lower() in self.suffixes or _BEGINS.match(without_prolog(head)) is not None

    def parse(self, path: Path) -> Iterator[Item]:
        """Yield the page's one document. Raises `SourceError` where it is empty or holds no text."""
        data = read_bytes(path, _LARGEST, "an HTML guideline")
        markup = decoded(data)
        if "<" not in markup:
            raise SourceError(f"{path}: this is not an HTML page; save the page itself, with its markup.")
        soup = soup_of(markup)
        yield build_document(path, page_metadata(soup, path), read_blocks(_main(soup)))


def _main(soup: BeautifulSoup) -> Tag:
    """The element that holds the guideline: `<main>`, the landmark of that role, a lone `<article>`, or the whole body."""
    articles = soup.find_all("article", limit=2)
    candidates = [
        soup.find("main"),
        soup.find(attrs={"role": "main"}),
        articles[0] if len(articles) == 1 else None,
        soup.body,
    ]
    return next((tag for tag in candidates if isinstance(tag, Tag) and tag.get_text(strip=True)), soup)


def page_metadata(soup: BeautifulSoup, path: Path) -> Metadata:
    """What the page says of itself in its head: Dublin Core, Open Graph, citation tags, canonical link; then its first `<h1>` and `<time>`."""
    named: dict[str, str] = {}
    for meta in soup.find_all("meta"):
        name, content = meta.get("name") or meta.get("property"), meta.get("content")
        if isinstance(name, str) and isinstance(content, str) and content.strip():
            named.setdefault(name.strip().lower(), " ".join(content.split()))

    def first(*names: str) -> str:
        return next((named[name] for name in names if name in named), "")

    heading, page_title = soup.find("h1"), soup.find("title")
    titles = [first("citation_title", "dc.title", "dcterms.title", "og:title")]
    titles += [shown(tag) for tag in (heading, page_title) if isinstance(tag, Tag)]
    moment = soup.find("time")
    stamp = str(moment.get("datetime") or moment.get_text()) if isinstance(moment, Tag) else ""
    date = (
        first(
            "citation_publication_date", "dc.date", "dcterms.date", "dcterms.issued", "article:published_time", "date"
        )
        or stamp.strip()
    )
    link = soup.find("link", rel="canonical")
    url = str(link.get("href", "")) if isinstance(link, Tag) else first("og:url")
    language = str(soup.html.get("lang") or soup.html.get("xml:lang") or "") if soup.html else ""
    iso = re.match(r"\d{4}(?:[-/]\d{1,2}){0,2}", date)
    return Metadata(
        title=next((title for title in titles if title), ""),
        publisher=first("citation_publisher", "dc.publisher", "dcterms.publisher", "og:site_name")
        or publisher_named_in(titles[-1]),
        date=(iso[0].replace("/", "-") if iso else date) or None,
        url=url,
        language=language.split("-")[0].lower() or "en",
        licence=first("dcterms.license", "dc.rights", "dcterms.rights"),
        identifiers={"doi": doi} if (doi := first("citation_doi")) else {},
        slug="" if any(titles) else path.stem,
    )
