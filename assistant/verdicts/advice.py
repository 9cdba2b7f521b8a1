"""What a recommendation advises: for (1), against (-1), or that it cannot be told (0). In doubt nothing: a wrong direction harms."""

from __future__ import annotations

import unicodedata

from assistant.verdicts.sentences import asked, cue


def advises(text: str) -> int | None:
    """Which way a recommendation goes; `None` where it advises to some only, on a condition, or nothing that can be read.

    For: a verb that has something given, and no word that denies or lessens. Against: one negative form of advice, and neither a second negative,
    which would turn it round, nor anything advised beside it.
    """
    text = legible(text)
    if cue("advice", "open").search(text):
        rest = cue("advice", "undecided").sub(" ", text)
        return None if cue("advice", "against").search(rest) or cue("advice", "favour").search(rest) else 0
    text = cue("advice", "aim").sub(" ", text)
    if cue("advice", "partly").search(text) or cue("advice", "aside").search(text):
        return None
    rest, against = cue("advice", "against").subn("_", text)
    if against > 1 or cue("advice", "negative").search(rest):
        return None
    favour = cue("advice", "favour").search(rest) is not None
    if against:
        return None if favour else -1
    return 1 if favour else None


def answerable(question: str) -> bool:
    """Whether advice says yes or no to the question: it asks whether to begin something, not to go on, change or end it, nor for one of several."""
    question = cue("advice", "aim").sub(" ", legible(question))
    cues = asked(question)
    turned = cues["already"] or cues["denied"] or cues["choice"] or cues["all"]
    return bool(cues["begun"]) and not turned and not cue("advice", "negative").search(question)


def legible(text: str) -> str:
    """The text with one kind of apostrophe and hyphen and no marks that cannot be seen, which could hide a "not"."""
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‑", "-").replace("\u2010", "-")
    return "".join(mark for mark in plain if unicodedata.category(mark) != "Cf")
