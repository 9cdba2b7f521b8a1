"""The sheets of an Excel workbook (.xlsx) as its reader sees them: the text of each visible cell, and which cells are merged.

Format: ECMA-376 part 1, chapter 18. Read within bounds and without openpyxl, which spreads merged ranges and links cell by cell: a file of
2 kB that merges a whole sheet would take all memory. A formula shows the value stored with it, and nothing where none is stored.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ingestion.document import printable
from ingestion.errors import SourceError
from ingestion.sources.markup import Element, local_attribute, local_name, raised
from ingestion.sources.packages import Package, opened, resolved

MOST_SHEETS = 200
MOST_CELLS = 200_000
"""Cells with text in one workbook; the decision tables of a whole programme have 10,000."""
MOST_MERGED = 200_000
"""Cells covered by merged ranges in one workbook, as far as its sheets have text."""
LONGEST_CELL = 32_767
"""Characters; Excel's own limit."""
LAST_ROW, LAST_COLUMN = 20_000, 256
"""The furthest place on a sheet that may hold text."""

_LONGEST_TITLE = 100  # Excel allows 31
_LONGEST_FORMAT = 255  # characters of a format's code, as in Excel

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([1-9]\d{0,6})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Formats of dates among those that are built in (18.8.30), and in an author's own code, outside of quotes, brackets and escapes.
_BUILT_IN_DATES = frozenset((*range(14, 23), 27, 30, 36, *range(45, 48), 50, 57))
_BUILT_IN_PERCENT = frozenset((9, 10))
_NOT_CODE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_EPOCH, _EPOCH_1904 = dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1)  # noqa: DTZ001 - spreadsheets know no time zones

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A visible sheet. Rows and columns count from 1; `cells` holds what has text, white space collapsed but for line breaks."""

    title: str
    cells: dict[Place, str]
    origins: dict[Place, Place]
    """For each cell of a merged range the range's first cell, whose text it shows."""
    rows: int
    columns: int

    @property
    def rows_with_text(self) -> list[int]:
        """The rows that show any text, in order."""
        shown = {row for row, _ in self.cells} | {
            place[0] for place, origin in self.origins.items() if origin in self.cells
        }
        return sorted(shown)

    def origin(self, row: int, column: int) -> Place:
        """Where the text comes from that is shown at this place."""
        return self.origins.get((row, column), (row, column))

    def text(self, row: int, column: int) -> str:
        """The text that is shown at this place; empty where there is none."""
        return self.cells.get(self.origin(row, column), "")


def refused(path: Path, head: bytes) -> None:
    """Raise `SourceError` where a file that is named as a workbook is one of the formats that hide their sheets."""
    if head.startswith(_OLE):
        raise SourceError(
            f"{path}: is protected by a password, or an old .xls workbook; open it and save it as .xlsx without a password"
        )


def sheets(path: Path) -> Iterator[Sheet]:
    """The visible sheets in their order.

    Raises `SourceError` where the file is no workbook, is damaged, or is larger than the bounds above and those of `packages`.
    """
    with opened(path, "XLSX workbook") as package:
        book = _Book(package)
        for number, (title, member) in enumerate(book.visible, 1):
            if number > MOST_SHEETS:
                raise SourceError(f"{path}: has more than {MOST_SHEETS} sheets; split the workbook")
            yield book.sheet(title, member)


