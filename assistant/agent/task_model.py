"""The model of a task that is no question: it fills in what a prompt asks for, as a JSON object of a schema, within one request's budget."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from assistant.agent.budget import Budget, Limits
from assistant.agent.drafting import UnreadableError, once_more, read_object
from assistant.agent.talking import Talker, needed_tokens
from assistant.guardrails.identifiers import keep_identifiers
from assistant.llms import Llm
from assistant.prompts import render
from assistant.run import Run
from assistant.tracing import note

REPLY_TOKENS = 1500


class TaskModel:
    """One request's model: made anew for each, since it keeps that request's budget."""

    def __init__(self, llm: Llm, limits: Limits, *, exemplars: bool = True) -> None:
        self._llm, self._exemplars = llm, exemplars
        self._budget = Budget(limits, llm.card)
        self._talker = Talker(llm, self._budget)

    @property
    def name(self) -> str:
        """What it is called."""
        return self._llm.card.name

    def room(self, prompt: str, schema: Mapping[str, Any], **values: Any) -> int:
        """Tokens that the model's context leaves beside this prompt, its schema and the reply; below 0 where they do not fit."""
        messages = render(prompt, exemplars=self._exemplars, **values).messages
        return self._llm.card.context_tokens - needed_tokens(messages, schema) - self._reply_tokens

    async def reply(
        self, run: Run, prompt: str, schema: Mapping[str, Any], *, said: str, **values: Any
    ) -> dict[str, Any]:
        """What the model fills in; what cannot be read is asked for once more. The caller checks every value of it.

        `said`: what among the values the user gave. Raises `LlmError`, before anything is sent where that seems to identify a patient and the
        model may not have it.
        """
        keep_identifiers(self._llm.card, said)
        rendered = render(prompt, exemplars=self._exemplars, **values)
        run.prompts[rendered.label] = rendered.digest
        run.model, run.seed = self.name, self._llm.seed
        started = time.perf_counter()
        try:
            text = await self._talker.reply(rendered.messages, schema=schema, max_tokens=self._reply_tokens)
            try:
                return read_object(text)
            except UnreadableError as error:
                again = once_more(rendered.messages, text, error)
                return read_object(await self._talker.reply(again, schema=schema, max_tokens=self._reply_tokens))
        finally:
            run.usage = self._budget.usage
            note(run, prompt, started, tool=self.name)

    @property
    def _reply_tokens(self) -> int:
        """Room for a reply; of a small context not too much."""
        card = self._llm.card
        return min(REPLY_TOKENS, card.output_tokens, card.context_tokens // 3)
