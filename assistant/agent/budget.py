"""What a question may take of a model: time, tokens, tool calls, money; and what it has taken so far."""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from assistant.answer import Usage
from assistant.errors import LimitError
from assistant.model_cards import ModelCard
from assistant.settings import Settings

T = TypeVar("T")

_PIECES = re.compile(r"[A-Za-z]+|\n|[^\sA-Za-z]")
LETTERS_A_TOKEN = 4
LONG_WORD = 8
LETTERS_A_TOKEN_OF_LONG_WORDS = 3
"""English words are mostly one token or two; terms such as `hydrochlorothiazide` are cut into pieces of about three letters."""
MARGIN = 1.1
"""For lists of drugs' names, which take more."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one question may take."""

    seconds: float
    tokens: int
    tool_calls: int
    cost_usd: float

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """As CITEWELL_LLM_SECONDS, _TOKENS, _TOOL_CALLS and _COST say."""
        return cls(settings.llm_seconds, settings.llm_tokens, settings.llm_tool_calls, settings.llm_cost)


class Budget:
    """Counts what one question takes. Time runs from when it is made. Whatever goes over a limit raises `LimitError`, which names it."""

    def __init__(self, limits: Limits, card: ModelCard, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.tool_calls = 0
        self._card = card
        self._clock = clock
        self._end = clock() + limits.seconds

    @property
    def cost_usd(self) -> float:
        """What was taken so far, in USD; 0 where the price is unknown."""
        return self._card.cost(self.prompt_tokens, self.completion_tokens)

    @property
    def usage(self) -> Usage:
        """For the answer."""
        return Usage(
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            cost_usd=round(self.cost_usd, 6),
        )

    def left_seconds(self) -> float:
        """Time that is left; 0 where none is."""
        return max(0.0, self._end - self._clock())

    async def in_time(self, awaited: Awaitable[T]) -> T:
        """What is awaited. Raises `LimitError` where no time is left before it is there; it is cancelled then."""
        try:
            async with asyncio.timeout(self.left_seconds()) as limit:
                return await awaited
        except TimeoutError:
            if limit.expired():
                raise self.out_of_time() from None
            raise

    def check_time(self) -> None:
        """Raise `LimitError` where no time is left."""
        if not self.left_seconds():
            raise self.out_of_time()

    def out_of_time(self) -> LimitError:
        """The error of a question that ran out of time."""
        return LimitError(
            f"The model took longer than the {self.limits.seconds:g} s a question may take (CITEWELL_LLM_SECONDS)."
        )

    def reserve(self, prompt_tokens: int, completion_tokens: int) -> None:
        """Raise `LimitError` where a request of that size, before it is sent, would go over a limit. Counts nothing."""
        self.check_time()
        self._check(self.prompt_tokens + prompt_tokens, self.completion_tokens + completion_tokens)

    def note(self, prompt_tokens: int, completion_tokens: int) -> None:
        """Count tokens, without complaint: for a request that failed anyway."""
        self.prompt_tokens += max(prompt_tokens, 0)
        self.completion_tokens += max(completion_tokens, 0)

    def spend(self, prompt_tokens: int, completion_tokens: int) -> None:
        """Count tokens that a request took. Raises `LimitError` where they went over a limit; they are counted all the same."""
        self.note(prompt_tokens, completion_tokens)
        self._check(self.prompt_tokens, self.completion_tokens)

    def tool_call(self) -> None:
        """Count a call of a tool, before it is made. Raises `LimitError` where it is one too many."""
        self.check_time()
        if self.tool_calls >= self.limits.tool_calls:
            raise LimitError(
                f"The model wanted more than the {self.limits.tool_calls:,} tool calls a question may take (CITEWELL_LLM_TOOL_CALLS)."
            )
        self.tool_calls += 1

    def _check(self, prompt_tokens: int, completion_tokens: int) -> None:
        if prompt_tokens + completion_tokens > self.limits.tokens:
            raise LimitError(
                f"The question would take more than {self.limits.tokens:,} tokens of the model (CITEWELL_LLM_TOKENS)."
            )
        if self._card.cost(prompt_tokens, completion_tokens) > self.limits.cost_usd:
            raise LimitError(f"The question would cost more than {self.limits.cost_usd:g} USD (CITEWELL_LLM_COST).")


def estimate_tokens(text: str) -> int:
    """About how many tokens a text is for a model, rather too many than too few, whatever its tokeniser; none is loaded for it.

    A token for every four letters of a word, three of a long one, for each digit (Llama 2, Gemma and Qwen take digits one by one), mark and
    line; one or two for a character of other scripts.
    """
    tokens = 0
    for piece in _PIECES.findall(text):
        if piece.isascii():
            letters = LETTERS_A_TOKEN if len(piece) <= LONG_WORD else LETTERS_A_TOKEN_OF_LONG_WORDS
            tokens += math.ceil(len(piece) / letters)
        else:
            tokens += max(1, len(piece.encode("utf-8", "replace")) * 2 // 3)
    return math.ceil(tokens * MARGIN)
