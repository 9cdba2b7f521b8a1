"""How far evidence can be trusted: its place in the order of evidence, and what the reader must be warned of."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from assistant.answer import Warning as AnswerWarning
from indexes.passage import Kind, Passage, Status
from ingestion.design import LEVELS

_STATUS_WARNINGS = {
    Status.CORRECTED: (
        "corrected",
        "A correction to this article was published: check that it does not touch what is cited.",
    ),
    Status.CONCERN: ("expression_of_concern", "The journal has published an expression of concern about this article."),
    Status.SUPERSEDED: ("superseded", "This guideline has been superseded: look for its successor."),
    Status.DRAFT: ("draft", "This guideline is a draft, not the issuer's final word."),
}


def level_rank(level: str) -> int:
    """The place of an evidence level, 0 the strongest. Unknown levels come last."""
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def usable(passage: Passage) -> bool:
    """Whether the passage may carry a claim: retracted work never does."""
    return passage.status is not Status.RETRACTED


def retraction_warnings(passages: Iterable[Passage]) -> list[AnswerWarning]:
    """Names the retracted documents among what was found, so that the reader knows why they are not used."""
    retracted = {passage.document_id: passage for passage in passages if not usable(passage)}
    return [
        AnswerWarning(kind="retracted", document_id=document_id, text=f"Retracted and not used: {passage.title}")
        for document_id, passage in retracted.items()
    ]


def source_warnings(
    passages: Iterable[Passage], successors: dict[str, str], scanned: Collection[str] = ()
) -> list[AnswerWarning]:
    """What to know about the documents that are cited. `successors`: superseded document to the one that replaces it; `scanned`: read by OCR."""
    warnings: list[AnswerWarning] = []
    for document_id, passage in {passage.document_id: passage for passage in passages}.items():
        successor = successors.get(document_id)
        if passage.status in _STATUS_WARNINGS and not (passage.status is Status.SUPERSEDED and successor):
            kind, text = _STATUS_WARNINGS[passage.status]
            warnings.append(AnswerWarning.model_validate({"kind": kind, "document_id": document_id, "text": text}))
        if successor:
            text = f"This guideline has been superseded by {successor}."
            warnings.append(AnswerWarning(kind="superseded", document_id=document_id, text=text))
        if document_id in scanned:
            text = "Read from a scan by OCR, which misreads figures: check doses and numbers against the page itself."
            warnings.append(AnswerWarning(kind="ocr", document_id=document_id, text=text))
        if passage.kind is Kind.TRIAL:
            text = "A trial registration says what was planned; it is no result."
            warnings.append(AnswerWarning(kind="preliminary", document_id=document_id, text=text))
    return warnings
