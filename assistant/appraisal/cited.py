"""The documents that an answer cites, each appraised by what is cited of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from assistant.answer import Appraisal, Citation
from assistant.appraisal.source import READ, appraise
from assistant.composing.candidates import Candidate
from assistant.composing.people import special_people
from assistant.drafts import Checked
from assistant.planning.rules import Plan
from assistant.shelves import Shelf, passages_in
from indexes.passage import Hit, Passage
from ingestion.document import Document

OFF_THE_POINT = "What is cited is on children or pregnancy, which the question does not name."
_ADULTS = re.compile(r"\badults?\b|\bnon-?pregnan\w+|\bnot pregnant\b", re.IGNORECASE)
"""Whoever else a sentence names, it is on them too."""
Place = tuple[Passage, Citation]
"""A passage and what is cited of it."""


def appraise_cited(
    claims: Sequence[Checked],
    others: Iterable[Passage],
    documents: Mapping[str, Document | None],
    successors: Mapping[str, str],
    shelf: Shelf,
    plan: Plan | None = None,
) -> dict[str, Appraisal]:
    """The appraisal of each document that is no calculation, by its identifier. `others` are cited beside the claims, as a whole."""
    places: dict[str, list[Place]] = {}
    for checked in claims:
        for citation, passage in zip(checked.claim.citations, checked.passages, strict=True):
            places.setdefault(passage.document_id, []).append((passage, citation))
    firsts = {passage.document_id: passage for passage in others}
    found = {}
    for document_id in dict.fromkeys([*places, *firsts]):
        document = documents.get(document_id)
        cited = places.get(document_id, [])
        passages = _first(shelf, document_id) or [
            *(passage for passage, _ in cited),
            *([firsts[document_id]] if document_id in firsts else []),
        ]
        if document is not None:
            found[document_id] = appraise(
                document,
                passages,
                [passage.part_at(citation.start) for passage, citation in cited],
                successor=successors.get(document_id),
                off_the_point=_off_the_point(plan, cited),
            )
    return found


def people_in(passage: Passage, shelf: Shelf) -> int | None:
    """How many people the document of a cited passage studied, as its appraisal in the answer says; `None` where that says nothing."""
    document = shelf.document(passage.document_id)
    if document is None:
        return None
    counted = appraise(document, _first(shelf, passage.document_id) or [passage]).participants
    return counted.number if counted else None


def _first(shelf: Shelf, document_id: str) -> list[Passage]:
    """The passages in which an appraisal reads what a study is."""
    return list(islice(passages_in(shelf, document_id), READ))


def _off_the_point(plan: Plan | None, cited: Sequence[Place]) -> str:
    """Why what is cited is only indirect evidence for the question; empty where it is not."""
    if plan is None or not cited:
        return ""
    sentences = [
        Candidate(Hit(passage), one.start, one.end, passage.part_at(one.start).role, leans=False)
        for passage, one in cited
    ]
    only = all(special_people(plan, one) and not _ADULTS.search(one.text) for one in sentences)
    return OFF_THE_POINT if only else ""
