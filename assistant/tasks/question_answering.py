"""A question answered: the workflow of `assistant/workflow.py`."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from assistant.answer import Answer, TaskName
from assistant.progress import Tell
from assistant.tasks.base import Need, Request

if TYPE_CHECKING:
    from assistant.service import Assistant


class QuestionAnswering:
    """Answers a clinical question, every sentence cited."""

    name: TaskName = "question_answering"
    summary = "Answer a clinical question, every sentence cited to the words that carry it."
    needs: tuple[Need, ...] = ("question",)

    async def run(self, request: Request, assistant: Assistant, tell: Tell) -> Answer:
        """The ordinary answer."""
        return await answered(request, assistant, tell)


async def answered(request: Request, assistant: Assistant, tell: Tell) -> Answer:
    """The ordinary answer to the question of a request, for tasks that begin with one."""
    stream = assistant.stream(request.question, filters=request.filters, engine=request.engine)
    async with aclosing(stream):
        async for event in stream:
            if isinstance(event, Answer):
                return event
            tell(event)
    raise RuntimeError("the stream ended without an answer")
