"""The assistant: one library, one workflow, for every door."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from workflows.errors import WorkflowTimeoutError

from assistant.answer import Answer, EngineName
from assistant.composing.engine import ExtractiveEngine
from assistant.conversation.reading import Rewriter, read
from assistant.conversation.turns import Conversation
from assistant.engine import Engine
from assistant.errors import NotFoundError, QuestionError, TooSlowError
from assistant.progress import Progress
from assistant.run import Run
from assistant.shelves import LibraryShelf, Shelf
from assistant.stopping import result_of
from assistant.workflow import Asked, QuestionWorkflow, Told
from indexes.embedding import Vectors
from indexes.filters import Filters
from indexes.passage import Hit, Kind, Passage
from ingestion.document import Document
from ingestion.library import Library

if TYPE_CHECKING:
    from assistant.tasks.base import Model

TIMEOUT_S = 60.0


class Assistant:
    """Answers questions from an open library. Safe to share between requests."""

    def __init__(
        self,
        library: Library,
        *,
        shelf: Shelf | None = None,
        llm: Callable[[ExtractiveEngine, Shelf], Engine] | None = None,
        model: Callable[[], Model] | None = None,
        rewriter: Rewriter | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """`shelf`: where cited passages are read again, the library where not given. `llm`: makes the engine that reasons, for one question; where it
        is given, it answers unless another engine is asked for. `model`: opens the same model for one task that is no question; it may raise
        `LlmError`. `rewriter`: completes follow-ups that rules cannot, where the model answers. `timeout_s`: the most a question may take."""
        self.library = library
        self.shelf = shelf = shelf or LibraryShelf(library)
        extractive = ExtractiveEngine(library)
        self._engines: dict[EngineName, Callable[[], Engine]] = {"extractive": lambda: extractive}
        if llm:
            self._engines["llm"] = partial(llm, extractive, shelf)
        self.model = model
        self._rewriter = rewriter
        self.timeout_s = timeout_s
        self._extractive = extractive
        self._workflow = QuestionWorkflow(library, shelf, self._engines, embed=self.embed, timeout_s=timeout_s)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of sentences, of shape (len(texts), dimension), by the library's embedder; those of late are remembered."""
        return self._extractive.sentence_vectors().sentences(texts)

    async def stream(
        self,
        question: str,
        *,
        filters: Filters | None = None,
        engine: EngineName | None = None,
        conversation: Conversation | None = None,
    ) -> AsyncGenerator[Progress | Answer, None]:
        """`Progress` as it comes, the `Answer` last. Raises what `ask` raises."""
        run = self._run(question, filters, engine)
        if conversation is not None and conversation.turns:
            yield Progress("read", "Reading the question after those before")
            await self._read(run, conversation)
        handler = self._workflow.run(start_event=Asked(run=run))
        try:
            with self._in_time():
                async for event in handler.stream_events():
                    if isinstance(event, Told):
                        yield event.progress
                answer: Answer = await handler
            yield answer
        finally:
            if not handler.is_done():  # the reader has gone away
                await handler.cancel_run()

    async def ask(
        self,
        question: str,
        *,
        filters: Filters | None = None,
        engine: EngineName | None = None,
        conversation: Conversation | None = None,
    ) -> Answer:
        """The answer to a question, which may lean on a conversation. Raises `QuestionError` where it or the engine cannot be taken, `TooSlowError`
        where it takes too long."""
        run = self._run(question, filters, engine)
        if conversation is not None and conversation.turns:
            await self._read(run, conversation)
        with self._in_time():
            answer: Answer = await result_of(self._workflow.run(start_event=Asked(run=run)))
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
        passage = self.shelf.passage(passage_id)
        if passage is None:
            raise NotFoundError(
                f"There is no passage {passage_id!r} in the library. Copy the identifier from an answer or a search."
            )
        return passage

    def document(self, document_id: str) -> Document:
        """The document of that identifier. Raises `NotFoundError`."""
        document = self.shelf.document(document_id)
        if document is None:
            raise NotFoundError(
                f"There is no document {document_id!r} in the library. Identifiers look like pubmed:31535829."
            )
        return document

    def chosen(self, engine: EngineName | None = None) -> EngineName:
        """The engine that answers: the one asked for, else the model where there is one. Raises `QuestionError` where there is no such engine."""
        chosen: EngineName = engine or ("llm" if "llm" in self._engines else "extractive")
        if chosen not in self._engines:
            raise QuestionError("No LLM is set up here. Set CITEWELL_LLM, or ask with the extractive engine.")
        return chosen

    def _run(self, question: str, filters: Filters | None, engine: EngineName | None) -> Run:
        return Run(question, filters, engine=self.chosen(engine))

    async def _read(self, run: Run, conversation: Conversation) -> None:
        """Let the run ask what the words as typed stand for."""
        run.asked = run.question
        run.read = await read(run.question, conversation, self._rewriter if run.engine == "llm" else None)
        run.question = run.read.question
        if run.read.only:
            run.filters = replace(run.filters or Filters(), document_ids=run.read.only)

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """Says in our words that the workflow's time is up."""
        try:
            yield
        except WorkflowTimeoutError as error:
            raise TooSlowError(
                f"The answer took longer than {self.timeout_s:.0f} seconds and was given up. "
                "Ask for one thing at a time, or again when the machine is less busy."
            ) from error
