"""Whether an article is the one that somebody means by some words of its title, an author, or a journal's name in short."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from functools import lru_cache

from indexes.lexical import tokens

_WORD = re.compile(r"\w+")
_SMALL = frozenset({"a", "an", "and", "for", "in", "of", "on", "the"})
_LONG = 4  # letters from which on a word may have a typing mistake


def plain_words(text: str) -> list[str]:
    """The words of a name without accents, case and articles."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return [word for word in _WORD.findall(bare.casefold()) if word not in _SMALL]


def title_likeness(wanted: str, title: str) -> float:
    """The share of the words that a title has, 0 to 1. One with a typing mistake counts half; of two titles with all, the shorter is more like."""
    asked, has = _asked(wanted), set(tokens(title))
    if not asked or not has:
        return 0.0
    found = sum(1.0 if word in has else 0.5 * _nearly(word, has) for word in asked)
    return round(found / len(asked) * (0.95 + 0.05 * min(1.0, len(asked) / len(has))), 4)


@lru_cache(maxsize=16)
def _asked(wanted: str) -> frozenset[str]:
    """The words of a title that many are compared with."""
    return frozenset(tokens(wanted))


def is_author(wanted: str, authors: Collection[str]) -> bool:
    """Whether one of the authors has these names: the family name, and for each other name at least its first letter ("JJV McMurray")."""
    asked = plain_words(wanted)
    return bool(asked) and any(_named(asked, plain_words(author)) for author in authors)


def _named(asked: Sequence[str], author: Sequence[str]) -> bool:
    letters = {word[0] for word in author}
    family = [word for word in asked if word in author or _nearly(word, author)]
    return bool(family) and all(word in family or word[0] in letters for word in asked) and max(map(len, family)) > 1


def is_journal(wanted: str, journal: str) -> bool:
    """Whether the journal is meant: by words of its name, by their beginnings (N Engl J Med), or by their first letters (NEJM)."""
    asked, name = plain_words(wanted), plain_words(journal)
    if not asked or not name:
        return False
    if len(asked) == 1 and asked[0] == "".join(word[0] for word in name):
        return True
    at = 0
    for word in asked:
        while at < len(name) and not name[at].startswith(word):
            at += 1
        if at == len(name):
            return False
        at += 1
    return True


def _nearly(word: str, others: Collection[str]) -> bool:
    """Whether one of the others is the word with one letter more, less or otherwise, or with two that stand next to each other changed about."""
    return len(word) >= _LONG and any(_one_mistake(word, other) for other in others)


def _one_mistake(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    left, right = one[start:], other[start:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[2:] == right[2:] and left[:2] == right[1::-1])
    )
