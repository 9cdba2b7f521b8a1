"""From a PDF's lines to its paragraphs and headings: which lines belong together, and which are set as headings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from statistics import median

from ingestion.sources.pdf_lines import COLUMN, MARKER, Line, Page
from ingestion.sources.recommendations import issues_recommendation, only_grades, recommends

Outline = Mapping[int, frozenset[str]]  # by page, the `plain` titles of the PDF's bookmarks

_ENDED = re.compile(r"[.!?:;][\"”’)\]]*(?:\s?\(?[\d,–\- ]{1,20}\)?)?$")  # a reference's number may follow the full stop
_CAPTION = re.compile(r"^©|^(?:table|fig(?:ure)?|box|textbox|panel|source|note)s?\b[ .]?\s?[\dA-Z]{0,4}", re.IGNORECASE)
_NUMBER = re.compile(r"^(?:(?:chapter|section|part) )?[\dA-Z]{0,3}(?:\.\d+)*[.:]?\s+(?=\S)", re.IGNORECASE)
_DOTTED = re.compile(r"^\d{1,2}(?:\.\d{1,2}){1,4}\.? +[A-Z]")
_LISTED = re.compile(r"^(?:[–*-]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5}|\d{1,2}[a-z])[.)]) ")
_SENTENCES = re.compile(r"[a-z)]\. [A-Z]")
_LONGEST_HEADING = 220
_TALLEST_CELL = 15  # lines


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together: a heading, a paragraph or a row of a table. `joints`: what joins each line to the one before it."""

    lines: list[Line]
    heading: bool = False
    joints: list[str] = field(default_factory=list)

    @property
    def first(self) -> Line:
        return self.lines[0]

    @property
    def last(self) -> Line:
        return self.lines[-1]


class _Shape:
    """How a page is set: its width, the usual distance from line to line by size, and the right edge by left edge."""

    def __init__(self, page: Page) -> None:
        self.width = page.width
        steps: defaultdict[int, list[float]] = defaultdict(list)
        for above, below in pairwise(page.lines):
            if abs(above.size - below.size) < 0.6 and 0.5 * below.size < above.y - below.y < 3 * below.size:
                steps[round(below.size)].append(above.y - below.y)
        self._leading = {size: median(values) for size, values in steps.items()}
        self._edges: dict[int, float] = {}
        for line in page.lines:
            column = round(line.x0 / 30)
            self._edges[column] = max(self._edges.get(column, 0.0), line.x1)

    def leading(self, line: Line) -> float:
        return self._leading.get(round(line.size), 1.3 * line.size)

    def short(self, line: Line) -> bool:
        """Whether a line stops well before its column's edge."""
        return line.x1 < self._edges.get(round(line.x0 / 30), line.x1) - 4 * line.size


def plain(text: str) -> str:
    """A heading without number, case and white space: outlines and pages differ in these."""
    return re.sub(r"\W+", "", _NUMBER.sub("", text)).casefold()


def begins_with_marker(text: str) -> bool:
    """Whether `text` begins with a bullet or a number, and goes on."""
    marker, _, rest = text.partition(" ")
    return bool(rest) and MARKER.match(marker) is not None


def paragraphs(pages: Sequence[Page], body: float, outline: Outline) -> list[Paragraph]:
    """The document's headings and paragraphs in reading order; `body` is the size of running text."""
    shapes = {page.number: _Shape(page) for page in pages}
    return _checked(_grouped(pages, body, outline, shapes), outline, shapes)


def _grouped(pages: Sequence[Page], body: float, outline: Outline, shapes: Mapping[int, _Shape]) -> list[Paragraph]:
    """Group lines. A page's footnotes follow the paragraph that goes on over them."""
    found: list[Paragraph] = []
    notes: list[Paragraph] = []
    current: Paragraph | None = None
    for page in pages:
        end = len(page.lines)
        while end and page.lines[end - 1].size < 0.88 * body and page.lines[end - 1].y < 0.4 * page.height:
            end -= 1
        shape = shapes[page.number]
        for line, heading in _marked(page.lines[:end], body, outline.get(page.number, frozenset())):
            if not current or not _taken(current, line, heading, shape):
                found += [current, *notes] if current else notes
                current, notes = Paragraph([line], heading), []
        for line in page.lines[end:]:
            if not notes or notes[-1].last.page != line.page or not _taken(notes[-1], line, False, shape):
                notes.append(Paragraph([line]))
    return [*found, *([current] if current else []), *notes]


def _taken(paragraph: Paragraph, line: Line, heading: bool, shape: _Shape) -> bool:
    """Take the line into the paragraph if it goes on with it."""
    joint = _joint(paragraph, line, heading, shape)
    if joint is None:
        return False
    paragraph.lines.append(line)
    paragraph.joints.append(joint)
    return True


def _marked(lines: Sequence[Line], body: float, titles: frozenset[str]) -> Iterator[tuple[Line, bool]]:
    """Each line with whether it looks like a heading."""
    for line, follows in zip_longest(lines, lines[1:]):
        yield line, _looks_like_heading(line, follows, body, titles)


