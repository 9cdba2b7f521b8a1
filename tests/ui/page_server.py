"""A page in a process of its own, and what a reader does on it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Server:
    """A server program under test."""

    url: str
    folder: Path
    process: subprocess.Popen[str]

    @property
    def said(self) -> str:
        """What it wrote to standard error so far."""
        return (self.folder / "stderr").read_text(encoding="utf-8")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def scripted_server(folder: Path) -> Iterator[Server]:
    """The page with the scripted assistant, in a process of its own with an empty working directory."""
    port = free_port()
    cwd = folder / "cwd"
    cwd.mkdir()
    program = Path(__file__).with_name("scripted_server.py")
    command = [sys.executable, str(program), str(folder / "home"), str(port), str(folder / "outside")]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    with (folder / "stderr").open("w") as errors:
        process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        server = Server(f"http://127.0.0.1:{port}", folder, process)
        assert line == "ready\n", server.said
        yield server
    finally:
        process.terminate()
        process.wait(20)
        if process.stdout:
            process.stdout.close()


def ask(page: Any, question: str) -> Any:
    """Ask, and return the answer that appears."""
    answers = page.locator(".cw-answer")
    already = answers.count()
    page.locator("#chat-input").fill(question)
    page.keyboard.press("Enter")
    answers.nth(already).wait_for()
    return answers.nth(already)
