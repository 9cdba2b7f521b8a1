"""A parsed document, its sections, and what else a source may yield: a deletion, a problem, or word of what it passed over."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from indexes.passage import Kind, Role, Status

SEPARATOR = "\n\n"
MAX_DOCUMENT = 128 << 20
"""The longest document in bytes as `to_bytes` writes it. Guidelines of 800 pages have some 5 MiB."""
_SURROGATE = re.compile("[\ud800-\udfff]")


def printable(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair: JSON, YAML and file names can spell these, UTF-8 cannot."""
    return _SURROGATE.sub("\ufffd", text)


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a document under one heading path; offsets count characters in `Document.text`.

    Sections do not overlap, stand in reading order and are never empty. `page` is the first page (1-based) where the source has pages. The
    rest is a recommendation's: its own `grade` as printed, what that says of its `strength` and of the `certainty` of its evidence, in the words of
    the grading scheme, and the source's words that say whom it is for (`population`); `None` where the source does not say.
    """

    start: int
    end: int
    role: Role
    path: tuple[str, ...] = ()
    grade: str | None = None
    page: int | None = None
    strength: str | None = None
    certainty: str | None = None
    population: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One guideline, article or trial, as parsed.

    `document_id` is `pubmed:<PMID>`, `pmc:PMC<id>`, `nct:<NCT id>`, `ictrp:<id in another trial register>` or
    `guideline:<publisher>/<slug>@<version>`. `text` holds the source's own words only (`[…]` for a formula, or for what could not be read):
    headings and labels live in the paths of the sections. `identifiers` has `pmid`, `nct`, `doi`, `pmcid`… where known. `attributes` holds what is
    particular to a kind (a trial's phase, status, sex, ages), JSON-ready. `revision` sorts as text: of two records of one document the later
    revision counts, and where it is empty the one read last.
    """

    document_id: str
    kind: Kind
    title: str
    text: str
    sections: tuple[Section, ...]
    url: str = ""
    year: int | None = None
    date: str | None = None
    publisher: str = ""
    authors: tuple[str, ...] = ()
    language: str = "en"
    licence: str = ""
    identifiers: Mapping[str, str] = field(default_factory=dict)
    publication_types: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    status: Status = Status.CURRENT
    superseded_by: str | None = None
    revision: str = ""
    evidence_level: str = "unknown"
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready mapping that `from_json` turns back into an equal document."""
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "kind": str(self.kind),
            "status": str(self.status),
            "sections": [
                {
                    "start": s.start,
                    "end": s.end,
                    "role": str(s.role),
                    "path": list(s.path),
                    "grade": s.grade,
                    "page": s.page,
                    **{name: said for name in RECOMMENDED if (said := getattr(s, name)) is not None},
                }
                for s in self.sections
            ],
            **{name: list(getattr(self, name)) for name in _TUPLES},
            **{name: json.loads(json.dumps(getattr(self, name))) for name in ("identifiers", "attributes")},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Document:
        """The document that `to_json` wrote."""
        values = dict(data)
        values["kind"] = Kind(values["kind"])
        values["status"] = Status(values["status"])
        values["sections"] = tuple(
            Section(**{**section, "role": Role(section["role"]), "path": tuple(section["path"])})
            for section in values["sections"]
        )
        for name in _TUPLES:
            values[name] = tuple(values[name])
        return cls(**values)

    @property
    def content_hash(self) -> str:
        """SHA-256 over everything the document says: equal hashes need no re-indexing."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """`to_json` as text, the same for equal documents."""
        return json.dumps(self.to_json(), sort_keys=True, separators=(",", ":")).encode()


# What only a recommendation has, and so only there: documents without any are written as they always were, and their hashes stay.
RECOMMENDED = ("strength", "certainty", "population")
_TUPLES = ("authors", "publication_types", "mesh")
_MADE = {"kind", "status", "sections", *_TUPLES, "identifiers", "attributes"}
_PLAIN = tuple(each.name for each in fields(Document) if each.name not in _MADE)


@dataclass(frozen=True, slots=True)
class Deletion:
    """A source's word that a document is withdrawn from it (PubMed's `DeleteCitation`)."""

    document_id: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One record that could not be read; the rest of its file goes on. `record` names it (an id, a line or an ordinal)."""

    record: str
    reason: str
    mend: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file inside an archive that no parser knows: no failure, as it is none in a folder. `record` names it."""

    record: str


Item = Document | Deletion | Problem | Skipped


class TextBuilder:
    """Collects a document's sections in reading order and keeps their offsets true."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self.sections: list[Section] = []

    def add(
        self,
        text: str,
        role: Role,
        path: tuple[str, ...] = (),
        *,
        grade: str | None = None,
        page: int | None = None,
        population: str | None = None,
    ) -> None:
        """Append a section; blank text is passed over, surrounding white space is not kept."""
        text = text.strip()
        if not text:
            return
        if self._pieces:
            self._pieces.append(SEPARATOR)
            self._length += len(SEPARATOR)
        self.sections.append(
            Section(self._length, self._length + len(text), role, path, grade, page, population=population)
        )
        self._pieces.append(text)
        self._length += len(text)

    @property
    def text(self) -> str:
        """All sections joined by a blank line."""
        return "".join(self._pieces)
