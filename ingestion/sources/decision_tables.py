"""Decision tables on the sheets of a workbook, and tables of recommendations, as blocks: a row is a rule.

Two layouts are known. WHO's digital adaptation kits put "Decision ID" (or "Schedule ID") in a table's first cell, below it the business rule and
what triggers it, then a header and a row for each rule (https://smart.who.int, after OMG's Decision Model and Notation). Any other table counts
where its header has a column "Recommendation". Several tables may stand on a sheet, side by side too.

A rule reads as its cells in order, without those that only say "no condition" (a dash). A merged cell belongs to all rows it covers. The names
of the columns shown are the last step of the path: "Yes" means nothing without them.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indexes.passage import Role
from ingestion.sources.guideline import DASHES, NO_PART_OF_A_RULE, Block, grade_columns, population_column
from ingestion.sources.workbook import Place, Sheet

_ANCHOR = re.compile(r"(decision|schedule) id", re.IGNORECASE)
_RULE = re.compile(r"business rule|description", re.IGNORECASE)
_INPUTS = re.compile(r"inputs?", re.IGNORECASE)
_OUTPUTS = re.compile(r"outputs?|actions?|guidance\b.*", re.IGNORECASE)
_NOTES = re.compile(r"annotations?(?:\(s\))?|comments?|remarks?", re.IGNORECASE)
_RECOMMENDATION = re.compile(r"recommendations?(?: (?:statement|text))?", re.IGNORECASE)
_DEEPEST_HEADER = 8  # rows between a table's first cell and its header
_LONGEST_NAME = 60
_LONGEST_HEADING = 1_000


@dataclass(frozen=True, slots=True)
class _Table:
    """Where a table's rules stand, the names of its columns, and what it is called."""

    heading: str
    first: int
    last: int
    names: dict[int, str]
    role: Role


def table_blocks_of(sheet: Sheet) -> Iterator[Block]:
    """The sheet's tables in reading order, under the sheet's name; none where it has no table of a known layout."""
    tables = list(_decision_tables(sheet)) or list(_recommendation_tables(sheet))
    if tables:
        yield Block(sheet.title, 1)
    rows = sheet.rows_with_text
    for table in tables:
        within = rows[bisect_left(rows, table.first) : bisect_right(rows, table.last)]
        yield from _rules(sheet, table, within)


def _decision_tables(sheet: Sheet) -> Iterator[_Table]:
    anchors = sorted(place for place, text in sheet.cells.items() if _ANCHOR.fullmatch(text))
    rows_of: dict[int, list[int]] = defaultdict(list)  # column -> the rows where tables begin in it
    for row, column in anchors:
        rows_of[column].append(row)
    for row, column in anchors:
        header = next(
            (at for at in range(row + 1, row + _DEEPEST_HEADER) if len(_run(sheet, at, column)) >= 3),
            None,
        )
        if header is None:
            continue
        columns = [place for places in _run(sheet, header, column).values() for place in places]
        names = {at: sheet.text(header, at) for at in columns}
        below = [
            rows_of[at][next_one] for at in names if (next_one := bisect_right(rows_of[at], row)) < len(rows_of[at])
        ]
        labels = {sheet.text(at, column): sheet.text(at, column + 1) for at in range(row, header)}
        called = next((text for label, text in labels.items() if _RULE.fullmatch(label) and text), "")
        decides = sheet.text(row, column).casefold().startswith("decision")
        yield _Table(
            (_flat(called) or _flat(sheet.text(row, column + 1)))[:_LONGEST_HEADING],
            header + 1,
            min(below, default=sheet.rows + 1) - 1,
            names,
            Role.RECOMMENDATION if decides else Role.BODY,
        )


def _recommendation_tables(sheet: Sheet) -> Iterator[_Table]:
    headers = sorted({row for (row, _), text in sheet.cells.items() if _RECOMMENDATION.fullmatch(text)})
    for number, row in enumerate(headers):
        names = {at: text for at in range(1, sheet.columns + 1) if (text := sheet.text(row, at))}
        last = headers[number + 1] - 1 if number + 1 < len(headers) else sheet.rows
        if len({sheet.origin(row, at) for at in names}) > 1:
            yield _Table("", row + 1, last, names, Role.RECOMMENDATION)


