"""Where something of a page is missing: its neighbours bear a mark, so that nobody takes the sentence for whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from ingestion.sources.pdf_lines import Line, Page

OMITTED = "[…]"
_SENTENCE_ENDED = re.compile(r"[.!?][\"”’)\]]*$")


def marked(pages: Sequence[Page]) -> list[Page]:
    """The pages with a mark on what stands beside a line that reads `OMITTED`, and beside a page that is not among them.

    The line itself goes, since it might come to stand in another paragraph than the words around it; a table's cell stays in its place.
    """
    there = {page.number for page in pages}
    lines = [line for page in pages for line in page.lines]
    kept: list[Line] = []
    missing = False
    for line, following in zip_longest(lines, lines[1:]):
        if line.text == OMITTED and not line.cell and not (following and following.cell):
            missing = True
            continue
        passed = range(kept[-1].page + 1, line.page) if kept else ()
        if missing or any(number not in there for number in passed):
            _close(kept)
            line = replace(line, text=f"{OMITTED} {line.text.removeprefix(OMITTED).lstrip()}".rstrip())
        kept.append(line)
        missing = False
    if missing:
        _close(kept)
    by_page: dict[int, list[Line]] = {number: [] for number in there}
    for line in kept:
        by_page[line.page].append(line)
    return [replace(page, lines=tuple(by_page[page.number])) for page in pages]


def _close(kept: list[Line]) -> None:
    """Mark the last line, unless its sentence is at its end."""
    if kept and not _SENTENCE_ENDED.search(kept[-1].text) and not kept[-1].text.endswith(OMITTED):
        kept[-1] = replace(kept[-1], text=f"{kept[-1].text} {OMITTED}", hyphen=False)
