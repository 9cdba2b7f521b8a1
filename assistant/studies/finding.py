"""The studies that a question is about: those its answer cites, and what else the library holds on the same subject."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.appraisal import level_rank, usable
from assistant.planning.about import is_about
from assistant.planning.rules import Plan
from indexes.passage import Hit, Kind
from ingestion.design import study_design
from ingestion.document import Document

if TYPE_CHECKING:
    from assistant.service import Assistant

MOST = 12
"""Rows of an evidence table."""
LOOKED_AT = 30
STUDIES = frozenset({Kind.LITERATURE, Kind.TRIAL})
NO_STUDY = frozenset({"comment", "notice", "trial protocol", "animal study", "review", "guideline"})
"""Designs, in the words of `ingestion.design`, of what reports no study of people, or pools none."""


def find_studies(plan: Plan, cited: Iterable[str], assistant: Assistant) -> list[Document]:
    """At most `MOST` studies, the strongest design first, of those the newest: the cited ones, then those found that name all that the question does.

    A registered trial is one where it has results. Retracted work is none.
    """
    kinds = plan.filters.kinds & STUDIES if plan.filters.kinds else STUDIES
    if not kinds or not plan.has_topic:
        return []
    found: dict[str, Hit | None] = dict.fromkeys(cited)
    hits = assistant.search(plan.question, LOOKED_AT, replace(plan.filters, kinds=kinds), by_document=True)
    for hit in hits:
        if usable(hit.passage) and is_about(plan, hit.passage):
            found.setdefault(hit.passage.document_id, hit)
    documents = (assistant.shelf.document(document_id) for document_id in found)
    studies = [document for document in documents if document is not None and is_study(document)]
    first = studies[:MOST]  # in the order of the answer and of the search: the best found are in, whatever their design
    return sorted(first, key=lambda document: (level_rank(document.evidence_level), -(document.year or 0)))


def is_study(document: Document) -> bool:
    """Whether it reports a study."""
    if document.kind is Kind.TRIAL:
        return document.attributes.get("has_results") is True
    return (
        document.kind is Kind.LITERATURE and study_design(document.publication_types, document.title)[0] not in NO_STUDY
    )


def called(document: Document) -> str:
    """What a study is called in a table: first author and year; of a trial its acronym or number; else its title."""
    year = f", {document.year}" if document.year else ""
    if document.kind is Kind.TRIAL:
        return str(document.attributes.get("acronym") or document.document_id.partition(":")[2]) + year
    if document.authors:
        return document.authors[0] + (" et al." if len(document.authors) > 1 else "") + year
    return document.title + year
