"""From the words that OCR found on a page's picture to the page's lines, as `pdf_lines` gives them of a PDF with text.

A misread dose harms more than a missing one. A line is left out where the reader is not sure of it as a whole, or of any one figure in it, and
`[…]` stands in its place, so that nobody takes the sentence for whole; of a page that is mostly so, nothing is kept.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from ingestion.sources.ocr import Reading
from ingestion.sources.pdf_gaps import OMITTED
from ingestion.sources.pdf_lines import MARKER, Line, Page, in_reading_order

LEAST = 0.9
"""The least certainty of a line that is kept; measured by `benchmarks/ocr.py`."""

_LETTER = 0.8  # of a box's height is the size of its letters
_STEP = 1.3  # between two sizes of type
_LONG = 20  # characters of which the width says as much as the height
_BOLD = 1.4  # times the usual ink
_REVERSED = 0.45  # share of ink above which letters are light on dark
_FIGURE = re.compile(r"\S*\d\S*")


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """The picture of a page as it was read. `scale` is pixels to a point; `width` and `height` are points."""

    number: int
    width: float
    height: float
    scale: float
    readings: tuple[Reading, ...]


def certainty(reading: Reading) -> float:
    """From 0 to 1: the mean over the line, or that of the least sure character of its figures, whichever is less."""
    figures = (sure for word in _FIGURE.finditer(reading.text) for sure in reading.sure[word.start() : word.end()])
    return min(reading.confidence, *figures, 1.0)


def doubtful(reading: Reading) -> bool:
    """Whether the line may say something else than what was read."""
    return certainty(reading) < LEAST


def speck(reading: Reading) -> bool:
    """Whether it is a dot or a sign that was taken for a letter; a figure never is."""
    signs = [char for char in reading.text if char.isalnum()]
    return len(signs) < 2 and not any(map(str.isdigit, signs)) and doubtful(reading)


def unreadable(page: ScannedPage) -> bool:
    """Whether less than half of what is on a page can be kept: it lies on its side or upside down, is written by hand, or is a poor copy."""
    return 2 * sum(doubtful(reading) or _sideways(reading) for reading in page.readings) > len(page.readings)


def as_pages(scanned: Sequence[ScannedPage]) -> list[Page]:
    """The lines of those pages that can be read, in reading order. Size and weight are relative to what is usual in all of them."""
    readable = [page for page in scanned if not unreadable(page)]
    sure = [(reading, page.scale) for page in readable for reading in page.readings if not doubtful(reading)]
    if not sure:
        return []
    usual = _Usual(
        median(reading.height / scale for reading, scale in sure),
        median((reading.x1 - reading.x0) / scale / len(reading.text) for reading, scale in sure),
        median(reading.ink for reading, _ in sure),
    )
    return [_page(page, usual) for page in readable]


@dataclass(frozen=True, slots=True)
class _Usual:
    """What most lines have: the height of their box and the width of a letter, in points, and the ink."""

    height: float
    letter: float
    ink: float

    def size(self, reading: Reading, scale: float) -> float:
        """The size of type in points, in few steps: boxes of one size differ by a tenth with the letters in them, and letters with the words."""
        ratio = reading.height / scale / self.height
        if len(reading.text) >= _LONG:
            ratio = math.sqrt(ratio * (reading.x1 - reading.x0) / scale / len(reading.text) / self.letter)
        return round(_LETTER * self.height * _STEP ** round(math.log(ratio, _STEP)), 1)


def _page(page: ScannedPage, usual: _Usual) -> Page:
    lines: list[Line] = []
    for row in _rows([reading for reading in page.readings if not _sideways(reading)]):
        lines += _merged([_line(reading, page, usual) for reading in row])
    return Page(page.number, page.width, page.height, in_reading_order(lines, page.width))


def _sideways(reading: Reading) -> bool:
    """Whether it runs up or down the page: tabs at the edge, as a rule."""
    return len(reading.text) > 2 and reading.height > reading.x1 - reading.x0


def _rows(readings: Sequence[Reading]) -> Iterator[list[Reading]]:
    """What stands at one height, from left to right; rows from the top down."""
    row: list[Reading] = []
    for reading in sorted(readings, key=_middle):
        if row and _middle(reading) - _middle(row[-1]) > 0.5 * min(reading.height, row[-1].height):
            yield sorted(row, key=lambda reading: reading.x0)
            row = []
        row.append(reading)
    if row:
        yield sorted(row, key=lambda reading: reading.x0)


def _middle(reading: Reading) -> float:
    return reading.bottom - reading.height / 2


def _line(reading: Reading, page: ScannedPage, usual: _Usual) -> Line:
    text = OMITTED if doubtful(reading) else " ".join(reading.text.split())
    return Line(
        text,
        page.number,
        reading.x0 / page.scale,
        reading.x1 / page.scale,
        page.height - reading.bottom / page.scale,
        usual.size(reading, page.scale),
        _BOLD * usual.ink < reading.ink < _REVERSED,
        hyphen=re.search(r"[^\W\d_]-$", text) is not None,
    )


def _merged(row: list[Line]) -> list[Line]:
    """A row's lines: what is near belongs together, what is apart is the next cell, two numbers always are: "7 | 484" must not become 7 484."""
    size = median(line.size for line in row)
    lines: list[Line] = []
    for line in (replace(line, size=size) if line.text == OMITTED else line for line in row):
        last = lines[-1] if lines else None
        near = last and (line.x0 - last.x1 < 0.3 * last.size or (not last.cell and MARKER.match(last.text)))
        if last and near and not (last.text[-1].isdigit() and line.text[0].isdigit()):
            lines[-1] = replace(last, text=f"{last.text} {line.text}", x1=line.x1, hyphen=line.hyphen)
        else:
            lines.append(replace(line, cell=bool(lines)))
    return lines
