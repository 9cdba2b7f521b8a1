"""A document, or a passage of one, appraised by itself: what `citewell appraise` prints and the API returns."""

from __future__ import annotations

from assistant.answer import Appraisal, Certainty, Model
from assistant.answer import Warning as AnswerWarning
from assistant.appraisal.body import certainty_alone
from assistant.appraisal.cautions import called, retraction_warnings, source_warnings
from assistant.appraisal.source import appraise
from assistant.errors import NotFoundError, QuestionError
from assistant.shelves import CALCULATOR, Shelf, passages_in
from indexes.passage import Status


class AppraisalOut(Model):
    """A document's appraisal, the certainty of what it gives where nothing stands beside it, and what to be warned of."""

    title: str
    url: str
    appraisal: Appraisal
    certainty: Certainty | None = None
    warnings: list[AnswerWarning]


def appraise_by_identifier(shelf: Shelf, identifier: str) -> AppraisalOut:
    """The appraisal of a document, or of the recommendation in a passage. Raises `NotFoundError`, and `QuestionError` for a calculation."""
    if identifier.startswith(CALCULATOR):
        raise QuestionError("A calculation is no evidence to appraise. Its formula and sources: citewell show ID")
    passage = shelf.passage(identifier)
    document = shelf.document(passage.document_id if passage else identifier)
    if document is None:
        raise NotFoundError(
            f"There is no document or passage {identifier!r} in the library. "
            "Copy the identifier from an answer, a search or `citewell library list`."
        )
    # Of a guideline every recommendation counts; a study says on its first pages what it is.
    passages = list(passages_in(shelf, document.document_id))
    successors = {document.document_id: called(document.superseded_by, shelf)} if document.superseded_by else {}
    appraisal = appraise(
        document, passages, passage.parts if passage else None, successor=successors.get(document.document_id)
    )
    own = passages[:1]
    return AppraisalOut(
        title=document.title,
        url=document.url,
        appraisal=appraisal,
        certainty=None if document.status is Status.RETRACTED else certainty_alone(appraisal),
        warnings=[
            *retraction_warnings(own),
            *source_warnings(own, successors, {document.document_id: document}),
        ],
    )
