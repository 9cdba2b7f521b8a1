"""The evidence of one question as a model sees it: passages numbered E1, E2, …, their sentences E1.1, E1.2, …, fenced as data.

A model cites by these numbers and never copies a quote, so that what is cited is verbatim however weak the model is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape

from assistant.agent.budget import estimate_tokens
from assistant.agent.fencing import on_one_line
from assistant.appraisal import usable
from assistant.drafts import Quote
from assistant.verification.words import stems
from indexes.passage import Hit, Passage
from ingestion.sentences import sentence_spans

_REFERENCE = re.compile(r"E(\d+)\.(\d+)")
MARK = "evidence"
_ENOUGH = 0.6


@dataclass(frozen=True)
class Entry:
    """A passage with its number and where its sentences are. `rank`: the total score of its search, or 1 where it was asked for by name."""

    number: int
    passage: Passage
    spans: tuple[tuple[int, int], ...]
    rank: float

    @cached_property
    def tokens(self) -> int:
        """About how many tokens its block takes."""
        return estimate_tokens(self.block())

    @property
    def name(self) -> str:
        """What the model calls it."""
        return f"E{self.number}"

    def references(self) -> Iterator[str]:
        """The numbers of its sentences."""
        return (f"{self.name}.{n}" for n in range(1, len(self.spans) + 1))

    def line(self) -> str:
        """What it is, in one line, for a model that decides what is still missing."""
        passage = self.passage
        where = f" ({_plain(' > '.join(passage.section))})" if passage.section else ""
        return f"{self.name} {passage.kind}, {passage.year or 'year not known'}: {_plain(passage.title)}{where}"

    def block(self) -> str:
        """Its sentences, numbered, between marks that its text cannot forge."""
        passage = self.passage
        about = {
            "id": self.name,
            "kind": str(passage.kind),
            "level": passage.evidence_level,
            "year": str(passage.year or ""),
            "status": str(passage.status),
            "title": _plain(passage.title),
            "section": _plain(" > ".join(passage.section)),
        }
        head = " ".join(f'{name}="{escape(value)}"' for name, value in about.items() if value)
        lines = [
            f"{self.name}.{n} | {_plain(passage.text[start:end])}" for n, (start, end) in enumerate(self.spans, start=1)
        ]
        return "\n".join((f"<evidence {head}>", *lines, "</evidence>"))


class Book:
    """The passages that may be cited for one question, in the order they were found; each once."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All of them, by number."""
        return tuple(self._entries.values())

    def add(self, passages: Iterable[Passage], hits: Iterable[Hit] = ()) -> list[Entry]:
        """Take passages in; the entries of those that may be used, old and new. Retracted work and what has no sentence gets none."""
        totals = {hit.passage.passage_id: hit.scores.total for hit in hits}
        entries = []
        for passage in passages:
            if not usable(passage):
                continue
            entry = self._entries.get(passage.passage_id)
            if entry is None:
                spans = tuple(_spans(passage))
                if not spans:
                    continue
                entry = Entry(len(self._entries) + 1, passage, spans, totals.get(passage.passage_id, 1.0))
                self._entries[passage.passage_id] = entry
            entries.append(entry)
        return entries

    def quote(self, reference: str) -> Quote | None:
        """The sentence of a number such as `E2.3`; `None` where there is none."""
        found = _REFERENCE.fullmatch(reference.strip().strip("[]() ").upper())
        if not found:
            return None
        number, sentence = int(found[1]), int(found[2])
        entries = self.entries
        if not 1 <= number <= len(entries) or not 1 <= sentence <= len(entries[number - 1].spans):
            return None
        entry = entries[number - 1]
        return Quote(entry.passage, *entry.spans[sentence - 1])

    def closest(self, text: str, most: int, besides: Sequence[Quote] = ()) -> list[Quote]:
        """The sentences that have the most of a text's words, the closest first; none that has less than `_ENOUGH` of them."""
        wanted = set(stems(text))
        found: list[tuple[float, int, Quote]] = []
        for entry in self.entries:
            for span in entry.spans:
                quote = Quote(entry.passage, *span)
                share = len(wanted & set(stems(quote.text))) / max(1, len(wanted))
                if share >= _ENOUGH and quote not in besides:
                    found.append((-share, len(found), quote))
        return [quote for *_, quote in sorted(found, key=lambda each: each[:2])[:most]]

    def ranked(self) -> list[Entry]:
        """The best first: what stands last is left out where room is short."""
        return sorted(self._entries.values(), key=lambda entry: (-entry.rank, entry.number))


def fitting(entries: Iterable[Entry], tokens: int) -> list[Entry]:
    """The entries that fit into so many tokens, as far as they can be estimated; a short one may go in after a longer that did not."""
    kept = []
    for entry in entries:
        if entry.tokens <= tokens:
            tokens -= entry.tokens
            kept.append(entry)
    return kept


def fenced(lines: Iterable[str]) -> str:
    """Lines in which documents have a say, between marks that they cannot forge."""
    return "\n".join(("<evidence>", *(_plain(line) for line in lines), "</evidence>"))


def _spans(passage: Passage) -> Iterator[tuple[int, int]]:
    """The sentences of a passage, none across two of its parts."""
    for part in passage.parts or (passage.part_at(0),):
        for start, end in sentence_spans(passage.text[part.start : part.end]):
            yield part.start + start, part.start + end


def _plain(text: str) -> str:
    """One line, in which the fence's own marks are no marks."""
    return on_one_line(text, MARK)
