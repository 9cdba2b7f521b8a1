"""The folder of a library, held: its ledger, the versions of its index, and who may write. `Library` adds the index that is in use."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

import portalocker

from indexes.embedding import Embedder
from indexes.errors import IncompatibleIndexError, LibraryInUseError
from indexes.ranking import Ranking
from indexes.searcher import Searcher
from ingestion.errors import IngestionError
from ingestion.holding import announce, take, try_lock
from ingestion.ledger import Ledger
from ingestion.places import Collections, Folders, Place, Server
from ingestion.unreadable import open_or_put_aside
from ingestion.versions import Version, Versions


class Home:
    """Use it as a context manager, so that the folder is let go."""

    def __init__(self, home: Path, ledger: Ledger, place: Place, lock: portalocker.Lock | None = None) -> None:
        self.home = home
        self.ledger = ledger
        self.place = place
        self.versions = Versions(ledger)
        self._lock = lock
        self._switching = threading.Lock()

    @classmethod
    def hold(
        cls, home: Path, *, purpose: str, server: Server | None = None, aside: Callable[[Path], None] | None = None
    ) -> Home:
        """The folder without its index: what is enough to build one. `purpose` is what another process is told.

        `aside` is told where a ledger that cannot be read is kept from now on, where there is one: an empty ledger then takes its place. Raises
        `UnreadableLedgerError` where `aside` is not given, `IngestionError` where the folder cannot be used, and `LibraryInUseError` where another
        process holds it.
        """
        return Home(home, *_hold(home, purpose, server, aside))

    def open_version(self, version: Version, embedder: Embedder) -> Searcher:
        """That version of the index, searched with the weights of its manifest and with what this library's abbreviations stand for.

        Raises `IndexWriteError` and `IncompatibleIndexError` as engines do, and the latter where its weights make no sense.
        """
        ranking = Ranking.from_json(version.ranking)
        return Searcher(self.place.open(version), embedder, ranking=ranking, related=self.ledger.spelt_out)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What changes the library does so within this block: one run at a time.

        Raises `LibraryInUseError` where another run is writing, in this process or, with a server, in another.
        """
        with self._switching:  # which takes moments, where a run of another kind may take hours
            lock = self._write_lock()
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def going_over(self) -> Iterator[None]:
        """`writing` for going over to another index version: a run that begins meanwhile in this process waits, and is not refused."""
        with self._switching:
            lock = self._write_lock()
            try:
                yield
            finally:
                lock.release()

    def _write_lock(self) -> portalocker.Lock:
        lock = try_lock(self.ledger.path.with_suffix(".writing"))
        if lock is None:
            raise LibraryInUseError(
                f"Another run is writing to the library in {self.home}. Wait until it ends, or stop it; then run the same command again."
            )
        return lock

    @contextmanager
    def versioning(self) -> Iterator[None]:
        """Versions are built and dropped within this block: by one run at a time. Raises `LibraryInUseError`."""
        lock = try_lock(self.ledger.path.with_suffix(".versions"))
        if lock is None:
            raise LibraryInUseError(
                f"Another run is building an index version of the library in {self.home}. Wait until it ends, or stop it; "
                "then run the same command again."
            )
        try:
            yield
        finally:
            lock.release()

    def next_number(self) -> int:
        """The number of a version that has never been."""
        known = {version.number for version in self.versions.all()}
        return max(known | self.place.numbers(), default=0) + 1

    def go_over(self, version: Version, searcher: Searcher, *, keep_old: bool) -> bool:  # noqa: ARG002 - a library takes it
        """From now on the library is in that version; whether the searcher is taken over, or stays the caller's."""
        before = self.versions.current()
        self.place.describe(version)
        self.versions.use(version)
        if before and not keep_old:
            self.drop(before.number)
        return False

    def drop(self, number: int) -> None:
        """Remove a version that is not in use."""
        self.versions.forget(number)
        self.place.drop(number)

    def drop_others(self) -> list[int]:
        """Remove every version but the one in use, also what nobody knows any more; their numbers. Raises `LibraryInUseError`."""
        with self.versioning():
            current = self.versions.current()
            if current is None:
                raise IncompatibleIndexError(
                    f"The library in {self.home} has no index in use, so that none is dropped."
                )
            known = {version.number for version in self.versions.all()} | self.place.numbers()
            others = sorted(known - {current.number})
            for number in others:
                self.drop(number)
            return others

    def announce(self, purpose: str, url: str) -> None:
        """Tell other processes where this one can be asked."""
        if self._lock:
            announce(self.home, purpose, url)

    def close_index(self) -> None:
        """Let the index go, where it is open here; nothing is searched after that."""

    def close(self) -> None:
        """Let ledger and folder go."""
        with ExitStack() as closing:  # the folder is let go last, and whatever the others raise
            if self._lock:
                closing.callback(self._lock.release)
                self._lock = None
            closing.callback(self.ledger.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _hold(
    home: Path, purpose: str, server: Server | None, aside: Callable[[Path], None] | None
) -> tuple[Ledger, Place, portalocker.Lock | None]:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)  # what a user reads is nobody else's business
        lock = None if server else take(home, purpose)
    except OSError as error:
        raise IngestionError(
            f"The library cannot be kept in {home} ({error.strerror}). Point CITEWELL_HOME at a folder that can be written to."
        ) from error
    try:
        path = ledger_path(home, server)
        return open_or_put_aside(path, aside) if aside else Ledger(path), place_of(home, server), lock
    except BaseException:
        if lock:
            lock.release()
        raise


def place_of(home: Path, server: Server | None) -> Place:
    """Where the index versions of that library lie."""
    return Collections(server) if server else Folders(home)


def ledger_path(home: Path, server: Server | None) -> Path:
    """Where the ledger lies. A server's collection has one of its own, so that switching engines never mixes what each holds."""
    if server is None:
        return home / "ledger.sqlite"
    name = re.sub(r"[^\w-]+", "_", server.collection)
    return home / f"ledger-{name}.sqlite"
