"""All shelves that an answer may cite from, in the order in which they are asked."""

from __future__ import annotations

from pathlib import Path

from assistant.shelves import LibraryShelf, Shelf, Shelves
from assistant.tools.calculator_shelf import CalculatorShelf
from assistant.tools.live_shelf import LiveShelf
from ingestion.library import Library


def open_shelves(library: Library, home: Path | None = None) -> Shelves:
    """The library's own shelf first, then the others. `home` is where live tools keep what they fetch: the library's folder where not given."""
    return Shelves((LibraryShelf(library), *other_shelves(home or library.home)))


def other_shelves(home: Path) -> tuple[Shelf, ...]:
    """What is cited and is in no library. Nothing is opened, and nothing is written."""
    return CalculatorShelf(), LiveShelf(home)
