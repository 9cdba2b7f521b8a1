"""What a command that only reads needs: the ledger, and the shelves that documents and passages are read from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from assistant.errors import NotFoundError
from assistant.settings import load_settings
from assistant.shelves import LedgerShelf, Shelves
from assistant.tools.shelves import other_shelves
from ingestion.errors import IngestionError
from ingestion.home import ledger_path
from ingestion.ledger import Ledger


@contextmanager
def open_to_read() -> Iterator[tuple[Shelves, Ledger | None]]:
    """All that may be shown, and the ledger where there is a library: what was computed or fetched needs none."""
    others = other_shelves(load_settings().home)
    with ExitStack() as stack:
        try:
            ledger = stack.enter_context(open_ledger())
        except NotFoundError:
            ledger = None
        yield Shelves((LedgerShelf(ledger), *others) if ledger else others), ledger


@contextmanager
def open_ledger() -> Iterator[Ledger]:
    """The ledger alone: reading it needs no index and disturbs no server."""
    settings = load_settings()
    path = ledger_path(settings.home, settings.server)
    try:
        path.stat()
    except FileNotFoundError:
        raise NotFoundError(
            f"There is no library in {settings.home} yet. Make one with: citewell ingest starter; or of your own files: citewell ingest files PATH"
        ) from None
    except OSError as error:
        raise IngestionError(
            f"The library in {settings.home} cannot be looked at ({error.strerror}). Mend its permissions, or point CITEWELL_HOME elsewhere."
        ) from error
    ledger = Ledger(path)
    try:
        yield ledger
    finally:
        ledger.close()
