"""HTML and XHTML as blocks in reading order: what the parsers of web pages, of EPUB and of HTML inside other formats share."""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Callable, Iterator
from itertools import islice

from bs4 import BeautifulSoup
from bs4.dammit import EncodingDetector
from bs4.element import NavigableString, PreformattedString, Tag

from ingestion.sources.guideline import Block, table_blocks
from ingestion.sources.markup import raised

# What holds no words of the text, wherever it stands.
_WORDLESS = frozenset((
    "head", "nav", "script", "style", "noscript", "template", "iframe", "object", "svg", "math", "button", "input", "select", "textarea",
    "dialog", "video", "audio", "canvas", "pre",
))  # fmt: skip
_FURNITURE = _WORDLESS | {"header", "footer", "aside"}
_LANDMARKS = frozenset(("navigation", "banner", "contentinfo", "search", "complementary", "dialog", "menu"))
# EPUB's structural semantics (https://www.w3.org/TR/epub-ssv-11/); as ARIA roles they begin with "doc-".
_LISTS_OF_WORKS = frozenset((
    "toc", "toc-brief", "landmarks", "loi", "lot", "loa", "lov", "page-list", "index", "bibliography", "endnotes", "rearnotes", "endnote",
    "rearnote", "pagebreak", "cover", "backlink",
))  # fmt: skip
_NOTE_MARKS = frozenset(("noteref", "doc-noteref", "biblioref", "doc-biblioref"))
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HEADING = re.compile(r"^h[1-6]$")
_BREAKING = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "footer", "form", "header", "hr", "html", "li", "main", "ol", "p", "section", "summary", "table", "td", "th", "tr", "ul",
    "h1", "h2", "h3", "h4", "h5", "h6",
))  # fmt: skip
# Left in, an XML declaration makes BeautifulSoup warn that the page may be XML, and a document type's own declarations end up in the text.
_INSTRUCTIONS = re.compile(r"<\?[^>]*+>?")
_DECLARATIONS = re.compile(r"(<!DOCTYPE[^\[>]{0,500})\[[^\]]*+\]", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# A declaration that can be read byte by byte is none of UTF-16, and Python knows encodings that are no character sets.
_PLAIN_ENCODING = re.compile(r"utf-8(?:-sig)?|iso8859-\d+|cp125\d|koi8-[rut]|gb\w+|big5\w*|shift_jis\w*|euc_\w+")
_READ_AS_WINDOWS = frozenset(
    ("iso8859-1", "ascii", "cp1252")
)  # as browsers do, https://encoding.spec.whatwg.org/#names-and-labels
_NUMBERS = re.compile(r"\s*\d[\s\d,;–-]{0,40}")
_MOST_COLUMNS = 100  # up to which spans are filled
_NEAR = 4  # elements around a raised number among which a link is looked for

LeftOut = Callable[[Tag], bool]


def decoded(data: bytes) -> str:
    """The markup in `data`, by its byte order mark, by the encoding that it declares, else as UTF-8, else as Windows-1252.

    Nothing is guessed from how often bytes occur: that makes "38 °C" the letters "38 ḞC" of Welsh.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, errors="replace")
    for name in (EncodingDetector.find_declared_encoding(data, is_html=True), "utf-8"):
        with contextlib.suppress(LookupError, UnicodeError):
            codec = codecs.lookup(name or "").name
            if codec in _READ_AS_WINDOWS:
                break
            if _PLAIN_ENCODING.fullmatch(codec):
                return data.decode(codec)
    return data.decode("cp1252", errors="replace")


def soup_of(markup: str) -> BeautifulSoup:
    """The tree of an HTML or XHTML page. No entity but HTML's own is resolved."""
    return BeautifulSoup(_DECLARATIONS.sub(r"\1", _INSTRUCTIONS.sub("", markup), count=1), "lxml")


def html_blocks(markup: str) -> list[Block]:
    """The blocks of a piece of HTML, such as one that stands in a Markdown file."""
    return (
        list(read_blocks(soup_of(markup)))
        if "<" in markup
        else [Block(text)]
        if (text := " ".join(markup.split()))
        else []
    )


def furniture(tag: Tag) -> bool:
    """Whether a reader of a page's main content does not see the element, or it is furniture of the page."""
    return tag.name in _FURNITURE or tag.get("role") in _LANDMARKS or _hidden(tag)


def not_in_book(tag: Tag) -> bool:
    """The same for a chapter of a book, where headers and asides (boxes) are text, and contents, index and references say so themselves."""
    return (
        tag.name in _WORDLESS or tag.name == "footer" or _hidden(tag) or not _LISTS_OF_WORKS.isdisjoint(_meanings(tag))
    )


def _hidden(tag: Tag) -> bool:
    return (
        tag.has_attr("hidden")
        or tag.get("aria-hidden") == "true"
        or _HIDDEN_STYLE.search(str(tag.get("style", ""))) is not None
    )


def _meanings(tag: Tag) -> set[str]:
    """What the element says it is for, by `epub:type` or `role`."""
    kinds = str(tag.get("epub:type") or "").split()
    return {*kinds, str(tag.get("role") or "").removeprefix("doc-")}


def read_blocks(root: Tag, left_out: LeftOut = furniture) -> Iterator[Block]:
    """Walk the tree in reading order without recursion: pages can be nested deeper than Python's stack.

    Text gathers until an element that breaks the line opens or closes. A list item keeps what is nested in it, a line each.
    """
    stack: list[tuple[Tag | NavigableString, bool]] = [(root, False)]
    text: list[str] = []
    item: list[str] = []
    depth = 0  # of open list items
    layout = _tables_around_tables(root)

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
        elif left_out(node) or _note_mark(node):
            continue
        elif node.name == "br":
            text.append(" ")
        elif node.name == "sup":
            text.append(raised(shown(node, left_out)))
        elif node.name == "table" and id(node) not in layout:
            yield from flush()
            captions = (shown(caption, left_out) for caption in _nearest(node, "caption"))
            found = [Block(words) for words in captions if words]
            found += table_blocks(_rows(node, left_out))
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


def shown(root: Tag, left_out: LeftOut = furniture) -> str:
    """The words of an element on one line."""
    text: list[str] = []
    stack: list[Tag | NavigableString] = list(reversed(root.contents))  # type: ignore[arg-type]
    while stack:
        node = stack.pop()
        if not isinstance(node, Tag):
            if not isinstance(node, PreformattedString):
                text.append(str(node))
        elif left_out(node) or (root.name != "sup" and _note_mark(node)):
            continue
        elif node.name == "sup" and root.name != "sup":
            text.append(raised(shown(node, left_out)))
        else:
            breaks = node.name in _BREAKING or node.name == "br"
            if breaks:
                text.append(" ")
                stack.append(NavigableString(" "))
            stack.extend(child for child in reversed(node.contents) if isinstance(child, Tag | NavigableString))
    return " ".join("".join(text).split())


def _note_mark(tag: Tag) -> bool:
    """Whether the element is the mark of a note or reference, such as a raised number that is a link: no word of the sentence it stands in."""
    if tag.name not in ("a", "sup"):
        return False
    if not _NOTE_MARKS.isdisjoint(_meanings(tag)):
        return True
    if tag.name == "a" or not _NUMBERS.fullmatch(tag.get_text()):
        return False
    links = tag.find_all("a") or [around for around in islice(tag.parents, _NEAR) if around.name == "a"]
    return bool(links) and all("#" in str(link.get("href", "")) for link in links)


def _nearest(root: Tag, *names: str) -> Iterator[Tag]:
    """The elements of these names in reading order, without those inside of another of them."""
    stack = list(reversed(root.contents))
    while stack:
        node = stack.pop()
        if isinstance(node, Tag):
            if node.name in names:
                yield node
            else:
                stack.extend(reversed(node.contents))


def _tables_around_tables(root: Tag) -> set[int]:
    """The identities of tables that hold tables, which are layout. In one walk: asking each table would take the square of their depth."""
    found: set[int] = set()
    stack: list[tuple[Tag, Tag | None]] = [(root, None)]
    while stack:
        node, around = stack.pop()
        if node.name == "table":
            if around is not None:
                found.add(id(around))
            around = node
        stack.extend((child, around) for child in node.contents if isinstance(child, Tag))
    return found


def _rows(table: Tag, left_out: LeftOut) -> list[list[str]]:
    """The table's cells by row and column; a cell that spans several stands in the first, the others are empty."""
    rows: list[list[str]] = []
    below: dict[int, int] = {}  # column -> rows that a cell from above still covers

    def pass_covered(cells: list[str]) -> None:
        while below.get(len(cells)) and len(cells) < _MOST_COLUMNS:
            below[len(cells)] -= 1
            cells.append("")

    for row in _nearest(table, "tr"):
        if left_out(row):
            continue
        cells: list[str] = []
        for cell in _nearest(row, "td", "th"):
            if left_out(cell):
                continue
            pass_covered(cells)
            across, down = _span(cell, "colspan"), _span(cell, "rowspan")
            below.update(dict.fromkeys(range(len(cells), len(cells) + across), down - 1))
            cells += [shown(cell, left_out), *[""] * min(across - 1, max(0, _MOST_COLUMNS - len(cells)))]
        pass_covered(cells)
        rows.append(cells)
    return rows


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name, ""))
    return min(int(value), _MOST_COLUMNS) if re.fullmatch(r"[1-9]\d{0,3}", value) else 1
