"""Editions of a guideline: which of them takes the place of which.

A guideline says who issued it and when, seldom that it is out of date. Three things tell: a later edition of the same guideline in the library,
a document that names the ones it supersedes, and a short list of well-known cases (`editions.toml`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

from indexes.passage import Kind, Status
from ingestion.document import Document

_FIRST_YEAR = 1900
_PUBLISHED = "status_as_published"  # the attribute that says what a document's status was before another in the library took its place


@dataclass(frozen=True, slots=True)
class _Edition:
    """One table of `editions.toml`."""

    by: str
    source: str
    issuer: str = ""
    title: str = ""
    years: tuple[int, int] = (0, 9999)
    draft: bool = False
    id: str = ""

    def means(self, document: Document) -> bool:
        if self.id:
            return bool(re.match(self.id, document.document_id))
        return (
            document.publisher == self.issuer
            and self.years[0] <= (document.year or -1) <= self.years[1]
            and bool(re.match(self.title, document.title, re.IGNORECASE))
            and self.draft == (document.status is Status.DRAFT)
        )


@lru_cache(maxsize=1)
def _known() -> tuple[_Edition, ...]:
    listed = tomllib.loads(files("ingestion").joinpath("editions.toml").read_text(encoding="utf-8"))["edition"]
    return tuple(_Edition(**each) for each in listed)


def with_known_successor(document: Document) -> Document:
    """The guideline, with its successor where `editions.toml` names one and the document itself does not; anything else as it is."""
    if document.kind is not Kind.GUIDELINE or document.superseded_by:
        return document
    known = next((each for each in _known() if each.means(document)), None)
    return superseded(document, known.by) if known else document


def superseded(document: Document, by: str) -> Document:
    """The document with its successor; a draft stays a draft, since it never was in force."""
    status = Status.SUPERSEDED if document.status is Status.CURRENT else document.status
    return replace(document, status=status, superseded_by=by)


def standing(document: Document, others: Sequence[Document]) -> Document:
    """The guideline as it stands among others of the library: superseded by the latest that takes its place, and else as it was published.

    One that names its successor itself stays as it says.
    """
    document = _as_published(document)
    newer = [other for other in others if takes_the_place_of(other, document)]
    if document.superseded_by or not newer:
        return document
    latest = (one for one in newer if not any(takes_the_place_of(other, one) for other in newer))
    by = next(latest, newer[0])  # two that each name the other as superseded have no latest
    attributes = {**document.attributes, _PUBLISHED: str(document.status)}
    return replace(superseded(document, by.document_id), attributes=attributes)


def _as_published(document: Document) -> Document:
    """The document without what `standing` added."""
    if _PUBLISHED not in document.attributes:
        return document
    attributes = {**document.attributes}
    return replace(document, status=Status(attributes.pop(_PUBLISHED)), superseded_by=None, attributes=attributes)


def named_as_superseded(document: Document) -> tuple[str, ...]:
    """Identifiers of the documents that this one says it takes the place of."""
    return tuple(map(str, document.attributes.get("supersedes", ())))


def takes_the_place_of(new: Document, old: Document) -> bool:
    """Whether `new` supersedes `old`: it says so, or is a later edition of the same guideline. A draft takes nobody's place."""
    if new.document_id == old.document_id or new.status in (Status.DRAFT, Status.RETRACTED):
        return False
    if old.document_id in named_as_superseded(new):
        return True
    if Kind.GUIDELINE is not new.kind or family(new.document_id) != family(old.document_id):
        return False
    mine, theirs = _version(new.document_id), _version(old.document_id)
    alike = bool(mine and theirs) and (mine[0] >= _FIRST_YEAR) == (theirs[0] >= _FIRST_YEAR)  # 2024 is not later than 3
    return alike and mine > theirs


def family(document_id: str) -> str:
    """The identifier without its version: `guideline:who/lipids` of `guideline:who/lipids@2024`."""
    return document_id.rpartition("@")[0] or document_id


def _version(document_id: str) -> tuple[int, ...]:
    """The numbers in a version, in order; empty where there is none ("undated")."""
    return tuple(int(number) for number in re.findall(r"\d{1,9}", document_id.rpartition("@")[2]))
