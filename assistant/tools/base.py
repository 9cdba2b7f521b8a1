"""What a tool is: typed arguments go in, passages and a few words come out. Tools only read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from assistant.shelves import Shelf
from indexes.passage import Filters, Hit, Passage
from ingestion.library import Library


class Arguments(BaseModel):
    """Base of every tool's arguments: the model reads their JSON schema; unknown ones are a mistake it is told of."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Bench:
    """What tools work with: the library, the shelves that cited passages are read from again, and the filters that the question set."""

    library: Library
    shelf: Shelf
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True)
class Found:
    """What a tool found. `passages` become evidence that may be cited, best first; `text` is for the model alone and is never cited.

    `hits` are the passages with their scores where a search found them.
    """

    passages: Sequence[Passage] = ()
    text: str = ""
    hits: Sequence[Hit] = ()


class Tool(Protocol):
    """One read-only tool. `description` says when to use it, with demonstrations: models learn tools from these (GeneGPT, Jin et al. 2024).

    `run` raises `ToolError` where the arguments cannot be used, in words that tell the model how to mend the call.
    """

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def arguments(self) -> type[Arguments]: ...

    def run(self, arguments: Any, bench: Bench) -> Found: ...
