"""The word lists beside the checks: sections of lines, comments left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=32)
def sections(name: str) -> Mapping[str, tuple[str, ...]]:
    """Section name -> its lines, of a file in this package. Lines before the first `[section]` are those of the section with the empty name."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in files("assistant.verification").joinpath(name).read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
            continue
        found.setdefault(section, []).append(line)
    return {section: tuple(lines) for section, lines in found.items()}


def choices(line: str) -> list[str]:
    """The ways to write a thing: what `|` parts."""
    return [choice.strip() for choice in line.split("|") if choice.strip()]


def phrases(lines: Iterable[str]) -> list[str]:
    """All choices of all lines."""
    return [choice for line in lines for choice in choices(line)]


def alternation(words: Iterable[str]) -> str:
    """A regular expression that matches any of the phrases in small letters, the longest first.

    `*` ends a word in any way, a space is any white space or hyphen. What is common to all is tried once: on long texts that is most of the time.
    """
    longest = sorted({word.lower() for word in words}, key=lambda word: (-len(word), word))
    lettered = [_escaped(word) for word in longest if word[0].isalnum()]
    others = [_escaped(word) for word in longest if not word[0].isalnum()]
    parts = [rf"(?<![\w-])(?:{'|'.join(lettered)})"] if lettered else []
    return "|".join([*parts, *others]) or "(?!)"


def _escaped(word: str) -> str:
    pattern = re.escape(word).replace(r"\*", r"[a-z]*").replace(r"\ ", r"[\s-]+")
    return pattern + (r"(?!\w)" if word[-1].isalnum() or word[-1] == "*" else "")


def lowered(text: str) -> str:
    """The text in small letters, of the same length whatever the script."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(c if len(c.lower()) != 1 else c.lower() for c in text)


class Phrases:
    """Finds phrases in a text, in capitals or not. What a match holds is in small letters; its places are those of the text."""

    def __init__(self, words: Iterable[str]) -> None:
        self._pattern = re.compile(alternation(words))

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """All matches, in order."""
        return self._pattern.finditer(lowered(text))

    def search(self, text: str) -> re.Match[str] | None:
        """The first match."""
        return self._pattern.search(lowered(text))

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """The match that is the whole text."""
        return self._pattern.fullmatch(lowered(text))
