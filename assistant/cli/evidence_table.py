"""An evidence table for a person and for a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from assistant.answer import Cell, EvidenceRow
from assistant.cli.output import out, print_indented, text
from assistant.studies.reader import FIELDS

WIDE = 150
"""Columns of a terminal from which a table of nine columns can be read."""
HEADINGS = {
    "n": "N",
    "design": "Design",
    "population": "Population",
    "intervention": "Intervention",
    "comparator": "Comparator",
    "outcome": "Outcome",
    "effect": "Effect",
}
_COMMAND = re.compile(r"^(?:[=@\t\r]|[+-](?![\d.·]))")  # what a spreadsheet takes for a formula


def print_table(rows: Sequence[EvidenceRow], numbers: dict[str, int]) -> None:
    """The table, each study with the number of its source; a dash where it does not say. On a narrow terminal a study is a block of lines."""
    if out.width < WIDE:
        for row in rows:
            out.print(text(f"[{numbers[row.document_id]}] ", style="bold cyan") + text(row.study, style="bold"))
            for field in FIELDS:
                print_indented(text(f"{HEADINGS[field]}: ", style="dim") + _shown(getattr(row, field)), 4)
        return
    table = Table("", "Study", *(HEADINGS[field] for field in FIELDS), header_style="bold", show_lines=True)
    for row in rows:
        words = (_shown(getattr(row, field)) for field in FIELDS)
        table.add_row(text(f"[{numbers[row.document_id]}]", style="bold cyan"), text(row.study), *words)
    out.print(table)


def _shown(cell: Cell | None) -> Text:
    return text(" ".join(cell.value.split())) if cell else text("–", style="dim")


def as_csv(rows: Sequence[EvidenceRow]) -> str:
    """The table as CSV (RFC 4180): a column each for what is said and for where, as PASSAGE:START-END; the last is empty for metadata."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["document_id", "study", *(name for field in FIELDS for name in (field, f"{field}_at"))])
    for row in rows:
        cells: list[Cell | None] = [getattr(row, field) for field in FIELDS]
        writer.writerow([row.document_id, _tame(row.study), *(word for cell in cells for word in _said(cell))])
    return written.getvalue()


def _said(cell: Cell | None) -> tuple[str, str]:
    if cell is None:
        return "", ""
    at = cell.citation
    return _tame(" ".join(cell.value.split())), f"{at.passage_id}:{at.start}-{at.end}" if at else ""


def _tame(words: str) -> str:
    """Words that no spreadsheet runs as a formula."""
    return f"'{words}" if _COMMAND.match(words) else words
