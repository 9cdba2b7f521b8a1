"""`read_document`: a document that was found, section by section and page by page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import Field

from assistant.appraisal import usable
from assistant.errors import ToolError
from assistant.shelves import passages_in
from assistant.tools.base import Arguments, Bench, Found
from indexes.passage import Passage, folded
from ingestion.document import Document

PAGE = 6
"""Passages a page."""
_LISTED = 30  # sections that are named
_HEADING = 80  # characters of each of them
_MOST = 4_000  # passages of one document that are looked at; guidelines of 800 pages have some 2,500
Section = tuple[str, ...]


class Reading(Arguments):
    """Which document, and where in it."""

    document_id: Annotated[str, Field(min_length=3, max_length=300, description="From the evidence.")]
    section: Annotated[str, Field(max_length=200, description="Words of a heading.")] = ""
    page: Annotated[int, Field(ge=1, le=_MOST)] = 1


class ReadDocument:
    """A document in reading order."""

    name = "read_document"
    description = (
        "More of a document found before: its sections, its passages in order. Not for searching.\n"
        "What else does it say on dosage? -> document_id: guideline:cdc/opioids@2022, section: dosage\n"
        "Who may enter this trial? -> document_id: nct:NCT02651584, section: eligibility, page: 2"
    )
    arguments = Reading

    def run(self, arguments: Reading, bench: Bench) -> Found:
        """A page of it. Raises `ToolError` where there is no such document, section or page, or the question's filters shut it out."""
        document = bench.shelf.document(arguments.document_id.partition("#")[0].strip())
        if document is None:
            raise ToolError(
                "There is no document of this document_id. Copy it from the evidence, or find it: find_article"
            )
        passages = [
            passage for passage, _ in zip(passages_in(bench.shelf, document.document_id), range(_MOST), strict=False)
        ]
        if not passages:
            return Found(text=f"{_name(document)}: it has a title and no text.")
        if not usable(passages[0]):
            text = f"{_name(document)} is retracted: retracted work is no evidence."
            return Found(text=text, retracted=passages[:1])
        if not bench.filters.accepts(passages[0]):
            raise ToolError("The question's own filters shut this document out. Use another one.")
        sections = _sections(document, passages)
        if wanted := folded(arguments.section):
            passages = _within(passages, sections, wanted)
        pages = -(-len(passages) // PAGE)
        if arguments.page > pages:
            raise ToolError(f"page: there are {pages}. Give 1 to {pages}.")
        start = (arguments.page - 1) * PAGE
        text = f"{_name(document)}: page {arguments.page} of {pages}" + (" of this section." if wanted else ".")
        if not wanted and pages > 1:
            text += f" Sections: {_listed(sections.values())}."
        return Found(passages[start : start + PAGE], text)


def _name(document: Document) -> str:
    return f"{document.document_id}, {document.title[:200]}"


def _sections(document: Document, passages: Sequence[Passage]) -> dict[int, Section]:
    """The path of the section in which each passage begins, by its start; `Passage.section` is empty where it spans several."""
    starts = {section.start: section.path for section in document.sections}
    found: dict[int, Section] = {}
    path: Section = ()
    edges = sorted({*starts, *(passage.start for passage in passages)})
    for edge in edges:
        path = starts.get(edge, path)
        found[edge] = path
    return {passage.start: found[passage.start] for passage in passages}


def _within(passages: Sequence[Passage], sections: dict[int, Section], wanted: str) -> list[Passage]:
    """The passages under a heading that has these words. Raises `ToolError` that names the sections."""
    kept = [passage for passage in passages if _under(passage, sections[passage.start], wanted)]
    if not kept:
        raise ToolError(f"section: there is none of these words. There are: {_listed(sections.values())}.")
    return kept


def _under(passage: Passage, path: Section, wanted: str) -> bool:
    headings = (*path, *(part.heading for part in passage.parts))
    return wanted in folded(" > ".join(path)) or any(wanted in folded(heading) for heading in headings)


def _listed(paths: Iterable[Section]) -> str:
    """The sections in reading order, each once, with its passages counted."""
    counts: dict[str, int] = {}
    for path in paths:
        heading = " > ".join(path)[:_HEADING] or "(no heading)"
        counts[heading] = counts.get(heading, 0) + 1
    named = [f"{heading} ({number})" for heading, number in list(counts.items())[:_LISTED]]
    more = f"; and {len(counts) - _LISTED} more" if len(counts) > _LISTED else ""
    return "; ".join(named) + more
