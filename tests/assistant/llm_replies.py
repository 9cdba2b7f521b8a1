"""What a scripted model server (`llm_server`) may say, and what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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
    """What a client asked; names of headers are in lower case. `hung_up` is set once it closed the connection before the reply was whole."""

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
