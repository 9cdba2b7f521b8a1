"""Text as a reader sees it: what does not show can hide words from people that a model reads, or turn others about."""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Unicode's categories of control and format characters, halves of characters, private and unassigned ones."""
LONGEST = 200
"""Characters of a document's words inside a sentence of ours."""


def visible(text: str) -> str:
    """The text on one line, with single spaces and without characters that do not show (zero width, turning of direction, controls)."""
    spaced = " ".join(text.split())
    if spaced.isascii() and spaced.isprintable():
        return spaced
    shown = "".join(each for each in spaced if unicodedata.category(each) not in _HIDDEN)
    return " ".join(shown.split())


def shortened(text: str) -> str:
    """A document's words for a sentence of ours: on one line, no longer than `LONGEST`."""
    shown = visible(text)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1].rstrip() + "…"


def quoted(text: str) -> str:
    """The same, such as a title, in quotation marks that the words cannot close."""
    return f"“{shortened(text).translate({ord('“'): '‘', ord('”'): '’'})}”"
