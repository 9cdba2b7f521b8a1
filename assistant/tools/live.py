"""What the live tools have in common: little time, and what came made citable."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TypeVar

from assistant.appraisal import usable
from assistant.errors import ToolError
from assistant.shelves import passages_in
from assistant.tools.base import Bench, Found
from assistant.tools.live_shelf import LiveShelf
from assistant.tools.narrowing import Both
from assistant.tools.searching import left_out
from indexes.lexical import encode_passage, encode_query
from indexes.passage import Passage, Status
from ingestion.document import Document
from ingestion.errors import LiveSourceError

TIME_S = 20.0
"""Seconds that one call of a live tool may take; an answer waits for it."""
REPLY_S = 8.0
"""Seconds to wait for a connection, or for the next bytes."""
SPARE = 5  # records fetched beyond those wanted, as some may be retracted or fail the question's own filters
OF_EACH = 2  # passages of one document: the abstract, or what is nearest to the words of the search

T = TypeVar("T")


class Hurry:
    """Lets work take so many seconds. `sleep` is for the clients: it refuses a pause that would outlast the time of the work it is called from."""

    def __init__(self, service: str, seconds: float = TIME_S) -> None:
        self._service = service
        self._seconds = seconds
        self._of_thread = threading.local()

    def sleep(self, pause: float) -> None:
        """Sleep, or raise `LiveSourceError` at once where there is no time for it."""
        left = getattr(self._of_thread, "end", float("inf")) - time.monotonic()
        if pause > left:
            raise LiveSourceError(f"{self._service} does not answer in time.", transient=True)
        time.sleep(pause)

    def within(self, work: Callable[[], T]) -> T:
        """What the work gives. Raises `ToolError`, in words for a model, where it fails or takes too long; then it ends by itself later."""
        outcome: Future[T] = Future()

        def attempt() -> None:
            self._of_thread.end = time.monotonic() + self._seconds
            try:
                outcome.set_result(work())
            except BaseException as error:  # noqa: BLE001 - it is raised where the work was asked for
                outcome.set_exception(error)

        threading.Thread(target=attempt, daemon=True, name=f"asking {self._service}").start()
        try:
            return outcome.result(self._seconds)
        except TimeoutError:
            said = f"{self._service} does not answer in time"
        except LiveSourceError as error:
            said = str(error).partition(". ")[0].rstrip(".")
        raise ToolError(f"{said}. Answer from the library instead.")


def shelved(bench: Bench, live: LiveShelf, documents: Sequence[Document], both: Both, words: str, most: int) -> Found:
    """The documents made citable: kept, and read again from where they will be shown from, which may be the library.

    Of each its passages nearest to the `words`. Work that is retracted, by the service or by the library, is counted and left out.
    """
    live.keep(documents)
    passages: list[Passage] = []
    retracted: list[Passage] = []
    gone = shut_out = shown = 0
    for document in documents:
        if shown == most:
            break
        own = list(passages_in(bench.shelf, document.document_id))
        if document.status is Status.RETRACTED or not all(map(usable, own)):
            gone += 1
            retracted += own[:1]
        elif own and not both.accepts(own[0]):
            shut_out += 1
        elif own:
            shown += 1
            passages += _nearest(own, words)
    notes = [left_out(gone)] if gone else []
    notes += [f"{shut_out} do not pass the filters."] if shut_out else []
    return Found(passages, " ".join(notes), retracted=retracted)


def _nearest(passages: Sequence[Passage], words: str) -> list[Passage]:
    """Those with most of the words, in the document's order."""
    if len(passages) <= OF_EACH:
        return list(passages)
    wanted = set(encode_query(words).indices)

    def weight(passage: Passage) -> float:
        vector = encode_passage(passage.lexical_text)
        return sum(value for term, value in zip(vector.indices, vector.values, strict=True) if term in wanted)

    best = sorted(range(len(passages)), key=lambda at: (-weight(passages[at]), at))[:OF_EACH]
    return [passages[at] for at in sorted(best)]


def said(found: Found, *parts: str) -> Found:
    """The same with these words before its own."""
    return replace(found, text=" ".join(filter(None, (*parts, found.text))))


def told_remarks(remarks: Iterable[str]) -> str:
    """What a service remarked about the words of a search."""
    return "; ".join(list(remarks)[:5])
