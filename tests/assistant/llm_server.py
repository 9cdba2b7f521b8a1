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

import json
import select
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "test-model"
USAGE = (100, 20)


@dataclass(frozen=True)
class Text:
    """An answer in words. `pieces` is how a stream is cut: characters a chunk. `finish` is `stop`, `length` or `content_filter`.

    `finish=None` ends a stream without saying so, as a server does whose connection is closed for it.
    """

    content: str
    usage: tuple[int, int] | None = USAGE
    finish: str | None = "stop"
    pieces: int = 7


@dataclass(frozen=True)
class Call:
    """One call of a tool; arguments that are a string are sent as they are."""

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)

    @property
    def written(self) -> str:
        """The arguments as the protocol has them."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True)
class Calls:
    """Tool calls by the protocol, with words before them if any."""

    calls: Sequence[Call]
    content: str = ""
    usage: tuple[int, int] | None = USAGE


@dataclass(frozen=True)
class Failure:
    """An HTTP error with OpenAI's body. `message` is what the server says about it."""

    status: int
    message: str = "The server said no."
    headers: Mapping[str, str] = field(default_factory=lambda: {"retry-after-ms": "1"})


@dataclass(frozen=True)
class Stall:
    """Silence. Ends when the client hangs up, which `request.hung_up` tells, or when the server closes."""

    after: str = ""


@dataclass(frozen=True)
class HangUp:
    """The connection is dropped without an end."""

    after: str = ""


@dataclass(frozen=True)
class Raw:
    """Any body at all."""

    body: bytes
    content_type: str = "application/json"
    status: int = 200


@dataclass(frozen=True)
class Redirect:
    """A temporary redirect that keeps the method and the body."""

    to: str


Reply = Text | Calls | Failure | Stall | HangUp | Raw | Redirect


@dataclass(frozen=True)
class Request:
    """What a client asked. `hung_up` is set once it closed the connection before the reply was whole."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    hung_up: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation as it was sent."""
        return list(self.body.get("messages", ()))

    @property
    def said(self) -> str:
        """All words of the conversation, for a quick look."""
        return json.dumps([self.body.get("system", ""), self.messages], ensure_ascii=False)

    @property
    def tools(self) -> list[str]:
        """The names of the tools that were offered."""
        return [tool.get("function", tool)["name"] for tool in self.body.get("tools") or ()]

    @property
    def response_format(self) -> Mapping[str, Any] | None:
        """What form the answer should have."""
        found: Mapping[str, Any] | None = self.body.get("response_format") or self.body.get("output_config")
        return found

    @property
    def streamed(self) -> bool:
        """Whether a stream was asked for."""
        return bool(self.body.get("stream"))


Script = Sequence[Reply | Callable[[Request], Reply]] | Callable[[Request], Reply]


def in_json(value: object, **options: Any) -> Text:
    """An answer that is JSON."""
    return Text(json.dumps(value, ensure_ascii=False), **options)


def call_as_text(name: str, arguments: Mapping[str, Any]) -> Text:
    """A tool call as weak models write it: fenced JSON within the words of an answer."""
    written = json.dumps({"name": name, "arguments": arguments}, indent=2)
    return Text(f"I will look that up.\n```json\n{written}\n```")


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
        request = Request(self.path, dict(self.headers.items()), body)
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
                    events = _events(request, Text(reply.after, pieces=max(len(reply.after), 1)))
                    self._begin_stream()
                    for event in events[: -_END[_protocol(request)]]:
                        self._chunk(event)
                if isinstance(reply, Stall):
                    self._wait(request)
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
            case Text() | Calls() if request.streamed:
                self._begin_stream()
                for event in _events(request, reply):
                    self._chunk(event)
                self.wfile.write(b"0\r\n\r\n")
            case Text() | Calls():
                self._body(200, json.dumps(_whole(request, reply)).encode(), "application/json")

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


