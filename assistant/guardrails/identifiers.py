"""A first look for what may identify a person, so that it is not sent to a model that must not have it.

By form only (`identifiers.toml`): addresses, numbers, dates tied to a person, names that follow a title or the word patient. A name that merely
stands in a sentence is not found; this is a net under the user's own care, no de-identification.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from assistant.errors import LlmError
from assistant.model_cards import ModelCard


def looks_identifying(text: str) -> tuple[str, ...]:
    """The kinds of identifier that seem to be in a text, in the order of the data file; empty where none is. Never the identifiers themselves."""
    return tuple(kind for kind, patterns in _patterns().items() if any(pattern.search(text) for pattern in patterns))


def keep_identifiers(card: ModelCard, *said: str) -> None:
    """Raise `LlmError` where what a user said seems to hold a patient's identifiers and the model of that card may not be sent any."""
    if not card.identifiers_allowed and (kinds := looks_identifying(" \n ".join(said))):
        raise LlmError(
            f"What was asked seems to hold identifiers of a patient ({', '.join(kinds)}), which may not be sent to {card.name}. Leave them out."
        )


@cache
def _patterns() -> Mapping[str, Sequence[re.Pattern[str]]]:
    content = tomllib.loads(files("assistant.guardrails").joinpath("identifiers.toml").read_text(encoding="utf-8"))
    parts: dict[str, str] = {}
    for name, part in content["parts"].items():
        parts[name] = _filled(part, parts)
    return {
        kind: [re.compile(_filled(pattern, parts)) for pattern in patterns]
        for kind, patterns in content["kinds"].items()
    }


def _filled(pattern: str, parts: Mapping[str, str]) -> str:
    """The pattern with its parts in place; not `str.format`, for braces count repetitions."""
    for name, part in parts.items():
        pattern = pattern.replace("{" + name + "}", part)
    return pattern
