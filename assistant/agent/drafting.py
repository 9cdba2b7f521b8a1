"""Sentences from what a model writes: read as JSON while it still streams, each with the quotes its numbers stand for."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from assistant.agent.book import Book, Entry
from assistant.drafts import Draft
from assistant.errors import LlmError
from assistant.prompts import Message
from assistant.visible import visible

MAX_CLAIMS = 6
MAX_CITATIONS = 4
MAX_CHARACTERS = 600
MIN_WORDS = 3  # of a sentence: "(Grade D)" says nothing by itself
"""Of a sentence. A longer one is refused: cut short it might say the opposite."""
_CITED = re.compile(r"\s*[\[(]\s*E\d+\.\d+(?:\s*[,;]\s*E\d+\.\d+)*\s*[\])]", re.IGNORECASE)
_LINK = re.compile(r"://|\bwww\.|\]\(|</?[a-z!]", re.IGNORECASE)
"""Links and markup: a sentence of an answer has sources instead, and a reader must not be led elsewhere."""
_ECHOED = 300  # characters
_FENCED = re.compile(r"```(?:json)?\s*(.*?)(?:```|$)", re.DOTALL)


class UnreadableError(LlmError):
    """What the model wrote is not the JSON that it was asked for."""


def schema(entries: Sequence[Entry]) -> dict[str, Any]:
    """The JSON schema of a draft: only numbers of sentences that there are can be cited."""
    references = [reference for entry in entries for reference in entry.references()]
    claim = {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "citations": {"type": "array", "items": {"type": "string", "enum": references}},
        },
        "required": ["text", "citations"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"answerable": {"type": "boolean"}, "claims": {"type": "array", "items": claim}},
        "required": ["answerable", "claims"],
        "additionalProperties": False,
    }


class Reader:
    """Reads a draft as it grows. `declined` is known once all of it is there."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._given = 0
        self.text = ""

    def read(self, text: str, *, whole: bool) -> Iterator[Draft]:
        """The drafts that are complete by now and were not given before: one is when the next begins. Raises `UnreadableError` at the end."""
        self.text = text
        claims = self._claims(whole=whole)
        complete = claims if whole else claims[:-1]
        for item in complete[self._given : MAX_CLAIMS]:
            yield self._draft(item)
        self._given = max(self._given, len(complete))

    @property
    def declined(self) -> bool:
        """Whether the model says that the evidence does not answer, and drafts nothing."""
        return self._parsed(whole=True).get("answerable") is False and not self._claims(whole=True)

    def _claims(self, *, whole: bool) -> list[Any]:
        claims = self._parsed(whole=whole).get("claims")
        if isinstance(claims, list):
            return claims
        if whole:
            raise UnreadableError("The model's draft has no list of sentences.")
        return []

    def _parsed(self, *, whole: bool) -> dict[str, Any]:
        if whole:
            return read_object(self.text)
        parsed = _partial(_json_of(self.text))
        return parsed if isinstance(parsed, dict) else {}

    def _draft(self, item: Any) -> Draft:
        """A sentence with its quotes; numbers that stand for nothing carry nothing, and without a quote no sentence stands up."""
        if not isinstance(item, dict):
            return Draft("", ())
        text, references = item.get("text"), item.get("citations")
        quotes = [
            quote
            for reference in (references if isinstance(references, list) else [])[:MAX_CITATIONS]
            if isinstance(reference, str) and (quote := self._book.quote(reference))
        ]
        words = visible(_CITED.sub("", text)) if isinstance(text, str) else ""
        refused = len(words) > MAX_CHARACTERS or len(words.split()) < MIN_WORDS or _LINK.search(words)
        return Draft("", ()) if refused else Draft(words, tuple(dict.fromkeys(quotes)))


async def drafts(stream: AsyncIterator[str], reader: Reader) -> AsyncIterator[Draft]:
    """The drafts of a growing text, each as soon as it is complete. Raises `UnreadableError` where the whole is no draft."""
    text = ""
    async for text in stream:
        for draft in reader.read(text, whole=False):
            yield draft
    for draft in reader.read(text, whole=True):
        yield draft


def read_object(text: str) -> dict[str, Any]:
    """The JSON object in what a model wrote. Raises `UnreadableError` where there is none."""
    try:
        parsed = json.loads(_json_of(text))
    except (ValueError, RecursionError) as error:
        raise UnreadableError("The model's draft is not the JSON it was asked for.") from error
    if not isinstance(parsed, dict):
        raise UnreadableError("The model's draft is not the JSON object it was asked for.")
    return parsed


def once_more(messages: Sequence[Message], written: str, error: UnreadableError) -> tuple[Message, ...]:
    """The request again, after something that could not be read: little of it is repeated, since the prompt may have filled the context."""
    return (
        *messages,
        Message("assistant", written[:_ECHOED]),
        Message("user", f"{error} Reply with that JSON object only."),
    )


def _json_of(text: str) -> str:
    """The JSON in what a model wrote: some put it into a fence, or words before it."""
    if fenced := _FENCED.search(text):
        text = fenced[1]
    start = text.find("{")
    return text[start:].strip() if start >= 0 else text


def _partial(text: str) -> Any:
    from jiter import from_json

    try:
        return from_json(text.encode(), partial_mode=True)
    except ValueError:
        return {}
