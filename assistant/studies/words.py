"""The word lists of `words.toml`, each as one alternation."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def words(name: str) -> str:
    """A list of the data file as a group of alternatives. Raises `KeyError` for an unknown list."""
    content = tomllib.loads(files("assistant.studies").joinpath("words.toml").read_text(encoding="utf-8"))
    return "(?:" + "|".join(content[name]) + ")"