_END = {"openai": 2, "anthropic": 3}
"""How many events of a text's stream come after its words (where usage is not asked for, one more is left out: no harm)."""


def _protocol(request: Request) -> str:
    return "anthropic" if request.path.endswith("/messages") else "openai"


def _whole(request: Request, reply: Text | Calls) -> dict[str, Any]:
    if _protocol(request) == "anthropic":
        return _anthropic_message(request, reply)
    message: dict[str, Any] = {"role": "assistant", "content": reply.content or None}
    finish = reply.finish if isinstance(reply, Text) else "tool_calls"
    if isinstance(reply, Calls):
        message["tool_calls"] = [_call(number, call) for number, call in enumerate(reply.calls)]
    whole: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": request.body.get("model"),
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    }
    if reply.usage:
        whole["usage"] = _usage(reply.usage)
    return whole


def _call(number: int, call: Call) -> dict[str, Any]:
    return {"id": f"call_{number}", "type": "function", "function": {"name": call.name, "arguments": call.written}}


def _usage(usage: tuple[int, int]) -> dict[str, int]:
    return {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}


def _events(request: Request, reply: Text | Calls) -> list[str]:
    return _anthropic_events(request, reply) if _protocol(request) == "anthropic" else _openai_events(request, reply)


def _openai_events(request: Request, reply: Text | Calls) -> list[str]:
    pieces = reply.pieces if isinstance(reply, Text) else 7
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in _cut(reply.content, pieces)]
    finish = reply.finish if isinstance(reply, Text) else "tool_calls"
    if isinstance(reply, Calls):
        for number, call in enumerate(reply.calls):
            begun = _call(number, Call(call.name, ""))
            deltas.append({"tool_calls": [{"index": number, **begun}]})
            deltas += [
                {"tool_calls": [{"index": number, "function": {"arguments": piece}}]} for piece in _cut(call.written, 9)
            ]
    chunks: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    if finish is not None:
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    if reply.usage and (request.body.get("stream_options") or {}).get("include_usage"):
        chunks.append({"choices": [], "usage": _usage(reply.usage)})
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": request.body.get("model")}
    events = [f"data: {json.dumps({**head, **chunk})}\n\n" for chunk in chunks]
    return [*events, "data: [DONE]\n\n"] if finish is not None else events


def _anthropic_message(request: Request, reply: Text | Calls) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": reply.content}] if reply.content else []
    if isinstance(reply, Calls):
        content += [
            {"type": "tool_use", "id": f"toolu_{number}", "name": call.name, "input": json.loads(call.written)}
            for number, call in enumerate(reply.calls)
        ]
    prompt, completion = reply.usage or USAGE
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": request.body.get("model"),
        "content": content,
        "stop_reason": _stop_reason(reply),
        "stop_sequence": None,
        "usage": {"input_tokens": prompt, "output_tokens": completion},
    }


def _stop_reason(reply: Text | Calls) -> str | None:
    if isinstance(reply, Calls):
        return "tool_use"
    return {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}.get(reply.finish or "")


def _anthropic_events(request: Request, reply: Text | Calls) -> list[str]:
    whole = _anthropic_message(request, reply)
    prompt, completion = reply.usage or USAGE
    begun = {**whole, "content": [], "stop_reason": None, "usage": {"input_tokens": prompt, "output_tokens": 0}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": begun}]
    for index, block in enumerate(whole["content"]):
        if block["type"] == "text":
            start: dict[str, Any] = {"type": "text", "text": ""}
            deltas = [{"type": "text_delta", "text": piece} for piece in _cut(block["text"], 7)]
        else:
            start = {**block, "input": {}}
            written = json.dumps(block["input"])
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in _cut(written, 9)]
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    events.append(
        {
            "type": "message_delta",
            "delta": {"stop_reason": whole["stop_reason"], "stop_sequence": None},
            "usage": {"input_tokens": prompt, "output_tokens": completion},
        }
    )
    events.append({"type": "message_stop"})
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events]


def _cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]
