"""The tasks over HTTP: `POST /v1/tasks/{task}`, each with a body of its own, and `GET /v1/tasks`, which says what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from assistant.answer import Answer, EngineName, Model, TaskName
from assistant.filtering import FiltersIn, OrderedFiltersIn
from assistant.tasks import TASKS, Need, Request
from assistant.tasks.base import SENTENCES
from assistant.tasks.running import run_task

if TYPE_CHECKING:
    from assistant.service import Assistant

MOST_SENTENCES = 20
_ENGINE: Any = Field(
    default=None,
    description="Who does it: where not given, the model of the server, and `extractive` where it has none.",
)


class TaskView(Model):
    """A task: what it does, and of what any one must be given."""

    name: TaskName
    summary: str
    needs: list[Need]


class TasksOut(Model):
    """The tasks there are."""

    tasks: list[TaskView]


class QuestionIn(Model):
    """A question for a task that begins with its answer."""

    question: str = Field(examples=["Does aspirin prevent heart attacks in adults over 70?"])
    filters: OrderedFiltersIn = FiltersIn()
    engine: EngineName | None = _ENGINE


class PlainIn(Model):
    """An answer to say in plain words, or a question that is answered first."""

    answer: Answer | None = Field(
        default=None, description="An answer as `/v1/ask` gives it. Its sentences are checked anew."
    )
    question: str = ""
    filters: OrderedFiltersIn = FiltersIn()
    engine: EngineName | None = _ENGINE


class SummariseIn(Model):
    """A document to sum up."""

    document_id: str = Field(min_length=1, max_length=500, examples=["pubmed:31535829"])
    focus: str = Field(default="", description="What to sum up of it; everything, where not given.")
    sentences: int = Field(default=SENTENCES, ge=1, le=MOST_SENTENCES, description="At most so many.")
    engine: EngineName | None = _ENGINE


class StructureIn(Model):
    """A text to bring into a structure. It is not kept."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    text: str = Field(examples=["64-year-old woman with type 2 diabetes. BP 140/90 mmHg."])
    target: dict[str, Any] | None = Field(
        default=None, alias="schema", description="A JSON schema of an object; PICO, where not given."
    )
    engine: EngineName | None = _ENGINE


def task_routes(assistant: Assistant) -> APIRouter:
    """The routes of the tasks."""
    router = APIRouter(prefix="/v1/tasks")

    @router.get("")
    def tasks() -> TasksOut:
        """The tasks there are."""
        return TasksOut(
            tasks=[TaskView(name=name, summary=task.summary, needs=list(task.needs)) for name, task in TASKS.items()]
        )

    @router.post("/question_answering")
    async def question_answering(body: QuestionIn) -> Answer:
        """Answer a question: what `/v1/ask` does."""
        return await run_task(assistant, "question_answering", _asked(body))

    @router.post("/evidence_synthesis")
    async def evidence_synthesis(body: QuestionIn) -> Answer:
        """Answer a question, the stronger evidence first, with a `table` of the studies; each cell is verbatim and says where it stands."""
        return await run_task(assistant, "evidence_synthesis", _asked(body))

    @router.post("/plain_language")
    async def plain_language(body: PlainIn) -> Answer:
        """Say an answer in plain words, its citations kept. `reading` has the school grades before and after."""
        return await run_task(assistant, "plain_language", _asked(body, answer=body.answer))

    @router.post("/summarising")
    async def summarising(body: SummariseIn) -> Answer:
        """Sum up a document in its own order, every sentence cited; of recommendations `findings` have the grade."""
        request = Request(
            document_id=body.document_id, question=body.focus, sentences=body.sentences, engine=body.engine
        )
        return await run_task(assistant, "summarising", request)

    @router.post("/structuring")
    async def structuring(body: StructureIn) -> Answer:
        """Bring a text into PICO or a schema. `extracted` has each value's place and its words: `text[start:end] == quote`."""
        return await run_task(assistant, "structuring", Request(text=body.text, schema=body.target, engine=body.engine))

    return router


def _asked(body: QuestionIn | PlainIn, *, answer: Answer | None = None) -> Request:
    return Request(question=body.question, answer=answer, filters=body.filters.to_filters(), engine=body.engine)
