"""What every door says in the same words."""

from __future__ import annotations

from assistant.answer import Answer

NOTHING_FOUND = "I found nothing in the library that supports an answer."
UNANSWERED = "Nothing in the library answers this part"
NEAREST = "Closest to the question in the library. Nothing in it was found to answer the question."


def lead(answer: Answer) -> str:
    """What an answer begins with where it tells a direction: that, and how certain the evidence is; empty where it tells none."""
    if answer.direction is None:
        return ""
    certainty = f" Certainty of the evidence: {answer.certainty.level}." if answer.certainty else ""
    return f"{answer.direction.text}{certainty}"


def counted(number: int, thing: str) -> str:
    """A number of things, in words: "1 sentence", "1,200 sentences"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
