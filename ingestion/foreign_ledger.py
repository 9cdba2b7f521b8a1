"""Whether a database from elsewhere is a ledger: our tables and nothing that is a program, before SQLite works with it.

Triggers and views are programs, and so are checks, generated columns, defaults and indexes that compute: one line of them takes all memory when
the database is checked. https://www.sqlite.org/security.html
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from indexes.passage import Kind
from ingestion.database import LAYOUTS, SCHEMA_VERSION, add_functions

_TABLE = re.compile(r"CREATE TABLE \w+ \((?P<columns>.*)\)(?P<tail>[ \w]*)", re.DOTALL)
_COMMA = re.compile(r",(?![^()]*\))")  # between columns, not within a key of several
_KINDS = ", ".join(f"'{kind}'" for kind in Kind)

Layout = dict[tuple[str, str], tuple[frozenset[str], str]]


def fault_of(path: Path) -> str:
    """What is wrong with the ledger in that file, as in "its ledger …"; empty where nothing is. An earlier layout, which lacks columns, is right."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            return _fault(connection)
    except (sqlite3.DatabaseError, UnicodeDecodeError):  # the latter where a name is no text
        return "is no database"


def _fault(connection: sqlite3.Connection) -> str:
    ours, theirs = _ours(), _layout(connection)
    for entry, (parts, tail) in theirs.items():
        known, end = ours.get(entry, (frozenset(), ""))
        if not parts <= known or tail != end:
            return "holds more than tables of ours"
    if not 1 <= connection.execute("PRAGMA user_version").fetchone()[0] <= SCHEMA_VERSION:
        return f"has a layout of another Citewell (this one reads up to {SCHEMA_VERSION})"
    if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        return "is no whole database"
    if connection.execute("PRAGMA foreign_key_check").fetchone():
        return "holds passages of no document"
    if connection.execute(f"SELECT 1 FROM documents WHERE kind NOT IN ({_KINDS}) LIMIT 1").fetchone():  # noqa: S608 - our own words
        return "holds documents of no known kind"
    return ""


def _ours() -> Layout:
    """What the layouts up to now consist of, all together."""
    known: Layout = {}
    with closing(sqlite3.connect(":memory:")) as connection:
        add_functions(connection)
        for layout in LAYOUTS:
            connection.executescript(layout)
            for entry, (parts, tail) in _layout(connection).items():
                known[entry] = (known.get(entry, (frozenset[str](), ""))[0] | parts, tail)
    return known


def _layout(connection: sqlite3.Connection) -> Layout:
    """For each entry of the schema, by type and name, what it consists of, in no order: an added column stands at the end."""
    found: Layout = {}
    for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"):
        flat = " ".join(str(sql).split())
        table = _TABLE.fullmatch(flat) if kind == "table" else None
        parts = _COMMA.split(table["columns"]) if table else [flat]
        found[kind, name] = frozenset(part.strip() for part in parts), table["tail"].strip() if table else ""
    return found