class _Book:
    def __init__(self, package: Package) -> None:
        self._package = package
        main = self._main()
        book = package.xml(main)
        targets = self._targets(main)
        self.visible = [
            (
                printable(" ".join((element.get("name") or "").split()))[:_LONGEST_TITLE],
                targets.get(local_attribute(element, "id"), ""),
            )
            for element in book.iter("{*}sheet")
            if element.get("state", "visible") == "visible"
        ]
        dates_from_1904 = any(element.get("date1904") in ("1", "true") for element in book.iter("{*}workbookPr"))
        self._epoch = _EPOCH_1904 if dates_from_1904 else _EPOCH
        parts = {member.rpartition("/")[2]: member for member in targets.values()}
        self._strings = [
            _string(item) for item in package.xml(parts["sharedStrings.xml"]).iterchildren("{*}si")
        ] if "sharedStrings.xml" in parts else []  # fmt: skip
        self._formats = _formats(package.xml(parts["styles.xml"])) if "styles.xml" in parts else []
        self._left = MOST_CELLS
        self._merges_left = MOST_MERGED

    def _main(self) -> str:
        """The part that lists the sheets."""
        for element in self._package.xml("_rels/.rels").iter("{*}Relationship"):
            if (element.get("Type") or "").endswith("/officeDocument"):
                return resolved("", element.get("Target") or "")
        raise SourceError(f"{self._package.path}: lists no workbook part, so it is no XLSX workbook; save it again")

    def _targets(self, main: str) -> dict[str, str]:
        folder, _, name = main.rpartition("/")
        relations = self._package.xml(f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels")
        return {
            element.get("Id") or "": resolved(main, element.get("Target") or "")
            for element in relations.iter("{*}Relationship")
            if element.get("TargetMode") != "External"
        }

    def sheet(self, title: str, member: str) -> Sheet:
        root = self._package.xml(member)
        hidden = {
            column
            for element in islice(root.iter("{*}col"), LAST_COLUMN)
            if element.get("hidden") in ("1", "true")
            for column in range(_whole(element.get("min")), min(_whole(element.get("max")), LAST_COLUMN) + 1)
        }
        cells: dict[Place, str] = {}
        last_row = 0
        for row in root.iter("{*}row"):
            last_row = _whole(row.get("r")) or last_row + 1
            if row.get("hidden") in ("1", "true"):
                continue
            column = 0
            for cell in row.iterchildren("{*}c"):
                place = _place(cell.get("r") or "")
                column = place[1] if place else column + 1
                text = "" if column in hidden else self._text(cell)
                if not text:
                    continue
                self._left -= 1
                if self._left < 0 or len(text) > LONGEST_CELL or last_row > LAST_ROW or column > LAST_COLUMN:
                    raise SourceError(
                        f"{self._package.path}, sheet {title!r}: more than {MOST_CELLS:,} cells with text in the workbook, more than "
                        f"{LONGEST_CELL:,} characters in one, or text beyond row {LAST_ROW:,} or column {LAST_COLUMN}; split the workbook"
                    )
                cells[last_row, column] = text
        rows, columns = (max((place[axis] for place in cells), default=0) for axis in (0, 1))
        return Sheet(title, cells, self._merged(root, title, rows, columns), rows, columns)

    def _merged(self, root: Element, title: str, rows: int, columns: int) -> dict[Place, Place]:
        origins: dict[Place, Place] = {}
        for element in root.iter("{*}mergeCell"):
            first, _, last = (element.get("ref") or "").partition(":")
            start, end = _place(first), _place(last)
            if not start or not end:
                continue
            bottom, right = min(end[0], rows), min(end[1], columns)
            covered = max(bottom - start[0] + 1, 0) * max(right - start[1] + 1, 0)
            self._merges_left -= covered
            if self._merges_left < 0:
                raise SourceError(
                    f"{self._package.path}, sheet {title!r}: more than {MOST_MERGED:,} cells are merged; undo what is not needed"
                )
            origins.update(
                ((row, column), start) for row in range(start[0], bottom + 1) for column in range(start[1], right + 1)
            )
        return origins

    def _text(self, cell: Element) -> str:
        """What the cell shows. Errors show nothing."""
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            inline = next(cell.iterchildren("{*}is"), None)
            return "" if inline is None else _string(inline)
        value = next(cell.iterchildren("{*}v"), None)
        written = (value.text or "").strip() if value is not None else ""
        match kind:
            case "s":
                number = _whole(written)
                return self._strings[number] if written.isdecimal() and number < len(self._strings) else ""
            case "str":
                return _lines(written)
            case "b":
                return {"1": "TRUE", "0": "FALSE"}.get(written, "")
            case "d":
                return _lines(written)
            case "n":
                return self._number(written, _whole(cell.get("s")))
            case _:
                return ""

    def _number(self, written: str, style: int) -> str:
        try:
            number = float(written)
        except ValueError:
            return ""
        if not math.isfinite(number):
            return ""
        shown_as = self._formats[style] if style < len(self._formats) else ""
        if shown_as == "date" and 0 <= number < 2_958_466:  # until the year 9999
            moment = self._epoch + dt.timedelta(seconds=round(number * 86_400))
            return moment.date().isoformat() if number == int(number) else moment.isoformat(" ")
        return f"{number * 100:.12g}%" if shown_as == "percent" else f"{number:.15g}"


def _string(item: Element) -> str:
    """A text, plain or in runs; raised digits stay raised, guides to pronunciation are left out."""
    pieces = []
    for child in item.iterchildren():
        match local_name(child):
            case "t":
                pieces.append(child.text or "")
            case "r":
                text = "".join(element.text or "" for element in child.iterchildren("{*}t"))
                above = any(element.get("val") == "superscript" for element in child.iter("{*}vertAlign"))
                pieces.append(raised(text) if above else text)
            case _:
                pass
    return _lines("".join(pieces))


def _lines(text: str) -> str:
    text = printable(_ESCAPED.sub(lambda match: chr(int(match[1], 16)), text))
    return "\n".join(line for part in text.splitlines() if (line := " ".join(part.split())))


def _formats(styles: Element) -> list[str]:
    """For each style a cell may have: `date`, `percent`, or empty."""
    codes = {_whole(element.get("numFmtId")): element.get("formatCode") or "" for element in styles.iter("{*}numFmt")}
    listed = next(styles.iter("{*}cellXfs"), None)
    return [] if listed is None else [_format(_whole(style.get("numFmtId")), codes) for style in listed.iterchildren()]


def _format(number: int, codes: dict[int, str]) -> str:
    code = _NOT_CODE.sub("", codes.get(number, "")[:_LONGEST_FORMAT]).lower()
    if number in _BUILT_IN_DATES or re.search(r"[ymdhs]", code.replace("general", "")):
        return "date"
    return "percent" if number in _BUILT_IN_PERCENT or "%" in code else ""


def _whole(written: str | None) -> int:
    return int(written) if written and written.isdecimal() and len(written) < 8 else 0


def _place(reference: str) -> Place | None:
    """Row and column of a reference such as `AB12`."""
    match = _REFERENCE.fullmatch(reference)
    if not match:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column
