"""From a PDF's lines to its headings and paragraphs: what a typesetter took apart is put together again.

A paragraph's lines are joined by one space (table cells by " | "), words broken at a line's end are made whole, and a paragraph that goes on over a
column, a page or a footnote is one. The result is the document's text.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from statistics import median

from ingestion.sources.guideline import Block
from ingestion.sources.pdf_lines import MARKER, Line, Page
from ingestion.sources.recommendations import grade_of, issues_recommendation, labels_recommendation, only_grades, recommends

_ENDED = re.compile(r"[.!?:;][\"”’)\]]*(?:\s?\(?[\d,–\- ]{1,20}\)?)?$")
_CAPTION = re.compile(r"^©|^(?:table|fig(?:ure)?|box|textbox|panel|source|note)s?\b[ .]?\s?[\dA-Z]{0,4}", re.IGNORECASE)
_NUMBER = re.compile(r"^(?:(?:chapter|section|part) )?[\dA-Z]{0,3}(?:\.\d+)*[.:]?\s+(?=\S)", re.IGNORECASE)
_CONTENTS_ENTRY = re.compile(r"(?:[.…_-]\s?){4,}\s*[ivxlc\d]{1,5}$|\s[ivxlc\d]{1,5}$", re.IGNORECASE)
_DEPTH = re.compile(r"^(\d{1,2}(?:\.\d{1,2})*)\.?\s+[^\W\d_]")
_DOTTED = re.compile(r"^\d{1,2}(?:\.\d{1,2}){1,4}\.? +[A-Z]")
_SENTENCES = re.compile(r"[a-z)]\. [A-Z]")
_LISTED = re.compile(r"^(?:[–*-]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5}|\d{1,2}[a-z])[.)]) ")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BROKEN = re.compile(r"([^\W\d_]+)-$")
_CONTINUED = re.compile(r"\s*\(?cont(?:inued|[’'.]d)?\.?\)?$", re.IGNORECASE)
_LONGEST_HEADING = 220
_LED_IN = re.compile(r":(?:\n.*)?$", re.DOTALL)
_LONGEST_LIST = 1200  # characters
_DEEPEST = 99  # the level of a label that stands under every heading


@dataclass(slots=True)
class _Paragraph:
    """Lines that belong together, until they are known to be a heading, a paragraph or a row of a table."""

    lines: list[Line]
    heading: bool = False
    joints: list[str] = field(default_factory=list)  # what joins each line to the one before it

    @property
    def last(self) -> Line:
        return self.lines[-1]


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the PDF's outline: level counts from 0, page from 1."""

    title: str
    level: int
    page: int


def blocks(pages: Sequence[Page], bookmarks: Iterable[Bookmark], body: float) -> list[Block]:
    """Headings and paragraphs of the whole document in reading order; `body` is the size of running text."""
    pages = _without_contents(pages)
    outline: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for mark in bookmarks:
        outline[mark.page].setdefault(_plain(mark.title), mark.level)
    shapes = {page.number: _Shape(page) for page in pages}
    paragraphs = _heading_checked(_paragraphs(pages, body, outline, shapes), outline, shapes)
    levels = _heading_levels(paragraphs)
    vocabulary = _vocabulary(pages)
    found: list[Block] = []
    for paragraph in paragraphs:
        text, page = _joined(paragraph, vocabulary), paragraph.lines[0].page
        if paragraph.heading:
            level = levels[id(paragraph)]
            text = _CONTINUED.sub("", text.strip("• "))
            if not any(block.level == level and block.text == text for block in found[-12:]):  # a heading repeated over a page: "(continued)"
                found.append(Block(text, level, page))
        elif labels_recommendation(text) and found and found[-1].level is not None:
            found.append(Block(text, _DEEPEST, page))
        elif found and found[-1].level is None and only_grades(text) and page - (found[-1].page or 0) <= 1 and not grade_of(found[-1].text):
            # The grade is printed under its recommendation: a quote of the one must be able to carry the other.
            found[-1] = Block(f"{found[-1].text} {text}", None, found[-1].page)
        elif found and found[-1].level is None and _LED_IN.search(found[-1].text) and _begins_with_marker(text) and len(found[-1].text) < _LONGEST_LIST:
            found[-1] = Block(f"{found[-1].text}\n{text}", None, found[-1].page)  # what a list's items mean stands before its colon
        elif re.search(r"[^\W\d_]{2}", text):  # lone numbers and signs are scraps of figures
            found.append(Block(text.lstrip("•▪■◦‣●○»› "), None, page))
    return found


def _begins_with_marker(text: str) -> bool:
    marker, _, rest = text.partition(" ")
    return bool(rest) and MARKER.match(marker) is not None


def _plain(text: str) -> str:
    """A heading without number, case and white space: outlines and pages differ in these."""
    return re.sub(r"\W+", "", _NUMBER.sub("", text)).casefold()


