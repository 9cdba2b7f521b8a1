"""Guidelines as EPUB 2 or 3: chapters in the order of the spine, metadata of the package. Specification: https://www.w3.org/TR/epub-33/

Read with `zipfile` and lxml: ebooklib is AGPL.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup
from bs4.element import Tag

from indexes.passage import Status
from ingestion.document import Item, Problem
from ingestion.errors import SourceError
from ingestion.sources.epub_package import Chapter, read_book
from ingestion.sources.guessed_headings import LONGEST_RUN, looks_like_heading, looks_like_text
from ingestion.sources.guideline import Block, build_document, read_bytes, says_draft, without_lists_of_works
from ingestion.sources.guideline_html import page_metadata
from ingestion.sources.html_blocks import decoded, not_in_book, read_blocks, shown, soup_of
from ingestion.sources.packages import Package, first_member, opened

_LARGEST_CHAPTER = 8 << 20  # bytes
_MOST_TAGS = 500_000  # in a chapter: each takes a kilobyte and more in memory
_MOST_CHARACTERS = 20_000_000
_FOLDERS = frozenset(("OEBPS", "OPS"))  # where an unpacked EPUB keeps its chapters, by custom
_MIMETYPE = b"application/epub+zip"
_HEADING = re.compile(r"^h[1-6]$")
_PICTURE_BLOCKS = frozenset(("p", "div", "figure", "li", "td", "section", "body"))
_MOST_BLOCKS = 200  # that are looked at for words beside their picture
_PICTURES_NAMED = 5


class EpubGuidelines:
    """One EPUB, one guideline; or, of an EPUB that was unpacked, one chapter."""

    name = "guideline (EPUB)"
    kind = "guideline"
    version = 4
    suffixes: tuple[str, ...] = (".epub",)

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it is named as one, begins as the specification asks, or is a chapter that lies where an unpacked EPUB has it."""
        name, content = first_member(head)
        return (
            path.suffix.lower() in self.suffixes
            or (name == "mimetype" and content.startswith(_MIMETYPE))
            or bool(_unpacked(path))
        )

    def parse(self, path: Path) -> Iterator[Item]:
        """Yield a `Problem` for each chapter that cannot be read and one for pictures that say what no text says, then the document.

        Raises `SourceError` where the file is missing, empty, no EPUB, damaged, protected, would unpack to too much, or has no text.
        """
        if book := _unpacked(path):
            yield from _loose_chapter(path, book)
            return
        with opened(path, "EPUB") as package:
            read = read_book(package)
            yield from read.problems
            blocks: list[Block] = []
            pictures: list[str] = []
            guessed = False
            characters = 0
            for chapter in read.chapters:
                try:
                    root, has_guessed = _chapter(_member(package, chapter))
                except SourceError as error:
                    yield Problem(
                        chapter.member,
                        str(error).removeprefix(f"{path}: "),
                        "fetch the EPUB again; the rest of it was read",
                    )
                    continue
                found = list(without_lists_of_works(_with_heading(list(read_blocks(root, not_in_book)), chapter.label)))
                characters += sum(len(block.text) for block in found)
                if characters > _MOST_CHARACTERS:
                    raise SourceError(f"{path}: more than {_MOST_CHARACTERS:,} characters of text; split the EPUB")
                guessed = guessed or has_guessed
                blocks += found
                if found:  # else it is a cover or a title page
                    pictures += _untold_pictures(root)
            yield from _about_pictures(pictures)
            yield build_document(path, read.metadata, blocks, strict=guessed)


def _unpacked(path: Path) -> str:
    """The name of the book whose chapter this file is, where it lies in an unpacked EPUB; else empty."""
    if path.suffix.lower() not in (".xhtml", ".html", ".htm"):
        return ""
    return next((folder.parent.name for folder in path.parents if folder.name in _FOLDERS), "")


def _loose_chapter(path: Path, book: str) -> Iterator[Item]:
    """The chapter as a document. Its slug begins with the book's folder: every book has an introduction."""
    soup = _soup(read_bytes(path, _LARGEST_CHAPTER, "a chapter of an EPUB"), f"{path}: ")
    metadata = page_metadata(soup, path)
    root, guessed = _chapter(soup)
    yield from _about_pictures(_untold_pictures(root))
    yield build_document(
        path,
        dataclasses.replace(
            metadata,
            slug=f"{book} {path.stem}",
            status=Status.DRAFT if says_draft(metadata.title) else Status.CURRENT,
        ),
        read_blocks(root, not_in_book),
        strict=guessed,
    )


