"""Guidelines as web pages: the main content's headings, paragraphs, list items and tables, without the page's furniture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup
from bs4.dammit import UnicodeDammit
from bs4.element import NavigableString, PreformattedString, Tag

from ingestion.document import Item
from ingestion.errors import SourceError
from ingestion.sources.guideline import Block, Metadata, build_document, publisher_named_in, read_bytes, table_blocks

_LARGEST = 20_000_000
_FURNITURE = frozenset((
    "head", "nav", "header", "footer", "aside", "script", "style", "noscript", "template", "iframe", "object", "svg", "math", "button",
    "input", "select", "textarea", "dialog", "video", "audio", "canvas", "pre",
))  # fmt: skip
_LANDMARKS = frozenset(("navigation", "banner", "contentinfo", "search", "complementary", "dialog", "menu"))
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HEADING = re.compile(r"^h[1-6]$")
_BREAKING = frozenset((
    "address", "article", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption", "figure",
    "form", "hr", "html", "li", "main", "ol", "p", "section", "summary", "table", "td", "th", "tr", "ul", "h1", "h2", "h3", "h4", "h5", "h6",
))  # fmt: skip


class HtmlGuidelines:
    """One HTML or XHTML page, one guideline."""

    name = "guideline (HTML)"
    kind = "guideline"
    version = 1
    suffixes: tuple[str, ...] = (".html", ".htm", ".xhtml")

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it has an HTML suffix, or begins as an HTML page whatever its suffix."""
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:2000].lower()
        return (
            path.suffix.lower() in self.suffixes
            or start.startswith((b"<!doctype html", b"<html"))
            or (start.startswith(b"<?xml") and b"<html" in start)
        )

    def parse(self, path: Path) -> Iterator[Item]:
        """Yield the page's one document. Raises `SourceError` where it is empty or holds no text."""
        data = read_bytes(path, _LARGEST, "an HTML guideline")
        markup = UnicodeDammit(data, is_html=True).unicode_markup
        if not markup or "<" not in markup:
            raise SourceError(f"{path}: this is not an HTML page; save the page itself, with its markup.")
        soup = _soup(markup)
        yield build_document(path, _metadata(soup, path), _blocks(_main(soup)))


def html_blocks(markup: str) -> list[Block]:
    """The blocks of a piece of HTML, such as one that stands in a Markdown file."""
    return (
        list(_blocks(_soup(markup))) if "<" in markup else [Block(text)] if (text := " ".join(markup.split())) else []
    )


def _soup(markup: str) -> BeautifulSoup:
    # The encoding is settled by now; left in, an XML declaration makes BeautifulSoup warn that the page may be XML.
    return BeautifulSoup(re.sub(r"^\s*<\?xml[^>]{0,200}\?>", "", markup), "lxml")


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


def _left_out(tag: Tag) -> bool:
    """Whether a reader of the main content does not see the element, or it is furniture of the page."""
    return (
        tag.name in _FURNITURE
        or tag.has_attr("hidden")
        or tag.get("aria-hidden") == "true"
        or tag.get("role") in _LANDMARKS
        or _HIDDEN_STYLE.search(str(tag.get("style", ""))) is not None
    )


def _blocks(root: Tag) -> Iterator[Block]:
    """Walk the tree in reading order without recursion: pages can be nested deeper than Python's stack.

    Text gathers until an element that breaks the line opens or closes. A list item keeps what is nested in it, a line each.
    """
    stack: list[tuple[Tag | NavigableString, bool]] = [(root, False)]
    text: list[str] = []
    item: list[str] = []
    depth = 0  # of open list items

    def flush(level: int | None = None) -> Iterator[Block]:
        flat = " ".join("".join(text).split())
        text.clear()
        if flat and depth and level is None:
            item.append(flat)
        elif flat:
            yield Block(flat, level)

    while stack:
        node, closing = stack.pop()
        if not isinstance(node, Tag):
            if not isinstance(node, PreformattedString):  # comments, doctypes, CDATA
                text.append(str(node))
        elif closing:
            if _HEADING.match(node.name):
                yield from flush(int(node.name[1]))
                continue
            yield from flush()
            if node.name == "li":
                depth -= 1
                if depth == 0 and item:
                    yield Block("\n".join(item))
                    item.clear()
        elif _left_out(node):
            continue
        elif node.name == "br":
            text.append(" ")
        elif node.name == "table" and node.find("table") is None:
            yield from flush()
            found = table_blocks(_rows(node))
            if depth:
                item.extend(block.text for block in found)
            else:
                yield from found
        else:
            if node.name in _BREAKING:
                yield from flush()
                depth += node.name == "li"
                stack.append((node, True))
            stack.extend(
                (child, False) for child in reversed(node.contents) if isinstance(child, Tag | NavigableString)
            )
    yield from flush()
    if item:
        yield Block("\n".join(item))


def _rows(table: Tag) -> list[list[str]]:
    return [
        [" ".join(cell.get_text(" ").split()) for cell in row.find_all(["td", "th"]) if not _left_out(cell)]
        for row in table.find_all("tr")
        if not _left_out(row)
    ]


def _metadata(soup: BeautifulSoup, path: Path) -> Metadata:
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
    titles += [" ".join(tag.get_text(" ").split()) for tag in (heading, page_title) if isinstance(tag, Tag)]
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
