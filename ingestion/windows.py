"""Windows: what was decided about some documents is embedded together, and written while the next window is gathered and embedded.

Each window is one step of the ledger: it notes the documents, then the passages go to the index, then it records documents, failures and ended files
in one transaction. A kill at any point loses at most the windows that were under way, and the next run does them again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from indexes.embedding import Vectors
from indexes.engines import point_id
from indexes.passage import Passage
from ingestion.ledger import Known
from ingestion.library import Library

WINDOW_PASSAGES = (
    256  # enough of like length for full batches (benchmarks/ingestion_profile.py), few enough to see progress
)
WINDOW_EVENTS = 4096  # documents without a word to embed, deletions and failures also fill a window


@dataclass(slots=True)
class Window:
    """What is written together. `state` is what the library will hold of its documents, with the identifiers of their passages."""

    embed: list[Passage] = field(default_factory=list)
    moved: list[tuple[Passage, str]] = field(
        default_factory=list
    )  # with the identifier under which its vector is stored
    relabel: list[Passage] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    state: dict[str, tuple[Known, list[str]] | None] = field(default_factory=dict)
    steps: list[Callable[[], object]] = field(default_factory=list)  # what the ledger is told, in order

    @property
    def full(self) -> bool:
        """Whether it is time to send it."""
        events = len(self.steps) + len(self.relabel) + len(self.moved)
        return len(self.embed) >= WINDOW_PASSAGES or events >= WINDOW_EVENTS


class Windows:
    """The window that is `open`, and the one before it, which a thread writes. `told` is called after each that was given to that thread.

    `send`, `settle`, `held`, `stored` and `close` raise what `indexes` and the ledger raise, also of the window before.
    """

    def __init__(self, library: Library, told: Callable[[], None]) -> None:
        self.open = Window()
        self._library = library
        self._told = told
        self._flying = Window()
        self._landing: Future[None] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="citewell-writer")

    def close(self, *, kept: bool) -> None:
        """Write the open window where it is to be `kept`, and finish what is being written in any case."""
        try:
            if kept:
                self.send()
            self._land()
        finally:
            self._pool.shutdown()

    @property
    def under_way(self) -> set[str]:
        """The documents that are decided on and perhaps not yet written."""
        return {*self.open.state, *self._flying.state}

    def held(self, document_id: str) -> tuple[Known, list[str]] | None:
        """What the library holds of a document once everything before is written, and the identifiers of its passages."""
        if document_id in self.open.state:  # one word on a document a window, so that the order of words is kept
            self.send()
        if document_id in self._flying.state:
            return self._flying.state[document_id]
        known = self._library.ledger.known(document_id)
        return (known, self._library.ledger.passage_ids(document_id)) if known else None

    def stored(self, passage_ids: Sequence[str]) -> dict[str, str]:
        """What the encoders read of passages as they are stored, with their identifiers: of a new edition most stays as it was."""
        self._land()
        passages = self._library.searcher.engine.passages([point_id(each) for each in passage_ids])
        return {passage.embedding_text: passage.passage_id for passage in passages.values()}

    def settle(self) -> None:
        """Have everything before written."""
        self.send()
        self._land()

    def send(self) -> None:
        """Embed the open window, and let it be written while the next one is read and embedded."""
        window, self.open = self.open, Window()
        vectors = list(self._library.searcher.embed(window.embed)) if window.embed else []
        self._land()
        if window.steps:
            self._flying = window
            self._landing = self._pool.submit(self._write, window, vectors)
        self._told()

    def _land(self) -> None:
        """Wait for the window that is being written."""
        if self._landing:
            landing, self._landing = self._landing, None
            landing.result()
            self._flying = Window()

    def _write(self, window: Window, rows: list[Vectors]) -> None:
        searcher, ledger, engine = self._library.searcher, self._library.ledger, self._library.searcher.engine
        if window.state:
            ledger.start_writing({name: state[1] if state else [] for name, state in window.state.items()})
        stored = engine.vectors([point_id(before) for _, before in window.moved]) if window.moved else {}
        there = engine.passages([point_id(each.passage_id) for each in window.relabel]) if window.relabel else {}
        passages, relabel = list(window.embed), list[Passage]()
        lost: list[Passage] = []  # by the index, as a server's may at any time: these are embedded again
        for passage, before in window.moved:
            if (vector := stored.get(point_id(before))) is None:
                lost.append(passage)
            else:
                passages.append(passage)
                rows.append(vector)
        for passage in window.relabel:
            (relabel if point_id(passage.passage_id) in there else lost).append(passage)
        if passages:
            searcher.store(passages, np.stack(rows))
        searcher.index(lost)
        engine.relabel(relabel)
        engine.delete(window.stale)
        if passages or lost or relabel or window.stale:
            engine.flush()
        with ledger.transaction():
            for step in window.steps:
                step()
            ledger.finish_writing()
