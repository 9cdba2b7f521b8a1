"""The trace of a question: what was done, with what, and how long it took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from assistant.answer import TraceStep
from assistant.run import Run

T = TypeVar("T")


async def timed(
    run: Run,
    step: str,
    work: Callable[[], T],
    *,
    tool: str | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> T:
    """Do the work in a thread, so that a server goes on serving meanwhile, and note it in the trace."""
    started = time.perf_counter()
    result = await asyncio.to_thread(work)
    note(run, step, started, tool=tool, arguments=arguments, hits=len(result) if isinstance(result, list) else None)
    return result


def note(
    run: Run,
    step: str,
    started: float,
    *,
    tool: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    hits: int | None = None,
) -> None:
    """Note a step that began at `started` (`time.perf_counter`) and is done now."""
    ms = round((time.perf_counter() - started) * 1000, 2)
    run.trace.append(TraceStep(step=step, tool=tool, arguments=dict(arguments or {}), hits=hits, ms=ms))
