"""A question that asks several things, as questions that stand alone: what is known of one is said, what is not of another is named.

Rules, and cautious: a part that names nothing of its own is read as a follow-up of the part before, and where it cannot be completed with certainty
the question stays whole. Cutting wrongly would change the medicine; not cutting only costs an answer.
"""

from __future__ import annotations

import re

from assistant.conversation.standalone import standalone
from assistant.conversation.turns import Conversation, Turn
from assistant.planning.rules import plan
from assistant.planning.terms import key_terms
from assistant.planning.vocabulary import TermKind

MOST = 3
"""Parts of one question; one with more stays whole."""
FEWEST_WORDS = 3
_ASKS = r"(?:what|how|when|why|which|who|is|are|does|do|did|should|can|could|will|would|must|may)"
_BEGINS = re.compile(rf"(?:(?:at|for|in|with|to)\s+)?{_ASKS}\b", re.IGNORECASE)
_ENDS = re.compile(r"\?\s+(?:and\s+)?(?=[A-Za-z])", re.IGNORECASE)
_AND = re.compile(
    r",?\s+and\s+(?:(?=(?:(?:at|for|in|with|to)\s+(?:what|which|whom|how)|what|how|when|why)\b)"
    r"|(?=(?:is|are|does|do|did|should|can|could|will|would|must|may)\s+(?:the\s+|an?\s+)?(?P<subject>[A-Za-z]\S*)))",
    re.IGNORECASE,
)
_STANDS_FOR = frozenset({"it", "they", "this", "these", "that"})
_NAMED = (TermKind.DRUG, TermKind.CONDITION, TermKind.INTERVENTION)


def parts_of(question: str) -> tuple[str, ...]:
    """The questions in a question, each standing alone; nothing where it asks one thing, or where that cannot be told."""
    cut = [part.strip(" ,?.!") for part in _cut(question.strip()) if part.strip(" ,?.!")]
    if not 2 <= len(cut) <= MOST or not all(_BEGINS.match(part) and len(part.split()) >= FEWEST_WORDS for part in cut):
        return ()
    whole: list[str] = []
    for part in cut:
        asked = f"{part}?"
        if whole:
            read = standalone(asked, Conversation((Turn(whole[-1], plan(whole[-1]).terms),)))
            if read.leans or read.insisted:
                return ()
            asked = read.question[:1].upper() + read.question[1:]
        if not plan(asked).of_kind(*_NAMED):
            return ()
        whole.append(asked)
    return tuple(whole) if len(set(whole)) == len(whole) else ()


def _cut(question: str) -> list[str]:
    """The stretches between question marks, cut again where "and" begins a question.

    An auxiliary begins one only with its subject behind it, a drug, an intervention or a pronoun: "and does it …", not "who smoke and are …".
    """
    found: list[str] = []
    for stretch in _ENDS.split(question):
        at = 0
        for match in _AND.finditer(stretch):
            subject = match["subject"]
            if subject is None or subject.lower() in _STANDS_FOR or _is_given(stretch[match.start("subject") :]):
                found.append(stretch[at : match.start()])
                at = match.end()
        found.append(stretch[at:])
    return found


def _is_given(words: str) -> bool:
    """Whether the words begin with a drug or an intervention."""
    few = " ".join(words.split()[:4])
    return any(
        few.lower().startswith(term.text.lower())
        for term in key_terms(few)
        if term.kind in {TermKind.DRUG, TermKind.INTERVENTION}
    )
