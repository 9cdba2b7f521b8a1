"""What an engine is: it gathers evidence and drafts sentences. What is shown is not for it to decide: the workflow checks every draft."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from assistant.answer import EngineName
from assistant.drafts import Draft, Failed
from assistant.progress import Tell
from assistant.run import Run


class Engine(Protocol):
    """One way of answering. Each method may raise `LlmError`, after which another engine takes over."""

    @property
    def name(self) -> EngineName: ...

    async def gather(self, run: Run, tell: Tell) -> None:
        """Find evidence for the planned question and note it in the run."""
        ...

    def compose(self, run: Run, tell: Tell) -> AsyncIterator[Draft]:
        """Sentences that answer, each with the words that carry it, as they come."""
        ...

    def repair(self, run: Run, failed: Sequence[Failed]) -> AsyncIterator[Draft]:
        """Other sentences for those that did not stand up; asked for once."""
        ...
