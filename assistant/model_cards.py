"""What is known of each language model (`llms.toml`): what it can do, how good at medicine it was measured to be, what it costs.

The fields are those by which Jin et al., "Demystifying Large Language Models for Medicine: A Primer" (arXiv 2410.18856), say to choose a model.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Provider = Literal["openai-like", "openai", "azure", "ollama", "anthropic"]
Interface = Literal["api", "local"]
Tools = Literal["native", "text", "none"]
Structured = Literal["json_schema", "json_object", "none"]

UNKNOWN_CONTEXT = 8192
"""Tokens a model that is not in the registry is taken to read: few servers are started with less."""
UNKNOWN_OUTPUT = 2048
OLLAMA_CONTEXT = 4096
"""Tokens that Ollama gives a model unless it is told otherwise, whatever the model could read; it drops the rest of a prompt without a word
(https://docs.ollama.com/context-length)."""

_RELEASE = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2})$")  # Anthropic's and OpenAI's dated names of one model


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens; `date` is when it was published, `None` where the operator set it."""

    prompt: float
    completion: float
    date: date | None = None


@dataclass(frozen=True, slots=True)
class MedQA:
    """Published accuracy on MedQA (questions of the US medical licensing examination), 0 to 1, how it was asked, and where it is published."""

    accuracy: float
    asked: str
    source: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What to choose a model by, and what Citewell may ask of it. `remarks` say what had to be assumed."""

    name: str
    provider: Provider
    interface: Interface
    modality: tuple[str, ...]
    context_tokens: int
    output_tokens: int
    tools: Tools
    structured: Structured
    identifiers_allowed: bool
    price: Price | None = None
    medqa: MedQA | None = None
    entry: str | None = None
    """The first name of the registry's entry it is from, `None` where the model is not in there."""
    remarks: tuple[str, ...] = ()

    @property
    def registered(self) -> bool:
        """Whether the registry knows the model."""
        return self.entry is not None

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """USD; 0 where the price is unknown."""
        if self.price is None:
            return 0.0
        return (prompt_tokens * self.price.prompt + completion_tokens * self.price.completion) / 1e6


class _PriceEntry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)
    date: date


class _MedQAEntry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    accuracy: float = Field(gt=0, lt=1)
    asked: str = Field(min_length=1)
    source: str = Field(min_length=1)


class Entry(BaseModel):
    """A model in `llms.toml`, whose head says what the fields mean."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    names: Annotated[tuple[str, ...], Field(min_length=1)]
    providers: Annotated[tuple[Provider, ...], Field(min_length=1)]
    modality: Annotated[tuple[Literal["text", "image", "audio"], ...], Field(min_length=1)]
    context: int = Field(ge=1024)
    output: int = Field(ge=256)
    tools: Tools
    structured: Structured
    price: _PriceEntry | None = None
    medqa: _MedQAEntry | None = None

    def card(self, name: str, provider: Provider, interface: Interface) -> ModelCard:
        """The card of this model where that provider serves it under that name."""
        return ModelCard(
            name=name,
            provider=provider,
            interface=interface,
            modality=self.modality,
            context_tokens=self.context,
            output_tokens=self.output,
            tools=self.tools,
            structured=self.structured,
            identifiers_allowed=interface == "local",
            price=Price(**self.price.model_dump()) if self.price else None,
            medqa=MedQA(**self.medqa.model_dump()) if self.medqa else None,
            entry=self.names[0],
        )


@cache
def registry() -> Sequence[Entry]:
    """The models in `llms.toml`, in its order."""
    content = tomllib.loads(files("assistant").joinpath("llms.toml").read_text(encoding="utf-8"))
    return tuple(Entry.model_validate(entry) for entry in content["models"])


def find_card(provider: Provider, model: str, interface: Interface) -> ModelCard:
    """The card of a model where a provider serves it: from the registry, or a cautious one that says so."""
    wanted = {model.lower(), _RELEASE.sub("", model.lower())}
    for entry in registry():
        if provider in entry.providers and wanted & {name.lower() for name in entry.names}:
            return _as_served(entry.card(model, provider, interface))
    return _as_served(_cautious(provider, model, interface))


def _cautious(provider: Provider, model: str, interface: Interface) -> ModelCard:
    return ModelCard(
        name=model,
        provider=provider,
        interface=interface,
        modality=("text",),
        context_tokens=UNKNOWN_CONTEXT,
        output_tokens=UNKNOWN_OUTPUT,
        tools="text",
        structured="none" if provider == "anthropic" else "json_schema",
        identifiers_allowed=interface == "local",
        remarks=(
            f"{model} is not in the registry: it is taken to read {UNKNOWN_CONTEXT:,} tokens and to write tool calls as text. "
            "If it can do more, set CITEWELL_LLM_CONTEXT, CITEWELL_LLM_TOOLS and CITEWELL_LLM_STRUCTURED.",
        ),
    )


def _as_served(card: ModelCard) -> ModelCard:
    """What the way it is served takes away from what the model can do."""
    if card.provider == "ollama" and card.interface == "local" and card.context_tokens > OLLAMA_CONTEXT:
        remark = (
            f"Ollama gives a model {OLLAMA_CONTEXT:,} tokens unless it was started with OLLAMA_CONTEXT_LENGTH: "
            "then set CITEWELL_LLM_CONTEXT to the same."
        )
        card = replace(card, context_tokens=OLLAMA_CONTEXT, remarks=(*card.remarks, remark))
    return card
