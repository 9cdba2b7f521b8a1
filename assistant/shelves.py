"""Where a cited passage can be read again: the library's ledger first, then the other shelves an answer may cite from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Protocol

from indexes.passage import Passage
from ingestion.document import Document
from ingestion.ledger import Ledger
from ingestion.library import Library

CALCULATOR = "calculator:"
"""What the identifiers of computed results begin with."""


class Shelf(Protocol):
    """Gives passages and documents by their identifiers, or `None`; the same words every time."""

    def passage(self, passage_id: str) -> Passage | None: ...

    def document(self, document_id: str) -> Document | None: ...


class LedgerShelf:
    """A ledger that was opened by itself."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def passage(self, passage_id: str) -> Passage | None:
        """The passage as the ledger has it."""
        return self._ledger.passage(passage_id)

    def document(self, document_id: str) -> Document | None:
        """The document as the ledger has it."""
        return self._ledger.document(document_id)


class LibraryShelf:
    """The library's ledger, whichever it is when it is asked."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def passage(self, passage_id: str) -> Passage | None:
        """The passage as the ledger has it now."""
        return self._library.ledger.passage(passage_id)

    def document(self, document_id: str) -> Document | None:
        """The document as the ledger has it now."""
        return self._library.ledger.document(document_id)


class Shelves:
    """Several shelves as one; the first that has it gives it."""

    def __init__(self, shelves: Sequence[Shelf]) -> None:
        self._shelves = tuple(shelves)

    def passage(self, passage_id: str) -> Passage | None:
        """The passage of that identifier, or `None` where no shelf has it."""
        return next((found for shelf in self._shelves if (found := shelf.passage(passage_id))), None)

    def document(self, document_id: str) -> Document | None:
        """The document of that identifier, or `None` where no shelf has it."""
        return next((found for shelf in self._shelves if (found := shelf.document(document_id))), None)


def passages_in(shelf: Shelf, document_id: str) -> Iterator[Passage]:
    """The passages of a document, in reading order: they are numbered from nought without a gap."""
    for number in count():
        passage = shelf.passage(f"{document_id}#{number}")
        if passage is None:
            return
        yield passage


def passage_ids_in(shelf: Shelf, document_id: str) -> list[str]:
    """The identifiers of a document's passages, in reading order."""
    return [passage.passage_id for passage in passages_in(shelf, document_id)]
