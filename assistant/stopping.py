"""Waiting for a workflow so that it stops when nobody waits any more."""

from __future__ import annotations

import asyncio
from typing import Any

from workflows.handler import WorkflowHandler


async def result_of(handler: WorkflowHandler) -> Any:
    """The result of the run. Where the waiting is cancelled the run is too: by itself it would go on, unseen, for it only forgets who waits."""
    waiting = asyncio.ensure_future(handler)
    waiting.add_done_callback(
        lambda task: task.cancelled() or task.exception()
    )  # looked at, so that nothing is logged of it
    try:
        return await asyncio.shield(waiting)
    finally:
        if not handler.is_done():
            await handler.cancel_run()
