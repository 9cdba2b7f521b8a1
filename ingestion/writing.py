"""Events into the library: what each document needs, decided by comparing it with what the ledger holds.

`windows` embeds and writes what is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from indexes.passage import Kind
from ingestion.document import Deletion, Document, Skipped
from ingestion.editions import family, named_as_superseded, standing
from ingestion.ledger import Known
from ingestion.library import Library
from ingestion.reading import OF_NO_KIND, UNCHANGED, Begun, Ended, Event, Failed, Parsed, parsed
from ingestion.report import Report, keep
from ingestion.windows import Windows


class Writer:
    """Takes events in order, as `reading.read_files` gives them. Use it as a context manager: leaving it writes what is left.

    Where the block raises, what is being written is finished, and what is not is left to the next run. `told` is called after each
    window that was given to the index.
    """

    def __init__(self, library: Library, report: Report, told: Callable[[], None]) -> None:
        self._library = library
        self._report = report
        self._windows = Windows(library, told)
        self._file: Begun | None = None
        self._begun = False
        self._documents = self._problems = 0
        self._guidelines: set[str] = set()
        self._excluded = {each.document_id for each in library.ledger.excluded()}

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._windows.close(kept=kind is None)

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
        if self._windows.open.full:
            self._windows.send()

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
            self._windows.open.steps.append(lambda: self._library.ledger.start_file(source))

    def _document(self, event: Parsed) -> None:
        self._start()
        self._documents += 1
        if event.document.kind is Kind.GUIDELINE:
            self._guidelines.add(event.document.document_id)
        if event.document.document_id in self._excluded:
            self._leave_out(event.document)
        elif event.document.kind is Kind.GUIDELINE:
            self._edition(event)
        else:
            self._put(event, self._source)

    def _leave_out(self, document: Document) -> None:
        self._report.excluded += 1
        exclude = self._library.ledger.exclude
        self._windows.open.steps.append(partial(exclude, document.document_id, document.title, [self._source]))

    def _edition(self, event: Parsed) -> None:
        """Put a guideline as it stands among those that are held, and with it, in one window, those that stand otherwise because of it."""
        others, source, ledger = self._related(event.document), self._source, self._library.ledger
        document = standing(event.document, others)
        restated = self._restated(others, document.document_id, [document])
        self._put(event if document == event.document else parsed(document), source)
        self._windows.open.steps.append(lambda: ledger.hold(source, document.document_id))
        self._put_held(restated)
        if named_as_superseded(document):  # the ledger finds these for whoever comes next
            self._windows.settle()

    def _related(self, document: Document) -> list[Document]:
        """The guidelines held that this one may supersede or be superseded by, with everything before written."""
        ledger, under_way = self._library.ledger, self._windows.under_way
        families = {family(document.document_id), *map(family, named_as_superseded(document))}
        related = ledger.editions(document)
        if not (under_way.isdisjoint(related) and families.isdisjoint(map(family, under_way))):
            self._windows.settle()
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
        held = self._windows.held(document.document_id)
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
            self._windows.open.relabel += event.passages
        else:
            report.passages += len(passages)
            stored = self._windows.stored(held[1]) if held else {}
            for passage in event.passages:
                if (before := stored.get(passage.embedding_text)) is None:
                    self._windows.open.embed.append(passage)
                else:
                    self._windows.open.moved.append((passage, before))
            if held:
                self._windows.open.stale += set(held[1]).difference(passages)
        ledger = self._library.ledger
        self._windows.open.state[document.document_id] = (
            Known(event.content_hash, event.index_hash, document.revision, source),
            passages,
        )
        self._windows.open.steps.append(
            lambda: ledger.record(document, event.passages, source, event.index_hash, event.abbreviations)
        )

    def _delete(self, document_id: str) -> None:
        self._start()
        self.remove(document_id)

    def remove(self, document_id: str, *, besides: Sequence[Callable[[], object]] = ()) -> None:
        """Take a document out; the guidelines whose place it had taken stand as they do without it.

        `besides` is what the ledger is told in the same step.
        """
        held, ledger = self._windows.held(document_id), self._library.ledger
        if held is None:
            return
        restated: list[Document] = []
        if family(document_id) != document_id:  # it may have editions
            self._windows.settle()
            document = ledger.document(document_id)
            restated = self._restated(self._related(document) if document else [], document_id, [])
        self._report.deleted += 1
        self._windows.open.stale += held[1]
        self._windows.open.state[document_id] = None
        self._windows.open.steps += [*besides, lambda: ledger.remove(document_id)]
        self._put_held(restated)

    def _failure(self, event: Failed) -> None:
        self._start()
        self._problems += 1
        keep(self._report.failures, (self._source, event.record, event.reason, event.mend))
        if event.kept and self._file:
            source, kind = self._source, self._file.kind
            self._windows.open.steps.append(
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
        self._windows.open.steps.append(
            lambda: self._library.ledger.finish_file(source, event.digest, event.parser, documents, problems)
        )

    def _gone(self, document_id: str) -> None:
        """The file no longer says this guideline; it leaves the library, unless another file says it."""
        self._windows.settle()
        source, ledger = self._source, self._library.ledger
        heirs = [other for other in ledger.holders(document_id) if other != source]
        if not heirs:
            self._delete(document_id)
            return
        known, passages = ledger.known(document_id), ledger.passage_ids(document_id)
        if known and known.source == source:
            self._windows.open.state[document_id] = replace(known, source=heirs[-1]), passages
        self._windows.open.steps.append(lambda: ledger.let_go(source, document_id, heirs[-1]))
