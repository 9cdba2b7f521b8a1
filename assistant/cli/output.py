"""How the command line speaks: rich for people, JSON for programs, errors on the error stream; NO_COLOR is honoured."""

from __future__ import annotations

import re

from rich.console import Console
from rich.text import Text

out = Console(highlight=False, soft_wrap=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

# Escape codes, and the marks that turn the direction of text: what a document says must not look like what it does not say.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def text(words: str, style: str = "") -> Text:
    """Words for a person, without what would command the terminal: a document may hold escape codes."""
    return Text(_CONTROL.sub("", words), style)


def print_whole(words: str, style: str = "", *, indent: int = 0) -> None:
    """Print a line that begins with what may be copied, an identifier or a path: the terminal may wrap it, we never break it."""
    out.print(text(" " * indent + words, style), soft_wrap=True)


def print_indented(words: Text, indent: int) -> None:
    """Print words that are wrapped to the terminal, each line of them this far in and without blanks at its end."""
    for line in words.wrap(out, max(out.width - indent, 20)):
        line.rstrip()
        out.print(Text(" " * indent) + line if line else line, soft_wrap=True)


def with_mend(reason: str, mend: str) -> str:
    """What is amiss and what to do about it."""
    return "; ".join(filter(None, (reason, mend)))


def err(message: str) -> None:
    """An error or a warning, for a person."""
    errors.print(text("Error: ", style="bold red") + text(message))


def note(message: str) -> None:
    """A word beside the result, kept out of what is piped."""
    errors.print(text(message, style="dim"))


def print_json(body: str) -> None:
    """JSON for a program: never wrapped, never coloured; what would command a terminal is spelt as an escape, which is the same JSON."""
    out.file.write(_CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", body) + "\n")
    out.file.flush()
