"""Calls to a Qdrant server: made again where that can help, and told in our words where it does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

import httpx
from qdrant_client import QdrantClient
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential, wait_random

from indexes.errors import EngineUnavailableError

ATTEMPTS = 4
LONGEST_PAUSE_S = 30.0
"""What a server may ask for between two attempts; one that asks for more is not asked again."""
_BUSY = frozenset({429, 502, 503, 504})
# An assertion: how the client tells that there was no result; a ValueError, pydantic's too: that an answer is not what Qdrant answers.
_FAILURES = (ApiException, ResourceExhaustedResponse, httpx.HTTPError, ConnectionError, AssertionError, ValueError)
_CREDENTIALS = re.compile(r"^([a-z]+://|)[^/]*@", re.IGNORECASE)

P = ParamSpec("P")
T = TypeVar("T")


def connect(url: str, api_key: str | None, timeout_s: int) -> QdrantClient:
    """A client of that server, which is not asked anything yet. Raises `EngineUnavailableError` where the URL is none."""
    try:
        _check(url)
        return QdrantClient(url=url, api_key=api_key, timeout=timeout_s, check_compatibility=False)
    except ValueError as error:
        raise EngineUnavailableError(
            f"CITEWELL_QDRANT_URL is not a URL: {_shown(url)!r}. Write it like http://localhost:6333."
        ) from error


def _check(url: str) -> None:
    """Raises `ValueError` unless it names a host, and a scheme or a port: the client takes any word for a host, and waits for it."""
    parts = urlsplit(url if "://" in url else f"//{url}")
    if not parts.hostname or not (parts.scheme or parts.port):
        raise ValueError("no host, or neither scheme nor port")


def _shown(url: str) -> str:
    """The URL as it may be shown: a password in it is nobody's business, nor is what stands behind a question mark."""
    return _CREDENTIALS.sub(r"\1", url).partition("?")[0]


def call(method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the client's method gives; all that are called may be called twice. Raises `EngineUnavailableError`.

    A connection that fails or is cut and a server that is busy (429, 502, 503, 504) are tried again, `ATTEMPTS` times in all, after growing
    pauses or the one it asks for. An answer that does not come in time is not: it would take as long again.
    """
    retrying = Retrying(
        retry=retry_if_exception(_may_pass), stop=stop_after_attempt(ATTEMPTS), wait=_pause, reraise=True
    )
    try:
        return retrying(method, *args, **kwargs)
    except _FAILURES as error:
        raise EngineUnavailableError(_told(error, _server(method))) from error


def _server(method: Callable[..., object]) -> str:
    """The server that a client's method asks, in words."""
    client = getattr(method, "__self__", None)
    url = client.init_options.get("url") if isinstance(client, QdrantClient) else None
    return f"The Qdrant server at {_shown(url)}" if url else "The Qdrant server"


def _source(error: BaseException) -> BaseException:
    return error.source if isinstance(error, ResponseHandlingException) else error


def _asked_for(error: BaseException | None) -> float:
    """The pause in seconds that a busy server asks for."""
    return error.retry_after_s if isinstance(error, ResourceExhaustedResponse) else 0.0


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, UnexpectedResponse):
        return error.status_code in _BUSY
    if isinstance(error, ResourceExhaustedResponse):
        return error.retry_after_s <= LONGEST_PAUSE_S
    source = _source(error)
    in_vain = (httpx.ReadTimeout, httpx.WriteTimeout, httpx.UnsupportedProtocol)
    return isinstance(source, (httpx.TransportError, ConnectionError)) and not isinstance(source, in_vain)


_growing = wait_exponential(multiplier=0.2, max=5) + wait_random(0, 0.2)


def _pause(state: RetryCallState) -> float:
    return max(_growing(state), _asked_for(state.outcome.exception() if state.outcome else None))


def _told(error: BaseException, server: str) -> str:
    """What went wrong, and which setting or what else mends it."""
    source = _source(error)
    status = 429 if isinstance(error, ResourceExhaustedResponse) else getattr(error, "status_code", None)
    if status in (401, 403):
        return f"{server} rejects the key (HTTP {status}). Set CITEWELL_QDRANT_API_KEY to one that may read and write the collection."
    if status in _BUSY:
        return f"{server} is too busy (HTTP {status}), and was asked {ATTEMPTS} times. Try again later, or give it more resources."
    if status == 404:
        return (
            f"{server} has no such collection (HTTP 404): it was deleted or replaced meanwhile, or CITEWELL_QDRANT_URL is another server's. "
            "Start Citewell again, which makes it anew where it is missing."
        )
    if status:
        return f"{server} refused the call (HTTP {status}){_reason(error)}. Is CITEWELL_QDRANT_URL that of a Qdrant server, 1.16 or later?"
    if isinstance(source, httpx.TimeoutException) and not isinstance(source, httpx.ConnectTimeout):
        return f"{server} did not answer in time. Try again later, or let it take longer with CITEWELL_QDRANT_TIMEOUT (seconds)."
    if isinstance(source, (httpx.TransportError, ConnectionError)):
        return f"{server} cannot be reached ({type(source).__name__}). Is it running, and is CITEWELL_QDRANT_URL right?"
    return (
        f"{server} did not answer as it should ({type(source).__name__}). "
        "Is CITEWELL_QDRANT_URL that of a Qdrant server, 1.16 or later?"
    )


def _reason(error: BaseException) -> str:
    """The server's own words, where it has some."""
    try:
        return f": {error.structured()['status']['error'][:200]}" if isinstance(error, UnexpectedResponse) else ""
    except (ValueError, KeyError, TypeError):
        return ""
