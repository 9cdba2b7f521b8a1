"""The rules of appraisal as data: `certainty.toml`, each with its source."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def rules() -> dict[str, Any]:
    """All of them, by table."""
    content: dict[str, Any] = tomllib.loads(files(__package__).joinpath("certainty.toml").read_text(encoding="utf-8"))
    return content
