"""The model of a task that is no question: it fills in what a prompt asks for, as a JSON object of a schema, within one request's budget."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from assistant.agent.budget import Budget, Limits
from assistant.agent.drafting import UnreadableError, read_object
from assistant.agent.talking import Talker, needed_tokens
from assistant.errors import LlmError
from assistant.guardrails.identifiers import looks_identifying
from assistant.llms import Llm
from assistant.prompts import Message, render
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

    def refuse_identifiers(self, text: str, what: str) -> None:
        """Raise `LlmError` where a text seems to hold a patient's identifiers and this model may not be sent any. `what`: what the text is."""
        if not self._llm.card.identifiers_allowed and (kinds := looks_identifying(text)):
            raise LlmError(
                f"The {what} seems to hold identifiers of a patient ({', '.join(kinds)}), which may not be sent to {self.name}. Leave them out."
            )

    async def reply(self, run: Run, prompt: str, schema: Mapping[str, Any], **values: Any) -> dict[str, Any]:
        """What the model fills in; what cannot be read is asked for once more. The caller checks every value of it. Raises `LlmError`."""
        rendered = render(prompt, exemplars=self._exemplars, **values)
        run.prompts[rendered.label] = rendered.digest
        run.model, run.seed = self.name, self._llm.seed
        started = time.perf_counter()
        try:
            text = await self._talker.reply(rendered.messages, schema=schema, max_tokens=self._reply_tokens)
            try:
                return read_object(text)
            except UnreadableError as error:
                again = (
                    *rendered.messages,
                    Message("assistant", text[:2000]),
                    Message("user", f"{error} Reply with that JSON object only."),
                )
                return read_object(await self._talker.reply(again, schema=schema, max_tokens=self._reply_tokens))
        finally:
            run.usage = self._budget.usage
            note(run, prompt, started, tool=self.name)

    @property
    def _reply_tokens(self) -> int:
        """Room for a reply; of a small context not too much."""
        card = self._llm.card
        return min(REPLY_TOKENS, card.output_tokens, card.context_tokens // 3)
