"""What goes wrong when a model is asked, in words for a user: what it is and what to do about it.

The libraries' own messages are never repeated: they may hold the prompt, an answer, a key or an address with a password.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from assistant.errors import AssistantError, LlmError
from assistant.llms import Llm

_LIBRARIES = ("openai", "anthropic", "httpx", "httpx2", "httpcore", "httpcore2")
_READERS = (*_LIBRARIES, "llama_index.llms", "llama_index.core.llms", "json", "pydantic")
"""Where an exception of Python's own means that the server's answer could not be read."""
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)


@contextmanager
def errors_in_words(llm: Llm) -> Iterator[None]:
    """Turn what the libraries raise inside the block into `LlmError`; ours, cancellation, and mistakes in other code pass through.

    For whatever asks the model by itself too, such as LlamaIndex's agents: causes of an exception are looked at as well.
    """
    try:
        yield
    except AssistantError:
        raise
    except Exception as error:
        ours, words = _ours(error), _words(error, llm)
        if ours is not None:
            raise ours from None
        if words is None:
            raise
        raise LlmError(words) from None  # the cause may hold the prompt


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or at.__context__


def _ours(error: BaseException) -> AssistantError | None:
    return next((cause for cause in _chain(error) if isinstance(cause, AssistantError)), None)


def _words(error: Exception, llm: Llm) -> str | None:
    for cause in _chain(error):
        if type(cause).__module__.partition(".")[0] in _LIBRARIES:
            return _of_library(cause, llm)
        if isinstance(cause, _UNREADABLE) and _raised_in(cause).startswith(_READERS):
            return unreadable(llm)
    return None


def _of_library(error: BaseException, llm: Llm) -> str:
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return _of_status(status, error, llm)
    kinds = {kind.__name__ for cause in _chain(error) for kind in type(cause).__mro__}
    model = llm.card.name
    if "SSLCertVerificationError" in kinds:
        return f"The certificate of {llm.url} is not trusted. Name your authority's certificates in SSL_CERT_FILE."
    if kinds & {"ConnectError", "ConnectTimeout", "ProxyError"}:
        return f"The model's server cannot be reached at {llm.url}. Start it, or correct the address in CITEWELL_LLM."
    if kinds & {"TimeoutException", "APITimeoutError"}:
        return (
            f"The model {model} gave no word for too long. It may be overloaded or too large for its machine; "
            "CITEWELL_LLM_SECONDS allows more time."
        )
    if kinds & {"NetworkError", "RemoteProtocolError", "APIConnectionError"}:
        return broken_off(llm)
    if kinds & {"JSONDecodeError", "APIResponseValidationError", "DecodingError"}:
        return unreadable(llm)
    return f"The model {model} at {llm.url} failed while it answered. Read the server's log."


def _of_status(status: int, error: BaseException, llm: Llm) -> str:
    model, url = llm.card.name, llm.url
    if status in (401, 403):
        return f"The server at {url} does not accept the key (status {status}). Set CITEWELL_LLM_API_KEY to one that may use {model}."
    if status == 402:
        return f"The account of the key has no credit left at {url} (status 402)."
    if status == 404:
        return (
            f"The server at {url} has no model {model!r}, or answers at another address (status 404). "
            "Compare the list it gives at its /models; an address often ends in /v1."
        )
    if status == 429:
        return f"The server at {url} takes no more requests for now, or the key's quota is used up (status 429). Ask again later."
    if 300 <= status < 400:
        return f"The server at {url} sends elsewhere (status {status}), which is not followed. Put the final address into CITEWELL_LLM."
    if status == 413 or (status == 400 and _too_long(error)):
        return (
            f"The request is larger than the server at {url} takes. "
            f"Set CITEWELL_LLM_CONTEXT, now {llm.card.context_tokens:,}, to what the server was started with."
        )
    if status < 500:
        return (
            f"The server at {url} refuses the request (status {status}). The model {model} may not take tools or schemas: "
            "set CITEWELL_LLM_TOOLS=text or CITEWELL_LLM_STRUCTURED=none."
        )
    return f"The server at {url} failed (status {status}). Ask again; if it fails again, read the server's log."


def _too_long(error: BaseException) -> bool:
    """Whether a refusal speaks of the context; its words are looked at, never shown."""
    said = str(getattr(error, "body", "")).lower()
    return "context" in said and any(word in said for word in ("length", "exceed", "size", "window", "maximum"))


def broken_off(llm: Llm) -> str:
    """Words for an answer that did not end."""
    return (
        f"The connection to the model {llm.card.name} at {llm.url} broke off before its answer was whole. Ask again; "
        "if it happens again, read the server's log."
    )


def unreadable(llm: Llm) -> str:
    """Words for an answer that is none."""
    return (
        f"What the server at {llm.url} answered cannot be read. Does it speak the {_protocol(llm)} protocol at that address? "
        "An address often ends in /v1."
    )


def _protocol(llm: Llm) -> str:
    return "Anthropic" if llm.card.provider == "anthropic" else "OpenAI"


def _raised_in(error: BaseException) -> str:
    """The module whose code raised it."""
    at = error.__traceback__
    if at is None:
        return ""
    while at.tb_next is not None:
        at = at.tb_next
    return str(at.tb_frame.f_globals.get("__name__", ""))
