"""From a PDF's paragraphs to the document's blocks: what a typesetter took apart is put together again.

A paragraph's lines are joined by one space (table cells by " | ", a list's items by a line break), words broken at a line's end are made whole,
and a grade goes with its recommendation. The result is the document's text.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingestion.sources.guideline import Block
from ingestion.sources.pdf_gaps import OMITTED
from ingestion.sources.pdf_lines import Page
from ingestion.sources.pdf_paragraphs import Paragraph, begins_with_marker, paragraphs, plain
from ingestion.sources.recommendations import grade_of, issues_recommendation, labels_recommendation, only_grades

_CONTENTS_ENTRY = re.compile(r"(?:[.…_-]\s?){4,}\s*[ivxlc\d]{1,5}$|\s[ivxlc\d]{1,5}$", re.IGNORECASE)
_DEPTH = re.compile(r"^(\d{1,2}(?:\.\d{1,2})*)\.?\s+[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LONGEST_ENTRY_END = 200  # characters of a line that are looked at for the dots and the page number at its end
_BROKEN = re.compile(r"(?<![^\W\d_])([^\W\d_]+)-$")
_CONTINUED = re.compile(r"(?<!\s)\s*\(?cont(?:inued|[’'.]d)?\.?\)?$", re.IGNORECASE)
_GAPS = re.compile(rf"\s*(?:{re.escape(OMITTED)}\s*)+")
_LED_IN = re.compile(r":(?:\n.*)?$", re.DOTALL)
_LONGEST_LIST = 1200  # characters
_COVERS = 4  # pages at most: cover, half-title, title, imprint
_DEEPEST = 99  # the level of a label that stands under every heading


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the PDF's outline; `page` counts from 1."""

    title: str
    page: int


def blocks(pages: Sequence[Page], bookmarks: Iterable[Bookmark], body: float) -> list[Block]:
    """Headings and paragraphs of the whole document in reading order; `body` is the size of running text."""
    pages = _without_contents(pages)
    titles: defaultdict[int, set[str]] = defaultdict(set)
    for mark in bookmarks:
        titles[mark.page].add(plain(mark.title))
    found = paragraphs(pages, body, {page: frozenset(names) - {""} for page, names in titles.items()})
    levels = _heading_levels(found)
    vocabulary = _vocabulary(pages)
    result: list[Block] = []
    for paragraph in found:
        text, page = _joined(paragraph, vocabulary), paragraph.first.page
        before = result[-1] if result else None
        if paragraph.heading:
            heading = Block(_CONTINUED.sub("", _GAPS.sub(" ", text).strip("• ")), levels[id(paragraph)], page)
            recent = {(block.text, block.level) for block in result[-12:]}
            if (
                heading.text and (heading.text, heading.level) not in recent
            ):  # a table's label is repeated on its next page
                result.append(heading)
        elif before and before.level is not None and labels_recommendation(text):
            result.append(Block(text, _DEEPEST, page))
        elif before and before.level is None and (joint := _belongs(before, text, page)):
            result[-1] = Block(f"{before.text}{joint}{text}", None, before.page)
        elif re.search(r"[^\W\d_]{2}", text):  # lone numbers and signs are scraps of figures
            result.append(Block(text.lstrip("•▪■◦‣●○»› "), None, page))
    return result


def _belongs(before: Block, text: str, page: int) -> str:
    """What joins a paragraph to the one before where they only make sense together; empty where they stand alone.

    A quote of a recommendation must be able to carry the grade printed under it, and what a list's items mean stands before its colon.
    """
    if len(before.text) > _LONGEST_LIST:
        return ""
    if only_grades(text) and page - (before.page or 0) <= 1 and not grade_of(before.text):
        return " "
    item = _LED_IN.search(before.text) and begins_with_marker(text)
    return "\n" if item and not grade_of(text) and not issues_recommendation(text) else ""


def _without_contents(pages: Sequence[Page]) -> list[Page]:
    """Leave out pages of contents: among the first ones, those most of whose lines end in a page number."""
    kept = []
    for page in pages:
        entries = sum(
            bool(_CONTENTS_ENTRY.search(line.text[-_LONGEST_ENTRY_END:])) or (line.cell and line.text.isdecimal())
            for line in page.lines
        )
        rows = sum(not line.cell for line in page.lines)
        if page.number > max(20, 0.15 * len(pages)) or entries < max(6, 0.5 * rows):
            kept.append(page)
    return kept


def _heading_levels(found: Sequence[Paragraph]) -> dict[int, int]:
    """Levels by size, bold before plain, keyed by `id`. Numbered headings of one depth share a level: that says more than half a point does.

    Outlines are not asked: many are flat, or list figures beside chapters. What a cover says in large type stands above nothing.
    """
    headings = [paragraph for paragraph in found if paragraph.heading]
    covers = min(_COVERS, found[-1].last.page // 8) if found else 0
    inner = [heading.first for heading in headings if heading.first.page > covers]
    looks = sorted({(-round(line.size), not line.bold) for line in inner})
    rank = {look: number + 1 for number, look in enumerate(looks)}
    depths: defaultdict[int, list[int]] = defaultdict(list)
    for line in inner:
        if depth := _depth(line.text):
            depths[depth].append(rank[-round(line.size), not line.bold])
    shared = {depth: min(ranks) for depth, ranks in depths.items()}
    levels: dict[int, int] = {}
    for heading in headings:
        line = heading.first
        if line.page <= covers:
            levels[id(heading)] = _DEEPEST
        else:
            levels[id(heading)] = shared.get(_depth(line.text), rank[-round(line.size), not line.bold])
    return levels


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


def _joined(paragraph: Paragraph, vocabulary: Counter[str]) -> str:
    """The paragraph's text. A word broken at a line's end loses its hyphen where the document has it whole, or has not its second half."""
    pieces = [paragraph.first.text]
    for joint, line in zip(paragraph.joints, paragraph.lines[1:], strict=True):
        last = pieces[-1]
        if joint == "-":
            broken, next_word = _BROKEN.search(last), _WORD.match(line.text)
            if (
                broken
                and next_word
                and line.text[0].islower()
                and not _keeps_hyphen(broken[1], next_word[0], vocabulary)
            ):
                pieces[-1] = last[:-1]
        elif joint != " " or not last.endswith("/"):
            pieces.append(joint)
        pieces.append(line.text)
    return _GAPS.sub(f" {OMITTED} ", "".join(pieces)).strip()


def _keeps_hyphen(left: str, right: str, vocabulary: Counter[str]) -> bool:
    left, right = left.casefold(), right.casefold()
    whole, hyphened = vocabulary[left + right], vocabulary[f"{left}-{right}"]
    return hyphened > whole or (whole == hyphened == 0 and vocabulary[right] > 0)
