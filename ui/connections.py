"""Connections that send nothing, or half a request, make room for those that ask: a thousand of them do not keep anybody out.

uvicorn waits for ever for the head of a request and takes connections until no file can be opened any more, by the library either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0
"""Seconds in which the head of a request has to be there, from the connection or from the answer before."""
DRAIN_S = 60.0
"""Seconds in which the rest of a body may still come that was answered before its end: clients read the refusal only then."""
MOST = 512
"""Connections at a time. One more closes the one that has been silent for longest."""
_FILES_BESIDE = 512  # that the library, uploads and page need beside connections


class PatientProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 with an end to its patience. What happens inside of a request is the application's to bound."""

    most = MOST

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request from now on; where there are too many connections, the most silent one goes."""
        super().connection_made(transport)
        self.heard = self.loop.time()
        self._head_timer: asyncio.TimerHandle | None = None
        self._await_head()
        if len(self.connections) > self.most:
            silent = min(self._others(), key=lambda other: other.heard, default=self)
            silent.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take what came; a request that has begun is no longer waited for."""
        self.heard = self.loop.time()
        super().data_received(data)

    def handle_events(self) -> None:
        """Stop the clock where the head of a request is there."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before or self not in self.connections:  # the latter is a websocket by now
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Wait for the next request; one that has come already stops the clock again."""
        if not self.transport.is_closing():
            self._await_head()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more is waited for."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _others(self) -> Iterator[PatientProtocol]:
        """The other connections, without those that are websockets now."""
        connections: set[Any] = self.connections
        return (other for other in connections if isinstance(other, PatientProtocol) and other is not self)

    def _await_head(self) -> None:
        self._stop_waiting()
        seconds = DRAIN_S if self.conn.their_state is h11.SEND_BODY else HEAD_S
        self._head_timer = self.loop.call_later(seconds, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._head_timer:
            self._head_timer.cancel()
            self._head_timer = None


def make_room() -> None:
    """Let this process open as many files as it may, where it may too few: connections are files to the system."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + _FILES_BESIDE
    if resource.RLIM_INFINITY != soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if resource.RLIM_INFINITY != soft < wanted:
        PatientProtocol.most = max(1, soft - min(_FILES_BESIDE, soft // 2))
