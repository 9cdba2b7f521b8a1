"""A library: one folder with a ledger and an index, held by one process at a time unless a Qdrant server does the indexing."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import portalocker

from indexes import lexical
from indexes.embedding import Embedder, load_embedder
from indexes.engines import Engine, point_id
from indexes.errors import IncompatibleIndexError, LibraryInUseError
from indexes.passage import PAYLOAD_VERSION
from indexes.searcher import Searcher
from ingestion.errors import IngestionError
from ingestion.ledger import Ledger

LOCK_FILE = "library.lock"
RESTORED = 256  # passages that are looked up together


@dataclass(frozen=True, slots=True)
class Server:
    """A Qdrant server instead of the embedded engine."""

    url: str
    collection: str = "citewell"
    api_key: str | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds an embedded library; `url` is set where it is a server that can be asked."""

    pid: int
    purpose: str
    url: str | None = None


class Library:
    """Ledger, engine and searcher of one folder. Use it as a context manager, so that the folder is let go."""

    def __init__(self, home: Path, ledger: Ledger, searcher: Searcher, lock: portalocker.Lock | None) -> None:
        self.home = home
        self.ledger = ledger
        self.searcher = searcher
        self._lock = lock

    @classmethod
    def open(
        cls,
        home: Path,
        *,
        purpose: str,
        server: Server | None = None,
        embedder: Embedder | None = None,
    ) -> Library:
        """The library in that folder, made where there is none. `purpose` is what another process is told.

        What the ledger holds and the index has lost is indexed again, which takes as long as ingesting it did. Raises `IngestionError` where
        the folder cannot be used, `LibraryInUseError` where another process holds it, `IncompatibleIndexError` where another embedder built
        it, and `EngineUnavailableError` where the server does not answer.
        """
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)  # what a user reads is nobody else's business
            lock = None if server else _take(home, Holder(os.getpid(), purpose))
        except OSError as error:
            raise IngestionError(
                f"The library cannot be kept in {home} ({error.strerror}). Point CITEWELL_HOME at a folder that can be written to."
            ) from error
        with ExitStack() as undo:  # whatever fails from here on lets go of what was taken
            if lock:
                undo.callback(lock.release)
            embedder = embedder or load_embedder()
            ledger = Ledger(ledger_path(home, server))
            undo.callback(ledger.close)
            _check_signature(ledger, home, f"{embedder.name}+{lexical.VERSION}")
            engine = _engine(home, server, embedder.dimension)
            undo.callback(engine.close)
            library = cls(home, ledger, Searcher(engine, embedder), lock)
            library.restore()
            undo.pop_all()
        return library

    def restore(self) -> None:
        """Have the index say what the ledger says: its folder was moved away, its collection deleted, or a run was killed.

        Where another run is writing, the two differ for a moment, and that run sees to it.
        """
        engine, ledger = self.searcher.engine, self.ledger
        if ledger.get_meta("payloads") != PAYLOAD_VERSION:
            self._relabel_all()
        if engine.count() >= ledger.passage_count() and not ledger.unfinished():
            return
        with suppress(LibraryInUseError), self.writing():
            if engine.count() >= ledger.passage_count():
                return
            passages = ledger.passages()
            while batch := list(islice(passages, RESTORED)):
                there = engine.passages([point_id(passage.passage_id) for passage in batch])
                self.searcher.index([passage for passage in batch if point_id(passage.passage_id) not in there])
            engine.flush()

    def _relabel_all(self) -> None:
        """The ledger has its passages as this version writes them, and the index those of an older one: nothing is embedded."""
        with suppress(LibraryInUseError), self.writing():
            passages = self.ledger.passages()
            while batch := list(islice(passages, RESTORED)):
                self.searcher.engine.relabel(batch)
            self.searcher.engine.flush()
            self.ledger.set_meta("payloads", PAYLOAD_VERSION)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What changes the library does so within this block: one run at a time, from an index that says what the ledger says.

        Raises `LibraryInUseError` where another run is writing, in this process or, with a server, in another.
        """
        path = self.ledger.path.with_suffix(".writing")
        lock = portalocker.Lock(path, mode="a", timeout=0, flags=portalocker.LOCK_EX | portalocker.LOCK_NB)
        try:
            lock.acquire()
        except portalocker.LockException as error:
            raise LibraryInUseError(
                f"Another run is writing to the library in {self.home}. Wait until it ends, or stop it; then run the same command again."
            ) from error
        try:
            self._put_back()
            yield
        finally:
            lock.release()

    def _put_back(self) -> None:
        """Where a run was killed between index and ledger, the index goes back to what the ledger says."""
        unfinished = self.ledger.unfinished()
        if not unfinished:
            return
        for document_id, begun in unfinished.items():
            held = self.ledger.passage_ids(document_id)
            self.searcher.engine.delete(sorted(set(begun).difference(held)))
            self.searcher.index([passage for each in held if (passage := self.ledger.passage(each))])
        self.searcher.engine.flush()
        self.ledger.finish_writing()

    @property
    def signature(self) -> str:
        """What built the index: embedder and lexical encoder."""
        return f"{self.searcher.embedder.name}+{lexical.VERSION}"

    def announce(self, purpose: str, url: str) -> None:
        """Tell other processes where this one can be asked."""
        if self._lock:
            _write_holder(self.home, Holder(os.getpid(), purpose, url))

    def close(self) -> None:
        """Let engine, ledger and folder go."""
        with ExitStack() as closing:  # the folder is let go last, and whatever the others raise
            if self._lock:
                closing.callback(self._lock.release)
                self._lock = None
            closing.callback(self.ledger.close)
            closing.callback(self.searcher.engine.close)

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def ledger_path(home: Path, server: Server | None) -> Path:
    """Where the ledger lies. A server's collection has one of its own, so that switching engines never mixes what each holds."""
    if server is None:
        return home / "ledger.sqlite"
    name = re.sub(r"[^\w-]+", "_", server.collection)
    return home / f"ledger-{name}.sqlite"


