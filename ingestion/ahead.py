"""Working ahead: an iterator that runs in a thread of its own, a bounded distance before its reader."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class _End:
    """The last thing put: the iterator is exhausted, or ended with this error."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


@contextmanager
def ahead(items: Iterator[T], distance: int) -> Iterator[Iterator[T]]:
    """The same items, made by another thread up to `distance` before they are asked for; its error is raised where they are read.

    Leaving the block stops the thread after the item it is at, and closes the iterator there.
    """
    waiting: queue.Queue[T | _End] = queue.Queue(distance)
    stop = threading.Event()

    def put(item: T | _End) -> bool:
        while not stop.is_set():
            try:
                waiting.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for item in items:
                if not put(item):
                    break
        except BaseException as error:  # noqa: BLE001 - it is raised again where the items are read
            put(_End(error))
        else:
            put(_End())
        finally:
            if close := getattr(items, "close", None):
                close()

    def read() -> Iterator[T]:
        while not isinstance(item := waiting.get(), _End):
            yield item
        if item.error:
            raise item.error

    thread = threading.Thread(target=work, name="citewell-reader", daemon=True)
    thread.start()
    try:
        yield read()
    finally:
        stop.set()
        thread.join()
