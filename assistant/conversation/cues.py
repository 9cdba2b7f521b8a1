"""The words by which questions lean on what was asked before: `cues.toml`, read once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def cue(section: str, name: str) -> re.Pattern[str]:
    """The pattern of that name. Raises `KeyError` for one that the file has not."""
    return re.compile(_filled(_read()[section][name]), re.IGNORECASE)


@cache
def cues(section: str, name: str) -> tuple[re.Pattern[str], ...]:
    """A list of patterns."""
    return tuple(re.compile(_filled(pattern), re.IGNORECASE) for pattern in _read()[section][name])


@cache
def listed(section: str, name: str) -> tuple[str, ...]:
    """A list of plain words."""
    return tuple(_read()[section][name])


@cache
def table(section: str) -> Mapping[str, Any]:
    """A whole section of plain values."""
    return dict(_read()[section])


@cache
def _read() -> Mapping[str, Any]:
    return tomllib.loads(files("assistant.conversation").joinpath("cues.toml").read_text(encoding="utf-8"))


def _filled(pattern: str) -> str:
    """The pattern with its parts in place; not `str.format`, for braces count repetitions."""
    for name, part in _read()["parts"].items():
        pattern = pattern.replace("{" + name + "}", part)
    return pattern
