"""Results of clinical calculators as documents: the identifier says what was computed from what, so that reading one computes it again."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import parse_qsl

from assistant.calculators import Result, find_calculator
from assistant.errors import CalculatorError, NotFoundError
from assistant.shelves import CALCULATOR
from indexes.passage import Kind, Part, Passage, Role
from ingestion.document import Document, Section

LEVEL = "calculation"
_LONGEST = 2_000  # characters of an identifier; the longest score with all of its inputs has some 500
_MOST = 50  # inputs
_IDENTIFIER = re.compile(r"calculator:(?P<name>[a-z0-9_]+)@(?P<version>[^?#/]+)\?(?P<inputs>[^#]*)")


class CalculatorShelf:
    """Computes what an identifier asks for; keeps nothing. Only canonical identifiers count, so that a result has one name.

    An identifier names the version of the calculator: where that is another today, its words may be others, and there is no such document.
    """

    def document(self, document_id: str) -> Document | None:
        """The result as a document, or `None`."""
        return _document(document_id) if document_id.startswith(CALCULATOR) and len(document_id) <= _LONGEST else None

    def passage(self, passage_id: str) -> Passage | None:
        """The result as a passage: it has one."""
        document_id, _, number = passage_id.rpartition("#")
        document = self.document(document_id) if number == "0" else None
        return None if document is None else _passage(document)


@lru_cache(maxsize=256)
def _document(document_id: str) -> Document | None:
    found = _IDENTIFIER.fullmatch(document_id)
    if not found:
        return None
    try:
        inputs = dict(parse_qsl(found["inputs"], keep_blank_values=True, max_num_fields=_MOST))
        result = find_calculator(found["name"]).calculate(inputs)
        return _as_document(result) if result.document_id == document_id else None
    except (NotFoundError, CalculatorError, ValueError):  # the last where there are too many fields
        return None


def _as_document(result: Result) -> Document:
    source = result.source
    identifiers = {"doi": source.doi, "pmid": source.pmid}
    return Document(
        document_id=result.document_id,
        kind=Kind.LITERATURE,  # what it rests on is the publication of the formula
        title=f"{result.title}, computed by Citewell from the inputs",
        text=result.text,
        sections=(Section(0, len(result.text), Role.RESULT),),
        url=source.url,
        year=source.year,
        publisher=source.journal,
        authors=(source.authors,) if source.body else tuple(name.strip() for name in source.authors.split(",")),
        identifiers={name: value for name, value in identifiers.items() if value},
        evidence_level=LEVEL,
    )


def _passage(document: Document) -> Passage:
    """Uncut, however long: it is one statement with its reasons."""
    return Passage(
        passage_id=f"{document.document_id}#0",
        document_id=document.document_id,
        kind=document.kind,
        text=document.text,
        start=0,
        end=len(document.text),
        title=document.title,
        parts=(Part(0, len(document.text), Role.RESULT),),
        year=document.year,
        evidence_level=document.evidence_level,
        url=document.url,
    )
