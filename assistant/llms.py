"""The language model in use: which the settings name, what is known of it, and a client that speaks to it.

A model is named PROVIDER:MODEL[@URL], such as `openai:gpt-4.1`, `ollama:llama3.1@http://127.0.0.1:11434/v1` or
`openai-like:local@http://127.0.0.1:8089/v1` (vLLM, llama.cpp, any server of the OpenAI protocol).
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast, get_args
from urllib.parse import SplitResult, urlsplit

from assistant.errors import SettingsError
from assistant.llm_clients import build_client
from assistant.model_cards import Interface, ModelCard, Price, Provider, find_card
from assistant.settings import Settings

if TYPE_CHECKING:
    from llama_index.core.llms.function_calling import FunctionCallingLLM

PROVIDERS: tuple[Provider, ...] = get_args(Provider)
HOMES: Mapping[str, str] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "ollama": "http://127.0.0.1:11434/v1",
}
"""Where a provider is asked when the setting names no address."""
KEYS: Mapping[str, str] = {
    "openai": "OPENAI_API_KEY",
    "azure": "AZURE_OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
}
"""The variable a provider's key usually stands in; these providers need one."""

NO_PRICE = (
    "Its price is unknown, so the limit CITEWELL_LLM_COST cannot be kept: set CITEWELL_LLM_PRICE=PROMPT/ANSWER, "
    "in USD per million tokens."
)

_SPEC = re.compile(r"(?P<provider>[a-z-]+):(?P<model>[^\s@](?:(?!@https?://)\S)*)(?:@(?P<url>https?://\S+))?", re.ASCII)
_GRAMMAR = (
    "It is written PROVIDER:MODEL or PROVIDER:MODEL@URL, such as openai:gpt-4.1 or openai-like:local@http://127.0.0.1:8089/v1; "
    f"PROVIDER is {', '.join(PROVIDERS[:-1])} or {PROVIDERS[-1]}."
)
_UNENCRYPTED = "The address in CITEWELL_LLM would send your key unencrypted: begin it with https://."
_OWN_NAMES = (".local", ".internal", ".lan", ".home.arpa", ".intranet", ".corp")


@dataclass(frozen=True, slots=True)
class Spec:
    """A model and where it is asked; `url` has no credentials and no slash at its end."""

    provider: Provider
    model: str
    url: str

    @property
    def interface(self) -> Interface:
        """`local` where prompts stay on this machine or in its network, else `api`. A name that may be anywhere is taken to be elsewhere."""
        if self.provider in ("openai", "azure", "anthropic"):
            return "api"
        if self.provider == "ollama" and self.model.endswith(("-cloud", ":cloud")):
            return "api"  # Ollama hands these on to its own servers
        return "local" if _is_near(urlsplit(self.url).hostname or "") else "api"


@dataclass(frozen=True, slots=True)
class Llm:
    """A language model that can be asked. `client` is LlamaIndex's, for its agents; only asynchronous methods are made to be used."""

    spec: str
    card: ModelCard
    url: str
    seed: int
    client: FunctionCallingLLM = field(repr=False)

    def capped(self, max_tokens: int) -> FunctionCallingLLM:
        """The client with a limit on each answer, for LlamaIndex's agents, which set none."""
        return self.client.model_copy(update={"max_tokens": max_tokens})


def open_llm(settings: Settings) -> Llm | None:
    """The model that CITEWELL_LLM names, or `None` where it is not set. Nothing is sent.

    Raises `SettingsError` where the setting cannot be used or a key is missing, `LlmError` where the library for it is not installed.
    """
    if settings.llm is None:
        return None
    spec = parse_spec(settings.llm)
    card = card_of(settings, spec)
    key = _key(settings, spec)
    if key and spec.url.startswith("http://") and not _is_near(urlsplit(spec.url).hostname or ""):
        raise SettingsError(_UNENCRYPTED)
    client = build_client(card, spec.url, key, settings.llm_seed, settings.llm_seconds)
    return Llm(settings.llm, card, spec.url, settings.llm_seed, client)


def card_of(settings: Settings, spec: Spec) -> ModelCard:
    """The card of a model, with what the operator set instead."""
    card = find_card(spec.provider, spec.model, spec.interface)
    said: dict[str, Any] = {
        "context_tokens": settings.llm_context,
        "tools": settings.llm_tools,
        "structured": settings.llm_structured,
        "identifiers_allowed": settings.llm_identifiers,
        "price": _price(settings),
    }
    card = replace(card, **{name: value for name, value in said.items() if value is not None})
    if card.interface == "api" and card.price is None:
        card = replace(card, remarks=(*card.remarks, NO_PRICE))
    return card


def parse_spec(text: str) -> Spec:
    """What PROVIDER:MODEL[@URL] names. Raises `SettingsError` with the mend; the message repeats no address, which may hold a password."""
    match = _SPEC.fullmatch(text.strip())
    if match is None:
        raise SettingsError(f"CITEWELL_LLM cannot be read. {_GRAMMAR}")
    name, model = match["provider"], match["model"]
    if name not in PROVIDERS:
        raise SettingsError(f"CITEWELL_LLM names the provider {name!r}, which is not known. {_GRAMMAR}")
    provider = cast(Provider, name)
    url = match["url"] or HOMES.get(provider)
    if url is None:
        raise SettingsError(f"CITEWELL_LLM must say where {provider} is asked: {provider}:{model}@URL.")
    _check_url(provider, url)
    return Spec(provider, model, url.rstrip("/"))


def _check_url(provider: Provider, url: str) -> None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise SettingsError("The address in CITEWELL_LLM is none: check its host and port.") from None
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise SettingsError(
            "The address in CITEWELL_LLM holds a name or password, which would end in logs. Take it out, and set CITEWELL_LLM_API_KEY."
        )
    if not parts.hostname or parts.query or parts.fragment:
        raise SettingsError(
            "The address in CITEWELL_LLM must be a base address such as http://127.0.0.1:8089/v1, without ? or #."
        )
    _check_encrypted(provider, parts)


def _check_encrypted(provider: Provider, parts: SplitResult) -> None:
    if provider in KEYS and parts.scheme == "http" and not _is_near(parts.hostname or ""):
        raise SettingsError(_UNENCRYPTED)


def _price(settings: Settings) -> Price | None:
    if settings.llm_price is None:
        return None
    prompt, completion = map(float, settings.llm_price.split("/"))
    return Price(prompt, completion)


def _key(settings: Settings, spec: Spec) -> str:
    if settings.llm_api_key is not None:
        return settings.llm_api_key.get_secret_value().strip()
    variable = KEYS.get(spec.provider)
    if variable is None:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise SettingsError(f"{spec.provider} needs a key: set CITEWELL_LLM_API_KEY (or {variable}).")
    return key


def _is_near(host: str) -> bool:
    """Whether a host is this machine or in a private network, as far as its name or address tells without asking for it."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        bare = "." not in host and not host[:1].isdigit()  # 134744072 and 0x8080808 are addresses elsewhere
        return bare or host.lower().endswith(_OWN_NAMES)
    return address.is_loopback or address.is_private or address.is_link_local
