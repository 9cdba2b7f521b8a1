"""A limit on the size of request bodies, enforced while they are read."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.api.problems import problem

MAX_BODY = (
    256 * 1024
)  # bytes: a question has at most 4,000 characters, a 50,000-character one must still get its own error


class TooLargeError(Exception):
    """The body went over the limit while it was read."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The most bytes a body may have, and what is said to who sends more."""

    size: int
    refusal: str


QUESTION = Limit(MAX_BODY, f"The request body is larger than {MAX_BODY // 1024} KiB. Send one question at a time.")


class BodyLimit:
    """ASGI middleware: requests to `/v1` with a larger body are refused with 413 and never held in memory; `others` are limits by path."""

    def __init__(self, app: ASGIApp, others: Mapping[str, Limit] | None = None) -> None:
        self._app = app
        self._others = others or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is received; answer 413 where it is too much."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        allowed = self._others.get(scope["path"], QUESTION)
        limit, refusal = allowed.size, problem(413, allowed.refusal)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > limit:
            await refusal(scope, receive, send)
            return
        received = 0
        started = False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise TooLargeError
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            if received > limit and not started:
                return  # FastAPI's own word on a body that broke off
            started = True
            await send(message)

        with suppress(TooLargeError):
            await self._app(scope, counted, noted)
        if received > limit and not started:
            await refusal(scope, receive, send)
