"""Taking turns: who asks first is served first, so that a question waits for one batch of an ingestion and not for all of it."""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType


class Turns:
    """A lock whose waiters are let in in the order in which they came; Python's own lets a busy thread take it again and again."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()  # who is in stands first

    def __enter__(self) -> None:
        me = object()
        with self._changed:
            self._waiting.append(me)
            try:
                self._changed.wait_for(lambda: self._waiting[0] is me)
            except BaseException:  # Ctrl-C: whoever comes after must not wait for one who has gone
                self._waiting.remove(me)
                self._changed.notify_all()
                raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._waiting.popleft()
            self._changed.notify_all()
