"""How a live source is treated: called at a polite pace, and asked again after growing pauses where that can help."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

ATTEMPTS = 6
PATIENCE_S = 300.0
"""How long one request waits in all between its attempts. A service that asks for more is left alone, and the user told."""
LONGEST_PAUSE_S = 60.0

T = TypeVar("T")


class AskAgainError(Exception):
    """What may be gone when asked again; for whoever reads an answer (`Http.ask`) to raise. `wait` is what the service asks for, in seconds.

    It never leaves `Http`: a request that fails to the end raises `LiveSourceError`, with `what` as in "PubMed {what}.".
    """

    def __init__(self, what: str, *, wait: float = 0.0, status: int | None = None) -> None:
        super().__init__(what)
        self.wait = wait
        self.status = status


class Pace:
    """Lets calls begin no more often than so many times a second, whichever thread they come from."""

    def __init__(self, per_second: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._interval = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = clock()

    def wait(self) -> None:
        """Return when the next call may begin."""
        with self._lock:
            now = self._clock()
            start = max(now, self._next)
            self._next = start + self._interval
        if start > now:
            self._sleep(start - now)


def persist(attempt: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """What the attempt gives, made again after growing pauses while it raises `AskAgainError`; raises the last of these."""
    backoff = wait_exponential_jitter(initial=1, max=LONGEST_PAUSE_S, jitter=1)

    def pause(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        return max(backoff(state), error.wait if isinstance(error, AskAgainError) else 0.0)

    def out_of_patience(state: RetryCallState) -> bool:
        return state.idle_for + state.upcoming_sleep > PATIENCE_S

    retrying = Retrying(
        retry=retry_if_exception_type(AskAgainError),
        wait=pause,
        stop=lambda state: stop_after_attempt(ATTEMPTS)(state) or out_of_patience(state),
        sleep=sleep,
        reraise=True,
    )
    return retrying(attempt)


def retry_after(headers: httpx.Headers) -> float:
    """The seconds the service asks to be left alone: a number, or a date measured by the service's own clock where it tells it."""
    asked = headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        return float(asked[:9])
    until, now = _date(asked), _date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds()) if until else 0.0


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
