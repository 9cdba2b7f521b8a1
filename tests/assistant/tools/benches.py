"""What the tools are called with, as a model calls them."""

from __future__ import annotations

from collections.abc import Callable

from assistant.tools import Bench, Found, Tool, read_arguments
from assistant.tools.shelves import open_shelves
from indexes.filters import Filters
from ingestion.library import Library

Small = Callable[[dict[str, str]], Library]
Call = Callable[..., Found]


def bench_of(library: Library, filters: Filters | None = None) -> Bench:
    """A bench over that library, with all shelves."""
    return Bench(library, open_shelves(library), filters or Filters())


def call(tool: Tool, bench: Bench, **given: object) -> Found:
    """What the tool finds, called as a model calls it."""
    return tool.run(read_arguments(tool, given), bench)
