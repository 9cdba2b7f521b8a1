"""The one place where a model is asked, outside of LlamaIndex's agents: within its context and the question's limits, failures put into words."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.agent.budget import Budget, Limits, estimate_tokens
from assistant.agent.failures import broken_off, errors_in_words, unreadable
from assistant.errors import ContextError, LimitError, LlmError
from assistant.llms import Llm
from assistant.prompts import Message

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage

__all__ = [
    "Budget",
    "ContextError",
    "LimitError",
    "Limits",
    "Message",
    "Talker",
    "errors_in_words",
    "estimate_tokens",
    "needed_tokens",
    "usage_of",
]

MESSAGE_TOKENS = 8
"""What a chat template puts around a message, at most."""
LETTERS_OF_A_TOKEN = 32
"""The most that a token of an answer may be on average: a server that does not keep to the length asked for must not fill the memory."""
IN_WORDS = "Answer with one JSON object that fits this JSON schema, and with nothing before or after it:\n"
_THOUGHTS = re.compile(
    r"\A\s*<think>.*?(?:</think>\s*|\Z)", re.DOTALL
)  # some servers leave a model's reasoning in its answer
_BEGINS = re.compile(r"\A\s*(?:<(?:t(?:h(?:i(?:n(?:k)?)?)?)?)?)?\Z")  # what may become <think>
_NAME = re.compile(r"[^a-zA-Z0-9_-]+")
_REFUSED = ("content_filter", "refusal")
_CUT_OFF = ("length", "max_tokens")


class Talker:
    """Asks one model for one question. Every request is checked against the model's context and the question's budget before it is sent."""

    def __init__(self, llm: Llm, budget: Budget) -> None:
        self.llm = llm
        self.budget = budget

    async def reply(
        self, messages: Sequence[Message], *, schema: Mapping[str, Any] | None = None, max_tokens: int
    ) -> str:
        """What the model answers; with a schema, a JSON object as well as the model can keep to it, which the caller must check.

        Raises `ContextError` and `LimitError` before anything is sent, `LimitError` and `LlmError` after. Cancelling closes the connection.
        """
        request = self._request(messages, schema, max_tokens)
        used: tuple[int, int] | None = None
        text = ""
        try:
            with errors_in_words(self.llm):
                response = await self.budget.in_time(self.llm.client.achat(request.messages, **request.options))
            used = usage_of(response.raw)
            with errors_in_words(self.llm):
                text = _THOUGHTS.sub("", response.message.content or "")
            _check_end(_finish(response.raw), text, cut_off_matters=schema is not None)
        except (LlmError, asyncio.CancelledError) as error:
            if used or _was_at_work(error):
                self.budget.note(*(used or (request.prompt_tokens, 0)))
            raise
        self.budget.spend(*(used or (request.prompt_tokens, estimate_tokens(text))))
        return text

    async def stream(
        self, messages: Sequence[Message], *, schema: Mapping[str, Any] | None = None, max_tokens: int
    ) -> AsyncGenerator[str, None]:
        """The answer as it grows: each time the whole text so far. Raises as `reply` does; what a broken answer had is yielded before.

        Leaving the loop early closes the connection once the generator is closed: use `contextlib.aclosing`, or read to the end.
        """
        request = self._request(messages, schema, max_tokens)
        used: tuple[int, int] | None = None
        written, shown, finish = "", "", None
        begun = False
        try:
            with errors_in_words(self.llm):
                chunks = await self.budget.in_time(self.llm.client.astream_chat(request.messages, **request.options))
            async with _closing(chunks):
                while True:
                    with errors_in_words(self.llm):
                        chunk = await self.budget.in_time(anext(chunks, None))
                    if chunk is None:
                        break
                    begun = begun or bool(_get(chunk.raw, "choices") or _get(chunk.raw, "type"))
                    written += chunk.delta or ""
                    self._check_length(written, max_tokens)
                    finish = _finish(chunk.raw) or finish
                    used = usage_of(chunk.raw) or used
                    text = "" if _BEGINS.match(written) else _THOUGHTS.sub("", written)
                    if text != shown:
                        shown = text
                        yield shown
            self._check_whole(finish, begun=begun)
            _check_end(finish, shown, cut_off_matters=schema is not None)
        except (LlmError, asyncio.CancelledError, GeneratorExit) as error:
            if begun or _was_at_work(error):
                self.budget.note(*(used or (request.prompt_tokens, estimate_tokens(written))))
            raise
        self.budget.spend(*(used or (request.prompt_tokens, estimate_tokens(written))))

    def _check_length(self, written: str, max_tokens: int) -> None:
        if len(written) > max_tokens * LETTERS_OF_A_TOKEN:
            raise LlmError(
                f"The server at {self.llm.url} goes on writing more than the {max_tokens:,} tokens that it was asked for. "
                "Does it heed max_tokens? Read its log."
            )

    def _check_whole(self, finish: str | None, *, begun: bool) -> None:
        if finish is None:
            raise LlmError(broken_off(self.llm) if begun else unreadable(self.llm))

    def _request(self, messages: Sequence[Message], schema: Mapping[str, Any] | None, max_tokens: int) -> _Request:
        from llama_index.core.base.llms.types import ChatMessage

        card = self.llm.card
        max_tokens = min(max_tokens, card.output_tokens)
        options: dict[str, Any] = {"max_tokens": max_tokens}
        if schema is not None:
            options |= _format(self.llm, schema)
            if card.structured != "json_schema":
                messages = _in_words(messages, schema)
        prompt_tokens = needed_tokens(messages, schema if card.structured == "json_schema" else None)
        if prompt_tokens + max_tokens > card.context_tokens:
            raise ContextError(prompt_tokens + max_tokens, card.context_tokens)
        self.budget.reserve(prompt_tokens, max_tokens)
        said = [ChatMessage(role=message.role, content=message.content) for message in messages]
        return _Request(said, options, prompt_tokens)


@dataclass(frozen=True, slots=True)
class _Request:
    messages: list[ChatMessage]
    options: dict[str, Any]
    prompt_tokens: int  # estimated


def needed_tokens(messages: Sequence[Message], schema: Mapping[str, Any] | None = None) -> int:
    """About how many tokens a prompt takes, rather too many than too few."""
    tokens = sum(estimate_tokens(message.content) + MESSAGE_TOKENS for message in messages)
    return tokens + (estimate_tokens(json.dumps(schema)) if schema is not None else 0)


def usage_of(raw: Any) -> tuple[int, int] | None:
    """Tokens of prompt and of answer as a server's response states them (OpenAI's or Anthropic's, as an object or a dictionary), or `None`."""
    usage = _get(raw, "usage")
    if usage is None:
        usage = _get(_get(raw, "message"), "usage")
    for prompt, completion in (("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens")):
        counts = _get(usage, prompt), _get(usage, completion)
        if isinstance(counts[0], int) and isinstance(counts[1], int):
            return counts[0], counts[1]
    return None


