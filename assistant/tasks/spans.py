"""Where words stand in a text, whatever its line breaks, capitals and the spelling of its numbers."""

from __future__ import annotations

import re
import unicodedata

from assistant.tasks.figures import figures

Span = tuple[int, int]

_NUMBER = re.compile(r"\d+(?:[.,·]\d+)*")


def find_words(words: str, text: str) -> Span | None:
    """Where the words stand in the text: as they are; else in other capitals, white space, dashes or spellings of numbers; `None` where they do not.

    A match neither begins nor ends within a word or a number: "12" does not stand in "120", nor "5" in "0.5".
    """
    words = words.strip()
    if not words:
        return None
    for match in _pattern(words).finditer(text):
        if _whole(text, *match.span()):
            return match.span()
    return None


def find_number(value: float, text: str) -> Span | None:
    """Where a number stands in a text, in whatever spelling: 19114 in "19,114 adults"."""
    wanted = figures(format(value, "f") if isinstance(value, float) else str(value))
    if not wanted:
        return None
    for match in _NUMBER.finditer(text):
        if figures(match.group()) == wanted and _whole(text, *match.span()):
            return match.span()
    return None


def _pattern(words: str) -> re.Pattern[str]:
    pieces = [
        _of_number(piece) if _NUMBER.fullmatch(piece) else r"\s+" if piece.isspace() else _of_word(piece)
        for piece in re.findall(r"\d+(?:[.,·]\d+)*|\s+|[^\s\d]+", words)
    ]
    return re.compile("".join(pieces), re.IGNORECASE)


def _of_number(piece: str) -> str:
    """A number in any spelling: with or without separators of thousands, with a point or a raised one."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+|\d{4,}", piece):
        digits = piece.replace(",", "")
        head = len(digits) % 3 or 3
        groups = [digits[:head], *(digits[n : n + 3] for n in range(head, len(digits), 3))]
        return r"[,\s\u2009\u202f]?".join(groups)
    return re.sub(r"\\\.|·", "[.·]", re.escape(piece))


def _of_word(piece: str) -> str:
    folded = re.escape(unicodedata.normalize("NFC", piece))
    return re.sub(r"\\-|[–—−‐‑]", "[-–—−‐‑]", folded)


def _whole(text: str, start: int, end: int) -> bool:
    if start == end:
        return False
    before, after = text[:start][-2:], text[end:][:2]
    if before and (before[-1].isalnum() and text[start].isalnum()):
        return False
    if after and (after[0].isalnum() and text[end - 1].isalnum()):
        return False
    digits = text[start].isdigit() and re.search(r"\d[.,·]$", before)
    return not digits and not (text[end - 1].isdigit() and re.match(r"[.,·]\d", after))
