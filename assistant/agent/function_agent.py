"""LlamaIndex's function-calling agent, kept within a question's limits. Imported only where an LLM is set up: LlamaIndex is an extra."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from llama_index.core.agent.workflow import AgentOutput, FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.memory import BaseMemory
from llama_index.core.tools import AsyncBaseTool
from pydantic import Field

from assistant.agent.budget import estimate_tokens
from assistant.agent.gathering import REPLY_TOKENS, ROUNDS, calls_in
from assistant.agent.talking import usage_of
from assistant.errors import ContextError


class Gatherer(FunctionAgent):
    """Calls tools round by round. Each request is measured before it is sent; when rounds or calls are used up, gathering ends with what there is."""

    card: Any = Field(exclude=True)
    budget: Any = Field(exclude=True)
    caller: Any = Field(exclude=True)
    schema_tokens: int = Field(exclude=True)
    rounds: int = Field(default=0, exclude=True)

    async def take_step(
        self, ctx: Any, llm_input: list[ChatMessage], tools: Sequence[AsyncBaseTool], memory: BaseMemory
    ) -> AgentOutput:
        """One request. Calls that the model writes as text are made too, and end the gathering: it cannot be told of them in its own protocol."""
        if self.caller.over or self.rounds >= ROUNDS:
            return self._done()
        self.rounds += 1
        scratchpad: list[ChatMessage] = await ctx.store.get(self.scratchpad_key, default=[])
        prompt = self.schema_tokens + sum(_tokens(message) for message in (*llm_input, *scratchpad))
        if prompt + REPLY_TOKENS > self.card.context_tokens:
            if self.rounds == 1:
                raise ContextError(prompt + REPLY_TOKENS, self.card.context_tokens)
            return self._done()
        self.budget.reserve(prompt, REPLY_TOKENS)
        output: AgentOutput = await super().take_step(ctx, llm_input, tools, memory)
        used = usage_of(output.raw) or (prompt, _tokens(output.response))
        self.budget.spend(*used)
        if not output.tool_calls and (calls := calls_in(output.response.content or "")):
            await asyncio.gather(*(self.caller.call(name, arguments) for name, arguments in calls))
        return output

    def _done(self) -> AgentOutput:
        response = ChatMessage(role=MessageRole.ASSISTANT, content="DONE")
        return AgentOutput(response=response, tool_calls=[], raw=None, current_agent_name=self.name)


def _tokens(message: ChatMessage) -> int:
    """About how many tokens a message takes, with the calls that it makes."""
    return 8 + estimate_tokens((message.content or "") + str(message.additional_kwargs.get("tool_calls", "")))
