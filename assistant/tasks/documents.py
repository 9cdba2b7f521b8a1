"""A document and its passages, as the shelves have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexes.passage import Passage
from ingestion.chunking import passages_of

if TYPE_CHECKING:
    from assistant.service import Assistant


def passages_in(assistant: Assistant, document_id: str) -> list[Passage]:
    """The passages of a document in reading order. Raises `NotFoundError` where no shelf has the document."""
    document = assistant.document(document_id)
    known = assistant.library.ledger.passage_ids(document_id)
    ids = known or [passage.passage_id for passage in passages_of(document)]  # a live one is on another shelf
    found = (assistant.shelf.passage(passage_id) for passage_id in ids)
    return sorted((passage for passage in found if passage), key=lambda passage: (passage.start, passage.end))
