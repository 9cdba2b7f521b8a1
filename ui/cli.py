"""`citewell serve`: the chat page and the API in one process."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from fastapi import FastAPI

PURPOSE = "citewell serve"
PATIENCE = 3  # seconds an open page may keep a stopping server waiting


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 for every network of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    home: Annotated[Path | None, typer.Option(help="The library's folder; CITEWELL_HOME where not given.")] = None,
) -> None:
    """Serve the chat page and the API, and take documents in meanwhile. An empty library is given the starter library.

    [dim]citewell serve --port 8080[/]
    """
    with _listen(host, port) as listener:
        # Here and not above: `citewell --help` must not wait for a web server and an embedder to load.
        from assistant.api.ingest import Intake
        from assistant.cli.ingesting import build_starter
        from assistant.cli.opening import open_library
        from assistant.errors import AssistantError
        from assistant.models import open_embedder
        from assistant.opening import open_assistant
        from assistant.settings import load_settings
        from indexes.errors import RetrievalError
        from ingestion.errors import IngestionError
        from ingestion.home import ledger_path
        from ingestion.job import jobs_folder
        from ingestion.jobs import Jobs
        from ingestion.uploads import Uploads
        from ui.origin import is_loopback
        from ui.server import create_app

        url = _url(host, port)
        try:
            settings = load_settings()
            with open_library(settings, PURPOSE, home) as library:
                build_starter(library)

                def ready() -> None:
                    library.announce(PURPOSE, url)
                    typer.echo(f"Citewell is ready: {url}  (Ctrl-C stops it)")

                load = partial(open_embedder, settings)
                jobs = Jobs(library, jobs_folder(ledger_path(library.home, settings.server)), load)
                intake = Intake(
                    jobs,
                    Uploads(library.home),
                    limit=settings.upload_limit,
                    token=settings.ingest_token,
                    is_local=is_loopback(host),
                )
                run_server(create_app(open_assistant(library, settings), intake), listener, ready)
        except (AssistantError, IngestionError, RetrievalError) as error:
            _fail(str(error))


def run_server(app: FastAPI, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve `app` on `listener` until interrupted; `ready` is called once requests are answered."""
    import uvicorn

    from ui.connections import PatientProtocol, make_room

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            if self.started:
                ready()

    make_room()
    config = uvicorn.Config(app, http=PatientProtocol, log_level="warning", timeout_graceful_shutdown=PATIENCE)
    with suppress(
        KeyboardInterrupt
    ):  # Ctrl-C, raised again after uvicorn has closed everything, unless the caller's shell ignores it
        Server(config).run(sockets=[listener])
    typer.echo("Stopped.")


def _listen(host: str, port: int) -> socket.socket:
    """The listening socket, taken before the library is opened so that a taken port is told at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            _fail(
                f"Port {port} on {host} is in use. Stop the program that holds it, or choose another port: "
                f"citewell serve --port {port + 1 if port < 65535 else 8000}"
            )
        if error.errno == errno.EACCES:
            _fail(f"Port {port} may not be opened by this user. Choose one above 1023: citewell serve --port 8000")
        _fail(f"Cannot listen on {host!r}, port {port}: {error.strerror}. Give an address of this machine.")


def _url(host: str, port: int) -> str:
    """The address to type into a browser."""
    shown = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::1", "::"} else host  # noqa: S104 - compared only
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def _fail(message: str) -> NoReturn:
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(1)
