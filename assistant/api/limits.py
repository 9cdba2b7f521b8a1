"""Limits on the size of request bodies and on how long they may take, enforced while they are read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.api.problems import problem

MAX_BODY = (
    256 * 1024
)  # bytes: a question has at most 4,000 characters, a 50,000-character one must still get its own error


BODY_S = 30.0
"""Seconds in which a body has to be there, where its path has no rule of its own."""


class _RefusedError(Exception):
    """The body went over a limit while it was read."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The most bytes a body may have, what is told to those who send more, and the seconds it may take; `None` where its reader sees to that."""

    size: int
    refusal: str
    seconds: float | None


QUESTION = Limit(
    MAX_BODY, f"The request body is larger than {MAX_BODY // 1024} KiB. Send one question at a time.", BODY_S
)


class BodyLimit:
    """ASGI middleware: larger bodies are refused with 413 and never held in memory, slower ones with 408; `others` are limits by path."""

    def __init__(self, app: ASGIApp, others: Mapping[str, Limit] | None = None) -> None:
        self._app = app
        self._others = others or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is received; answer 413 where it is too much."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        allowed = self._others.get(scope["path"], QUESTION)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > allowed.size:
            await problem(413, allowed.refusal)(scope, receive, send)
            return
        received = 0
        started = whole = False
        refusal: JSONResponse | None = None
        deadline = None if allowed.seconds is None else asyncio.get_running_loop().time() + allowed.seconds

        async def counted() -> Message:
            nonlocal received, refusal, whole
            try:
                async with asyncio.timeout_at(None if whole else deadline):
                    message = await receive()
            except TimeoutError:
                refusal = problem(408, f"The request did not come within {allowed.seconds:.0f} seconds. Send it again.")
                raise _RefusedError from None
            received += len(message.get("body", b""))
            whole = whole or not message.get("more_body", False)
            if received > allowed.size:
                refusal = problem(413, allowed.refusal)
                raise _RefusedError
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            if refusal and not started:
                return  # FastAPI's own word on a body that broke off
            started = True
            await send(message)

        with suppress(_RefusedError):
            await self._app(scope, counted, noted)
        if refusal and not started:
            await refusal(scope, receive, send)
