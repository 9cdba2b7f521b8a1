"""Numbered evidence for a model's prompt: as many passages as fit, and the drafts that it makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from assistant.agent.book import Book, Entry, fitting
from assistant.agent.drafting import Reader
from assistant.drafts import Draft
from assistant.errors import LlmError
from assistant.tasks.base import Model
from indexes.passage import Passage

EVIDENCE_TOKENS = 6000
"""The most that a model is shown at once, whatever its context."""


def shown_to(
    model: Model, prompt: str, passages: Iterable[Passage], schema: Any, **values: Any
) -> tuple[Book, list[Entry]]:
    """The passages in a book, the best first, and the entries of it that fit into the model's context beside the prompt. Raises `LlmError` where
    none does. `schema` makes the reply's schema of entries."""
    book = Book()
    entries = book.add(passages)
    room = min(model.room(prompt, schema([]), evidence="", **values), EVIDENCE_TOKENS)
    kept = fitting(entries, room)
    while kept and model.room(prompt, schema(kept), evidence=text_of(kept), **values) < 0:
        kept.pop()
    if not kept:
        raise LlmError(
            "Not one passage fits into the model's context. Use a model with a larger one (CITEWELL_LLM, CITEWELL_LLM_CONTEXT)."
        )
    return book, sorted(kept, key=lambda entry: entry.number)


def text_of(entries: Sequence[Entry]) -> str:
    """The entries as a model reads them."""
    return "\n".join(entry.block() for entry in sorted(entries, key=lambda entry: entry.number))


def drafts_in(parsed: dict[str, Any], book: Book) -> list[Draft]:
    """The sentences that a model drafted, each with the quotes its numbers stand for. Raises `UnreadableError`."""
    return list(Reader(book).read(json.dumps(parsed), whole=True))
