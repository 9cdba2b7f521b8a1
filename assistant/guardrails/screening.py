"""The first look at a question: is it one, and is it of a size that can be answered?"""

from __future__ import annotations

import re
import unicodedata

from assistant.errors import QuestionError

MAX_CHARACTERS = 4000

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_WORD = re.compile(r"[^\W\d_]{2,}")


def screen(question: str) -> str:
    """The question, trimmed, with white space made single. Raises `QuestionError` naming what is wrong and the mend.

    The message never repeats the question: it may hold a patient's identifiers, and errors are logged.
    """
    text = " ".join(_CONTROL.sub(" ", unicodedata.normalize("NFC", question)).split())
    if not text:
        raise QuestionError("The question is empty. Ask about a condition, a drug, a test or a trial.")
    if len(question) > MAX_CHARACTERS:
        raise QuestionError(
            f"The question has {len(question):,} characters; at most {MAX_CHARACTERS:,} can be taken. "
            "Ask for one thing at a time, and leave out what is not needed to answer it."
        )
    if not _WORD.search(text):
        raise QuestionError("This is not a question in words. Ask about a condition, a drug, a test or a trial.")
    return text
