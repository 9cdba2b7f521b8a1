"""What every door says in the same words."""

from __future__ import annotations

NOTHING_FOUND = "I found nothing in the library that supports an answer."
UNANSWERED = "Nothing in the library answers this part"
NEAREST = "Closest to the question in the library. Nothing in it was found to answer the question."


def counted(number: int, thing: str) -> str:
    """A number of things, in words: "1 sentence", "1,200 sentences"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
