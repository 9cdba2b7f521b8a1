"""Tasks run for the doors: what is given is looked at first, progress streams, and time is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from assistant.answer import Answer, TaskName
from assistant.errors import QuestionError, TooSlowError
from assistant.progress import Progress
from assistant.tasks import TASKS
from assistant.tasks.base import Need, Request

if TYPE_CHECKING:
    from assistant.service import Assistant

ROUNDS = 2
"""A task may answer a question first and then do its own work, each in the time that a question may take."""
_NEEDS: dict[Need, str] = {
    "question": "a question",
    "answer": "an answer",
    "document_id": "the identifier of a document",
    "text": "a text",
}


async def run_task(assistant: Assistant, name: TaskName, request: Request) -> Answer:
    """The answer of a task. Raises `QuestionError`, `NotFoundError` and `TooSlowError`."""
    async for event in stream_task(assistant, name, request):
        if isinstance(event, Answer):
            return event
    raise RuntimeError("the task ended without an answer")


async def stream_task(
    assistant: Assistant, name: TaskName, request: Request
) -> AsyncGenerator[Progress | Answer, None]:
    """`Progress` as it comes, the `Answer` last. Raises what `run_task` raises. Who leaves the loop stops the work."""
    task = TASKS[name]
    if not any(request.gives(need) for need in task.needs):
        raise QuestionError(f"This task needs {' or '.join(_NEEDS[need] for need in task.needs)}. Give it.")
    assistant.chosen(request.engine)
    told: asyncio.Queue[Progress | None] = asyncio.Queue()
    seconds = ROUNDS * assistant.timeout_s
    work = asyncio.create_task(_in_time(task.run(request, assistant, told.put_nowait), seconds))
    work.add_done_callback(lambda _: told.put_nowait(None))
    try:
        while (progress := await told.get()) is not None:
            yield progress
        yield await work
    finally:
        if not work.done():
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work


async def _in_time(work: Coroutine[Any, Any, Answer], seconds: float) -> Answer:
    try:
        async with asyncio.timeout(seconds) as limit:
            return await work
    except TimeoutError:
        if limit.expired():
            raise TooSlowError(
                f"The task took longer than {seconds:.0f} seconds and was given up. "
                "Give it less at a time, or again when the machine is less busy."
            ) from None
        raise
