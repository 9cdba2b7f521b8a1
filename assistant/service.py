"""The assistant: one library, one workflow, for every door."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager

from workflows.errors import WorkflowTimeoutError

from assistant.answer import Answer
from assistant.errors import NotFoundError, QuestionError, TooSlowError
from assistant.progress import Progress
from assistant.run import Run
from assistant.workflow import TIMEOUT_S, Asked, QuestionWorkflow, Told
from indexes.passage import Filters, Hit, Kind, Passage
from ingestion.document import Document
from ingestion.library import Library


class Assistant:
    """Answers questions from an open library. Safe to share between requests."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._workflow = QuestionWorkflow(library)

    async def stream(self, question: str, *, filters: Filters | None = None) -> AsyncIterator[Progress | Answer]:
        """`Progress` as it comes, the `Answer` last. Raises `QuestionError` where the question cannot be taken, else `TooSlowError`."""
        handler = self._workflow.run(start_event=Asked(run=Run(question, filters)))
        try:
            with _in_time():
                async for event in handler.stream_events():
                    if isinstance(event, Told):
                        yield event.progress
                answer: Answer = await handler
            yield answer
        finally:
            if not handler.is_done():  # the reader has gone away
                await handler.cancel_run()

    async def ask(self, question: str, *, filters: Filters | None = None) -> Answer:
        """The answer to a question. Raises `QuestionError` where it cannot be taken, `TooSlowError` where it takes too long."""
        with _in_time():
            answer: Answer = await self._workflow.run(start_event=Asked(run=Run(question, filters)))
        return answer

    def search(
        self,
        query: str,
        k: int = 10,
        filters: Filters | None = None,
        *,
        by_document: bool = False,
        quotas: Mapping[Kind, int] | None = None,
    ) -> list[Hit]:
        """The best passages for a query, as `Searcher.search` gives them. Raises `QuestionError` for a quota of a kind that the filters shut out."""
        if quotas and filters and filters.kinds and (shut_out := sorted(quotas.keys() - filters.kinds)):
            raise QuestionError(
                f"There is a quota for {', '.join(shut_out)}, and the filter by kind leaves none of it. Leave that filter out."
            )
        return self.library.searcher.search(query, k, filters, by_document=by_document, quotas=quotas)

    def passage(self, passage_id: str) -> Passage:
        """The passage of that identifier. Raises `NotFoundError`."""
        passage = self.library.ledger.passage(passage_id)
        if passage is None:
            raise NotFoundError(
                f"There is no passage {passage_id!r} in the library. Copy the identifier from an answer or a search."
            )
        return passage

    def document(self, document_id: str) -> Document:
        """The document of that identifier. Raises `NotFoundError`."""
        document = self.library.ledger.document(document_id)
        if document is None:
            raise NotFoundError(
                f"There is no document {document_id!r} in the library. Identifiers look like pubmed:31535829."
            )
        return document


@contextmanager
def _in_time() -> Iterator[None]:
    """Says in our words that the workflow's time is up."""
    try:
        yield
    except WorkflowTimeoutError as error:
        raise TooSlowError(
            f"The answer took longer than {TIMEOUT_S:.0f} seconds and was given up. "
            "Ask for one thing at a time, or again when the machine is less busy."
        ) from error
