"""A language model as a judge: it fills in a form for each prompt. What it said is kept on disk, so that nothing is asked twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from assistant.agent.budget import Budget, Limits
from assistant.agent.drafting import UnreadableError, once_more, read_object
from assistant.agent.talking import Talker
from assistant.errors import ContextError, LlmError
from assistant.llms import Llm
from assistant.prompts import Message
from evals.cache import Kept, key_of
from evals.errors import JudgeGoneError

REPLY_TOKENS = 1500
MOST_ITEMS = 30
"""Of a list in a form: a weak model that repeats itself must come to an end. Answers have a few sentences."""
GIVE_UP = 5
"""Requests that may fail one after the other; by then the server is gone or too slow, and what is left would only be counted as failures."""

F = TypeVar("F", bound=BaseModel)


class Judge:
    """The model that `CITEWELL_LLM` names, through its LlamaIndex client.

    Each request has the limits of a question. Refusals for now and faults of the server are asked again by the client; a reply that is not the form,
    once more with what was wrong. `asked` counts what was sent, `known` what had been kept.
    """

    def __init__(self, llm: Llm, limits: Limits, kept: Kept) -> None:
        self.name = llm.card.name
        self.card = llm.card
        self.asked = self.known = self.prompt_tokens = self.completion_tokens = 0
        self._llm, self._limits, self._kept = llm, limits, kept
        self._failed = 0

    async def fill(self, prompt: str, form: type[F]) -> F:
        """The form as the judge fills it in; whole numbers in it are flags, 0 or 1.

        Raises `LlmError` where it cannot, `JudgeGoneError` where it could not several times in a row. Neither is kept: the next run asks again.
        """
        schema = strict(form)
        key = key_of(self._llm.spec, str(self._llm.seed), json.dumps(schema), prompt)
        if known := self._kept.find([key]):
            self.known += 1
            return form.model_validate_json(known[key])
        try:
            filled = await self._ask((Message("user", prompt),), schema, form)
        except (UnreadableError, ContextError):
            self._failed = 0  # the model is there
            raise
        except LlmError as error:
            self._failed += 1
            if self._failed >= GIVE_UP:
                raise JudgeGoneError(
                    f"The judge failed {GIVE_UP} times in a row, at last so: {error} What it said before is kept; run the same command to go on."
                ) from error
            raise
        self._failed = 0
        self._kept.keep({key: filled.model_dump_json().encode()})
        return filled

    async def _ask(self, messages: tuple[Message, ...], schema: Mapping[str, Any], form: type[F]) -> F:
        budget = Budget(self._limits, self.card)
        talker = Talker(self._llm, budget)
        room = min(REPLY_TOKENS, self.card.output_tokens, self.card.context_tokens // 3)
        self.asked += 1
        try:
            text = await talker.reply(messages, schema=schema, max_tokens=room)
            try:
                return _read(text, form)
            except UnreadableError as error:
                again = once_more(messages, text, error)
                return _read(await talker.reply(again, schema=schema, max_tokens=room), form)
        finally:
            self.prompt_tokens += budget.prompt_tokens
            self.completion_tokens += budget.completion_tokens


def strict(form: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a form for servers that constrain what a model writes: nothing beside its fields, lists that
    end, and flags that are 0 or 1."""
    schema: dict[str, Any] = _strict(form.model_json_schema())
    return schema


def _strict(part: Any) -> Any:
    if isinstance(part, list):
        return [_strict(each) for each in part]
    if not isinstance(part, dict):
        return part
    part = {name: _strict(value) for name, value in part.items()}
    if part.get("type") == "integer":
        part["enum"] = [0, 1]
    if part.get("type") == "array":
        part.setdefault("maxItems", MOST_ITEMS)
    if part.get("type") == "object":
        part["additionalProperties"] = False
    return part


def _read(text: str, form: type[F]) -> F:
    try:
        filled = form.model_validate(read_object(text))
    except ValidationError as error:
        places = sorted(
            {".".join(map(str, fault["loc"])) or "all of it" for fault in error.errors(include_input=False)}
        )
        raise UnreadableError(f"The judge's reply does not fit the form at {', '.join(places[:5])}.") from None
    if not _flags(filled.model_dump()):
        raise UnreadableError("A flag of the judge's reply is neither 0 nor 1.")
    return filled


def _flags(value: Any) -> bool:
    """Whether every whole number in it is 0 or 1."""
    if isinstance(value, Mapping):
        return all(map(_flags, value.values()))
    if isinstance(value, list):
        return all(map(_flags, value))
    return not isinstance(value, int) or value in (0, 1)
