"""A loopback server that speaks the protocols of language models and says what a script tells it to. No model, no network.

    with serve([Calls([Call("search_literature", {"query": "aspirin"})]), Text("Aspirin lowers the risk [1].")]) as server:
        settings = Settings(llm=server.spec)  # openai-like:test-model@http://127.0.0.1:<port>/v1
        ...
    first, second = server.requests
    assert first.tools == ["search_literature"]
    assert second.messages[-1]["role"] == "tool"

Each request takes the next reply of the script; where there is none left the server answers 418, which clients do not ask again for. A reply may
be a function of the request instead, `lambda request: Text(...)`; and the whole script may be one such function, asked each time, for runs whose
length is not known (an endless loop of tool calls is `serve(lambda request: Calls([...]))`).

Replies (whether a request asks for a stream is the request's business; each of them serves both):

    Text("words")                       an answer; `in_json({...})` is one of JSON; `call_as_text("tool", {...})` is a tool call fenced in text
    Calls([Call("tool", {...}), ...])   tool calls, in parallel where several; arguments may be a string, to be no JSON
    Failure(429)                        an HTTP error; clients ask again for 429 and 5xx, at once: give as many as attempts (`[Failure(500)] * 3`)
    Stall("words so far")               silence, after words where streamed, until the client hangs up or the server closes
    HangUp("words so far")              the connection is dropped, after words where streamed
    Raw(b"...", "text/html")            any body, as it is
    Redirect("http://elsewhere/")       status 307

Usage is reported as a real server does (`usage=None`: not at all), in a stream only where `stream_options.include_usage` asks for it. The tokens
are `usage=(prompt, completion)`. `POST /v1/chat/completions` and `GET /v1/models` are OpenAI's, `POST /v1/messages` is Anthropic's: give
`server.root` as its address.
"""

from __future__ import annotations

import asyncio
import json
import select
import socket
import threading
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from llm_replies import (
    MODEL,
    Call,
    Calls,
    Failure,
    HangUp,
    Raw,
    Redirect,
    Reply,
    Request,
    Script,
    Stall,
    Text,
    call_as_text,
    in_json,
)
from llm_wire import AFTER_WORDS, events, protocol, whole

__all__ = [
    "MODEL",
    "Call",
    "Calls",
    "Failure",
    "HangUp",
    "LlmServer",
    "Raw",
    "Redirect",
    "Reply",
    "Request",
    "Script",
    "Stall",
    "Text",
    "call_as_text",
    "in_json",
    "serve",
]


class LlmServer:
    """The server while it runs. `requests` are those of chats, in the order in which they came."""

    def __init__(self, script: Script, models: Sequence[str]) -> None:
        self.requests: list[Request] = []
        self.models = tuple(models)
        self.closing = threading.Event()
        self._script = script
        self._lock = threading.Lock()
        self._next = 0
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._http.daemon_threads = True
        self._http.citewell = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def root(self) -> str:
        """The address without a path, for Anthropic's protocol."""
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def url(self) -> str:
        """The base address for OpenAI's protocol."""
        return f"{self.root}/v1"

    @property
    def spec(self) -> str:
        """For CITEWELL_LLM."""
        return f"openai-like:{self.models[0]}@{self.url}"

    def reply_to(self, request: Request) -> Reply:
        """What the script says next; the request is kept."""
        with self._lock:
            self.requests.append(request)
            if callable(self._script):
                return self._script(request)
            if self._next >= len(self._script):
                return Failure(418, "The script has no reply left.")
            reply = self._script[self._next]
            self._next += 1
        return reply(request) if callable(reply) else reply

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def close(self) -> None:
        """End stalls, then stop. Whoever asks afterwards finds nobody."""
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@contextmanager
def serve(script: Script, *, models: Sequence[str] = (MODEL,)) -> Iterator[LlmServer]:
    """A server that replies as the script says, on a port of its own."""
    server = LlmServer(script, models)
    server.start()
    try:
        yield server
    finally:
        server.close()


async def leave_once_asked(stream: AsyncGenerator[object, None], server: LlmServer) -> None:
    """Read a stream until the server has been asked, then go away, as a reader does who closes the page.

    A loop over the stream would not do: no word comes between the request and the end of the time that a model has.
    """
    reading = asyncio.ensure_future(anext(stream))
    while not server.requests:
        await asyncio.sleep(0.01)
        if reading.done():
            reading = asyncio.ensure_future(anext(stream))
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await stream.aclose()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def owner(self) -> LlmServer:
        owner: LlmServer = self.server.citewell  # type: ignore[attr-defined]
        return owner

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""

    def do_GET(self) -> None:
        if self.path.endswith("/models"):
            data = [{"id": model, "object": "model", "owned_by": "test"} for model in self.owner.models]
            self._body(200, json.dumps({"object": "list", "data": data}).encode(), "application/json")
        else:
            self._fail(Failure(404, "no such path"))

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length) or b"{}")
        request = Request(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        if self.path not in ("/v1/chat/completions", "/v1/messages"):
            self._fail(Failure(404, "no such path"))
            return
        reply = self.owner.reply_to(request)
        try:
            self._give(request, reply)
        except (BrokenPipeError, ConnectionResetError):
            request.hung_up.set()
            self.close_connection = True

    def _give(self, request: Request, reply: Reply) -> None:
        match reply:
            case Failure():
                self._fail(reply)
            case Raw():
                self._body(reply.status, reply.body, reply.content_type)
            case Redirect():
                self._body(307, b"", "text/plain", {"Location": reply.to})
            case Stall() | HangUp():
                if request.streamed:
                    written = events(request, Text(reply.after, pieces=max(len(reply.after), 1)))
                    self._begin_stream()
                    for event in written[: -AFTER_WORDS[protocol(request)]]:
                        self._chunk(event)
                if isinstance(reply, Stall):
                    self._wait(request)
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
            case Text() | Calls() if request.streamed:
                self._begin_stream()
                for event in events(request, reply):
                    self._chunk(event)
                self.wfile.write(b"0\r\n\r\n")
            case Text() | Calls():
                self._body(200, json.dumps(whole(request, reply)).encode(), "application/json")

    def _wait(self, request: Request) -> None:
        while not self.owner.closing.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.02)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                request.hung_up.set()
                return

    def _fail(self, failure: Failure) -> None:
        error = {"message": failure.message, "type": "test", "code": None}
        content = json.dumps({"type": "error", "error": error}).encode()
        self._body(failure.status, content, "application/json", failure.headers)

    def _body(self, status: int, content: bytes, kind: str, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _begin_stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _chunk(self, event: str) -> None:
        content = event.encode()
        self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
        self.wfile.flush()
