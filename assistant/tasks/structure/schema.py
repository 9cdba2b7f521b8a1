"""The part of JSON Schema that a text can be brought into, and the JSON that is built of what was found.

Objects with properties, arrays of one kind of item, and values that are strings, numbers, integers or booleans, with `enum`, `minimum` and `maximum`:
https://json-schema.org/draft/2020-12. Pointers are RFC 6901's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assistant.errors import QuestionError

Kind = Literal["string", "number", "integer", "boolean"]
Step = str | int | None
"""A property, an index, or `None` for every index of an array."""

MOST_VALUES = 100
DEEPEST = 6
ITEMS = 8
"""Items of an array that a model may fill in."""
_COMBINING = ("anyOf", "oneOf", "allOf", "not", "if")
_REFUSED = (
    *("$ref", "$dynamicRef", *_COMBINING, "patternProperties", "propertyNames", "prefixItems", "dependentSchemas"),
    *("pattern", "const", "multipleOf"),
)
_KINDS: tuple[Kind, ...] = ("string", "number", "integer", "boolean")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+(?:\d+[a-z]*)*|\d+|[^\W\d_]+")

PICO: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "population": {"type": "string", "description": "Whom it is about: the patient or the people studied."},
        "intervention": {"type": "string", "description": "What is done or given."},
        "comparator": {"type": "string", "description": "What it is compared with."},
        "outcome": {"type": "string", "description": "What is measured or hoped for."},
    },
}
"""Population, intervention, comparator, outcome: the parts of an answerable clinical question (Richardson et al., ACP Journal Club 1995)."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that a schema asks for. `names`: its property's name and title in words."""

    path: tuple[Step, ...]
    kind: Kind
    names: tuple[str, ...]
    enum: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    @property
    def listed(self) -> bool:
        """Whether it stands in an array."""
        return None in self.path

    def allows(self, value: Any) -> bool:
        """Whether a value of its kind is one that the schema allows."""
        if self.enum and value not in self.enum:
            return False
        if isinstance(value, int | float) and not isinstance(value, bool):
            return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)
        return True


def leaves_of(schema: Mapping[str, Any]) -> list[Leaf]:
    """The values that a schema asks for. Raises `QuestionError` for a schema that cannot be used, naming the place and the mend."""
    if schema.get("type") != "object" or not isinstance(schema.get("properties"), Mapping):
        raise QuestionError('The schema has to be one of an object: {"type": "object", "properties": {…}}.')
    leaves = list(_leaves(schema, (), ()))
    if not leaves:
        raise QuestionError("The schema asks for no value: give an object with properties.")
    if len(leaves) > MOST_VALUES:
        raise QuestionError(f"The schema asks for {len(leaves)} values; at most {MOST_VALUES} can be taken. Split it.")
    return leaves


def _leaves(schema: Any, path: tuple[Step, ...], names: tuple[str, ...]) -> Iterator[Leaf]:
    where = pointer(path) or "its root"
    if not isinstance(schema, Mapping):
        raise QuestionError(f'The schema at {where} is no object: write it as {{"type": …}}.')
    if unknown := next((word for word in _REFUSED if word in schema), None):
        raise QuestionError(
            f"The schema uses {unknown} at {where}, which is not supported: write out the plain type instead."
        )
    if len(path) > DEEPEST:
        raise QuestionError(f"The schema is nested deeper than {DEEPEST} levels at {where}. Make it flatter.")
    kind = _kind(schema, where)
    if kind == "object":
        properties = schema.get("properties")
        if not isinstance(properties, Mapping):
            raise QuestionError(f"The object at {where} has no properties: name them.")
        for name, inner in properties.items():
            title = inner.get("title") if isinstance(inner, Mapping) else None
            called = dict.fromkeys(filter(None, (_in_words(str(name)), title if isinstance(title, str) else "")))
            yield from _leaves(inner, (*path, str(name)), tuple(called))
    elif kind == "array":
        if None in path:
            raise QuestionError(
                f"The array at {where} stands in another array, which is not supported. Make it flatter."
            )
        yield from _leaves(schema.get("items"), (*path, None), names)
    else:
        enum = schema.get("enum", [])
        if not isinstance(enum, Sequence) or isinstance(enum, str):
            raise QuestionError(f"The enum at {where} is no list.")
        allowed = tuple(value for value in enum if value is not None)
        if not all(isinstance(value, str | int | float) for value in allowed):
            raise QuestionError(f"The enum at {where} has other values than strings and numbers.")
        bounds = {name: schema.get(name) for name in ("minimum", "maximum")}
        if not all(
            bound is None or (isinstance(bound, int | float) and not isinstance(bound, bool))
            for bound in bounds.values()
        ):
            raise QuestionError(f"The minimum or maximum at {where} is no number.")
        yield Leaf(path, kind, names, allowed, **bounds)


