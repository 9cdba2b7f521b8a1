"""How a model looks up what is missing: by calling tools where it can (LlamaIndex's `FunctionAgent`), else by one list of calls in JSON."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from assistant.agent.budget import Budget, estimate_tokens
from assistant.agent.calls import Caller
from assistant.agent.failures import errors_in_words
from assistant.agent.talking import Talker
from assistant.llms import Llm
from assistant.prompts import Prompt
from assistant.stopping import result_of
from assistant.tools import Arguments, Tool

if TYPE_CHECKING:
    from llama_index.core.tools import FunctionTool

ROUNDS = 4
"""How often a model is asked for calls before what was found must do."""
REPLY_TOKENS = 500
_FENCED = re.compile(r"```(?:json|tool_call)?(.*?)```", re.DOTALL)
_NAMES, _ARGUMENTS = ("tool", "name", "function"), ("arguments", "parameters", "args", "input")


async def gather_by_calls(llm: Llm, budget: Budget, prompt: Prompt, caller: Caller) -> None:
    """Let the model call tools, several at once, until it needs nothing more. Raises `LlmError`."""
    from llama_index.core.memory import ChatMemoryBuffer

    from assistant.agent.function_agent import Gatherer

    system, *_, user = prompt.messages
    agent = Gatherer(
        name="gather",
        llm=llm.capped(REPLY_TOKENS),
        tools=[_as_function(tool, caller) for tool in caller.tools.values()],
        system_prompt=system.content,
        streaming=False,
        allow_parallel_tool_calls=True,
        initial_state={},
        card=llm.card,
        budget=budget,
        caller=caller,
        schema_tokens=sum(_size(tool.name, tool.description, tool.arguments) for tool in caller.tools.values()),
    )
    # LlamaIndex's own memory would load a tokeniser; the limit is kept by the agent before each request.
    memory = ChatMemoryBuffer.from_defaults(
        token_limit=llm.card.context_tokens, tokenizer_fn=lambda text: [0] * estimate_tokens(text)
    )
    with errors_in_words(llm):
        handler = agent.run(user_msg=user.content, memory=memory, max_iterations=ROUNDS + 2)
        await budget.in_time(result_of(handler))


async def gather_by_plan(talker: Talker, prompt: Prompt, caller: Caller) -> None:
    """Ask the model once for all calls, in JSON, and make them together. Raises `LlmError`; a plan that cannot be read is none."""
    reply = await talker.reply(prompt.messages, schema=plan_schema(caller.tools.values()), max_tokens=REPLY_TOKENS)
    await talker.budget.in_time(asyncio.gather(*(caller.call(name, arguments) for name, arguments in calls_in(reply))))


def plan_schema(tools: Iterable[Tool]) -> dict[str, Any]:
    """The JSON schema of a list of calls, each with its tool's own arguments."""
    calls = [
        {
            "type": "object",
            "properties": {"tool": {"const": tool.name}, "arguments": tool.arguments.model_json_schema()},
            "required": ["tool", "arguments"],
            "additionalProperties": False,
        }
        for tool in tools
    ]
    return {
        "type": "object",
        "properties": {"calls": {"type": "array", "items": {"anyOf": calls}}},
        "required": ["calls"],
        "additionalProperties": False,
    }


def calls_in(text: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The tool calls that a model wrote as JSON in its answer: fenced or not, one or a list, under any of the usual names."""
    candidates = [*_FENCED.findall(text), text[text.find("{") :] if "{" in text else "", text]
    for candidate in candidates:
        try:
            parsed = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if calls := _calls(parsed):
            return calls
    return []


def _calls(parsed: Any) -> list[tuple[str, Mapping[str, Any]]]:
    if isinstance(parsed, Mapping) and isinstance(parsed.get("calls") or parsed.get("tool_calls"), list):
        parsed = parsed.get("calls") or parsed.get("tool_calls")
    items: Sequence[Any] = parsed if isinstance(parsed, list) else [parsed]
    calls = []
    for item in items:
        if not isinstance(item, Mapping):
            continue
        if isinstance(item.get("function"), Mapping):
            item = item["function"]
        name = next((item[key] for key in _NAMES if isinstance(item.get(key), str)), None)
        arguments: Any = next((item[key] for key in _ARGUMENTS if key in item), None)
        if isinstance(arguments, str):
            try:
                arguments = json.loads(arguments)
            except (ValueError, RecursionError):
                continue
        if name and isinstance(arguments, Mapping):
            calls.append((name, arguments))
    return calls


def _as_function(tool: Tool, caller: Caller) -> FunctionTool:
    """Our tool as LlamaIndex takes it; arguments are checked by the caller, whose words help a model to mend them."""
    from llama_index.core.tools import FunctionTool, ToolMetadata

    async def run(**arguments: Any) -> str:
        return await caller.call(tool.name, arguments)

    metadata = ToolMetadata(name=tool.name, description=tool.description, fn_schema=tool.arguments)
    return FunctionTool(async_fn=run, metadata=metadata)


@cache
def _size(name: str, description: str, arguments: type[Arguments]) -> int:
    """About how many tokens a tool takes where it is offered by the protocol."""
    return estimate_tokens(f"{name} {description} {json.dumps(arguments.model_json_schema())}")
