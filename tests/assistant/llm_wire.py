"""How OpenAI's and Anthropic's protocols spell a reply."""

from __future__ import annotations

import json
from typing import Any

from llm_replies import USAGE, Call, Calls, Request, Text

AFTER_WORDS = {"openai": 2, "anthropic": 3}
"""How many events of a text's stream come after its words (where usage is not asked for, one more is left out: no harm)."""


def protocol(request: Request) -> str:
    """Whose protocol a request speaks."""
    return "anthropic" if request.path.endswith("/messages") else "openai"


def whole(request: Request, reply: Text | Calls) -> dict[str, Any]:
    """The body of a reply that is not streamed."""
    if protocol(request) == "anthropic":
        return _anthropic_message(request, reply)
    message: dict[str, Any] = {"role": "assistant", "content": reply.content or None}
    finish = reply.finish if isinstance(reply, Text) else "tool_calls"
    if isinstance(reply, Calls):
        message["tool_calls"] = [_call(number, call) for number, call in enumerate(reply.calls)]
    body: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": request.body.get("model"),
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    }
    if reply.usage:
        body["usage"] = _usage(reply.usage)
    return body


def _call(number: int, call: Call) -> dict[str, Any]:
    return {"id": f"call_{number}", "type": "function", "function": {"name": call.name, "arguments": call.written}}


def _usage(usage: tuple[int, int]) -> dict[str, int]:
    return {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}


def events(request: Request, reply: Text | Calls) -> list[str]:
    """The server-sent events of a reply that is streamed."""
    return _anthropic_events(request, reply) if protocol(request) == "anthropic" else _openai_events(request, reply)


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
    message = _anthropic_message(request, reply)
    prompt, completion = reply.usage or USAGE
    begun = {**message, "content": [], "stop_reason": None, "usage": {"input_tokens": prompt, "output_tokens": 0}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": begun}]
    for index, block in enumerate(message["content"]):
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
            "delta": {"stop_reason": message["stop_reason"], "stop_sequence": None},
            "usage": {"input_tokens": prompt, "output_tokens": completion},
        }
    )
    events.append({"type": "message_stop"})
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events]


def _cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]
