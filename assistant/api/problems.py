"""Errors as problem documents (RFC 9457): what is wrong and the mend, never what was asked."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.answer import Model
from assistant.errors import AssistantError, CalculatorError, NotFoundError, QuestionError, RefusedError, TooSlowError
from indexes.errors import EngineUnavailableError, LibraryInUseError, RetrievalError, UnusableQueryError
from ingestion.errors import (
    BusyError,
    IngestionError,
    QueueFullError,
    UnknownDocumentError,
    UnknownJobError,
    UnknownKindError,
)

logger = logging.getLogger("citewell.api")
FAULTS = 10  # that are told: an answer must not be larger than what it answers


class Problem(Model):
    """A problem document."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


def problem(status: int, detail: str) -> JSONResponse:
    """The response of that status with its problem document."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return JSONResponse(body.model_dump(), status_code=status, media_type="application/problem+json")


def unexpected(error: Exception) -> str:
    """What is told of an error that nobody foresaw. The log gets its frames only: its message may hold the question."""
    logger.error("%s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
    return f"Something went wrong inside Citewell ({type(error).__name__}). The question was not kept."


class Unexpected:
    """ASGI middleware: an error that nobody foresaw leaves as a problem document, and its message goes nowhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; a response that has begun breaks off."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:  # noqa: BLE001 - the last resort
            detail = unexpected(error)
            if not started:
                await problem(500, detail)(scope, receive, send)


_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (QuestionError, 422),
    (CalculatorError, 422),
    (NotFoundError, 404),
    (TooSlowError, 504),
    (EngineUnavailableError, 503),
    (LibraryInUseError, 503),
    (UnusableQueryError, 422),
    (QueueFullError, 503),
    (UnknownKindError, 422),
    (UnknownDocumentError, 404),
    (UnknownJobError, 404),
    (BusyError, 409),
    (AssistantError, 500),
    (RetrievalError, 500),
    (IngestionError, 500),
)


_ALLOWED = (
    "ge",
    "le",
    "expected",
    "min_length",
    "max_length",
    "pattern",
)  # of pydantic's context, what the schema says
_FIELD = re.compile(r"[a-z]{2,20}(?:_[a-z]{2,20}){0,2}")


def _fault(rule: str, place: tuple[object, ...], bounds: Mapping[str, object]) -> str:
    """A fault by its rule, its place and what the schema allows there.

    A field that the schema lacks is the caller's own words, and is named only where it looks like a name.
    """
    known = place[:-1] if rule == "extra_forbidden" and not _FIELD.fullmatch(str(place[-1])) else place
    allowed = [str(bounds[name]) for name in _ALLOWED if name in bounds]
    return f"{'.'.join(map(str, known))}: {' '.join([rule, *allowed])}"


def add_problem_handlers(app: FastAPI, home: Path) -> None:
    """Let every error of the application leave as a problem document, none of which says where the library's folder `home` lies."""

    def known(_: Request, error: Exception) -> JSONResponse:
        detail = str(error).replace(str(home), "…")
        return problem(next(status for kind, status in _STATUS if isinstance(error, kind)), detail)

    def refused(_: Request, error: Exception) -> JSONResponse:
        status, headers = (error.status, error.headers) if isinstance(error, RefusedError) else (500, {})
        response = problem(status, str(error))
        response.headers.update(headers)
        return response

    def invalid(_: Request, error: Exception) -> JSONResponse:
        # Only places and rules are told: pydantic's messages would repeat the input, which may hold identifiers.
        faults = error.errors() if isinstance(error, RequestValidationError) else []
        where = "; ".join(_fault(fault["type"], fault["loc"], fault.get("ctx", {})) for fault in faults[:FAULTS])
        where += f"; and {len(faults) - FAULTS} more" if len(faults) > FAULTS else ""
        return problem(422, f"The request does not fit the schema at /openapi.json ({where}).")

    def http(_: Request, error: Exception) -> JSONResponse:
        status = error.status_code if isinstance(error, HTTPException) else 500
        response = problem(status, HTTPStatus(status).description or HTTPStatus(status).phrase)
        response.headers.update(getattr(error, "headers", None) or {})  # such as the methods that are allowed
        return response

    for kind, _ in _STATUS:
        app.add_exception_handler(kind, known)
    app.add_exception_handler(RefusedError, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_middleware(Unexpected)
