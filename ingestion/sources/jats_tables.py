"""Tables of JATS as lines of text: no figure moves under another's heading, whatever the cells around it span.

Spans are HTML's, which JATS takes over: https://html.spec.whatwg.org/multipage/tables.html#forming-a-table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby

from ingestion.sources.markup import Element

_WIDEST = 100  # columns into which spans reach; the widest table of some 250 trials has 20
_GROWTH = 4  # times its own length is what a table may grow by: spans are cheap to write


def table_lines(table: Element, text_of: Callable[[Element], str]) -> Iterator[str]:
    """A line a row, cells joined by " | "; rows without words are left out.

    What spans rows stands in each of them, since a row may be quoted by itself. What spans columns stands in the first of them; the others are
    empty, so that every cell keeps its column.
    """
    rows = [
        (row.getparent(), [(text_of(cell).replace("\n", " "), cell) for cell in row if cell.tag in ("td", "th")])
        for row in table.iter("tr")
    ]
    grid = _Grid(_GROWTH * sum(len(text) + 3 for _, cells in rows for text, _ in cells))
    for _, group in groupby(rows, key=lambda each: each[0]):
        for _, cells in group:
            if any(line := grid.row(cells)):
                yield " | ".join(line)
        grid.close()  # no cell reaches from a table's head into its body


class _Grid:
    """Where the cells of the next row stand, given those above. `room`: how many characters may yet be repeated or left empty."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._above: dict[int, tuple[str, int]] = {}  # by column: what stands there, and in how many more rows

    def row(self, cells: list[tuple[str, Element]]) -> list[str]:
        """What stands in each column of a row with these cells."""
        line: list[str] = []
        for text, cell in cells:
            self._pass(line)
            across, down = _span(cell, "colspan"), _span(cell, "rowspan")
            for offset in range(across):
                if offset and not self._paid(""):
                    break
                self._above.pop(len(line), None)
                shown = "" if offset else text
                if down > 1 and len(line) < _WIDEST:
                    self._above[len(line)] = (shown, down - 1)
                line.append(shown)
        self._pass(line)
        while any(column > len(line) for column in self._above) and self._paid(""):  # the row is too short
            line.append("")
            self._pass(line)
        while line and not line[-1]:
            line.pop()
        return line

    def close(self) -> None:
        """What is above ends here."""
        self._above.clear()

    def _pass(self, line: list[str]) -> None:
        """Set what reaches down into this row from above."""
        while (held := self._above.pop(len(line), None)) and self._paid(held[0]):
            if held[1] > 1:
                self._above[len(line)] = (held[0], held[1] - 1)
            line.append(held[0])

    def _paid(self, text: str) -> bool:
        self._room -= len(text) + 3
        return self._room >= 0


def _span(cell: Element, name: str) -> int:
    value = cell.get(name, "")
    return min(int(value), _WIDEST if name == "colspan" else 65_534) if re.fullmatch(r"[1-9]\d{0,5}", value) else 1
