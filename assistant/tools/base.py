"""What a tool is: typed arguments go in, passages and a few words come out. Tools only read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from assistant.errors import ToolError
from assistant.shelves import Shelf
from indexes.filters import Filters
from indexes.passage import Hit, Passage
from ingestion.library import Library


def _in_few_words(schema: dict[str, Any]) -> None:
    """Of a JSON schema only what a model needs to write a call: small models have room for little. What is given is checked all the same."""
    for name in (
        "title",
        "description",
        "additionalProperties",
    ):  # the description is the class's, for who reads the code
        schema.pop(name, None)
    for name, said in schema.get("properties", {}).items():
        schema["properties"][name] = _shortened(said)


def _shortened(said: Any) -> Any:
    if not isinstance(said, dict):
        return said
    kept = {name: _shortened(value) for name, value in said.items() if name not in _UNSAID}
    choices = [_shortened(each) for each in kept.pop("anyOf", ()) if each != {"type": "null"}]
    return kept | choices[0] if len(choices) == 1 else kept | ({"anyOf": choices} if choices else {})


def _resolved(said: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(said, dict):
        if reference := said.get("$ref"):
            return _resolved(known[reference.rpartition("/")[2]], known)
        return {name: _resolved(value, known) for name, value in said.items()}
    return [_resolved(item, known) for item in said] if isinstance(said, list) else said


_MOST_TOLD = 5  # mistakes
_UNSAID = frozenset(
    {"title", "default", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "pattern"}
)


class Arguments(BaseModel):
    """Base of every tool's arguments: the model reads their JSON schema; unknown ones are a mistake it is told of."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_in_few_words)

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """As pydantic makes it, with what it refers to put in place: a schema may become a part of another one, where references lead nowhere."""
        if not args and not kwargs:
            return deepcopy(_schema(cls))
        return _inlined(super().model_json_schema(*args, **kwargs))

    @model_validator(mode="before")
    @classmethod
    def _without_nothing(cls, given: Any) -> Any:
        """Models write `null` for what they leave out."""
        if isinstance(given, Mapping):
            return {name: value for name, value in given.items() if value is not None}
        return given


@cache
def _schema(arguments: type[Arguments]) -> dict[str, Any]:
    """Made once: making it takes milliseconds, and every question asks for all of them."""
    return _inlined(super(Arguments, arguments).model_json_schema())


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    known = schema.pop("$defs", {})
    resolved: dict[str, Any] = _resolved(schema, known)
    return resolved


@dataclass(frozen=True, slots=True)
class Bench:
    """What tools work with: the library, the shelves that cited passages are read from again, and the filters that the question set."""

    library: Library
    shelf: Shelf
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True)
class Found:
    """What a tool found. `passages` become evidence that may be cited, best first; `text` is for the model alone and is never cited.

    `hits` are the passages with their scores where a search found them. `retracted` are passages of retracted work that it left out, for the reader
    to be told of.
    """

    passages: Sequence[Passage] = ()
    text: str = ""
    hits: Sequence[Hit] = ()
    retracted: Sequence[Passage] = ()


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


def signature(tool: Tool) -> str:
    """The tool in a few lines of plain text, for models that are told of tools in their prompt: some third of the length of its JSON schema."""
    schema = tool.arguments.model_json_schema()
    needed = schema.get("required", [])
    parts = [f"{name}{'' if name in needed else '?'}: {_type(said)}" for name, said in schema["properties"].items()]
    return f"{tool.name}({', '.join(parts)})\n{tool.description}"


def _type(said: Mapping[str, Any]) -> str:
    if "enum" in said:
        return "|".join(map(str, said["enum"]))
    if said.get("type") == "array":
        return f"[{_type(said['items'])}]"
    if said.get("type") == "object" and "properties" in said:
        return "{" + ", ".join(f"{name}: {_type(each)}" for name, each in said["properties"].items()) + "}"
    return str(said.get("type", "any"))


def read_arguments(tool: Tool, given: Any) -> Arguments:
    """What a model wrote, as the tool takes it. Raises `ToolError` that names each argument that does not fit, and repeats none of it."""
    try:
        return tool.arguments.model_validate(given)
    except ValidationError as error:
        # Of where it is wrong only our own word: what else stands there is the caller's.
        wrong = dict.fromkeys(
            f"{each['loc'][0] if each['loc'] and each['loc'][0] in tool.arguments.model_fields else 'arguments'}: {each['msg']}"
            for each in error.errors(include_url=False, include_input=False, include_context=False)
        )
        known = ", ".join(tool.arguments.model_fields)
        raise ToolError(
            f"{tool.name} cannot be called so. {'; '.join(list(wrong)[:_MOST_TOLD])}. It takes: {known}."
        ) from None