def _member(package: Package, chapter: Chapter) -> BeautifulSoup:
    """A chapter's tree. Raises `SourceError` where it cannot be read or is too large."""
    if chapter.fault:
        raise SourceError(chapter.fault)
    return _soup(package.read(chapter.member))


def _soup(data: bytes, name: str = "") -> BeautifulSoup:
    markup = decoded(data)
    tags = markup.count("<")
    if len(data) > _LARGEST_CHAPTER or tags > _MOST_TAGS:
        raise SourceError(
            f"{name}{len(data):,} bytes with {tags:,} tags are more than the {_LARGEST_CHAPTER:,} and {_MOST_TAGS:,} allowed for a chapter; split it"
        )
    return soup_of(markup)


def _chapter(soup: BeautifulSoup) -> tuple[Tag, bool]:
    """The chapter's body, with its plain paragraphs that are headings made headings, and whether there were any."""
    root = soup.body or soup
    return root, _mark_headings(root)


def _with_heading(blocks: list[Block], label: str) -> list[Block]:
    """The chapter's blocks under its name in the table of contents, where it has no heading of its own."""
    if not label or not blocks or any(block.level is not None for block in blocks[:3]):
        return blocks
    return [Block(label, 1), *blocks]


def _mark_headings(root: Tag) -> bool:
    """Make the paragraphs that read as headings into headings, below the true heading before them; whether there were any.

    Only paragraphs of the running text count, followed by text, a list or a table; many in a row are a list of something else.
    """
    found = False
    level = 1
    run: list[Tag] = []
    for tag in _running_text(root):
        if _HEADING.match(tag.name):
            level, run = min(int(tag.name[1]), 5), []
            continue
        text = shown(tag, not_in_book)
        if not text:
            continue
        if tag.name == "p" and looks_like_heading(text, title_case=True):
            run.append(tag)
            continue
        if tag.name != "p" or looks_like_text(text):
            for depth, heading in enumerate(run if len(run) <= LONGEST_RUN else (), start=1):
                heading.name = f"h{min(level + depth, 6)}"
                found = True
        run = []
    return found


def _running_text(root: Tag) -> Iterator[Tag]:
    """Headings, paragraphs, outermost list items and tables in reading order; what stands in a box, a quotation or a figure is passed over."""
    stack = [root]
    while stack:
        tag = stack.pop()
        if _HEADING.match(tag.name) or tag.name in ("p", "li", "table"):
            yield tag
        elif tag.name not in ("blockquote", "figure", "aside"):
            stack.extend(child for child in reversed(tag.contents) if isinstance(child, Tag))


def _untold_pictures(root: Tag) -> list[str]:
    """The files of pictures that stand alone, where text would, and have no words for who cannot see them."""
    names: list[str] = []
    silent: dict[int, bool] = {}  # block -> whether it has no words
    stack = [(root, root)]
    while stack and len(silent) < _MOST_BLOCKS:
        tag, block = stack.pop()
        if tag.name == "img" and not str(tag.get("alt", "")).strip():
            if id(block) not in silent:
                silent[id(block)] = not shown(block, not_in_book)
            if silent[id(block)]:
                names.append(str(tag.get("src", "")).rpartition("/")[2])
        block = tag if tag.name in _PICTURE_BLOCKS else block
        stack.extend((child, block) for child in reversed(tag.contents) if isinstance(child, Tag))
    return names


def _about_pictures(names: list[str]) -> Iterator[Problem]:
    if names:
        listed = ", ".join(names[:_PICTURES_NAMED]) + (", …" if len(names) > _PICTURES_NAMED else "")
        stand = "1 picture stands" if len(names) == 1 else f"{len(names)} pictures stand"
        yield Problem(
            "pictures",
            f"{stand} where text would, with no alternative text ({listed}): what is shown there is not in the library",
            "look them up in the original, and add what they say as text if it is a treatment",
        )
