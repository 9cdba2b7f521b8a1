"""Blue/green: a new version of the index is built beside the one in use, from the ledger's passages, checked, and only then taken into use.

Any embedder, engine or quantisation; no file is read. The version in use goes on answering, and documents go on coming in: the ledger notes the
passages that change meanwhile (`notes.touched`), and these are caught up with, the last of them while nobody writes. Going over is one transaction of
the ledger. A kill before it leaves the library as it was, and the same command goes on with what was built; a kill after it leaves the new one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from itertools import islice

from indexes.embedding import Embedder, Vectors
from indexes.engines import Engine, point_id
from indexes.errors import IncompatibleIndexError, LibraryInUseError, RetrievalError
from indexes.filters import Filters
from indexes.lexical import encode_query
from indexes.passage import Passage
from indexes.ranking import Ranking
from indexes.searcher import Searcher
from ingestion.errors import IngestionError
from ingestion.home import Home
from ingestion.vectors import is_unit, stored_vectors, vectors_of
from ingestion.versions import Version, new_version

BATCH = 256  # passages
FLUSHED = 16  # batches that are kept together, whatever happens then
FEW = 1024  # passages that are caught up with while nobody writes: seconds
SAMPLE = 48  # passages by which a version is checked
FOUND = 0.9  # of them must be found near their own words; graphs and quantised vectors are approximations
SLACK = 0.02  # of cosine similarity by which the best hit may be further away than the passage itself
WAIT_S = 0.5
Tell = Callable[[str, int, int], None]  # what is being done, how much of it is, of how much


def reindex(
    home: Home,
    embedder: Embedder,
    old: Engine | None,
    tell: Tell,
    *,
    spec: str = "",
    engine: str | None = None,
    quantisation: str | None = None,
    keep_old: bool = False,
) -> Version:
    """Build a version, go over to it, and drop the one before unless it is to be kept; the manifest of the new one.

    `old` is the engine of the version in use, where it can be opened: its vectors are used again if they are of the same embedder. `spec` is the
    setting that opens `embedder`; `engine` and `quantisation` are as they were where not given. What `tell` raises ends the work; what is built
    so far is kept, also where the disk is full.
    Raises `LibraryInUseError` where another run builds a version, and `IngestionError` where the new version does not pass its check.
    """
    with home.versioning():
        version, searcher = _begun(home, embedder, spec, engine, quantisation)
        with closing(searcher.engine):
            _Building(home, searcher, _reusable(home, version, old), tell).fill()
        _optimise(home, version, tell)
        with ExitStack() as undo:
            searcher = home.open_version(version, embedder)
            undo.callback(searcher.engine.close)
            version = version.model_copy(update={"optimised": searcher.engine.count()})
            building = _Building(home, searcher, _reusable(home, version, old), tell)
            version = building.go_over(version, keep_old=keep_old, undo=undo)
    return version


def _begun(
    home: Home, embedder: Embedder, spec: str, engine: str | None, quantisation: str | None
) -> tuple[Version, Searcher]:
    """The version to be built: one that broke off or was kept, where it is of the same kind, else a new one. Another that broke off is dropped."""
    current, broken_off = home.versions.current(), home.versions.building()
    if current is None:
        raise IncompatibleIndexError(f"The library in {home.home} holds nothing yet. Ingest documents first.")
    ranking = _ranking_of(current) if current.embedder == embedder.name else Ranking()
    kind = (engine or current.engine, embedder.name, embedder.dimension, quantisation or current.quantisation, spec)
    fresh = new_version(home.next_number(), *kind).model_copy(update={"ranking": ranking.to_json()})
    home.place.check(fresh)
    for known in sorted(home.versions.all(), key=lambda each: each != broken_off):
        if known.number != current.number and known.like(fresh):
            with suppress(IncompatibleIndexError):  # damaged: it is built anew
                home.versions.build(known)
                return known, home.open_version(known, embedder)
            home.drop(known.number)
    if broken_off and not broken_off.like(fresh):
        home.drop(broken_off.number)
    home.versions.build(fresh)
    return fresh, home.open_version(fresh, embedder)


def _ranking_of(version: Version) -> Ranking:
    """Its weights; the usual ones where they make no sense, which may be why it is built again."""
    with suppress(IncompatibleIndexError):
        return Ranking.from_json(version.ranking)
    return Ranking()


def _reusable(home: Home, version: Version, old: Engine | None) -> Engine | None:
    current = home.versions.current()
    same = current and (current.embedder, current.dimension) == (version.embedder, version.dimension)
    return old if same else None


def _optimise(home: Home, version: Version, tell: Tell) -> None:
    """May take longer than all the rest; nothing tells how far it is."""
    count = home.ledger.passage_count()
    home.place.optimise(version, lambda: tell("Optimising", 0, count))
    tell("Optimising", count, count)


class _Building:
    """Makes an index say what the ledger says."""

    def __init__(self, home: Home, searcher: Searcher, old: Engine | None, tell: Tell) -> None:
        self._home = home
        self._ledger = home.ledger
        self._searcher = searcher
        self._engine = searcher.engine
        self._old = old
        self._tell = tell
        self._at = 0  # the last note of what changed that is caught up with

    def fill(self) -> None:
        """Every passage of the ledger, with whatever else goes on; what was built before is passed over."""
        passages, done = self._ledger.passages(), 0
        for number, batch in enumerate(iter(lambda: list(islice(passages, BATCH)), []), start=1):
            self._tell("Copying" if self._old else "Embedding", done, max(done + 1, self._ledger.passage_count()))
            self._put(batch)
            done += len(batch)
            if number % FLUSHED == 0:
                self._engine.flush()
        self._engine.flush()

    def go_over(self, version: Version, *, keep_old: bool, undo: ExitStack) -> Version:
        """Catch up, check, and take the version into use; where the library goes on with it, what `undo` does is not to be done."""
        while True:
            self._catch_up(FEW)
            try:
                with self._home.going_over():
                    if self._ledger.touched_count(self._at) > FEW:
                        continue  # somebody was quick: that many are not caught up with while others wait
                    self._catch_up(0)
                    self._check()
                    version = version.model_copy(update={"passages": self._ledger.passage_count()})
                    if self._home.go_over(version, self._searcher, keep_old=keep_old):
                        undo.pop_all()
                    return version
            except LibraryInUseError:
                self._tell("Waiting for a run that writes to the library", 0, 1)
                time.sleep(WAIT_S)

    def _catch_up(self, few: int) -> None:
        """Bring in what changed since, until no more than so many notes are left."""
        while left := self._ledger.touched_count(self._at):
            if left <= few:
                return
            touched, at = self._ledger.touched(self._at, BATCH)
            self._tell("Catching up", 0, left)
            now = {each: self._ledger.passage(each) for each in touched}
            self._put([passage for passage in now.values() if passage])
            self._engine.delete([each for each, passage in now.items() if passage is None])
            self._at = at
        self._engine.flush()

    def _put(self, passages: Sequence[Passage]) -> None:
        """Have the index hold these, and as they are."""
        there = self._engine.passages([point_id(passage.passage_id) for passage in passages])
        other = [passage for passage in passages if there.get(point_id(passage.passage_id)) != passage]
        said = [
            passage
            for passage in other
            if (before := there.get(point_id(passage.passage_id)))
            and (before.embedding_text, before.lexical_text) == (passage.embedding_text, passage.lexical_text)
        ]
        self._engine.relabel(said)
        relabelled = {passage.passage_id for passage in said}
        new = [passage for passage in other if passage.passage_id not in relabelled]
        if new:
            stored = self._stored(new)
            half_written = self._ledger.unfinished() if stored else {}
            trusted = {
                p.passage_id: stored[p.passage_id]
                for p in new
                if p.passage_id in stored and p.document_id not in half_written
            }
            self._searcher.store(new, vectors_of(new, trusted, self._searcher.embedder))

    def _stored(self, passages: Sequence[Passage]) -> Mapping[str, Vectors]:
        """The vectors that the version in use has of these."""
        try:
            return stored_vectors(self._old, passages) if self._old else {}
        except RetrievalError:
            raise
        except Exception:  # noqa: BLE001 - a damaged index raises whatever it stumbles over, and may be why it is built again
            return {}

    def _check(self) -> None:
        """Raises `IngestionError` where the version is not what it should be."""
        fault = self._fault()
        if fault:
            raise IngestionError(
                f"The new index version {fault}, and was not taken into use: the library is as it was. Drop it with: "
                "citewell library versions --drop; then run the same command again."
            )

    def _fault(self) -> str:
        held, meant = self._engine.count(), self._ledger.passage_count()
        if held != meant:
            return f"holds {held:,} passages, the ledger {meant:,}"
        sample = self._ledger.sample(SAMPLE)
        if not sample:
            return ""
        points = [point_id(passage.passage_id) for passage in sample]
        vectors = self._engine.vectors(points)
        made = self._searcher.embedder.embed_passages([passage.embedding_text for passage in sample])
        near = by_words = 0
        for passage, point, own in zip(sample, points, made, strict=True):
            if not is_unit(vectors.get(point)):
                return f"has no vector of length 1 for {passage.passage_id}"
            best = next(iter(self._engine.dense(own, 1, Filters()).values()), -1.0)
            near += best >= float(own @ vectors[point]) - SLACK and float(own @ vectors[point]) >= 1 - SLACK
            only = Filters(document_ids=frozenset({passage.document_id}))
            terms = encode_query(passage.embedding_text)
            by_words += not terms.indices or point in self._engine.lexical(terms, BATCH, only)
        if min(near, by_words) < FOUND * len(sample):
            return f"finds only {near} of {len(sample)} passages by their meaning and {by_words} by their words"
        return ""
