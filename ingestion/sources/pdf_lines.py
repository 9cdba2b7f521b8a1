"""The lines of a PDF's pages, with the geometry and weight that headings and paragraphs are recognised by.

PDFium gives characters in the order the page was written, which for typeset documents is the reading order, columns and table cells included.
Lines are cut from that stream; only where two columns of prose were written across the gutter are they put in order by position.
PDFium is not thread-safe: `LOCK` is held while a page is read.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import pypdfium2
import pypdfium2.raw as pdfium

LOCK = threading.Lock()
LARGEST_PAGE = 100_000  # characters; a printed page has a few thousand
_SAMPLE = 20  # of so many characters one is asked whether it can be seen

_SOFT_HYPHENS = "\x02\xad\ufffe"  # how PDFium marks a word broken at a line's end, by version and font
_GLYPHS = str.maketrans(
    {
        "\uf0b7": "•", "\uf0a7": "•", "\uf02d": "–", "\uf0d8": "•", "\uf0b3": "≥", "\uf0a3": "≤", "\uf0b1": "±", "\uf06d": "μ",
        "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st",
    }
)  # fmt: skip
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2060\ufeff\ue000-\uf8ff\ufff0-\uffff]")
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.IGNORECASE)
MARKER = re.compile(
    r"^(?:[•▪■◦‣●○§»›*–-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5}|\d{1,2}[a-z])[.)]|\d+(?:\.\d+)+\.?|[IVX]+\.|\d{1,3})$"
)
_FOLIO = re.compile(r"^(?:page )?[ivxlc\d]{1,5}(?: (?:of|/) \d{1,5})?$", re.IGNORECASE)
_EDGE_FOLIO = re.compile(r"^[ivxlc\d]{1,5}\b\s*|(?<!\s)\s*\b[ivxlc\d]{1,5}$", re.IGNORECASE)
_HYPHENED = re.compile(r"[^\W\d_]-$")
_NUMBERED = re.compile(r"^(\d{1,5})(?:\s|$)")
COLUMN = 0.3  # of the page's width: prose is at least so wide, a table's cells seldom are
_MARGIN = 0.085  # of the page's height; headers and footers stand outside the rest


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line, or one cell of a table's row. `y` counts upwards from the page's foot; `cell`: it stands right of the line before, as high.

    `hyphen`: its last word goes on in the next line.
    """

    text: str
    page: int
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    cell: bool = False
    hyphen: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page's lines in reading order; `number` counts from 1. `hidden`: its words are invisible, as OCR puts them under a page's picture."""

    number: int
    width: float
    height: float
    lines: tuple[Line, ...]
    hidden: bool = False


@dataclass(slots=True)
class _Char:
    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool


def read_page(document: pypdfium2.PdfDocument, index: int) -> Page:
    """The page's upright lines. Text set at an angle (tabs at the edge, watermarks) is not running text and is left out.

    Raises `pypdfium2.PdfiumError` where the page is broken or has more than `LARGEST_PAGE` characters.
    """
    with LOCK, contextlib.closing(document.get_page(index)) as page:
        width, height = page.get_size()
        with contextlib.closing(page.get_textpage()) as textpage:
            lines = [line for run in _runs(textpage.raw) for line in _cut(run, index + 1)]
            hidden = _hidden(textpage.raw)
    return Page(index + 1, width, height, in_reading_order(lines, width), hidden)


def _hidden(raw: object) -> bool:
    """Whether most of the characters are set to be invisible, by a sample of them."""
    written = [pdfium.FPDFText_GetTextObject(raw, n) for n in range(0, pdfium.FPDFText_CountChars(raw), _SAMPLE)]
    modes = [pdfium.FPDFTextObj_GetTextRenderMode(each) for each in written if each]
    return 2 * modes.count(pdfium.FPDF_TEXTRENDERMODE_INVISIBLE) > len(modes)


def _runs(raw: object) -> Iterator[list[_Char]]:
    """The characters between the line breaks that PDFium sees, upright ones only."""
    box, matrix, font = pdfium.FS_RECTF(), pdfium.FS_MATRIX(), ctypes.create_string_buffer(128)
    run: list[_Char] = []
    style, bold = (0.0, 0), False
    count = pdfium.FPDFText_CountChars(raw)
    if count > LARGEST_PAGE:
        raise pypdfium2.PdfiumError(f"{count:,} characters on one page")
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(raw, index)
        if code in (10, 13):
            yield run
            run = []
            continue
        pdfium.FPDFText_GetMatrix(raw, index, matrix)
        if not pdfium.FPDFText_GetLooseCharBox(raw, index, box) or abs(matrix.b) > 0.1 * abs(matrix.a):
            continue
        size = pdfium.FPDFText_GetFontSize(raw, index) * math.hypot(matrix.c, matrix.d)
        if not pdfium.FPDFText_IsGenerated(raw, index):  # spaces that PDFium puts in have no font
            now = (size, pdfium.FPDFText_GetFontWeight(raw, index))
            if now != style or not run or run[-1].text.isspace():  # a font's name is dear to ask: once a word is enough
                style = now
                named = now[1] < 600 and pdfium.FPDFText_GetFontInfo(raw, index, font, 128, None)
                bold = now[1] >= 600 or bool(named and _BOLD.search(font.value.decode("latin-1")))
        if len(run) > 2 and run[-1].text == " " and run[-2].x0 == run[-3].x0 and box.left - run[-2].x1 < 0.05 * size:
            run.pop()  # two letters in one place are a ligature; the space after it takes no room: "signifi cance"
        run.append(_Char(chr(code), box.left, box.right, box.bottom, size, bold))
    yield run


def _cut(run: list[_Char], page: int) -> Iterator[Line]:
    """Cut a run where it jumps to another line (a hyphen hides the break) or over a gap too wide for a space (the next cell)."""
    piece: list[_Char] = []
    cell = False
    for char in run:
        printed = [c for c in piece[-3:] if not c.text.isspace()]
        if printed and not char.text.isspace():
            last = printed[-1]
            dropped = char.x0 < last.x0 - (0 if abs(char.y - last.y) > 0.5 * last.size else 2 * last.size)
            numbers = last.text.isdigit() and char.text.isdigit()
            gap = char.x0 - last.x1 > (0.8 if numbers else 1.3) * max(min(last.size, char.size), 1)
            # The room after a bullet or a heading's number is no gap; between two numbers it always is: "7 | 484" must not become 7 484.
            if gap and not cell and not char.text.isdigit() and MARKER.match(_text(piece)):
                gap = False
            if dropped or gap:
                yield from _line(piece, page, cell)
                piece, cell = [], gap and not dropped
        piece.append(char)
    yield from _line(piece, page, cell)


def _text(chars: list[_Char]) -> str:
    text = "".join(char.text for char in chars)
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").translate(_GLYPHS)
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def _line(chars: list[_Char], page: int, cell: bool) -> Iterator[Line]:
    hyphen = bool(chars) and chars[-1].text in _SOFT_HYPHENS
    for char in chars:
        if char.text in _SOFT_HYPHENS:
            char.text = "-"
    printed = [char for char in chars if not char.text.isspace()]
    if printed and (text := _text(chars)):
        # The middle height, not the largest: a superscript or a symbol of another font does not make a heading.
        size = round(median(char.size for char in printed), 1)
        bold = sum(char.bold for char in printed) > 0.8 * len(printed)
        baseline = median(char.y for char in printed)
        yield Line(
            text,
            page,
            printed[0].x0,
            max(c.x1 for c in printed),
            baseline,
            size,
            bold,
            cell,
            hyphen or text.endswith("-"),
        )


def in_reading_order(lines: list[Line], width: float) -> tuple[Line, ...]:
    """The lines of a page so wide in the order in which they are read, which is mostly that in which they come."""
    return tuple(_headline_first(_in_columns(lines, width)))


def _in_columns(lines: list[Line], width: float) -> list[Line]:
    """Put two columns of prose in order where they were written across the gutter; every other page keeps the order it was written in."""
    middle = width / 2
    sides = [-1 if line.x1 < middle + 5 else 1 if line.x0 > middle - 5 else 0 for line in lines]
    left, right = ([line for line, side in zip(lines, sides, strict=True) if side == sign] for sign in (-1, 1))
    turns = sum(a * b < 0 for a, b in pairwise(sides))
    if min(len(left), len(right)) < 6 or turns < 0.5 * (len(left) + len(right)):
        return lines
    if any(median(line.x1 - line.x0 for line in column) < COLUMN * width for column in (left, right)):
        return lines  # cells of a table
    ordered: list[Line] = []
    columns: tuple[list[Line], list[Line]] = ([], [])
    for line, side in zip(lines, sides, strict=True):
        if side:
            columns[side > 0].append(replace(line, cell=False))
        else:
            ordered += [*columns[0], *columns[1], line]
            columns = ([], [])
    return [*ordered, *columns[0], *columns[1]]


def _headline_first(lines: list[Line]) -> list[Line]:
    """A chapter's headline can be written after its page; what is set larger than the page and stands above all before it goes first."""
    if not lines:
        return lines
    usual, top = median(line.size for line in lines), lines[0].y
    largest = max(line.size for line in lines)
    late = {n for n, line in enumerate(lines) if line.size == largest > 1.2 * usual and line.y > top + line.size}
    return [lines[n] for n in sorted(late)] + [line for n, line in enumerate(lines) if n not in late]


