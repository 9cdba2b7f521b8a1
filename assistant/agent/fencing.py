"""Marks around data in a prompt (`<evidence>`, `<text>`, `<conversation>`), which the data itself cannot forge."""

from __future__ import annotations

import re
from functools import cache

from assistant.visible import visible


def unforged(text: str, mark: str) -> str:
    """The text, of the same length, in which nothing opens or closes that mark, look-alikes of it included."""
    return _opening(mark).sub(r"‹\1", text)


def on_one_line(text: str, mark: str) -> str:
    """The text as it is seen, on one line, in which nothing opens or closes that mark."""
    return unforged(visible(text), mark)


@cache
def _opening(mark: str) -> re.Pattern[str]:
    return re.compile(rf"[<＜﹤](/?)(?=[\W_]{{0,8}}{mark})", re.IGNORECASE)
