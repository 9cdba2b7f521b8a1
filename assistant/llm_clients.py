"""LlamaIndex's clients for the providers, made so that they ask nobody but the server that is set, and keep silent.

The libraries are imported when a model is opened, not before: they are options (`llm`, `anthropic`). What they would take from the environment
(addresses, other keys, log levels that print prompts) is set here instead. Redirects are not followed: a prompt goes where the operator said.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from assistant.errors import LlmError
from assistant.model_cards import ModelCard

if TYPE_CHECKING:
    from llama_index.core.llms.function_calling import FunctionCallingLLM

RETRIES = 2
"""Further attempts after a refusal for now (429), a fault of the server (5xx) or a lost connection, after growing pauses of 0.5 to 8 s."""
CONNECT_SECONDS = 5.0
READ_SHARE = 0.9
"""Of the time a question has: how long a server may be silent."""
_UNUSED_KEY = "kept-by-the-client-below"
_CHATTY = ("openai", "anthropic", "httpx", "httpx2", "httpcore", "httpcore2", "llama_index")


def build_client(card: ModelCard, url: str, key: str, seed: int, seconds: float) -> FunctionCallingLLM:
    """A client for the model of a card; no network yet. Raises `LlmError` naming the extra that is not installed.

    `seconds` is the time a question has. Only the asynchronous methods are made to be used.
    """
    try:
        client = (
            _anthropic(card, url, key, seconds)
            if card.provider == "anthropic"
            else _openai(card, url, key, seed, seconds)
        )
    except ImportError as error:
        extra = "anthropic" if card.provider == "anthropic" else "llm"
        raise LlmError(
            f"The library that speaks to {card.provider} models is not installed: pip install 'citewell[{extra}]'."
        ) from error
    _keep_silent()
    return client


def _openai(card: ModelCard, url: str, key: str, seed: int, seconds: float) -> FunctionCallingLLM:
    import httpx
    from llama_index.llms.openai_like import OpenAILike
    from openai import AsyncOpenAI

    # A connection a request: a few a question. None is left behind that belongs to the event loop of an earlier question.
    http = httpx.AsyncClient(
        limits=httpx.Limits(max_keepalive_connections=0),
        timeout=httpx.Timeout(seconds * READ_SHARE, connect=min(CONNECT_SECONDS, seconds * READ_SHARE)),
        verify=httpx.create_ssl_context(),  # of SSL_CERT_FILE where it is set, as for a hospital's own authority
        trust_env=card.interface == "api",  # a proxy is the way out, never the way to a server of one's own
        follow_redirects=False,
    )
    sdk = AsyncOpenAI(api_key=key or "none", base_url=url, max_retries=RETRIES, http_client=http, timeout=http.timeout)
    if card.provider != "openai":
        sdk.organization = sdk.project = None  # else taken from OPENAI_ORG_ID and sent to whoever serves
    client: FunctionCallingLLM = OpenAILike(
        model=card.name,
        api_base=url,
        api_key=_UNUSED_KEY,
        async_openai_client=sdk,
        max_retries=0,  # the client below does it; both would multiply
        timeout=seconds * READ_SHARE,
        temperature=0.0,
        additional_kwargs={"seed": seed, "stream_options": {"include_usage": True}},
        context_window=card.context_tokens,
        is_chat_model=True,
        is_function_calling_model=card.tools == "native",
    )
    return client


def _anthropic(card: ModelCard, url: str, key: str, seconds: float) -> FunctionCallingLLM:
    import httpx2
    from anthropic import AsyncAnthropic
    from llama_index.core.base.llms.types import LLMMetadata
    from llama_index.llms.anthropic import Anthropic, utils

    names = vars(utils)
    if not isinstance(names["MessageParam"], type):
        # llama-index-llms-anthropic 0.12.3 makes messages by calling this name, which anthropic 2 turned into a union that cannot be called.
        names["MessageParam"] = dict

    class OfCard(Anthropic):
        """What the card says of the model, not what a list in the library does, which refuses models that it does not have."""

        @property
        def metadata(self) -> LLMMetadata:
            return LLMMetadata(
                context_window=card.context_tokens,
                num_output=self.max_tokens,
                is_chat_model=True,
                is_function_calling_model=card.tools == "native",
                model_name=self.model,
            )

        @property
        def _model_kwargs(self) -> dict[str, Any]:
            # anthropic 2 takes no temperature as an argument; in the body it does what it always did. Newer models refuse it.
            refused = any(name in self.model for name in utils.ANTHROPIC_NO_TEMP_MODELS)
            body = {} if refused else {"temperature": self.temperature}
            return {"model": self.model, "max_tokens": self.max_tokens, "extra_body": body}

    http = httpx2.AsyncClient(
        limits=httpx2.Limits(max_keepalive_connections=0),
        timeout=httpx2.Timeout(seconds * READ_SHARE, connect=min(CONNECT_SECONDS, seconds * READ_SHARE)),
        verify=httpx2.create_ssl_context(),
        trust_env=card.interface == "api",
        follow_redirects=False,
    )
    client = OfCard(
        model=card.name,
        api_key=_UNUSED_KEY,
        base_url=url,
        max_retries=0,
        timeout=seconds * READ_SHARE,
        temperature=0.0,
        max_tokens=card.output_tokens,
    )
    client._aclient = AsyncAnthropic(
        api_key=key, base_url=url, max_retries=RETRIES, http_client=http, timeout=http.timeout
    )
    return client


def _keep_silent() -> None:
    """At lower levels these libraries log prompts and answers; `OPENAI_LOG=debug` would turn that on."""
    for name in _CHATTY:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
