"""An evidence table for a person and for a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from rich.table import Table

from assistant.answer import Cell, EvidenceRow
from assistant.cli.output import out, text
from assistant.studies.reader import FIELDS

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
    """The table, each study with the number of its source; a dash where a study does not say."""
    table = Table("", "Study", *(HEADINGS[field] for field in FIELDS), header_style="bold", show_lines=True)
    for row in rows:
        cells: list[Cell | None] = [getattr(row, field) for field in FIELDS]
        words = (text(" ".join(cell.value.split())) if cell else text("–", style="dim") for cell in cells)
        table.add_row(text(f"[{numbers[row.document_id]}]", style="bold cyan"), text(row.study), *words)
    out.print(table)


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
