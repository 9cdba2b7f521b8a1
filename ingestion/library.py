"""A library: one folder with a ledger and an index, held by one process at a time unless a Qdrant server does the indexing."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from pathlib import Path

import portalocker

from indexes import lexical
from indexes.embedding import Embedder, load_embedder
from indexes.engines import Engine, point_id
from indexes.errors import REBUILD, IncompatibleIndexError, LibraryInUseError, RetrievalError
from indexes.passage import PAYLOAD_VERSION
from indexes.searcher import Searcher
from ingestion.attempts import now
from ingestion.home import Home
from ingestion.ledger import Ledger
from ingestion.places import Place, Server
from ingestion.versions import Version, new_version

LAYOUT = int(PAYLOAD_VERSION)
RESTORED = 256  # passages that are looked up together
FLUSHED = 16  # times as many are kept, whatever happens then
Tell = Callable[[str, int, int], None]  # what is being done, how much of it is, of how much


class Library(Home):
    """Ledger, index and searcher of one folder. Use it as a context manager, so that the folder is let go."""

    def __init__(
        self,
        home: Path,
        ledger: Ledger,
        place: Place,
        version: Version,
        searcher: Searcher,
        lock: portalocker.Lock | None = None,
    ) -> None:
        super().__init__(home, ledger, place, lock)
        self._version = version
        self._searcher = searcher
        self._leaving: list[weakref.finalize[..., Searcher]] = []  # versions that some still search

    @classmethod
    def open(
        cls,
        home: Path,
        *,
        purpose: str,
        server: Server | None = None,
        embedder: Embedder | None = None,
        spec: str | None = None,
        engine: str | None = None,
        load: Callable[[str], Embedder] | None = None,
        tell: Tell | None = None,
    ) -> Library:
        """The library in that folder, made where there is none. `purpose` is what another process is told.

        `spec` and `engine` are what the operator has set; where nothing is, a library goes on with what it was built with. `load` opens the
        embedder of a spec, where `embedder` is not given.

        What the ledger holds and the index has lost is indexed again, which takes as long as ingesting it did: `tell` is told how far it is.
        Raises `IngestionError` where the folder cannot be used, `LibraryInUseError` where another process holds it, `IncompatibleIndexError`
        where another embedder built it or its index is damaged, and `EngineUnavailableError` where the server does not answer.
        """
        held = Home.hold(home, purpose=purpose, server=server)
        return cls.of(held, embedder, spec=spec, engine=engine, load=load, tell=tell)

    @classmethod
    def of(
        cls,
        held: Home,
        embedder: Embedder | None = None,
        *,
        spec: str | None = None,
        engine: str | None = None,
        load: Callable[[str], Embedder] | None = None,
        tell: Tell | None = None,
    ) -> Library:
        """The library in a folder that is held, which it then holds instead; where this raises, the folder is let go. See `open`."""
        with ExitStack() as undo:
            undo.callback(held.close)
            known = held.versions.current()
            spec = spec or (known.spec if known else "")
            embedder = embedder or ((load or load_embedder)(spec) if spec else load_embedder())
            if known:
                _check(known, embedder, engine, held.home)
            version = known or new_version(1, engine or held.place.engine, embedder.name, embedder.dimension, spec=spec)
            if not version.created:  # an earlier Citewell knew no more of it than its signature
                version = version.model_copy(update={"dimension": embedder.dimension, "created": now()})
            held.place.check(version)
            searcher = held.open_version(version, embedder)
            undo.callback(searcher.engine.close)
            if known is None:
                _check_new(held, searcher.engine)
            if version != known:
                held.place.describe(version)
                held.versions.use(version)
            library = cls(held.home, held.ledger, held.place, version, searcher, held._lock)
            library.restore(tell)
            undo.pop_all()
        return library

    @property
    def searcher(self) -> Searcher:
        """What searches and fills the version that is in use: ask for it once for each piece of work, and it stays open so long."""
        if self.place.shared:
            self._follow()
        return self._searcher

    @property
    def version(self) -> Version:
        """The manifest of the index version that is in use."""
        return self._version

    @property
    def signature(self) -> str:
        """What built the index: embedder and lexical encoder."""
        return self._version.signature

    def unoptimised(self) -> int:
        """How many passages the engine's structures for fast search were not built over."""
        return max(0, self.ledger.passage_count() - self._version.optimised)

    def _follow(self) -> None:
        """Another process may have gone over to another version."""
        version = self.versions.current()
        if version is None or version.number == self._version.number:
            return
        if version.embedder != self._searcher.embedder.name:
            raise IncompatibleIndexError(
                f"The index of the library in {self.home} has been built again with the embedder {version.embedder} by another process. "
                "Stop this one and start it again."
            )
        self._adopt(version, self.open_version(version, self._searcher.embedder), None)

    def go_over(self, version: Version, searcher: Searcher, *, keep_old: bool) -> bool:
        """From now on the library is searched in that version. The one before stays open for who searches it at this moment."""
        before = self._version.number
        self.place.describe(version)
        self.versions.use(version)
        if not keep_old:
            self.versions.forget(before)
        self._adopt(version, searcher, None if keep_old else before)
        return True

    def _adopt(self, version: Version, searcher: Searcher, drop: int | None) -> None:
        before = self._searcher
        searcher.reranker = before.reranker
        self._searcher, self._version = searcher, version
        self._leaving = [leaving for leaving in self._leaving if leaving.alive]
        self._leaving.append(weakref.finalize(before, _let_go, before.engine, self.place, drop))

    def restore(self, tell: Tell | None = None) -> None:
        """Have the index say what the ledger says: its folder was moved away, its collection deleted, or a run was killed.

        Where another run is writing, the two differ for a moment, and that run sees to it.
        """
        engine, ledger = self.searcher.engine, self.ledger
        if self._version.layout != LAYOUT:
            self._relabel_all(tell)
        if engine.count() >= ledger.passage_count() and not ledger.unfinished():
            return
        with suppress(LibraryInUseError), self.writing():
            count = ledger.passage_count()
            if engine.count() >= count:
                return
            passages = ledger.passages()
            for number, batch in enumerate(iter(lambda: list(islice(passages, RESTORED)), [])):
                if tell:
                    tell("Indexing again what the index has lost", min(number * RESTORED, count), count)
                there = engine.passages([point_id(passage.passage_id) for passage in batch])
                self.searcher.index([passage for passage in batch if point_id(passage.passage_id) not in there])
                if number % FLUSHED == FLUSHED - 1:
                    engine.flush()
            engine.flush()

    def _relabel_all(self, tell: Tell | None) -> None:
        """The ledger has its passages as this version writes them, and the index those of an older one: nothing is embedded."""
        engine, count = self._searcher.engine, self.ledger.passage_count()
        with suppress(LibraryInUseError), self.writing():
            passages = self.ledger.passages()
            for number, batch in enumerate(iter(lambda: list(islice(passages, RESTORED)), [])):
                if tell:
                    tell("Bringing the index up", min(number * RESTORED, count), count)
                engine.relabel(batch)
            engine.flush()
            self._version = self._version.model_copy(update={"layout": LAYOUT})
            self.versions.put(self._version)
            self.place.describe(self._version)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What changes the library does so within this block: one run at a time, from an index that says what the ledger says.

        Raises `LibraryInUseError` where another run is writing, in this process or, with a server, in another.
        """
        with super().writing():
            self._put_back()
            yield

    def _put_back(self) -> None:
        """Where a run was killed between index and ledger, the index goes back to what the ledger says."""
        unfinished = self.ledger.unfinished()
        if not unfinished:
            return
        searcher = self.searcher
        for document_id, begun in unfinished.items():
            held = self.ledger.passage_ids(document_id)
            searcher.engine.delete(sorted(set(begun).difference(held)))
            searcher.index([passage for each in held if (passage := self.ledger.passage(each))])
        searcher.engine.flush()
        self.ledger.finish_writing()

    def close_index(self) -> None:
        """Let every version go that is open."""
        with ExitStack() as closing:
            closing.callback(self._searcher.engine.close)
            for leaving in self._leaving:
                closing.callback(leaving)

    def close(self) -> None:
        """Let index, ledger and folder go."""
        with ExitStack() as closing:  # the folder is let go last, and whatever the others raise
            closing.callback(super().close)
            closing.callback(self.close_index)


def _let_go(engine: Engine, place: Place, drop: int | None) -> None:
    with suppress(RetrievalError):  # what cannot be dropped now is named by `citewell library versions`
        engine.close()
        if drop is not None:
            place.drop(drop)


def _check(version: Version, embedder: Embedder, engine: str | None, home: Path) -> None:
    """Raises `IncompatibleIndexError` where this version is not to be searched with that embedder, or not by this Citewell."""
    if version.embedder != embedder.name:
        raise IncompatibleIndexError(
            f"The library in {home} was built with the embedder {version.embedder}, and {embedder.name} is asked for. Set "
            f"CITEWELL_EMBEDDER={version.spec or version.embedder}, or build its index with another one: citewell library reindex --embedder SPEC"
        )
    if (
        version.created and version.dimension != embedder.dimension
    ):  # a server may have another model under the same name
        raise IncompatibleIndexError(
            f"The library in {home} holds vectors of {version.dimension} numbers, and {embedder.name} makes {embedder.dimension}: it is another "
            "model than it was. Build the index again with it: citewell library reindex"
        )
    if engine and version.engine != engine:
        raise IncompatibleIndexError(
            f"The library in {home} was built with the engine {version.engine}, and {engine} is asked for. Set CITEWELL_ENGINE={version.engine}, "
            f"or build its index with the other one: citewell library reindex --engine {engine}"
        )
    if version.layout > LAYOUT:
        raise IncompatibleIndexError(
            f"The index of the library in {home} was built by a later Citewell. Update Citewell."
        )
    if version.lexical != lexical.VERSION:
        raise IncompatibleIndexError(
            f"The index of the library in {home} was built by another Citewell ({version.signature}; this one's encoder is "
            f"{lexical.VERSION}). {REBUILD}"
        )


def _check_new(home: Home, engine: Engine) -> None:
    """Raises `IncompatibleIndexError` where there is an index already, of which the ledger knows nothing."""
    others = home.place.numbers() - {1}
    if (count := engine.count()) or others:
        what = f"an index with {count:,} passages" if count else f"an index version {max(others)}"
        raise IncompatibleIndexError(
            f"There is {what}, and the ledger {home.ledger.path} knows nothing of it: the ledger was lost, or the index is "
            "another library's. Put the ledger back or restore a snapshot (citewell library restore FILE --replace); or, for a new library, "
            "move the index away or name another folder (CITEWELL_HOME) or collection (CITEWELL_QDRANT_COLLECTION)."
        )


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
