"""Where the command line gets its answers: the library itself, or the running server that holds it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from assistant.answer import Answer, EngineName, Model, TaskName
from assistant.cli.opening import open_library
from assistant.cli.output import errors, note, text
from assistant.conversation.history import history_of
from assistant.conversation.turns import Conversation
from assistant.errors import NotFoundError, QuestionError, ServerError
from assistant.evidence import HitView, PassageView, SearchOut
from assistant.filtering import said_by
from assistant.progress import Progress
from assistant.settings import Settings
from assistant.tasks.base import Request
from indexes.errors import LibraryInUseError
from indexes.filters import Filters
from indexes.passage import Kind
from ingestion.library import Library

TIMEOUT_S = 120.0
M = TypeVar("M", bound=Model)


class Desk(Protocol):
    """Answers and searches."""

    def ask(
        self,
        question: str,
        filters: Filters,
        engine: EngineName | None = None,
        conversation: Conversation | None = None,
    ) -> Answer: ...

    def passage(self, passage_id: str) -> PassageView: ...

    def search(
        self,
        query: str,
        k: int,
        filters: Filters,
        *,
        by_document: bool = False,
        quotas: Mapping[Kind, int] | None = None,
    ) -> list[HitView]: ...

    def task(self, name: TaskName, request: Request) -> Answer: ...


@contextmanager
def open_desk(settings: Settings, purpose: str) -> Iterator[Desk]:
    """The library of these settings; where a running server holds it, that server. Raises `LibraryInUseError` where something else does."""
    try:
        library = open_library(settings, purpose)
    except LibraryInUseError as error:
        if error.url is None:
            raise
        if settings.reranker:
            note(
                f"The server at {error.url} answers by its own settings: CITEWELL_RERANKER counts where it is started."
            )
        with httpx.Client(base_url=error.url, timeout=TIMEOUT_S, trust_env=False) as client:
            yield ServerDesk(client)
    else:
        with library:
            yield LocalDesk(library, settings)


class LocalDesk:
    """Answers from a library this process holds."""

    def __init__(self, library: Library, settings: Settings) -> None:
        from assistant.opening import open_assistant

        self._assistant = open_assistant(library, settings)

    def ask(
        self,
        question: str,
        filters: Filters,
        engine: EngineName | None = None,
        conversation: Conversation | None = None,
    ) -> Answer:
        """The answer to a question, with each step told on the error stream while it is made."""
        return asyncio.run(
            self._told(self._assistant.stream(question, filters=filters, engine=engine, conversation=conversation))
        )

    def passage(self, passage_id: str) -> PassageView:
        """A passage. Raises `NotFoundError`."""
        return PassageView.of(self._assistant.passage(passage_id))

    async def _told(self, stream: AsyncIterator[Progress | Answer]) -> Answer:
        with errors.status("Reading") as status:
            async for event in stream:
                if isinstance(event, Answer):
                    return event
                status.update(text(event.text))
        raise RuntimeError("the stream ended without an answer")

    def search(
        self,
        query: str,
        k: int,
        filters: Filters,
        *,
        by_document: bool = False,
        quotas: Mapping[Kind, int] | None = None,
    ) -> list[HitView]:
        """The best passages for a query."""
        hits = self._assistant.search(query, k, filters, by_document=by_document, quotas=quotas)
        return [HitView.of(hit) for hit in hits]

    def task(self, name: TaskName, request: Request) -> Answer:
        """The answer of a task, with each step told on the error stream while it is done."""
        from assistant.tasks.running import stream_task

        return asyncio.run(self._told(stream_task(self._assistant, name, request)))


class ServerDesk:
    """Answers from the server that holds the library."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def ask(
        self,
        question: str,
        filters: Filters,
        engine: EngineName | None = None,
        conversation: Conversation | None = None,
    ) -> Answer:
        """The answer to a question."""
        body: dict[str, object] = {"question": question, "filters": said_by(filters), "engine": engine}
        if conversation is not None and conversation.turns:
            body["history"] = [turn.model_dump() for turn in history_of(conversation)]
        return self._post("/v1/ask", body, Answer)

    def passage(self, passage_id: str) -> PassageView:
        """A passage. Raises `NotFoundError`."""
        return self._call("GET", f"/v1/passages/{quote(passage_id, safe=':/@')}", PassageView)

    def search(
        self,
        query: str,
        k: int,
        filters: Filters,
        *,
        by_document: bool = False,
        quotas: Mapping[Kind, int] | None = None,
    ) -> list[HitView]:
        """The best passages for a query."""
        body = {
            "query": query,
            "k": k,
            "filters": said_by(filters),
            "by_document": by_document,
            "quotas": dict(quotas or {}),
        }
        return self._post("/v1/search", body, SearchOut).hits

    def task(self, name: TaskName, request: Request) -> Answer:
        """The answer of a task."""
        return self._post(f"/v1/tasks/{name}", _body(name, request), Answer)

    def _post(self, path: str, body: Mapping[str, object], model: type[M]) -> M:
        return self._call("POST", path, model, body)

    def _call(self, method: str, path: str, model: type[M], body: Mapping[str, object] | None = None) -> M:
        try:
            response = self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise ServerError(
                f"The server that holds the library ({self._client.base_url}) does not answer ({type(error).__name__}). "
                "Wait until it is ready, or stop it."
            ) from error
        if response.is_success:
            return self._read(response, model)
        detail = detail_of(response)
        if response.status_code == 422:
            raise QuestionError(detail)
        if response.status_code == 404:
            raise NotFoundError(detail)
        raise ServerError(f"The server that holds the library answered {response.status_code}: {detail}")

    def _read(self, response: httpx.Response, model: type[M]) -> M:
        try:
            return model.model_validate_json(response.content)
        except ValidationError:  # its message would repeat the question
            raise ServerError(
                f"The server that holds the library ({self._client.base_url}) gave an answer that this Citewell cannot read. "
                "Stop it and start it again with the same version."
            ) from None


def _body(name: TaskName, request: Request) -> dict[str, object]:
    """A request as the task's route takes it."""
    match name:
        case "summarising":
            said: dict[str, object] = {
                "document_id": request.document_id,
                "focus": request.question,
                "sentences": request.sentences,
            }
        case "structuring":
            said = {"text": request.text, "schema": request.schema}
        case _:
            said = {"question": request.question, "filters": said_by(request.filters or Filters())}
            if name == "plain_language":
                said["answer"] = request.answer.model_dump(mode="json") if request.answer else None
    return said | {"engine": request.engine}


def detail_of(response: httpx.Response) -> str:
    """What a problem document says."""
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase
