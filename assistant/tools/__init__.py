"""Tools that look things up for an answer: few, typed, read-only. A new one is one file and one line in `tools`."""

from __future__ import annotations

from assistant.tools.base import Arguments, Bench, Found, Tool

__all__ = ["Arguments", "Bench", "Found", "Tool"]