def _looks_like_heading(line: Line, follows: Line | None, body: float, titles: frozenset[str]) -> bool:
    if plain(line.text) in titles:
        return True
    if len(line.text) > _LONGEST_HEADING or not re.search(r"[^\W\d_]{3}", line.text) or _CAPTION.match(line.text):
        return False
    if line.cell or (follows and follows.cell and (follows.bold or not re.search(r"[a-z]{4}", line.text))):
        return False  # a row of a table's head, or an abbreviation; any other bold label beside plain text is a heading
    if line.size > 1.1 * body or (line.size > 1.03 * body and _DOTTED.match(line.text)):
        return True
    return line.bold and line.size > 0.88 * body and not _LISTED.match(line.text)


def _joint(paragraph: Paragraph, line: Line, heading: bool, shape: _Shape) -> str | None:
    """What joins `line` to the paragraph before it; `None` where it begins another."""
    last = paragraph.last
    drop = last.y - line.y
    same_page = line.page == last.page
    if heading != paragraph.heading or abs(line.size - last.size) > 0.12 * max(last.size, line.size):
        cell = line.cell and not heading and not paragraph.heading and same_page and abs(drop) < 0.6 * last.size
        return " | " if cell else None
    if heading:
        return _heading_joint(last, line, shape)
    if line.cell or (same_page and _next_cell(paragraph, line, shape)):
        return " | "
    if last.hyphen:
        return "-"
    ended, short = _ENDED.search(last.text) is not None, shape.short(last)
    if _begins_item(line, ended, short, last):
        return None
    capital, small = line.text[:1].isupper(), line.text[:1].islower()
    if not same_page or drop < -2:  # over a page or up to the next column
        return " " if not ended and (small or not (short or line.bold or last.bold or capital)) else None
    if capital and " | " in paragraph.joints[-_TALLEST_CELL:] and line.x0 < last.x0 - 2 * line.size:
        return None  # the next row
    goes_on = not ended and small  # boxes are often set wider than their page
    if drop > (2.2 if goes_on else 1.25) * shape.leading(line) + 1:
        return None
    if capital and len(paragraph.lines) < 4 and only_grades(" ".join(part.text for part in paragraph.lines)):
        return None
    if line.bold != last.bold and (ended or short or capital):
        return None
    indented = len(paragraph.lines) > 1 and abs(line.x0 - last.x0) > 0.8 * line.size and capital
    return None if ended and (short or indented) else " "


def _heading_joint(last: Line, line: Line, shape: _Shape) -> str | None:
    near = line.page == last.page and -2 < last.y - line.y < max(1.9 * line.size, 1.1 * shape.leading(line))
    goes_on = line.text[:1].islower() or (line.bold == last.bold and not shape.short(last))
    if not near or not goes_on or begins_with_marker(line.text) or _ENDED.search(last.text):
        return None
    return "-" if last.hyphen else " "


def _next_cell(paragraph: Paragraph, line: Line, shape: _Shape) -> bool:
    """Whether a line begins the next cell of a row: as high as the row's top, to the right of what was before."""
    lines = paragraph.lines
    if (
        abs(lines[0].y - line.y) >= 0.5 * line.size
        or line.x0 <= lines[-1].x0 + 2 * line.size
        or len(lines) > _TALLEST_CELL
    ):
        return False
    return (
        len(lines) < _TALLEST_CELL / 3 or median(part.x1 - part.x0 for part in lines) < COLUMN * shape.width
    )  # else a column of prose


def _begins_item(line: Line, ended: bool, short: bool, last: Line) -> bool:
    """Whether a line begins with a bullet or a number that is not merely where the text broke."""
    marker = line.text.partition(" ")[0]
    if not begins_with_marker(line.text) or marker.isdecimal():
        return False
    return marker not in "–-" or ended or short or line.x0 > last.x0 + line.size


def _checked(found: Sequence[Paragraph], outline: Outline, shapes: Mapping[int, _Shape]) -> list[Paragraph]:
    """Sentences in bold or large type are text, not headings: they go back to the paragraph that they stand in."""
    checked: list[Paragraph] = []
    demoted = False
    for paragraph, after in zip_longest(found, found[1:]):
        before = checked[-1] if checked else None
        was_demoted, demoted = demoted, False
        if paragraph.heading and not _is_heading(before, paragraph, after, outline, shapes[paragraph.last.page]):
            paragraph.heading, demoted = False, True
        joint = None
        if before and not before.heading and not paragraph.heading and (demoted or was_demoted):
            joint = _joint(before, paragraph.first, False, shapes[paragraph.first.page])
        if before and joint is not None:
            before.lines += paragraph.lines
            before.joints += [joint, *paragraph.joints]
        else:
            checked.append(paragraph)
    return checked


def _is_heading(
    before: Paragraph | None, paragraph: Paragraph, after: Paragraph | None, outline: Outline, shape: _Shape
) -> bool:
    """Whether what is set as a heading reads as one: no sentence, no start of one, no first row of a table."""
    text = " ".join(line.text for line in paragraph.lines)
    words = len(text.split())
    if plain(text) in outline.get(paragraph.first.page, frozenset()):
        return True
    if len(text) > _LONGEST_HEADING or text.endswith((".", ",", ";")) or text[:1].islower() or _SENTENCES.search(text):
        return False
    if issues_recommendation(text) or only_grades(text) or (words > 12 and recommends(text)):
        return False
    if (after and after.first.text[:1].islower()) or (words > 10 and not shape.short(paragraph.last)):
        return False  # it runs on, or reaches the edge, as headings seldom do
    return not (before and not before.heading and before.first.text.startswith("Table ") and len(before.lines) < 4)
