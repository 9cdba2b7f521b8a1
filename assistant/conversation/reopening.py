"""Sources of earlier answers shown again: the passages that were cited, with the cited words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assistant.answer import Citation
from assistant.conversation.turns import Turn
from assistant.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A cited passage and the places of the cited words in it, in order, none overlapping. `changed`: the library no longer holds them there, and
    `text` is the cited words alone."""

    passage_id: str
    text: str
    spans: tuple[tuple[int, int], ...]
    changed: bool = False


def excerpts(turn: Turn, number: int, passage: Callable[[str], str]) -> list[Excerpt]:
    """What source `number` of that turn's answer was cited for. `passage` gives a passage's text and may raise `NotFoundError`."""
    by_passage: dict[str, list[Citation]] = {}
    for citation in turn.citations(number):
        by_passage.setdefault(citation.passage_id, []).append(citation)
    return [_excerpt(cited, passage) for cited in by_passage.values()]


def unknown_source(turn: Turn | None) -> str:
    """What to tell a reader who asks for a source that there is not."""
    if turn is None:
        return "No answer so far has sources. Ask a question first."
    count = len(turn.sources)
    return f"There is no source of that number: the last answer with sources has {f'1 to {count}' if count > 1 else 'one, [1]'}."


def _excerpt(cited: list[Citation], passage: Callable[[str], str]) -> Excerpt:
    try:
        text = passage(cited[0].passage_id)
    except NotFoundError:
        text = ""
    if any(text[one.start : one.end] != one.quote for one in cited):
        words = " … ".join(one.quote for one in cited)
        return Excerpt(cited[0].passage_id, words, ((0, len(words)),), changed=True)
    merged: list[tuple[int, int]] = []
    for start, end in sorted((one.start, one.end) for one in cited):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return Excerpt(cited[0].passage_id, text, tuple(merged))
