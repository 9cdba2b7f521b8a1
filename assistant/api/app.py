"""The HTTP door: `/v1/ask` and what goes with it, typed, with its schema at `/openapi.json`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Header
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field

from assistant import __version__
from assistant.answer import Answer, EngineName, Model
from assistant.api.calculators import calculator_routes
from assistant.api.ingest import Intake, ingest_routes
from assistant.api.limits import BodyLimit
from assistant.api.problems import Problem, add_problem_handlers, problem, unexpected
from assistant.api.tasks import task_routes
from assistant.appraisal.by_identifier import AppraisalOut, appraise_by_identifier
from assistant.conversation.history import History, conversation_of
from assistant.errors import AssistantError
from assistant.evidence import MAX_K, DocumentView, HitView, PassageView, SearchOut
from assistant.filtering import FiltersIn, OrderedFiltersIn
from assistant.guardrails.screening import screen
from assistant.progress import ClaimReady, Progress, ToolCalled
from assistant.searching import QuotasIn
from assistant.shelves import passage_ids_in
from indexes.errors import RetrievalError

if TYPE_CHECKING:
    from assistant.service import Assistant

SCOPE = (
    "Answers clinical questions for health professionals with verbatim, cited sentences. It supports a clinician's judgement and does not "
    "replace it; not for emergencies; send no patient identifiers."
)


class AskIn(Model):
    """A question."""

    question: str = Field(examples=["How often should a 50-year-old woman have a screening mammogram?"])
    filters: OrderedFiltersIn = FiltersIn()
    history: History = Field(
        default_factory=list, description="What was asked before, oldest first; the server remembers nothing."
    )
    engine: EngineName | None = Field(
        default=None,
        description="Who answers: where not given, the model of the server, and `extractive` where it has none.",
    )


class SearchIn(Model):
    """A search."""

    query: str = Field(examples=["statin primary prevention"])
    k: int = Field(default=10, ge=1, le=MAX_K)
    filters: OrderedFiltersIn = FiltersIn()
    by_document: bool = Field(default=False, description="Of each document only its best passage.")
    quotas: QuotasIn = Field(
        default=QuotasIn(),
        description="So many of each kind named, instead of `k`.",
        examples=[{"guideline": 3, "trial": 5}],
    )


class Health(Model):
    """Whether the service is up."""

    status: str
    version: str


def create_app(assistant: Assistant, intake: Intake | None = None) -> FastAPI:
    """The API of that assistant; with `intake` it ingests too. Errors are problem documents (RFC 9457)."""
    # The stock documentation pages load scripts from a CDN, and nothing may: the schema is there for any viewer.
    app = FastAPI(
        title="Citewell",
        version=__version__,
        description=SCOPE,
        docs_url=None,
        redoc_url=None,
        responses={"default": {"model": Problem, "description": "application/problem+json (RFC 9457)"}},
        lifespan=intake.lifespan if intake else None,
    )
    app.add_middleware(BodyLimit, others=intake.limits if intake else {})
    add_problem_handlers(app, assistant.library.home)

    @app.post("/v1/ask", response_model=Answer, responses={200: {"content": {"text/event-stream": {}}}})
    async def ask(body: AskIn, accept: Annotated[str, Header()] = "application/json") -> Answer | StreamingResponse:
        """Answer a question. With `Accept: text/event-stream`: `progress`, `tool` and `claim` events, one `answer` (or `error`) event last.

        A `claim` is a sentence that has been checked; the answer orders them, and may still leave some out.
        """
        filters = body.filters.to_filters()
        conversation = await run_in_threadpool(conversation_of, body.history, assistant.shelf)
        if "text/event-stream" not in accept:
            return await assistant.ask(body.question, filters=filters, engine=body.engine, conversation=conversation)
        screen(body.question)  # a question that cannot be taken is refused with a status, not inside the stream
        stream = assistant.stream(body.question, filters=filters, engine=body.engine, conversation=conversation)
        events = _events(stream)
        return StreamingResponse(events, media_type="text/event-stream")

    @app.post("/v1/search")
    async def search(body: SearchIn) -> SearchOut:
        """The best passages for a query. It is a POST, so that what is searched for stays out of access logs."""
        query = screen(body.query)
        filters, quotas = body.filters.to_filters(), body.quotas.to_quotas()
        hits = await run_in_threadpool(
            assistant.search, query, body.k, filters, by_document=body.by_document, quotas=quotas
        )
        return SearchOut(hits=[HitView.of(hit) for hit in hits])

    @app.get("/v1/documents/{document_id:path}")
    def document(document_id: str) -> DocumentView:
        """A document with its text and sections."""
        found = assistant.document(document_id)
        held = assistant.library.ledger.passage_ids(document_id)
        return DocumentView.of(found, held or passage_ids_in(assistant.shelf, document_id))

    @app.get("/v1/passages/{passage_id:path}")
    def passage(passage_id: str) -> PassageView:
        """A passage: `text[start:end]` is the quote of a citation. Write the `#` of an identifier as `%23`."""
        return PassageView.of(assistant.passage(passage_id))

    @app.get("/v1/appraisals/{identifier:path}")
    def appraisal(identifier: str) -> AppraisalOut:
        """How far a document, or what a passage of one recommends, can be trusted, and why. Write the `#` of an identifier as `%23`."""
        return appraise_by_identifier(assistant.shelf, identifier)

    @app.get("/healthz")
    def healthz() -> Health:
        """The process is up."""
        return Health(status="ok", version=__version__)

    @app.get("/readyz", response_model=Health)
    def readyz() -> Health | JSONResponse:
        """The library can be searched."""
        try:
            passages = assistant.library.searcher.engine.count()
        except RetrievalError as error:
            return problem(503, str(error))
        return Health(status="ready" if passages else "ready, and the library is empty", version=__version__)

    app.include_router(calculator_routes())
    app.include_router(task_routes(assistant))
    if intake:
        app.include_router(ingest_routes(intake, assistant.library))
    return app


async def _events(stream: AsyncIterator[Progress | Answer]) -> AsyncIterator[str]:
    """Server-sent events (WHATWG HTML, section 9.2) of an answer in the making."""
    try:
        async for item in stream:
            name, data = _event(item)
            yield f"event: {name}\ndata: {data.model_dump_json()}\n\n"
    except (AssistantError, RetrievalError) as error:
        yield _failed(str(error))
    except Exception as error:  # noqa: BLE001 - whatever broke, the stream ends with a word on it
        yield _failed(unexpected(error))


def _event(item: Progress | Answer) -> tuple[str, Model]:
    if isinstance(item, Answer):
        return "answer", item
    if isinstance(item, ClaimReady) and item.claim:
        return "claim", item.claim
    if isinstance(item, ToolCalled):
        return "tool", ToolRan(tool=item.tool, arguments=dict(item.arguments), hits=item.hits)
    return "progress", Progressed(step=item.step, text=item.text)


def _failed(detail: str) -> str:
    return f"event: error\ndata: {Failed(detail=detail).model_dump_json()}\n\n"


class Progressed(Model):
    """A step of an answer in the making, for the reader."""

    step: str
    text: str


class ToolRan(Model):
    """A tool that has been run for an answer in the making."""

    tool: str
    arguments: dict[str, Any]
    hits: int


class Failed(Model):
    """Why no answer came."""

    detail: str
