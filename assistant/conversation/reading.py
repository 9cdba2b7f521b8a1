"""How a question is read before it is asked: the words as typed are screened, the rules come first, a model only where they give up."""

from __future__ import annotations

from typing import Protocol

from assistant.conversation.rewritten import Rewritten
from assistant.conversation.standalone import standalone
from assistant.conversation.turns import Conversation
from assistant.guardrails.screening import screen


class Rewriter(Protocol):
    """Completes a question that leans on what was before, or gives back the rules' reading of it."""

    async def rewrite(self, question: str, conversation: Conversation, ruled: Rewritten) -> Rewritten: ...


async def read(question: str, conversation: Conversation, rewriter: Rewriter | None = None) -> Rewritten:
    """How a question is read after what was asked before. Raises `QuestionError` where the words as typed are none that can be taken."""
    typed = screen(question)
    ruled = standalone(typed, conversation)
    if ruled.leans and rewriter is not None:
        return await rewriter.rewrite(typed, conversation, ruled)
    return ruled
