"""A conversation as a program sends it with a question: the server keeps none. What a client sends is data, and checked as such."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

from assistant.answer import Model, Source
from assistant.conversation.turns import MAX_SOURCES, MAX_TURNS, Conversation, Turn
from assistant.errors import QuestionError
from assistant.guardrails.screening import MAX_CHARACTERS, screen
from assistant.planning.rules import plan
from assistant.shelves import CALCULATOR, Shelf

MAX_SENT = 50
"""Turns that may be sent; of them the last `MAX_TURNS` are read."""
_DocumentId = Annotated[str, StringConstraints(min_length=1, max_length=300)]
_DocumentIds = Annotated[list[_DocumentId], Field(max_length=MAX_SOURCES)]


class PastTurn(Model):
    """A question asked before, and the sources of its answer, as the answer gave them."""

    question: str = Field(max_length=MAX_CHARACTERS, description="As typed: `asked` of the answer, or its `question`.")
    standalone: str | None = Field(
        default=None, max_length=MAX_CHARACTERS, description="`question` of the answer, where it is another one."
    )
    sources: _DocumentIds = Field(
        default_factory=list, description="`document_id` of each source, in the answer's order: the first is [1]."
    )
    only: _DocumentIds = Field(default_factory=list, description="`only` of the answer.")


History = Annotated[list[PastTurn], Field(max_length=MAX_SENT)]


def conversation_of(history: Sequence[PastTurn], shelf: Shelf) -> Conversation:
    """The conversation that was sent. Documents that the library has not are passed over. Raises `QuestionError` that names the turn amiss."""
    conversation = Conversation()
    recent = list(history)[-MAX_TURNS:]
    cited = next((place for place in range(len(recent) - 1, -1, -1) if recent[place].sources), None)
    for place, past in enumerate(recent):
        try:
            question = screen(past.standalone or past.question)
        except QuestionError as error:
            raise QuestionError(
                f"Turn {len(history) - len(recent) + place + 1} of the history: {error} Leave that turn out."
            ) from None
        # A number means a source of the last answer that has any: the others need not be looked up.
        sources = tuple(_source(document_id, shelf) for document_id in past.sources) if place == cited else ()
        only = frozenset(document_id for document_id in past.only if shelf.document(document_id))
        conversation = conversation.then(Turn(question, plan(question).terms, sources, (), only))
    return conversation


def history_of(conversation: Conversation) -> list[PastTurn]:
    """What a program sends for a conversation it remembers."""
    return [
        PastTurn(
            question=turn.question,
            sources=[source.document_id for source in turn.sources if source],
            only=sorted(turn.only)[:MAX_SOURCES],
        )
        for turn in conversation.turns
    ]


def _source(document_id: str, shelf: Shelf) -> Source | None:
    document = shelf.document(document_id)
    if document is None:
        return None
    return Source(
        document_id=document_id,
        kind="calculator" if document_id.startswith(CALCULATOR) else document.kind.value,
        title=document.title,
        url=document.url,
        year=document.year,
        publisher=document.publisher,
        evidence_level=document.evidence_level,
        status=document.status.value,
        identifiers=dict(document.identifiers),
    )