def disk_use(home: Path) -> dict[str, int]:
    """What each file and folder of a library takes on the disk, in bytes, by name; what vanishes while it is looked at counts nothing."""
    sizes: dict[str, int] = {}
    for folder, _, names in os.walk(home):
        for path in (Path(folder, name) for name in names):
            with suppress(OSError):
                status = path.lstat()
                blocks = getattr(status, "st_blocks", None)  # an index has files with holes
                name = path.relative_to(home).parts[0]
                sizes[name] = sizes.get(name, 0) + (status.st_size if blocks is None else blocks * 512)
    return sizes


def _take(home: Path, holder: Holder) -> portalocker.Lock:
    lock = portalocker.Lock(home / LOCK_FILE, mode="a", timeout=0, flags=portalocker.LOCK_EX | portalocker.LOCK_NB)
    try:
        lock.acquire()
    except portalocker.LockException as error:
        other = _read_holder(home)
        ways = (
            f"Ask that server ({other.url}), or stop it first."
            if other.url
            else "Wait until it ends, or stop it first."
        )
        who = f"process {other.pid} ({other.purpose})" if other.pid else "another process"
        raise LibraryInUseError(f"The library in {home} is in use by {who}. {ways}", other.url) from error
    try:
        _write_holder(home, holder)
    except BaseException:
        lock.release()
        raise
    return lock


def _holder_file(home: Path) -> Path:
    return home / "holder.json"  # beside the lock: a locked file cannot be read everywhere


def _read_holder(home: Path) -> Holder:
    try:
        return Holder(**json.loads(_holder_file(home).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Holder(0, "unknown")


def _write_holder(home: Path, holder: Holder) -> None:
    temporary = _holder_file(home).with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(holder)), encoding="utf-8")
    temporary.replace(_holder_file(home))


def _check_signature(ledger: Ledger, home: Path, signature: str) -> None:
    built = ledger.get_meta("signature")
    if built is None:
        ledger.set_meta("signature", signature)
    elif built != signature:
        raise IncompatibleIndexError(
            f"The library in {home} was built with {built}, this Citewell searches with {signature}. "
            "Point CITEWELL_HOME at a new folder and ingest again."
        )


def _engine(home: Path, server: Server | None, dimension: int) -> Engine:
    if server:
        from indexes.engines.qdrant import QdrantEngine

        return QdrantEngine.connect(server.url, server.collection, dimension=dimension, api_key=server.api_key)
    from indexes.engines.edge import EdgeEngine

    return EdgeEngine.open(home / "index", dimension=dimension)
