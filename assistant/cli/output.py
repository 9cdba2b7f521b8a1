"""How the command line speaks: rich for people, JSON for programs, errors on the error stream; NO_COLOR is honoured."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

out = Console(highlight=False, soft_wrap=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def err(message: str) -> None:
    """An error or a warning, for a person."""
    errors.print(Text("Error: ", style="bold red") + Text(message))


def note(message: str) -> None:
    """A word beside the result, kept out of what is piped."""
    errors.print(Text(message, style="dim"))


def print_json(text: str) -> None:
    """JSON for a program: never wrapped, never coloured."""
    out.file.write(text + "\n")
    out.file.flush()
