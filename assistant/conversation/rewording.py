"""Follow-ups that rules cannot complete, completed by a language model; its words are taken only where nothing in them is new.

Rewriting before retrieval: Vakulenko et al., "Question Rewriting for Conversational Question Answering" (WSDM 2021). A model may also invent or
swap a drug there, and what is asked wrongly is answered wrongly with good citations: so each content word must have been said before.
"""

from __future__ import annotations

import re

from assistant.agent.budget import Budget, Limits
from assistant.agent.drafting import UnreadableError, read_object
from assistant.agent.fencing import on_one_line
from assistant.agent.talking import Talker
from assistant.conversation.rewritten import Rewritten
from assistant.conversation.slots import slots
from assistant.conversation.turns import Conversation
from assistant.errors import LlmError, QuestionError
from assistant.guardrails.identifiers import keep_identifiers
from assistant.guardrails.screening import screen
from assistant.llms import Llm
from assistant.planning.terms import content_of, key_terms
from assistant.planning.vocabulary import generic
from assistant.prompts import render
from indexes.lexical import tokens

REPLY_TOKENS = 300
SECONDS = 20.0
"""The most that reading a question may take; it is then read by the rules alone."""
SHOWN = 600
"""Characters of a question before that a model is shown."""
SCHEMA = {
    "title": "standalone_question",
    "type": "object",
    "properties": {"complete": {"type": "boolean"}, "question": {"type": "string", "maxLength": 600}},
    "required": ["complete", "question"],
    "additionalProperties": False,
}
BY_MODEL = "Rewritten by the language model from the questions before, with no word that was not said: check that it is what you mean."
MARK = "conversation"
_DENIALS = re.compile(r"\b(?:not|no|without|never|non|except|avoid|stop|neither|nor)\b|n't\b", re.IGNORECASE)


class LlmRewriter:
    """Asks a model, and believes it within bounds. Whatever fails, the rules' reading stands."""

    def __init__(self, llm: Llm, limits: Limits, *, exemplars: bool = True) -> None:
        self._llm, self._exemplars = llm, exemplars
        self._limits = Limits(min(limits.seconds, SECONDS), limits.tokens, 0, limits.cost_usd)

    async def rewrite(self, question: str, conversation: Conversation, ruled: Rewritten) -> Rewritten:
        """The question completed, where every content word of it was said before; else as the rules read it."""
        try:
            keep_identifiers(self._llm.card, question, *(turn.question for turn in conversation.turns))
        except LlmError:
            return ruled
        prompt = render(
            "standalone",
            exemplars=self._exemplars,
            turns=[on_one_line(turn.question, MARK)[:SHOWN] for turn in conversation.turns],
            question=on_one_line(question, MARK),
        )
        budget = Budget(self._limits, self._llm.card)
        proposed = ""
        try:
            text = await Talker(self._llm, budget).reply(prompt.messages, schema=SCHEMA, max_tokens=REPLY_TOKENS)
            proposed = _question(text)
        except LlmError:
            pass  # the engine that answers will say what is wrong with the model
        accepted = acceptable(proposed, question, conversation)
        return Rewritten(
            accepted or ruled.question,
            changed=accepted is not None,
            why=BY_MODEL if accepted else ruled.why,
            only=ruled.only,
            leans=ruled.leans,
            prompts={prompt.label: prompt.digest},
            usage=budget.usage,
        )


def acceptable(proposed: str, question: str, conversation: Conversation) -> str | None:
    """The proposed question, screened, where all its content was said before and it kept what the follow-up says; else `None`.

    What was said is looked for within one turn and the follow-up: words of several questions put together may be a question nobody asked.
    """
    try:
        proposed = screen(proposed)
    except QuestionError:
        return None
    own, new = slots(question), slots(proposed)
    if not new.has_topic or proposed == question:
        return None
    inside = content_of(proposed)
    if not all(
        term.occurs_in(inside)
        for term in key_terms(question)
        if term in (*own.drugs, *own.conditions, *own.interventions)
    ):
        return None
    if not {token for token in tokens(question) if token[0].isdigit()} <= set(tokens(proposed)):
        return None
    if not all(set(tokens(one.text)) <= set(tokens(proposed)) for one in own.who):
        return None
    for turn in reversed(conversation.turns):
        said = set(tokens(f"{question} \n {turn.question}"))
        if _content(proposed) <= said and _denials(proposed) == _denials(question) | _denials(turn.question):
            return proposed
    return None


def _content(text: str) -> set[str]:
    """The tokens that name or count something."""
    return {token for token in tokens(text) if token not in generic() or token[0].isdigit()}


def _denials(text: str) -> set[str]:
    return {match.lower() for match in _DENIALS.findall(text)}


def _question(text: str) -> str:
    """The question in what a model wrote; empty where it wrote none."""
    try:
        reply = read_object(text)
    except UnreadableError:
        return ""
    question = reply.get("question")
    return question if reply.get("complete") is True and isinstance(question, str) else ""