def without_line_numbers(page: Page) -> tuple[Page, bool]:
    """Take the running line numbers of a manuscript off a page, and say whether there were any."""
    numbers = [int(match[1]) for line in page.lines if not line.cell and (match := _NUMBERED.match(line.text))]
    steps = sum(b - a == 1 for a, b in pairwise(numbers))
    if len(numbers) < max(8, 0.4 * sum(not line.cell for line in page.lines)) or steps < 0.7 * (len(numbers) - 1):
        return page, False
    margin = min((line.x0 for line in page.lines if _NUMBERED.match(line.text)), default=0.0)
    lines: list[Line] = []
    numbered = False
    for line in page.lines:
        if abs(line.x0 - margin) < 2.5 * line.size and (match := _NUMBERED.match(line.text)) and not line.cell:
            rest = line.text[match.end() :]
            numbered = not rest  # the number was cut off as a cell of its own, and the text follows
            if rest:
                lines.append(replace(line, text=rest, x0=line.x0 + 3 * line.size))
        else:
            lines.append(replace(line, cell=False) if numbered and line.cell else line)
            numbered = False
    return replace(page, lines=tuple(lines)), True


def _words(line: Line) -> str:
    return _EDGE_FOLIO.sub("", line.text).strip(" |")


def _marginal(page: Page, line: Line) -> bool:
    return not _MARGIN * page.height < line.y < (1 - _MARGIN) * page.height