def _without_contents(pages: Sequence[Page]) -> list[Page]:
    """Leave out pages of contents: among the first ones, most lines end in a page number."""
    kept = []
    for page in pages:
        entries = sum(bool(_CONTENTS_ENTRY.search(line.text)) or (line.cell and line.text.isdecimal()) for line in page.lines)
        rows = sum(not line.cell for line in page.lines)
        if page.number > max(20, 0.15 * len(pages)) or entries < max(6, 0.5 * rows):
            kept.append(page)
    return kept


def _paragraphs(pages: Sequence[Page], body: float, outline: dict[int, dict[str, int]], shapes: dict[int, _Shape]) -> list[_Paragraph]:
    """Group lines. A page's footnotes follow the paragraph that goes on over them."""
    found: list[_Paragraph] = []
    notes: list[_Paragraph] = []
    current: _Paragraph | None = None
    for page in pages:
        end = len(page.lines)
        while end and page.lines[end - 1].size < 0.88 * body and page.lines[end - 1].y < 0.4 * page.height:
            end -= 1
        shape = shapes[page.number]
        for line, heading in _marked(page.lines[:end], body, outline.get(page.number, {})):
            if current and (joint := _joint(current, line, heading, shape)) is not None:
                current.lines.append(line)
                current.joints.append(joint)
                continue
            found += [current, *notes] if current else notes
            current, notes = _Paragraph([line], heading), []
        for line in page.lines[end:]:
            if notes and notes[-1].last.page == line.page and (joint := _joint(notes[-1], line, False, shape)) is not None:
                notes[-1].lines.append(line)
                notes[-1].joints.append(joint)
            else:
                notes.append(_Paragraph([line]))
    return [*found, *([current] if current else []), *notes]


def _marked(lines: Sequence[Line], body: float, outline: dict[str, int]) -> Iterator[tuple[Line, bool]]:
    """Each line with whether it looks like a heading."""
    for line, follows in zip_longest(lines, lines[1:]):
        yield line, _looks_like_heading(line, follows, body, outline)


class _Shape:
    """How a page is set: the usual distance from line to line by size, and the right edge by left edge."""

    def __init__(self, page: Page) -> None:
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


def _looks_like_heading(line: Line, follows: Line | None, body: float, outline: dict[str, int]) -> bool:
    if _plain(line.text) in outline:
        return True
    if len(line.text) > _LONGEST_HEADING or not re.search(r"[^\W\d_]{3}", line.text) or _CAPTION.match(line.text):
        return False
    if line.cell or (follows and follows.cell and (follows.bold or not re.search(r"[a-z]{4}", line.text))):
        return False  # a row of a table's head, or an abbreviation; any other bold label beside plain text is a heading
    return line.size > 1.1 * body or (line.size > 1.03 * body and _DOTTED.match(line.text) is not None) or (line.bold and line.size > 0.9 * body and not _LISTED.match(line.text))


def _joint(paragraph: _Paragraph, line: Line, heading: bool, shape: _Shape) -> str | None:
    """What joins `line` to the paragraph before it; `None` where it begins another."""
    first, last = paragraph.lines[0], paragraph.last
    drop = last.y - line.y
    same_page = line.page == last.page
    if heading != paragraph.heading or abs(line.size - last.size) > 0.12 * max(last.size, line.size):
        small = not heading and not paragraph.heading and same_page and abs(drop) < 0.6 * last.size
        return " | " if small and line.cell else None
    if heading:
        near = same_page and -2 < drop < max(1.9 * line.size, 1.1 * shape.leading(line)) and line.bold == last.bold and not shape.short(last)
        starts = MARKER.match(line.text.split(" ", 1)[0]) and " " in line.text
        return None if not near or starts or _ENDED.search(last.text) else "-" if last.hyphen else " "
    if line.cell or (same_page and len(paragraph.lines) <= 15 and abs(first.y - line.y) < 0.5 * line.size and line.x0 > last.x0 + 2 * line.size):
        return " | "
    ended = _ENDED.search(last.text) is not None
    short = shape.short(last)
    if last.hyphen:
        return "-"
    if _begins_item(line, ended, short, last):
        return None
    if not same_page or drop < -2:
        return " " if not ended and (line.text[:1].islower() or (not short and not line.bold and not last.bold and not line.text[:1].isupper())) else None
    goes_on = not ended and line.text[:1].islower()  # boxes are often set wider than their page
    if drop > (2.2 if goes_on else 1.25) * shape.leading(line) + 1:
        return None
    if line.text[:1].isupper() and only_grades(" ".join(line.text for line in paragraph.lines)):
        return None
    if line.bold != last.bold and (ended or short or line.text[:1].isupper()):
        return None
    indented = len(paragraph.lines) > 1 and abs(line.x0 - last.x0) > 0.8 * line.size and line.text[:1].isupper()
    return None if ended and (short or indented) else " "


