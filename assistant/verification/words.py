"""A text as the checks read it: words with stems and places, and which of them stand in the reach of a negation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from assistant.verification.wordlists import Phrases, phrases, sections
from indexes.lexical import stem, stopwords, tokens

_WORD = re.compile(r"[^\W_]+(?:[-/'’][^\W_]+)*|[.,;:()]")
_BREAKS = frozenset(".;:()")
_TURNS = frozenset(("but", "however", "whereas", "while", "although", "though", "yet", "except", "nevertheless"))
REACH = 5  # words a negation reaches over


@dataclass(frozen=True, slots=True)
class Word:
    """One word: lower case, stemmed, where it starts and ends, and in which clause it is.

    `content`: it says something by itself; `follows_comma`: a comma stands before it."""

    text: str
    stem: str
    start: int
    end: int
    clause: int
    content: bool
    follows_comma: bool = False


@lru_cache(maxsize=8192)
def words(text: str) -> tuple[Word, ...]:
    """The words of a text in order; a clause ends at a full stop, a colon, a bracket or a word such as "but"."""
    found, clause, comma = [], 0, False
    for match in _WORD.finditer(text.replace("’", "'")):
        word = match[0].lower()
        if word in _BREAKS:
            clause += 1
            continue
        if word == ",":
            comma = True
            continue
        if word in _TURNS:
            clause += 1
        found.append(
            Word(
                word,
                stem(word),
                *match.span(),
                clause,
                word not in stopwords() and (len(word) > 1 or word.isdigit()),
                comma,
            )
        )
        comma = False
    return tuple(found)


@lru_cache(maxsize=16384)  # the same sentences are read claim after claim
def stems(text: str) -> tuple[str, ...]:
    """The stemmed content tokens of a text, as the lexical side has them."""
    return tuple(tokens(text))


@lru_cache(maxsize=64)
def cue(section: str) -> Phrases:
    """The section's phrases in `cues.txt`."""
    return Phrases(phrases(sections("cues.txt")[section]))


def has(section: str, text: str) -> bool:
    """Whether one of the section's phrases occurs in the text."""
    return cue(section).search(text) is not None


@lru_cache(maxsize=8192)
def negations(text: str) -> tuple[tuple[int, int], ...]:
    """Where the negating words of a text stand, by characters; "not only" and "no more than" negate nothing."""
    harmless = [match.span() for match in cue("no negation").finditer(text)]
    return tuple(
        match.span()
        for match in cue("negation").finditer(text.replace("’", "'"))
        if not any(start <= match.start() < end for start, end in harmless)
    )


@lru_cache(maxsize=8192)
def negated(text: str) -> frozenset[int]:
    """The numbers of the words that a negation reaches: those of its clause within `REACH` words after it."""
    listed = words(text)
    reached = set()
    for _, end in negations(text):
        first = next((n for n, word in enumerate(listed) if word.start >= end), len(listed))
        for number in range(first, min(first + REACH, len(listed))):
            if listed[number].clause != listed[first].clause or (number > first and listed[number].follows_comma):
                break
            reached.add(number)
    return frozenset(reached)