def running_title(pages: list[Page]) -> str:
    """What stands in the margin of at least a third of the pages, if that is a few words: as a rule the document's title."""
    seen = Counter(words for page in pages for words in {_words(line) for line in page.lines if _marginal(page, line)})
    return next(
        (
            words
            for words, count in seen.most_common()
            if count > max(3, len(pages) / 3) and 3 <= len(words.split()) <= 30
        ),
        "",
    )


def without_furniture(pages: list[Page]) -> list[Page]:
    """Take off running headers and footers (the same words at the same height of at least three pages) and page numbers."""
    seen: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for page in pages:
        for line in page.lines:
            if _marginal(page, line):
                for near in (-1, 0, 1):
                    seen[_words(line).casefold(), round(line.y / 4) + near].add(page.number)

    def furniture(page: Page, line: Line) -> bool:
        if _FOLIO.match(line.text):
            return _marginal(page, line) or line.x1 < 0.08 * page.width or line.x0 > 0.92 * page.width
        return _marginal(page, line) and len(seen[_words(line).casefold(), round(line.y / 4)]) >= 3

    return [replace(page, lines=tuple(line for line in page.lines if not furniture(page, line))) for page in pages]


def body_size(pages: list[Page]) -> float:
    """The size most characters are set in; 0 where there are none."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0
