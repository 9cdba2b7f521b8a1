"""What is indexed and what is found: `Passage`, `Hit` and the `Filters` every engine understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

_TITLE, _PATH = 300, 200  # characters of each that are told before a text: an embedder reads so much and no further


class Kind(StrEnum):
    """The three kinds of evidence."""

    GUIDELINE = "guideline"
    LITERATURE = "literature"
    TRIAL = "trial"


class Role(StrEnum):
    """What a stretch of text does in its document."""

    RECOMMENDATION = "recommendation"
    CONCLUSION = "conclusion"
    RESULT = "result"
    METHOD = "method"
    BACKGROUND = "background"
    ELIGIBILITY = "eligibility"
    SUMMARY = "summary"
    BODY = "body"


class Status(StrEnum):
    """Where a document stands today."""

    CURRENT = "current"
    DRAFT = "draft"
    CORRECTED = "corrected"
    CONCERN = "expression_of_concern"
    SUPERSEDED = "superseded"
    RETRACTED = "retracted"


def context_of(title: str, section: Sequence[str]) -> str:
    """What is said of a text before it: title and section path. Long ones are clipped between words, of a deep path the last headings stay."""
    path = [_clip(heading, _PATH) for heading in section]
    while len(path) > 1 and sum(map(len, path)) > _PATH:
        del path[0]
    return ". ".join(part for part in (_clip(title, _TITLE), " > ".join(path)) if part)


def _clip(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length + 1].rpartition(" ")[0] or text[:length]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a passage with one role; offsets count characters in the passage's text."""

    start: int
    end: int
    role: Role
    heading: str = ""
    grade: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A verbatim stretch of a document, as indexed.

    `text` is exactly the source's; `start` and `end` are its character offsets in the document's text. The title and the section
    path are context for the embedder and the reader and are never part of what is quoted.
    """

    passage_id: str
    document_id: str
    kind: Kind
    text: str
    start: int
    end: int
    title: str
    section: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    year: int | None = None
    evidence_level: str = "unknown"
    status: Status = Status.CURRENT
    url: str = ""
    page: int | None = None
    language: str = "en"

    @property
    def embedding_text(self) -> str:
        """What the embedder and the lexical encoder read: title and section path, as far as they leave room, then the text."""
        context = context_of(self.title, self.section)
        return f"{context}\n{self.text}" if context else self.text

    def part_at(self, offset: int) -> Part:
        """The part that holds the character at `offset`; a plain body part where none is recorded."""
        for part in self.parts:
            if part.start <= offset < part.end:
                return part
        return Part(0, len(self.text), Role.BODY)

    def to_payload(self) -> dict[str, Any]:
        """A JSON-ready mapping that `from_payload` turns back into an equal passage."""
        return {
            "passage_id": self.passage_id,
            "document_id": self.document_id,
            "kind": str(self.kind),
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "title": self.title,
            "section": list(self.section),
            "parts": [[p.start, p.end, str(p.role), p.heading, p.grade] for p in self.parts],
            "year": self.year,
            "evidence_level": self.evidence_level,
            "status": str(self.status),
            "url": self.url,
            "page": self.page,
            "language": self.language,
        }

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Passage:
        """The passage that `to_payload` wrote. Raises `KeyError` where a field is missing."""
        return cls(
            passage_id=payload["passage_id"],
            document_id=payload["document_id"],
            kind=Kind(payload["kind"]),
            text=payload["text"],
            start=payload["start"],
            end=payload["end"],
            title=payload["title"],
            section=tuple(payload["section"]),
            parts=tuple(Part(s, e, Role(role), heading, grade) for s, e, role, heading, grade in payload["parts"]),
            year=payload["year"],
            evidence_level=payload["evidence_level"],
            status=Status(payload["status"]),
            url=payload["url"],
            page=payload["page"],
            language=payload["language"],
        )


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions a hit must meet; `None` or empty means no condition. Years are inclusive."""

    kinds: frozenset[Kind] = frozenset()
    year_from: int | None = None
    year_to: int | None = None
    document_ids: frozenset[str] = frozenset()

    @property
    def empty(self) -> bool:
        """Whether every passage passes."""
        return not self.kinds and self.year_from is None and self.year_to is None and not self.document_ids

    def accepts(self, passage: Passage) -> bool:
        """The meaning of the filters, engine-free: what every engine must agree with. A passage without a year fails a year filter."""
        if self.kinds and passage.kind not in self.kinds:
            return False
        if self.document_ids and passage.document_id not in self.document_ids:
            return False
        if self.year_from is None and self.year_to is None:
            return True
        if passage.year is None:
            return False
        return (self.year_from is None or passage.year >= self.year_from) and (
            self.year_to is None or passage.year <= self.year_to
        )


@dataclass(frozen=True, slots=True)
class Scores:
    """A hit's scores, each part kept. `dense` is the cosine similarity, `lexical` raw BM25, `fused` in [0, 1]; `None`: not found by that part."""

    dense: float | None = None
    lexical: float | None = None
    fused: float = 0.0


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a query, with its scores."""

    passage: Passage
    scores: Scores = field(default_factory=Scores)
