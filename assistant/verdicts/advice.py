"""What a recommendation advises: for (1), against (-1), or that it cannot be told (0)."""

from __future__ import annotations

from assistant.verdicts.sentences import asked, cue


def advises(text: str) -> int | None:
    """Which way a recommendation goes; `None` where it advises to some only, on a condition, or nothing that can be read."""
    if cue("advice", "open").search(text):
        return 0
    if cue("advice", "partly").search(text):
        return None
    if cue("advice", "against").search(text):
        return -1
    return 1 if cue("advice", "favour").search(text) else None


def answerable(question: str) -> bool:
    """Whether a recommendation for something says yes to the question: not where it asks for what to avoid, or for one of several."""
    cues = asked(question)
    return not (cues["avoid"] or cues["denied"] or cues["choice"])
