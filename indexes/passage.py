"""What is indexed and what is found: `Passage` and `Hit`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from indexes.errors import UnusableQueryError

PAYLOAD_VERSION = "2"
"""Changes whenever a payload is written otherwise: an index whose payloads are older is relabelled when its library is opened."""
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


class Sex(StrEnum):
    """Whom a trial is open to."""

    ALL = "all"
    FEMALE = "female"
    MALE = "male"


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
    """A stretch of a passage with one role; offsets count characters in the passage's text.

    A recommendation has its `grade` as printed, and what its source says, `None` where it does not: `strength`, `certainty` of the evidence, and the
    `population` it is for.
    """

    start: int
    end: int
    role: Role
    heading: str = ""
    grade: str | None = None
    strength: str | None = None
    certainty: str | None = None
    population: str | None = None

    def to_payload(self) -> list[Any]:
        """A JSON-ready list; where a recommendation says no more than its grade it ends there, as it always did."""
        said = [self.start, self.end, str(self.role), self.heading, self.grade]
        more = [self.strength, self.certainty, self.population]
        return said + more if any(one is not None for one in more) else said

    @classmethod
    def from_payload(cls, payload: Sequence[Any]) -> Part:
        """The part that `to_payload` wrote, or an earlier Citewell, which knew no more than the grade."""
        start, end, role, *said = payload
        return cls(start, end, Role(role), *said)


YOUNGEST, OLDEST = 0.0, 200.0
"""The bounds, in years, of a trial that has no age limit: an open end is a number too, so that every engine can compare it."""
_PHASE = re.compile(r"(early|)(?:phase|)(iv|i{1,3}|[0-4])[abc]?")
PHASES = "1, 2, 3, 4, early phase 1, or na"
_NO_PHASE = "na"
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}


def folded(words: str) -> str:
    """The words as they are compared: no case, one space for white space and underscores."""
    return " ".join(str.casefold(words).replace("_", " ").split())


def folded_phase(words: str) -> str:
    """A phase as it is compared: "Phase 3", "PHASE3", "3" and "III" are `phase3`; other words are folded."""
    found = _PHASE.fullmatch(folded(words).replace(" ", ""))
    return f"{found[1]}phase{_ROMAN.get(found[2], found[2])}" if found else folded(words)


def known_phase(words: str) -> str:
    """A phase as it is compared, where a trial can be of it. Raises `UnusableQueryError`."""
    phase = folded_phase(words)
    if phase != _NO_PHASE and not _PHASE.fullmatch(phase):
        raise UnusableQueryError(f"There is no phase {words[:40]!r} of a trial. It may be {PHASES}.")
    return phase


@dataclass(frozen=True, slots=True)
class Facets:
    """What a document says of itself that it can be found by. Words are kept folded (`folded`), each once, in order.

    `trial_status`, `phases`, `sex`, ages, `countries` and `conditions` are a trial's. Ages are in years; a trial without a limit has `YOUNGEST`
    or `OLDEST`, and `None` is said of what is no trial. Empty means that the document does not say.
    """

    publication_types: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    trial_status: str = ""
    phases: tuple[str, ...] = ()
    sex: Sex | None = None
    min_age: float | None = None
    max_age: float | None = None
    countries: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("publication_types", "mesh", "countries", "conditions"):
            object.__setattr__(self, name, _each_once(map(folded, getattr(self, name))))
        object.__setattr__(self, "phases", _each_once(map(folded_phase, self.phases)))
        object.__setattr__(self, "trial_status", folded(self.trial_status))

    def to_payload(self) -> dict[str, Any]:
        """A JSON-ready mapping of what is said; what is not said has no key."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        said["sex"] = str(self.sex or "")
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in said.items()
            if value not in ((), "", None)
        }

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Facets:
        """The facets that `to_payload` wrote. Raises `TypeError` where there is a field that no facet has, `ValueError` for an unknown sex."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in payload.items()
        }
        if "sex" in values:
            values["sex"] = Sex(values["sex"])
        return cls(**values)


def _each_once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, words)))


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
    facets: Facets = Facets()

    @property
    def embedding_text(self) -> str:
        """What the embedder reads: title and section path, as far as they leave room, then the text."""
        context = context_of(self.title, self.section)
        return f"{context}\n{self.text}" if context else self.text

    @property
    def lexical_text(self) -> str:
        """What the lexical encoder reads: what the embedder does, and the indexers' MeSH headings."""
        return "\n".join((self.embedding_text, *self.facets.mesh))

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
            "parts": [part.to_payload() for part in self.parts],
            "year": self.year,
            "evidence_level": self.evidence_level,
            "status": str(self.status),
            "url": self.url,
            "page": self.page,
            "language": self.language,
            "facets": self.facets.to_payload(),
        }

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Passage:
        """The passage that `to_payload` wrote. Raises `KeyError` where a field is missing, and what `Facets.from_payload` raises."""
        return cls(
            passage_id=payload["passage_id"],
            document_id=payload["document_id"],
            kind=Kind(payload["kind"]),
            text=payload["text"],
            start=payload["start"],
            end=payload["end"],
            title=payload["title"],
            section=tuple(payload["section"]),
            parts=tuple(map(Part.from_payload, payload["parts"])),
            year=payload["year"],
            evidence_level=payload["evidence_level"],
            status=Status(payload["status"]),
            url=payload["url"],
            page=payload["page"],
            language=payload["language"],
            facets=Facets.from_payload(payload["facets"]),
        )


@dataclass(frozen=True, slots=True)
class Scores:
    """A hit's scores, each part kept; `None`: not found, or not looked at, by that part.

    `dense` is the cosine similarity, `lexical` raw BM25, `reranker` the cross-encoder's logit, `prior` the weight as evidence in [0, 1].
    `fused` is what dense and lexical make together, in [0, 1]; `total` is what hits are ordered by. `open_to_patient`: whether a trial's limits
    of age and sex let in the patient that the query describes; those that do not stand behind the others.
    """

    dense: float | None = None
    lexical: float | None = None
    fused: float = 0.0
    reranker: float | None = None
    prior: float | None = None
    total: float = 0.0
    open_to_patient: bool | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a query, with its scores."""

    passage: Passage
    scores: Scores = field(default_factory=Scores)
