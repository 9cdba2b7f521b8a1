"""Files that hold words of guidelines in a shape that cannot be cited, each refused with what to do instead of passed over in silence.

They are no guideline's own pages: a database has an app's texts in an order of its own, an index of pages repeats each page under every
heading that stands on it, and an unrendered template has its text in the parameters of a page that does not exist yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.document import Item
from ingestion.errors import SourceError
from ingestion.sources.records import read_head

_HEAD = 4096
_SQLITE = b"SQLite format 3\0"
_PAGE_INDEX = re.compile(rb'^\s*[\[{].*?"node_id"\s*:[^{}]*"page_index"\s*:', re.DOTALL)
_TEMPLATE = re.compile(rb'^\s*<div\b[^>]*\bxmlns="http://www\.w3\.org/1999/xhtml"[^>]*>.*\{%\s*include\b', re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Shape:
    """A shape that is refused: how it is known by the file's beginning, why, and the mend."""

    known: Callable[[bytes], object]
    reason: str
    mend: str


_SHAPES = (
    _Shape(
        lambda head: head.startswith(_SQLITE),
        "is a database, which says nothing about the order and the meaning of its texts",
        "export its pages as HTML or Markdown, a guideline a file",
    ),
    _Shape(
        _PAGE_INDEX.search,
        "is an index of pages (PageIndex), which repeats a page's text under each of its headings",
        "ingest the guideline's own page or PDF instead",
    ),
    _Shape(
        _TEMPLATE.search,
        "is a template whose text is filled into another page",
        "render the site and ingest its HTML pages",
    ),
)


class RefusedGuidelines:
    """The parser that reads nothing: it says why and what to do."""

    name = "guideline in a shape that cannot be cited"
    kind = "guideline"
    version = 1
    suffixes: tuple[str, ...] = ()

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - judged by content alone
        """Whether the file is of a shape that is known and refused."""
        return any(shape.known(head) for shape in _SHAPES)

    def parse(self, path: Path) -> Iterator[Item]:
        """Raise `SourceError` with the reason and the mend."""
        head = read_head(path, _HEAD)
        shape = next((shape for shape in _SHAPES if shape.known(head)), None)
        if shape:
            raise SourceError(f"{path}: {shape.reason}; {shape.mend}")
        yield from ()
