"""A server on the loopback that embeds by OpenAI's protocol, as well or as badly as a test tells it to."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Reply:
    """What is answered instead of the truth."""

    status: int
    body: str | bytes = "{}"
    vectors: Sequence[Sequence[float]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class EmbeddingServer:
    """Where it is, what it was asked, and what it says next before it goes back to the truth."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)


@contextmanager
def embedding_server(dimension: int) -> Iterator[EmbeddingServer]:
    """A server whose vectors have that dimension; stopped at the end."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            server.requests.append(asked)
            server.keys.append(self.headers["authorization"])
            vectors = [vector_of(text, dimension) for text in asked["input"]]
            reply = server.replies.pop(0) if server.replies else Reply(200, vectors=vectors)
            rows = [{"index": n, "embedding": list(v)} for n, v in enumerate(reply.vectors or ())]
            body = json.dumps({"data": rows[::-1]}) if reply.vectors is not None else reply.body
            body = body.encode() if isinstance(body, str) else body
            self.send_response(reply.status if self.path == "/v1/embeddings" else 404)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server = EmbeddingServer(f"http://127.0.0.1:{http.server_address[1]}/v1")
        http.daemon_threads = True
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join(30)


def vector_of(text: str, dimension: int) -> list[float]:
    """Not of length 1, as not every server's are."""
    return [float(x) for x in np.random.default_rng(zlib.crc32(text.encode())).normal(0, 3, dimension)]
