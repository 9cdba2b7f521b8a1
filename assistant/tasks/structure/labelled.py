"""What the rules find of a schema in a text: values behind their labels, and words of an enum; what has neither stays empty."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.tasks.structure.holding import held, labels, names_of, words_for
from assistant.tasks.structure.schema import Leaf, Step

_NUMBER = r"(?P<v>[-−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-−]?\d+(?:\.\d+)?)(?![\d/])"
_LINK = r"\s*(?:\([^()\n]{1,30}\)\s*)?(?:[:=]|\b(?:is|was|of)\b|[-–](?=\s))?\s*(?:(?:about|approximately|~)\s*)?"
_COLON = r"\s*(?:\([^()\n]{1,30}\)\s*)?[:=]\s*"
_LINE = r"(?P<v>[^\s:=][^\n;]*?)(?=\s*(?:[;\n]|\.(?:\s|$)|,\s*[A-Z][\w ]{0,24}[:=]|$))"
_TRUTH = r"(?P<v>yes|no|true|false|positive|negative|present|absent|none|denied|y|n)\b"
_YES = frozenset({"yes", "true", "positive", "present", "y"})
_AGE = re.compile(r"\b(?P<v>\d{1,3})[- ]?(?:years?|yrs?|yo|y/o)[- ]?(?:old)?\b", re.IGNORECASE)
_PARTS = re.compile(r"\s*(?:,|;|\band\b)\s*")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A value found for a path, and the words that say it, from the label to the value's end."""

    path: tuple[Step, ...]
    value: Any
    start: int
    end: int


def find_labelled(leaf: Leaf, text: str) -> Iterator[Labelled]:
    """The value of a leaf in a text, the first that stands there; of an array of values each item behind the label. Arrays of objects have none."""
    if leaf.listed:
        if leaf.path[-1] is None:
            yield from _items(leaf, text)
        return
    match = next(_matches(leaf, text), None)
    if match is None:
        if (found := _unlabelled(leaf, text)) is not None:
            yield found
        return
    if (value := _value(leaf, match)) is not None:
        yield Labelled(leaf.path, value, match.start(), match.end())


def _matches(leaf: Leaf, text: str) -> Iterator[re.Match[str]]:
    names = names_of(leaf)
    before = rf"(?<![\w-])(?:{'|'.join(_name(name) for name in sorted(names, key=len, reverse=True))})(?![\w-])"
    patterns = []
    if leaf.kind in {"number", "integer"}:
        patterns.append(before + _LINK + _NUMBER)
    elif leaf.kind == "boolean":
        patterns += [
            before + _COLON + rf"(?i:{_TRUTH})",
            rf"\b(?i:(?P<v>no|denies|without|not)) (?:[\w-]+ ){{0,2}}{before}",
        ]
    elif leaf.enum:
        allowed = "|".join(_name(words) for value in leaf.enum for words in words_for(str(value)))
        patterns.append(before + _LINK + rf"(?P<v>{allowed})(?![\w-])")
    else:
        known = labels()["patterns"]
        shaped = [known[name.lower()] for name in leaf.names if name.lower() in known]
        patterns += [before + _LINK + rf"(?P<v>{shape})" for shape in shaped]
        patterns.append(before + _COLON + _LINE)
    for pattern in patterns:
        yield from re.finditer(pattern, text)
    if any(name.lower() == "age" for name in leaf.names) and leaf.kind in {"number", "integer"}:
        yield from _AGE.finditer(text)


def _value(leaf: Leaf, match: re.Match[str]) -> Any:
    """The value of what was matched, as the schema has it; `None` where the schema does not allow it."""
    words = match["v"]
    if leaf.kind == "boolean":
        return words.lower() in _YES
    if leaf.kind == "string" and not leaf.enum:
        return words.rstrip(" .,")
    if leaf.enum:
        return next((one for one in leaf.enum if words.lower() in {w.lower() for w in words_for(str(one))}), None)
    found = held(leaf, words.replace("−", "-"), match.group())
    return found[0] if found else None


def _items(leaf: Leaf, text: str) -> Iterator[Labelled]:
    """The items of a list behind its label: "Allergies: penicillin, latex"."""
    item = Leaf(leaf.path, leaf.kind, leaf.names)
    names = "|".join(_name(name) for name in names_of(item))
    match = re.search(rf"(?<![\w-])(?:{names})(?![\w-]){_COLON}{_LINE}", text)
    if match is None:
        return
    at, number = match.start("v"), 0
    for part in _split(match["v"]):
        start = text.index(part, at)
        at = start + len(part)
        found = held(leaf, part, part)
        if found:
            yield Labelled((*leaf.path[:-1], number), found[0], start, at)
            number += 1


def _split(words: str) -> Sequence[str]:
    return [part.strip(" .") for part in _PARTS.split(words) if part.strip(" .")]


def _unlabelled(leaf: Leaf, text: str) -> Labelled | None:
    """The one value of an enum that the text names, where it names just one and that says something by itself."""
    if leaf.kind != "string" or len(leaf.enum) < 2:
        return None
    bare = set(labels()["bare"]["values"])
    found = [
        (value, match)
        for value in leaf.enum
        for words in words_for(str(value))
        if words.lower() not in bare
        for match in re.finditer(rf"(?<![\w-]){_name(words)}(?![\w-])", text)
        if not re.search(r"\b(?:no|not|denies|without)\s+$", text[: match.start()], re.IGNORECASE)
    ]
    if len({value for value, _ in found}) != 1:
        return None
    value, match = found[0]
    return Labelled(leaf.path, value, match.start(), match.end())


def _name(words: str) -> str:
    """A name as a pattern; short ones in capitals only as they are written."""
    pattern = r"[\s_-]+".join(re.escape(word) for word in words.split())
    return pattern if words.isupper() or len(words) <= 2 else f"(?i:{pattern})"
