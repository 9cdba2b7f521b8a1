"""The page with the scripted assistant, as a program: `python scripted_server.py HOME PORT LOG`.

Every look-up and connection of this process that leaves the machine is written to LOG, so that a test can see that there was none.
"""

from __future__ import annotations

import sys
from pathlib import Path

import typer
from fastapi import FastAPI
from scripted import ScriptedAssistant

from ui.cli import _listen, run_server
from ui.server import with_page


def watch(log: Path) -> None:
    """Write down what leaves the machine."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        line = ""
        if event == "socket.getaddrinfo" and arguments[0] not in {"127.0.0.1", "localhost", None}:
            line = f"look-up of {arguments[0]}"
        elif event == "socket.connect" and isinstance(address := arguments[1], tuple):
            line = "" if str(address[0]).startswith(("127.", "::1")) else f"connection to {address}"
        if line:
            with log.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")

    sys.addaudithook(hook)


def main() -> None:
    """Serve until stopped."""
    home, port, log = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    watch(log)
    api = FastAPI(title="An API")

    @api.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @api.post("/v1/ask")
    def ask() -> dict[str, str]:
        return {"door": "api"}

    app = with_page(api, ScriptedAssistant(), home=home)
    with _listen("127.0.0.1", port) as listener:
        run_server(app, listener, lambda: typer.echo("ready"))


if __name__ == "__main__":
    main()