def _kind(schema: Mapping[str, Any], where: str) -> Any:
    kind = schema.get("type")
    if isinstance(kind, Sequence) and not isinstance(kind, str):
        kinds = [one for one in kind if one != "null"]
        kind = kinds[0] if len(kinds) == 1 else None
    if (
        kind is None
        and isinstance(schema.get("enum"), Sequence)
        and all(isinstance(one, str) for one in schema["enum"])
    ):
        kind = "string"
    if kind not in (*_KINDS, "object", "array"):
        raise QuestionError(f"The schema at {where} needs one type: object, array, {', '.join(_KINDS)}.")
    return kind


def _in_words(name: str) -> str:
    """A property's name as words: `bloodPressure` and `blood_pressure` are "blood pressure"."""
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in _WORD.findall(name))


def pointer(path: Sequence[Step]) -> str:
    """The JSON pointer of a path; `-` stands for every index."""
    steps = ("-" if step is None else str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in steps)


def pointers(leaves: Sequence[Leaf]) -> dict[str, tuple[Leaf, tuple[Step, ...]]]:
    """Every pointer that may be filled in, with its leaf and its path; of an array so many items as `ITEMS` says."""
    found = {}
    for leaf in leaves:
        for index in range(ITEMS) if leaf.listed else (None,):
            path = tuple(index if step is None else step for step in leaf.path)
            found[pointer(path)] = (leaf, path)
    return found


def build(
    leaves: Sequence[Leaf], values: Mapping[tuple[Step, ...], Any]
) -> tuple[dict[str, Any], dict[tuple[Step, ...], str]]:
    """The JSON of the values found: `null` where there is none, arrays without gaps. And the pointer at which each value stands in it."""
    places = _without_gaps(values)
    root: dict[str, Any] = {}
    for leaf in leaves:
        arrays = [path for path in places.values() if _of(leaf, path)] if leaf.listed else [leaf.path]
        if not arrays:
            _set(root, leaf.path[: leaf.path.index(None)], None, array=True)
        for path in arrays:
            _set(root, path, None)
    for path, place in places.items():
        _set(root, place, values[path])
    _fill_items(root, leaves)
    return root, {path: pointer(place) for path, place in places.items()}


def _of(leaf: Leaf, path: Sequence[Step]) -> bool:
    return len(path) == len(leaf.path) and all(mine in (None, step) for mine, step in zip(leaf.path, path, strict=True))


def _without_gaps(values: Mapping[tuple[Step, ...], Any]) -> dict[tuple[Step, ...], tuple[Step, ...]]:
    """Where each value goes: items of an array are counted anew, in their order."""
    items: dict[tuple[Step, ...], list[int]] = {}
    for path in values:
        for n, step in enumerate(path):
            if isinstance(step, int) and step not in items.setdefault(path[:n], []):
                items[path[:n]].append(step)
    order = {before: {index: place for place, index in enumerate(sorted(indices))} for before, indices in items.items()}
    return {
        path: tuple(order[path[:n]][step] if isinstance(step, int) else step for n, step in enumerate(path))
        for path in values
    }


def _set(root: Any, path: Sequence[Step], value: Any, *, array: bool = False) -> None:
    """Put a value where the path leads, making what is on the way; `None` never replaces what is there."""
    at = root
    for n, step in enumerate(path):
        last = n == len(path) - 1
        new: Any = ([] if array else value) if last else ([] if isinstance(path[n + 1], int) else {})
        if isinstance(at, list):
            assert isinstance(step, int)  # noqa: S101 - paths are made by `pointers` and `_without_gaps`
            while len(at) <= step:
                at.append(None)
            if at[step] is None or (last and value is not None):
                at[step] = new
        elif at.get(step) is None or (last and value is not None):
            at[step] = new
        at = at[step]


def _fill_items(root: Any, leaves: Sequence[Leaf]) -> None:
    """In each item of an array of objects, `null` for what was not found of it."""
    for leaf in leaves:
        if not leaf.listed or leaf.path[-1] is None:
            continue
        n = leaf.path.index(None)
        at = root
        for step in leaf.path[:n]:
            at = at.get(step) if isinstance(at, dict) else None
        for index in range(len(at) if isinstance(at, list) else 0):
            _set(root, (*leaf.path[:n], index, *leaf.path[n + 1 :]), None)
