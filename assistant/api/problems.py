"""Errors as problem documents (RFC 9457): what is wrong and the mend, never what was asked."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from assistant.errors import AssistantError, NotFoundError, QuestionError
from indexes.errors import EngineUnavailableError, RetrievalError
from ingestion.errors import IngestionError


def problem(status: int, detail: str) -> JSONResponse:
    """A problem document of that status."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (QuestionError, 422),
    (NotFoundError, 404),
    (EngineUnavailableError, 503),
    (AssistantError, 500),
    (RetrievalError, 500),
    (IngestionError, 500),
)


def add_problem_handlers(app: FastAPI) -> None:
    """Let every error of the application leave as a problem document."""

    def known(_: Request, error: Exception) -> JSONResponse:
        return problem(next(status for kind, status in _STATUS if isinstance(error, kind)), str(error))

    def invalid(_: Request, error: Exception) -> JSONResponse:
        # Only places and rules are told: pydantic's messages would repeat the input, which may hold identifiers.
        faults = error.errors() if isinstance(error, RequestValidationError) else []
        where = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in faults)
        return problem(422, f"The request does not fit the schema at /openapi.json ({where}).")

    def http(_: Request, error: Exception) -> JSONResponse:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return problem(status, HTTPStatus(status).description or HTTPStatus(status).phrase)

    def unexpected(_: Request, error: Exception) -> JSONResponse:
        return problem(
            500, f"Something went wrong inside Citewell ({type(error).__name__}). The question was not kept."
        )

    for kind, _ in _STATUS:
        app.add_exception_handler(kind, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unexpected)
