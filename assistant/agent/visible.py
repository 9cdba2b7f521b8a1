"""Text as a reader sees it: what does not show can hide words from people that a model reads, or turn others about."""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Unicode's categories of control and format characters, halves of characters, private and unassigned ones."""


def visible(text: str) -> str:
    """The text on one line, with single spaces and without characters that do not show (zero width, turning of direction, controls)."""
    spaced = " ".join(text.split())
    if spaced.isascii() and spaced.isprintable():
        return spaced
    shown = "".join(each for each in spaced if unicodedata.category(each) not in _HIDDEN)
    return " ".join(shown.split())
