"""Events into the library: decide what is new, embed a window of it, and write that window while the next one is embedded.

Each window is one step of the ledger: it notes the documents, then the passages go to the index, then it records documents, failures and ended files
in one transaction. A kill at any point loses at most the windows that were under way, and the next run does them again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from indexes.embedding import Vectors
from indexes.engines import point_id
from indexes.passage import Kind, Passage
from ingestion.document import Deletion, Document, Skipped
from ingestion.editions import family, named_as_superseded, standing
from ingestion.ledger import Known
from ingestion.library import Library
from ingestion.reading import OF_NO_KIND, UNCHANGED, Begun, Ended, Event, Failed, Parsed, parsed
from ingestion.report import Report, keep

WINDOW_PASSAGES = (
    256  # enough of like length for full batches (benchmarks/embedding_rate.py), few enough to see progress
)
WINDOW_EVENTS = 4096  # documents without a word to embed, deletions and failures also fill a window


@dataclass(slots=True)
class _Window:
    """What is written together. `state` is what the library will hold of its documents, with the identifiers of their passages."""

    embed: list[Passage] = field(default_factory=list)
    moved: list[tuple[Passage, str]] = field(
        default_factory=list
    )  # with the identifier under which its vector is stored
    relabel: list[Passage] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    state: dict[str, tuple[Known, list[str]] | None] = field(default_factory=dict)
    steps: list[Callable[[], object]] = field(default_factory=list)  # what the ledger is told, in order


class Writer:
    """Takes events in order, as `reading.read_files` gives them. Use it as a context manager: leaving it writes what is left.

    Where the block raises, what is being written is finished, and what is not is left to the next run. `told` is called after each
    window that was given to the index.
    """

    def __init__(self, library: Library, report: Report, told: Callable[[], None]) -> None:
        self._library = library
        self._report = report
        self._told = told
        self._window = _Window()
        self._flying = _Window()
        self._landing: Future[None] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="citewell-writer")
        self._file: Begun | None = None
        self._begun = False
        self._documents = self._problems = 0
        self._guidelines: set[str] = set()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._send()
            self._land()
        finally:
            self._pool.shutdown()

    def take(self, event: Event) -> None:
        """The next event. Raises what `indexes` and the ledger raise, also of windows before."""
        match event:
            case Begun():
                self._begin(event)
            case Parsed():
                self._document(event)
            case Deletion():
                self._delete(event.document_id)
            case Skipped():
                keep(self._report.skipped, f"{self._source}: {event.record}")
            case Failed():
                self._failure(event)
            case Ended():
                self._end(event)
        window = self._window
        if (
            len(window.embed) >= WINDOW_PASSAGES
            or len(window.steps) + len(window.relabel) + len(window.moved) >= WINDOW_EVENTS
        ):
            self._send()

    @property
    def _source(self) -> str:
        return self._file.file.source if self._file else ""

    def _begin(self, event: Begun) -> None:
        self._file, self._begun = event, False
        self._documents, self._problems, self._guidelines = 0, 0, set()

    def _start(self) -> None:
        """The ledger hears of a new attempt only once there is something to say of it: an unchanged file stays as it is."""
        if not self._begun:
            self._begun = True
            source = self._source
            self._window.steps.append(lambda: self._library.ledger.start_file(source))

    def _document(self, event: Parsed) -> None:
        self._start()
        self._documents += 1
        if event.document.kind is Kind.GUIDELINE:
            self._guidelines.add(event.document.document_id)
            self._edition(event)
        else:
            self._put(event, self._source)

    def _edition(self, event: Parsed) -> None:
        """Put a guideline as it stands among those that are held, and with it, in one window, those that stand otherwise because of it."""
        others, source, ledger = self._related(event.document), self._source, self._library.ledger
        document = standing(event.document, others)
        restated = self._restated(others, document.document_id, [document])
        self._put(event if document == event.document else parsed(document), source)
        self._window.steps.append(lambda: ledger.hold(source, document.document_id))
        self._put_held(restated)
        if named_as_superseded(document):  # the ledger finds these for whoever comes next
            self._settle()

    def _related(self, document: Document) -> list[Document]:
        """The guidelines held that this one may supersede or be superseded by, with everything before written."""
        ledger, under_way = self._library.ledger, {*self._window.state, *self._flying.state}
        families = {family(document.document_id), *map(family, named_as_superseded(document))}
        related = ledger.editions(document)
        if not (under_way.isdisjoint(related) and families.isdisjoint(map(family, under_way))):
            self._settle()
            related = ledger.editions(document)
        return [other for each in related if (other := ledger.document(each)) and other.kind is Kind.GUIDELINE]

    def _restated(self, guidelines: Sequence[Document], changed: str, now: Sequence[Document]) -> list[Document]:
        """Those of the guidelines that stand otherwise when what is held of the document `changed` is `now`."""
        related = ([each for each in self._related(one) if each.document_id != changed] for one in guidelines)
        stands = [standing(one, [*around, *now]) for one, around in zip(guidelines, related, strict=True)]
        return [after for before, after in zip(guidelines, stands, strict=True) if after != before]

    def _put_held(self, documents: Sequence[Document]) -> None:
        """Put documents that are held, which stay their files'."""
        for document in documents:
            known = self._library.ledger.known(document.document_id)
            self._put(parsed(document), known.source if known else "")

    def _put(self, event: Parsed, source: str) -> None:
        """Decide what a document needs to be as this one says."""
        report, document = self._report, event.document
        held = self._held(document.document_id)
        known = held[0] if held else None
        if known and (known.content_hash, known.index_hash) == (event.content_hash, event.index_hash):
            report.unchanged += 1
            return
        if known and document.revision and known.revision > document.revision:
            report.outdated += 1
            return
        passages = [passage.passage_id for passage in event.passages]
        if known is None:
            report.added += 1
        else:
            report.changed += 1
            if known.source != source:
                keep(report.replaced, (document.document_id, known.source, source))
        if known and known.index_hash == event.index_hash:
            report.relabelled += 1
            self._window.relabel += event.passages
        else:
            report.passages += len(passages)
            stored = self._stored(held[1]) if held else {}
            for passage in event.passages:
                if (before := stored.get(passage.embedding_text)) is None:
                    self._window.embed.append(passage)
                else:
                    self._window.moved.append((passage, before))
            if held:
                self._window.stale += set(held[1]).difference(passages)
        ledger = self._library.ledger
        self._window.state[document.document_id] = (
            Known(event.content_hash, event.index_hash, document.revision, source),
            passages,
        )
        self._window.steps.append(
            lambda: ledger.record(document, event.passages, source, event.index_hash, event.abbreviations)
        )

    def _delete(self, document_id: str) -> None:
        self._start()
        self.remove(document_id)

    def remove(self, document_id: str, *, to_be_read_again: bool = False) -> None:
        """Take a document out; the guidelines whose place it had taken stand as they do without it.

        `to_be_read_again`: the files that hold it no longer count as read.
        """
        held, ledger = self._held(document_id), self._library.ledger
        if held is None:
            return
        restated: list[Document] = []
        if family(document_id) != document_id:  # it may have editions
            self._settle()
            document = ledger.document(document_id)
            restated = self._restated(self._related(document) if document else [], document_id, [])
        self._report.deleted += 1
        self._window.stale += held[1]
        self._window.state[document_id] = None
        for source in {held[0].source, *ledger.holders(document_id)} if to_be_read_again else ():
            self._window.steps.append(partial(ledger.forget_file, source))
        self._window.steps.append(lambda: ledger.remove(document_id))
        self._put_held(restated)

    def _failure(self, event: Failed) -> None:
        self._start()
        self._problems += 1
        keep(self._report.failures, (self._source, event.record, event.reason, event.mend))
        if event.kept and self._file:
            source, kind = self._source, self._file.kind
            self._window.steps.append(
                lambda: self._library.ledger.fail(source, event.record, event.reason, event.mend, kind)
            )

    def _end(self, event: Ended) -> None:
        report, source = self._report, self._source
        if event.passed_over == UNCHANGED:
            report.files_unchanged += 1
            report.failed_before += self._library.ledger.problems(source) > 0
            return
        if event.passed_over == OF_NO_KIND:
            keep(report.skipped, source)
        elif event.parser:
            report.files += 1
        self._start()
        if (
            self._guidelines and not self._problems
        ):  # such a file holds its guidelines whole: what it no longer says is gone
            for document_id in sorted(set(self._library.ledger.guidelines_in(source)) - self._guidelines):
                self._gone(document_id)
        documents, problems = self._documents, self._problems
        self._window.steps.append(
            lambda: self._library.ledger.finish_file(source, event.digest, event.parser, documents, problems)
        )

    def _gone(self, document_id: str) -> None:
        """The file no longer says this guideline; it leaves the library, unless another file says it."""
        self._settle()
        source, ledger = self._source, self._library.ledger
        heirs = [other for other in ledger.holders(document_id) if other != source]
        if not heirs:
            self._delete(document_id)
            return
        known, passages = ledger.known(document_id), ledger.passage_ids(document_id)
        if known and known.source == source:
            self._window.state[document_id] = replace(known, source=heirs[-1]), passages
        self._window.steps.append(lambda: ledger.let_go(source, document_id, heirs[-1]))

    def _held(self, document_id: str) -> tuple[Known, list[str]] | None:
        """What the library holds of a document once everything before is written, and the identifiers of its passages."""
        if document_id in self._window.state:  # one word on a document a window, so that the order of words is kept
            self._send()
        if document_id in self._flying.state:
            return self._flying.state[document_id]
        known = self._library.ledger.known(document_id)
        return (known, self._library.ledger.passage_ids(document_id)) if known else None

    def _stored(self, passage_ids: Sequence[str]) -> dict[str, str]:
        """What the encoders read of passages as they are stored, with their identifiers: of a new edition most stays as it was."""
        self._land()
        passages = self._library.searcher.engine.passages([point_id(each) for each in passage_ids])
        return {passage.embedding_text: passage.passage_id for passage in passages.values()}

    def _settle(self) -> None:
        """Have everything before written."""
        self._send()
        self._land()

    def _send(self) -> None:
        """Embed the window, and let it be written while the next one is read and embedded."""
        window, self._window = self._window, _Window()
        passages, vectors = list(window.embed), []
        if window.embed:
            vectors.append(self._library.searcher.embed(window.embed))
        self._land()
        if window.moved:
            stored = self._library.searcher.engine.vectors([point_id(before) for _, before in window.moved])
            passages += [passage for passage, _ in window.moved]
            vectors.append(np.stack([stored[point_id(before)] for _, before in window.moved]))
        if window.steps:
            self._flying = window
            self._landing = self._pool.submit(self._write, window, passages, vectors)
        self._told()

    def _land(self) -> None:
        """Wait for the window that is being written."""
        if self._landing:
            landing, self._landing = self._landing, None
            landing.result()
            self._flying = _Window()

    def _write(self, window: _Window, passages: list[Passage], vectors: list[Vectors]) -> None:
        engine, ledger = self._library.searcher.engine, self._library.ledger
        if window.state:
            ledger.start_writing({name: state[1] if state else [] for name, state in window.state.items()})
        if passages:
            self._library.searcher.store(passages, np.concatenate(vectors))
        engine.relabel(window.relabel)
        engine.delete(window.stale)
        if passages or window.relabel or window.stale:
            engine.flush()
        with ledger.transaction():
            for step in window.steps:
                step()
            ledger.finish_writing()
