"""Documents into passages: verbatim stretches that fit the embedder, end at sentences and keep their offsets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from indexes.passage import Part, Passage, Role, context_of
from ingestion.cutting import LEAST_ROOM, cut
from ingestion.document import Document, Section
from ingestion.facets import facets_of
from ingestion.pieces import count_pieces

VERSION = "chunks-3"  # changes whenever the same document would give other passages
LIMIT = 512  # word pieces that an embedder reads: title, section path, text, and the two that mark start and end
ALONE = frozenset({Role.RECOMMENDATION, Role.ELIGIBILITY})  # each of these is a passage of its own


def passages_of(document: Document) -> list[Passage]:
    """The passages of a document, in reading order; `document.text[p.start:p.end] == p.text` for each.

    Neighbouring sections share a passage while they fit and stand under the same headings, or each under one at most (an abstract stays
    whole); a recommendation and an eligibility criterion stand alone. What does not fit the embedder is cut: between sections rather than
    within one, at sentence ends, evenly. Raises `ModelMissingError` where the vocabulary to count with is not installed.
    """
    facets = facets_of(document)
    groups = (group for run in _runs(document) for group in _fitting(document, run))
    return [
        Passage(
            passage_id=f"{document.document_id}#{number}",
            document_id=document.document_id,
            kind=document.kind,
            text=document.text[sections[0].start : sections[-1].end],
            start=sections[0].start,
            end=sections[-1].end,
            title=document.title,
            section=_common_path(sections),
            parts=tuple(
                Part(
                    section.start - sections[0].start,
                    section.end - sections[0].start,
                    section.role,
                    section.path[-1] if section.path else "",
                    section.grade,
                    section.strength,
                    section.certainty,
                    section.population,
                )
                for section in sections
            ),
            year=document.year,
            evidence_level=document.evidence_level,
            status=document.status,
            url=document.url,
            page=sections[0].page,
            language=document.language,
            facets=facets,
        )
        for number, sections in enumerate(groups)
    ]


def _runs(document: Document) -> Iterator[list[Section]]:
    """The sections in runs of those that may share a passage."""
    run: list[Section] = []
    for section in document.sections:
        if run and not _together(run[-1], section):
            yield run
            run = []
        run.append(section)
    if run:
        yield run


def _together(left: Section, right: Section) -> bool:
    if left.role in ALONE or right.role in ALONE:
        return False
    if len(left.path) <= 1 and len(right.path) <= 1:  # an abstract's labels, or a flat document
        return left.page == right.page
    return left.path == right.path


def _fitting(document: Document, run: Sequence[Section]) -> Iterator[Sequence[Section]]:
    """The run in groups that make one passage each, with room for its title and whichever path it may come to have."""
    contexts = {context_of(document.title, path) for path in {(), *(section.path for section in run)}}
    room = max(LEAST_ROOM, LIMIT - 2 - max(map(count_pieces, contexts)))
    if count_pieces(document.text[run[0].start : run[-1].end]) <= room:
        yield run
    else:
        yield from cut(document.text, run, room)


def _common_path(sections: Sequence[Section]) -> tuple[str, ...]:
    paths = {section.path for section in sections}
    return sections[0].path if len(paths) == 1 else ()
