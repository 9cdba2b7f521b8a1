"""A question read in the light of the ones before it, by rules and without a language model.

A question with a topic of its own is never changed, and one that cannot be completed with certainty is left as it is: a wrong reading would change
the medicine, a missed one costs the reader a sentence. The reader is always shown how a question was read.
"""

from __future__ import annotations

import re

from assistant.conversation.completing import by_aspect, by_fragment, by_pronoun, leaning_words
from assistant.conversation.cues import cue
from assistant.conversation.insisting import insists
from assistant.conversation.referring import Reference, refers
from assistant.conversation.rewritten import Rewritten
from assistant.conversation.setting import about
from assistant.conversation.slots import slots
from assistant.conversation.turns import Conversation, Turn
from assistant.guardrails.screening import MAX_CHARACTERS

MAX_FOLLOW_UP = 300
"""Characters of the longest question that is taken for a follow-up; a longer one says what it is about."""


def standalone(question: str, conversation: Conversation) -> Rewritten:
    """How a question is read after these turns. It may come back as it is, with the reason where it seems to lean on what was before."""
    last = conversation.last
    if last is None or len(question) > MAX_FOLLOW_UP:
        return Rewritten(question)
    read = _read(question, last, conversation.citing)
    return read if len(read.question) <= MAX_CHARACTERS else Rewritten(question)


def _read(question: str, last: Turn, citing: Turn | None) -> Rewritten:
    if note := insists(question, last):
        return Rewritten(last.question, True, note, last.only, insisted=True)
    if reference := refers(question, citing):
        return _of_source(question, reference, citing or last)
    if cue("aspects", "why").match(question.strip(" ?.!,;")):
        return Rewritten(
            last.question, True, "The question before again: the reasons are in the words it cites.", last.only
        )
    before = slots(last.question)
    plain = cue("fragment", "friendly").sub("", question) or question
    why = ""
    leans = False
    for complete in (by_fragment, by_pronoun, by_aspect):
        done = complete(plain, before)
        if done.question is not None:
            kept = " Kept to the same source as before." if last.only else ""
            return Rewritten(
                done.question, done.question != question, f"From the question before: {done.why}.{kept}", last.only
            )
        if done.leans:
            why, leans = why or done.why, True
            if complete is by_pronoun:
                break  # with a word in it that stands for nothing known, it must not be asked of something else
    if not leans and (leaning_words(question) or cue("fragment", "follows").match(question)):
        why, leans = "it is not certain what it leans on", True
    if not leans or not _seems_to_follow(question):
        return Rewritten(question)
    return Rewritten(question, why=f"Read by itself: {why}. Say what it is about.", leans=True)


def _of_source(question: str, reference: Reference, turn: Turn) -> Rewritten:
    """A question kept to one source of the answer before."""
    if reference.number is None:
        return Rewritten(question, why=f"Read by itself: {reference.why}.", leans=False)
    source = turn.source(reference.number)
    if source is None:
        return Rewritten(question)
    why = f"Kept to source [{reference.number}] of the answer before: “{source.title}”."
    only = frozenset({source.document_id})
    around = f"{question[: reference.start]}~{question[reference.end :]}".strip(" ?.!")
    if cue("requests", "only").match(around):
        return Rewritten(turn.question, True, why, only)
    if slots(question).has_topic:
        return Rewritten(question, True, why, only)
    topic = about(slots(turn.question))
    if topic is None:
        return Rewritten(turn.question, True, why, only)
    return Rewritten(f"{question.rstrip(' ?.!')}, for {topic.head}{topic.rest}?", True, why, only)


def _seems_to_follow(question: str) -> bool:
    """Whether to tell the reader that it was read by itself: not for "thanks"."""
    return bool(
        re.search(
            r"\?|^(?:and|but|what|which|how|when|why|who|where|is|are|does|do|can|should)\b", question, re.IGNORECASE
        )
    )
