"""What the page needs from the assistant, and the one the page of this process asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from assistant.answer import Answer
from assistant.conversation.turns import Conversation
from assistant.progress import Progress
from indexes.passage import Passage


class Asks(Protocol):
    """Answers questions and shows the passages its answers cite."""

    def stream(self, question: str, *, conversation: Conversation | None = None) -> AsyncIterator[Progress | Answer]:
        """The steps as they happen, then the answer, read after the conversation. Raises `AssistantError` where the question cannot be taken."""
        ...

    def passage(self, passage_id: str) -> Passage:
        """The passage of a citation. Raises `NotFoundError`."""
        ...


_asked: Asks | None = None


def use(assistant: Asks) -> None:
    """Let the page ask `assistant` from now on. Chainlit keeps one page a process, so there is one."""
    global _asked  # Chainlit loads its target by path and hands it nothing
    _asked = assistant


def asked() -> Asks:
    """The assistant that the page asks."""
    if _asked is None:
        raise RuntimeError("The page was started without an assistant: start it with `citewell serve`.")
    return _asked