def _run(sheet: Sheet, row: int, column: int) -> dict[Place, list[int]]:
    """The cells that follow each other without a gap from this place to the right, each with the columns it covers."""
    found: dict[Place, list[int]] = {}
    for at in range(column, sheet.columns + 1):
        if not sheet.text(row, at):
            break
        found.setdefault(sheet.origin(row, at), []).append(at)
    return found


def _rules(sheet: Sheet, table: _Table, rows: Sequence[int]) -> Iterator[Block]:
    if table.heading:
        yield Block(table.heading, 2)
    names = dict(table.names)
    said = [column for column, name in names.items() if not NO_PART_OF_A_RULE.fullmatch(name)]
    outputs = [column for column in said if _OUTPUTS.fullmatch(_flat(names[column]))]
    inputs = [column for column in said if _INPUTS.fullmatch(names[column])]
    noted: set[Place] = set()
    unsaid = ""  # the last line across the table, while it is not the heading of any rule
    for row in rows:
        texts = {column: text for column in said if (text := _flat(sheet.text(row, column)))}
        cells = {sheet.origin(row, column): text for column, text in texts.items()}
        if len(cells) == 1:  # a line across the table: what the rows below it are about, or a note
            if unsaid:
                yield Block(unsaid, role=Role.BODY)
            (line,) = cells.values()
            yield Block(_short(line), 3)
            unsaid = line
            continue
        if inputs and not any(column in texts for column in outputs):  # the names of the inputs of the rows below
            names |= {column: sheet.text(row, column) for column in texts}
            continue
        shown: dict[Place, tuple[int, str]] = {}
        notes: list[str] = []
        for column, text in texts.items():
            origin = sheet.origin(row, column)
            if text in DASHES:
                continue
            if not _NOTES.fullmatch(table.names[column]):
                shown.setdefault(origin, (column, text))
            elif origin not in noted:
                noted.add(origin)
                notes.append(text)
        if _explains(shown) or not (shown or notes):
            continue
        if unsaid and len(unsaid) > _LONGEST_NAME:  # its heading is cut
            yield Block(unsaid, role=Role.BODY)
        unsaid = ""
        if rule := list(shown.values()):
            role = _role(table, rule) if len(rule) > 1 else Role.BODY
            yield Block(" | ".join(_short(names[column]) for column, _ in rule)[:_LONGEST_HEADING], 4)
            yield Block(
                " | ".join(text for _, text in rule),
                role=role,
                grade=_grade(table, rule) if role is Role.RECOMMENDATION else None,
                population=_population(table, rule),
            )
        if notes:
            yield Block("Annotations", 4)
            yield from (Block(text, role=Role.BODY) for text in notes)
    if unsaid:
        yield Block(unsaid, role=Role.BODY)


def _explains(cells: dict[Place, tuple[int, str]]) -> bool:
    """Whether the row asks what belongs in its columns instead of saying it."""
    return sum(text.endswith("?") for _, text in cells.values()) >= 2


def _role(table: _Table, shown: list[tuple[int, str]]) -> Role:
    named = [column for column, name in table.names.items() if _RECOMMENDATION.fullmatch(name)]
    return Role.BODY if named and not any(column in named for column, _ in shown) else table.role


def _grade(table: _Table, shown: list[tuple[int, str]]) -> str | None:
    """Strength, then certainty, as their columns say."""
    columns = list(table.names)
    graded = [columns[i] for i in grade_columns([_flat(name) for name in table.names.values()])]
    texts = dict(shown)
    return ", ".join(texts[column] for column in graded if column in texts) or None


def _population(table: _Table, shown: list[tuple[int, str]]) -> str | None:
    """Whom the rule is for, where a column says so."""
    columns = list(table.names)
    who = population_column([_flat(name) for name in table.names.values()])
    return None if who is None else dict(shown).get(columns[who])


def _short(name: str) -> str:
    """A column's name for a path: its first line, cut at a word."""
    line = name.partition("\n")[0] if len(name) > 2 else "Rule"  # kits write their hit policy there: R, F
    return line if len(line) <= _LONGEST_NAME else line[:_LONGEST_NAME].rsplit(" ", 1)[0] + "…"


def _flat(text: str) -> str:
    return " ".join(text.split())
