"""What the reader must be warned of: what was found and may not be used, and what is cited and does not stand as it was published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assistant.answer import Warning as AnswerWarning
from assistant.appraisal.preliminary import REGISTERED, why_preliminary
from assistant.appraisal.standing import usable
from assistant.shelves import Shelf
from assistant.visible import quoted, shortened
from indexes.passage import Kind, Passage, Status
from ingestion.document import Document

_STATUS_WARNINGS = {
    Status.CORRECTED: (
        "corrected",
        "A correction to this article was published: check that it does not touch what is cited.",
    ),
    Status.CONCERN: ("expression_of_concern", "The journal has published an expression of concern about this article."),
    Status.SUPERSEDED: ("superseded", "This guideline has been superseded: look for its successor."),
    Status.DRAFT: ("draft", "This guideline is a draft, not the issuer's final word."),
}


def retraction_warnings(passages: Iterable[Passage]) -> list[AnswerWarning]:
    """Names the retracted documents among what would have been evidence, each once, so that the reader knows why they are not used."""
    return [
        AnswerWarning(
            kind="retracted",
            document_id=document_id,
            text=f"Retracted and not used: {quoted(passage.title) if passage.title else document_id}",
        )
        for document_id, passage in {each.document_id: each for each in passages if not usable(each)}.items()
    ]


def called(successor: str, shelf: Shelf) -> str:
    """What a reader calls a guideline: its title where it is at hand, else what it is known by."""
    held = shelf.document(successor)
    if held is None:
        return successor
    return f"{quoted(held.title)} ({', '.join(filter(None, (shortened(held.publisher), str(held.year or ''))))})"


def source_warnings(
    passages: Iterable[Passage],
    successors: Mapping[str, str],
    documents: Mapping[str, Document | None] | None = None,
) -> list[AnswerWarning]:
    """What to know about the documents that are cited. `successors`: superseded document to the one that replaces it."""
    known = documents or {}
    warnings: list[AnswerWarning] = []
    for document_id, passage in {passage.document_id: passage for passage in passages}.items():
        document = known.get(document_id)
        successor = successors.get(document_id)
        if passage.status in _STATUS_WARNINGS and not (passage.status is Status.SUPERSEDED and successor):
            kind, text = _STATUS_WARNINGS[passage.status]
            warnings.append(AnswerWarning.model_validate({"kind": kind, "document_id": document_id, "text": text}))
        if successor:
            text = f"This guideline has been superseded by {successor}."
            warnings.append(AnswerWarning(kind="superseded", document_id=document_id, text=text))
        if document is not None and document.attributes.get("ocr"):
            text = "Read from a scan by OCR, which misreads figures: check doses and numbers against the page itself."
            warnings.append(AnswerWarning(kind="ocr", document_id=document_id, text=text))
        planned = REGISTERED if passage.kind is Kind.TRIAL else ""  # where no more than the passage is there
        if why := why_preliminary(document) if document is not None else planned:
            warnings.append(AnswerWarning(kind="preliminary", document_id=document_id, text=why))
    return warnings
