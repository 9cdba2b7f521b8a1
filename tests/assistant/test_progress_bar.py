"""What a file is called must not command the terminal while it is read, nor dress itself up."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from assistant.cli import ingesting, opening
from ingestion.report import Progress, Report


@pytest.mark.parametrize("name", ["[bold red]a.md", "[/]a.md", "\x1b]0;owned\x07a.md", "\x1b[2Ja.md", "\u202edm.a"])
def test_a_name_is_shown_as_it_is_without_what_commands_a_terminal(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(opening, "errors", Console(file=shown, force_terminal=True, width=200, color_system=None))

    def work(tell: ingesting.Tell) -> Report:
        tell(Progress(1, 2, name, Report()))
        return Report()

    ingesting.with_bar(work)
    plain = name.replace("\x1b", "").replace("\x07", "").replace("\u202e", "")
    assert plain in shown.getvalue()
    assert "\x1b]0" not in shown.getvalue()
    assert "\x1b[2J" not in shown.getvalue()
    assert "\u202e" not in shown.getvalue()
