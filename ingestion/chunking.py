"""Documents into passages: verbatim stretches that fit the embedder, end at sentences and keep their offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexes.passage import Part, Passage, Role
from ingestion.document import Document, Section
from ingestion.sentences import sentence_spans

VERSION = "chunks-1"  # part of what the ledger knows a file by: change it whenever the same document would give other passages
MAX_WORDS = (
    280  # about 400 word pieces of clinical English: leaves room for title and headings within the embedder's 512
)
_WORD = re.compile(r"\S{1,200}")  # what has no spaces (a picture in base64, a gene, Chinese) counts as several
ALONE = frozenset({Role.RECOMMENDATION, Role.ELIGIBILITY})  # each of these is a passage of its own


def passages_of(document: Document) -> list[Passage]:
    """The passages of a document, in reading order; `document.text[p.start:p.end] == p.text` for each.

    Neighbouring sections share a passage while they fit and stand under the same top heading (an abstract stays whole); a recommendation
    and an eligibility criterion stand alone; a section that is too long is cut at sentence ends.
    """
    return [
        Passage(
            passage_id=f"{document.document_id}#{number}",
            document_id=document.document_id,
            kind=document.kind,
            text=document.text[pieces[0].start : pieces[-1].end],
            start=pieces[0].start,
            end=pieces[-1].end,
            title=document.title,
            section=_common_path(pieces),
            parts=tuple(
                Part(
                    piece.start - pieces[0].start,
                    piece.end - pieces[0].start,
                    piece.role,
                    piece.path[-1] if piece.path else "",
                    piece.grade,
                )
                for piece in pieces
            ),
            year=document.year,
            evidence_level=document.evidence_level,
            status=document.status,
            url=document.url,
            page=pieces[0].page,
            language=document.language,
        )
        for number, pieces in enumerate(_groups(document))
    ]


def _groups(document: Document) -> Iterator[list[Section]]:
    """Runs of pieces of sections that make one passage each."""
    group: list[Section] = []
    words = 0
    for section in document.sections:
        for piece in _cut(document.text, section):
            size = _words(document.text, piece.start, piece.end)
            if group and (words + size > MAX_WORDS or not _together(group[-1], piece)):
                yield group
                group, words = [], 0
            group.append(piece)
            words += size
    if group:
        yield group


def _together(left: Section, right: Section) -> bool:
    if left.role in ALONE or right.role in ALONE:
        return False
    if len(left.path) <= 1 and len(right.path) <= 1:  # an abstract's labels, or a flat document
        return left.page == right.page
    return left.path == right.path


def _cut(text: str, section: Section) -> Iterator[Section]:
    """The section itself where it fits, else pieces of whole sentences (a sentence longer than the limit is cut between words)."""
    if _words(text, section.start, section.end) <= MAX_WORDS:
        yield section
        return
    start = end = section.start
    for a, b in _sentences_within(text, section):
        if end > start and _words(text, start, b) > MAX_WORDS:
            yield _piece(section, start, end)
            start = a
        elif end == start:
            start = a
        end = b
    yield _piece(section, start, end)


def _sentences_within(text: str, section: Section) -> Iterator[tuple[int, int]]:
    """The section's sentences in the document's offsets; one that is longer than the limit in runs of words."""
    for a, b in sentence_spans(text[section.start : section.end]):
        words = list(_WORD.finditer(text, section.start + a, section.start + b))
        for first in range(0, len(words), MAX_WORDS):
            yield words[first].start(), words[first : first + MAX_WORDS][-1].end()


def _piece(section: Section, start: int, end: int) -> Section:
    return Section(start, end, section.role, section.path, section.grade, section.page)


def _words(text: str, start: int, end: int) -> int:
    return len(_WORD.findall(text, start, end))


def _common_path(pieces: list[Section]) -> tuple[str, ...]:
    paths = {piece.path for piece in pieces}
    return pieces[0].path if len(paths) == 1 else ()