def _begins_item(line: Line, ended: bool, short: bool, last: Line) -> bool:
    """Whether a line begins with a bullet or a number that is not merely where the text broke."""
    marker = line.text.partition(" ")[0]
    if not _begins_with_marker(line.text) or marker.isdecimal():
        return False
    return marker not in "–-" or ended or short or line.x0 > last.x0 + line.size


def _heading_checked(paragraphs: list[_Paragraph], outline: dict[int, dict[str, int]], shapes: dict[int, _Shape]) -> list[_Paragraph]:
    """Sentences in bold or large type are text, not headings: they go back to the paragraph that they stand in."""
    checked: list[_Paragraph] = []
    demoted = False
    for paragraph, after in zip_longest(paragraphs, paragraphs[1:]):
        before = checked[-1] if checked else None
        was_heading = paragraph.heading
        if was_heading:
            text = " ".join(line.text for line in paragraph.lines)
            known = _plain(text) in outline.get(paragraph.lines[0].page, {})
            sentence = text.endswith((".", ",", ";")) or _SENTENCES.search(text) or text[:1].islower() or (recommends(text) and len(text.split()) > 12)
            runs_on = after is not None and after.lines[0].text[:1].islower()
            full = len(text.split()) > 10 and not shapes[paragraph.last.page].short(paragraph.last)  # headings seldom reach the edge
            captioned = before is not None and not before.heading and before.lines[0].text.startswith("Table ") and len(before.lines) < 4
            refused = sentence or runs_on or full or captioned or len(text) > _LONGEST_HEADING or issues_recommendation(text) or only_grades(text)
            paragraph.heading = known or not refused
        now_demoted = was_heading and not paragraph.heading
        joint = None
        if before and not before.heading and not paragraph.heading and (demoted or now_demoted):
            joint = _joint(before, paragraph.lines[0], False, shapes[paragraph.lines[0].page])
        demoted = now_demoted
        if before and joint is not None:
            before.lines += paragraph.lines
            before.joints += [joint, *paragraph.joints]
        else:
            checked.append(paragraph)
    return checked


def _heading_levels(paragraphs: list[_Paragraph]) -> dict[int, int]:
    """Levels by size, bold before plain. Numbered headings of one depth share a level: their number says more than half a point does.

    Outlines are not asked: many are flat, or list figures beside chapters.
    """
    headings = [paragraph.lines[0] for paragraph in paragraphs if paragraph.heading]
    looks = sorted({(-round(line.size), not line.bold) for line in headings})
    level = {look: rank + 1 for rank, look in enumerate(looks)}
    depths: defaultdict[int, list[int]] = defaultdict(list)
    for line in headings:
        if depth := _depth(line.text):
            depths[depth].append(level[-round(line.size), not line.bold])
    shared = {depth: min(levels) for depth, levels in depths.items()}
    return {
        id(paragraph): shared.get(_depth(paragraph.lines[0].text), level[-round(paragraph.lines[0].size), not paragraph.lines[0].bold])
        for paragraph in paragraphs
        if paragraph.heading
    }


def _depth(heading: str) -> int:
    """How many numbers a heading's number has: 2 for "3.1 Scope", 0 where it has none."""
    match = _DEPTH.match(heading)
    return match[1].count(".") + 1 if match else 0


def _vocabulary(pages: Sequence[Page]) -> Counter[str]:
    """How often the document has each word, halves of broken words not counted."""
    words: Counter[str] = Counter()
    broken = False
    for page in pages:
        for line in page.lines:
            found = _WORD.findall(line.text)
            words.update(word.casefold() for word in found[broken : len(found) - line.hyphen])
            broken = line.hyphen
    return words


def _joined(paragraph: _Paragraph, vocabulary: Counter[str]) -> str:
    """The paragraph's text. A word broken at a line's end loses its hyphen where the document has the word whole, or has not both its halves."""
    text = paragraph.lines[0].text
    for joint, line in zip(paragraph.joints, paragraph.lines[1:], strict=True):
        broken = _BROKEN.search(text)
        if joint == "-" and broken and (next_word := _WORD.match(line.text)) and line.text[:1].islower():
            left, right = broken[1].casefold(), next_word[0].casefold()
            whole, hyphened = vocabulary[left + right], vocabulary[f"{left}-{right}"]
            keeps = hyphened > whole or (whole == hyphened == 0 and vocabulary[left] > 0 and vocabulary[right] > 1)
            text = f"{text}{line.text}" if keeps else f"{text[:-1]}{line.text}"
        elif joint == "-":
            text = f"{text}{line.text}" if text.endswith("-") else f"{text} {line.text}"
        elif text.endswith("/") and joint == " ":
            text = f"{text}{line.text}"
        else:
            text = f"{text}{joint}{line.text}"
    return text
