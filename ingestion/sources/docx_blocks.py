"""The body of a Word document as blocks in reading order: headings, paragraphs, lists and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ingestion.document import Problem
from ingestion.sources.docx_styles import Styles, child, list_depth, outline_level, value
from ingestion.sources.docx_text import GONE, Words, alternatives, read_words
from ingestion.sources.guessed_headings import LONGEST_RUN, looks_like_heading, looks_like_text
from ingestion.sources.guideline import Block, table_blocks
from ingestion.sources.markup import Element, children, local_attribute, local_name

_LISTS_OF_WORKS = re.compile(
    r"toc (?:\d|heading)|index (?:\d|heading)|table of (?:figures|authorities)|(?:endnote )?bibliography"
)
_GALLERIES = frozenset(("Table of Contents", "Bibliographies", "Table of Figures"))
_LONGEST_BOX = 700  # characters; a longer one frames a page
_MOST_SPANNED = 100


@dataclass(frozen=True, slots=True)
class Body:
    """`title`: the paragraphs of that style at the beginning. `guessed`: headings were told by their bold type alone."""

    title: str
    blocks: list[Block]
    guessed: bool
    problems: list[Problem]


def read_body(body: Element, styles: Styles, notes: Mapping[str, str]) -> Body:
    """The body's blocks; `notes` are the footnotes' texts, each put below the paragraph or table that it belongs to."""
    reading = _Reading(styles, notes)
    reading.walk(body)
    reading.end()
    blocks, guessed = reading.blocks, False
    if not any(block.level is not None for block in blocks):
        blocks, guessed = _with_bold_headings(blocks, reading.bold)
    return Body(" ".join(reading.title), blocks, guessed, reading.problems)


class _Reading:
    """One walk through a document. Recursion goes as deep as the XML, and lxml refuses what is nested more than 256 deep."""

    def __init__(self, styles: Styles, notes: Mapping[str, str]) -> None:
        self._styles = styles
        self._notes = notes
        self._item: list[str] = []
        self._running_on = ""  # the words of paragraphs whose end was deleted
        self.title: list[str] = []
        self.blocks: list[Block] = []
        self.bold: set[int] = set()  # places of blocks that are bold throughout
        self.problems: list[Problem] = []

    def walk(self, container: Iterable[Element]) -> None:
        for element in container:
            match local_name(element):
                case "p":
                    self._paragraph(element)
                case "tbl":
                    self._table(element)
                case "sdt":
                    if value(child(element, "sdtPr", "docPartObj", "docPartGallery")) not in _GALLERIES:
                        self.walk(element)
                case "AlternateContent":
                    self.walk(children(alternatives(element)))
                case "altChunk" | "subDoc":
                    self.problems.append(
                        Problem(
                            "an embedded document",
                            "is kept in another format inside the file and was not read",
                            "open the file in Word and save it again: Word then makes it part of the text",
                        )
                    )
                case "sdtContent" | "customXml" | "smartTag" | "ins" | "moveTo":
                    self.walk(element)
                case _:
                    pass

    def end(self) -> None:
        """Hand on what is open: a list item with what is nested in it, a paragraph that was to run on into a next one."""
        running_on, self._running_on = " ".join(self._running_on.split()), ""
        if running_on:
            self.blocks.append(Block(running_on))
        self._end_item()

    def _end_item(self) -> None:
        if self._item:
            self.blocks.append(Block("\n".join(self._item)))
            self._item = []

    def _paragraph(self, paragraph: Element) -> None:
        properties = child(paragraph, "pPr")
        identifier = value(child(properties, "pStyle")) or self._styles.default
        style = self._styles[identifier]
        if _LISTS_OF_WORKS.fullmatch(style.name):
            return
        words = self._words(paragraph, identifier)
        mark = child(properties, "rPr")
        if any(child(mark, name) is not None for name in GONE):
            self._running_on = words.text
        elif text := " ".join(words.text.split()):
            words.text = text
            self._place(words, properties, identifier)
        for box in words.boxes:
            self.end()
            self.walk(box)
            self.end()

    def _place(self, words: Words, properties: Element | None, identifier: str) -> None:
        style = self._styles[identifier]
        own_level, own_depth = outline_level(properties), list_depth(properties)
        level = style.level if own_level is None else own_level
        depth = style.depth if own_depth is None else own_depth
        lines = [words.text, *self._noted(words.notes)]
        if style.name == "title" and not self.blocks:
            self.title.append(words.text)
        elif level or style.name == "title":
            self._end_item()
            self.blocks += [Block(words.text, level or 1), *map(Block, lines[1:])]
        elif depth is None or depth < 0:
            self._end_item()
            if words.bold:
                self.bold.add(len(self.blocks))
            self.blocks.append(Block("\n".join(lines)))
        else:
            if depth == 0:
                self._end_item()
            self._item += lines

    def _words(self, paragraph: Element, style: str) -> Words:
        words = read_words(paragraph, self._styles, style)
        words.text, self._running_on = self._running_on + words.text, ""
        return words

    def _noted(self, identifiers: Iterable[str]) -> list[str]:
        return [note for identifier in identifiers if (note := self._notes.get(identifier))]

    def _table(self, table: Element) -> None:
        self.end()
        notes: list[str] = []
        cells = [[(cell, *_spans(cell)) for cell in _inside(row, "tc")] for row in _rows(table)]
        if sum(map(len, cells)) == 1:
            self._box(next(cell for row in cells for cell, _, _ in row))
            return
        rows = []
        for row in cells:
            texts: list[str] = []
            for cell, across, continued in row:
                texts += ["" if continued else " ".join(self._lines(cell, notes)), *[""] * (across - 1)]
            rows.append(texts)
        found = table_blocks(rows)
        if len(found) == 1:
            found = [Block("\n".join((found[0].text, *self._noted(notes))))]
        else:
            found += map(Block, self._noted(notes))
        self.blocks += found

    def _box(self, cell: Element) -> None:
        """A table of one cell is a frame: around a few lines it makes them one block, around more it is layout."""
        notes: list[str] = []
        if not any(local_name(inner) == "tbl" or self._level(inner) for inner in cell.iter()):
            lines = self._lines(cell, notes)
            if sum(map(len, lines)) <= _LONGEST_BOX:
                self.blocks += [Block("\n".join((*lines, *self._noted(notes))))] if lines else []
                return
        self.walk(cell)
        self.end()

    def _level(self, element: Element) -> int | None:
        if local_name(element) != "p":
            return None
        properties = child(element, "pPr")
        own = outline_level(properties)
        return self._styles[value(child(properties, "pStyle"))].level if own is None else own

    def _lines(self, container: Iterable[Element], notes: list[str]) -> list[str]:
        """The paragraphs in a cell, with those of what stands in it."""
        found: list[str] = []
        for element in container:
            match local_name(element):
                case "p":
                    words = self._words(element, value(child(element, "pPr", "pStyle")) or self._styles.default)
                    notes += words.notes
                    found += [text] if (text := " ".join(words.text.split())) else []
                    for box in words.boxes:
                        found += self._lines(box, notes)
                case "AlternateContent":
                    found += self._lines(children(alternatives(element)), notes)
                case "tbl" | "tr" | "tc" | "sdt" | "sdtContent" | "customXml" | "smartTag" | "ins" | "moveTo":
                    found += self._lines(element, notes)
                case _:
                    pass
        return found


def _rows(table: Element) -> Iterator[Element]:
    """The rows that no tracked change took away."""
    for row in _inside(table, "tr"):
        if child(row, "trPr", "del") is None:
            yield row


def _inside(element: Element, name: str) -> Iterator[Element]:
    """The rows of a table or the cells of a row, also those in a container."""
    for inner in element:
        match local_name(inner):
            case found if found == name:
                yield inner
            case "sdt" | "sdtContent" | "customXml" | "ins" | "moveTo":
                yield from _inside(inner, name)
            case _:
                pass


def _spans(cell: Element) -> tuple[int, bool]:
    """How many columns a cell covers, and whether it goes on with the cell above it."""
    properties = child(cell, "tcPr")
    across = value(child(properties, "gridSpan"))
    merged = child(properties, "vMerge")
    return (
        max(1, min(int(across), _MOST_SPANNED)) if across.isdecimal() and len(across) < 5 else 1,
        merged is not None and local_attribute(merged, "val") in ("", "continue"),
    )


def _with_bold_headings(blocks: list[Block], bold: set[int]) -> tuple[list[Block], bool]:
    """The blocks of a document without headings, with its short bold paragraphs as headings; whether there were any."""
    found = list(blocks)
    run: list[int] = []
    for place, block in enumerate(blocks):
        if place in bold and looks_like_heading(block.text, title_case=False):
            run.append(place)
            continue
        if looks_like_text(block.text) or "\n" in block.text:
            for depth, heading in enumerate(run if len(run) <= LONGEST_RUN else (), start=1):
                found[heading] = Block(blocks[heading].text, depth)
        run = []
    return found, any(block.level is not None for block in found)