def _format(llm: Llm, schema: Mapping[str, Any]) -> dict[str, Any]:
    """How a schema is said to the server."""
    structured = llm.card.structured
    if structured == "none" or (structured == "json_object" and llm.card.provider == "anthropic"):
        return {}
    if structured == "json_object":
        return {"response_format": {"type": "json_object"}}
    if llm.card.provider == "anthropic":
        return {"output_config": {"format": {"type": "json_schema", "schema": dict(schema)}}}
    name = _NAME.sub("_", str(schema.get("title", "reply")))[:64] or "reply"
    return {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": name, "schema": dict(schema), "strict": True},
        }
    }


def _in_words(messages: Sequence[Message], schema: Mapping[str, Any]) -> list[Message]:
    """The schema at the end of what is said last, where weak models heed it most."""
    *before, last = messages
    words = IN_WORDS + json.dumps(schema, ensure_ascii=False)
    return [*before, Message(last.role, f"{last.content}\n\n{words}")]


def _finish(raw: Any) -> str | None:
    """Why the answer ended, where it has."""
    choices = _get(raw, "choices")
    if choices:
        return _text(_get(choices[0], "finish_reason"))
    return _text(_get(raw, "stop_reason")) or _text(_get(_get(raw, "delta"), "stop_reason"))


def _check_end(finish: str | None, text: str, *, cut_off_matters: bool) -> None:
    if finish in _REFUSED:
        raise LlmError(
            "The model's provider refused to answer this. Ask in other words, or use another model (CITEWELL_LLM)."
        )
    if finish in _CUT_OFF and cut_off_matters:
        raise LlmError("The model's answer was too long and was cut off. Ask for one thing at a time.")
    if not text.strip():
        raise LlmError("The model gave an empty answer. Ask again, or use another model (CITEWELL_LLM).")


@asynccontextmanager
async def _closing(chunks: Any) -> AsyncIterator[None]:
    """Close the connection of a stream that is left: closing the outermost of LlamaIndex's generators does not reach it, cancelling a read does."""
    try:
        yield
    except GeneratorExit:
        with suppress(Exception):
            async with asyncio.timeout(0):
                while await anext(chunks, None) is not None:
                    pass
        raise
    finally:
        await chunks.aclose()


def _was_at_work(error: BaseException) -> bool:
    """Whether the model had the prompt and was stopped, so that it is to be paid for; a server that refused or was not there is not."""
    return isinstance(error, LimitError | asyncio.CancelledError)


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
