"""Key terms: the words of a question that a text must hold, under one of their names, before it can answer it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from indexes.lexical import stem, token_spans, tokens

_SPAN = re.compile(r"\d+-(?:year|yr|month|week|day)s?(?:-old)?|\d+-?(?:yo|yr|y)")  # 50-year-old, 12-week, 50yo
_AMOUNT = re.compile(r"\d+(?:[.,]\d+)*(?:%|mg|mcg|µg|μg|g|kg|ml|l|mmhg|mmol|iu|units?)?")  # 100, 1,200, 81mg
MAX_NAME = 6  # tokens in the longest name looked for


@dataclass(frozen=True, slots=True)
class Term:
    """One thing a question names. `names` are its stemmed forms (token sequences joined by a space); `text` is the question's own words."""

    text: str
    names: frozenset[str]

    def occurs_in(self, content: str) -> bool:
        """Whether one of the names occurs in `content`, as `content_of` made it."""
        return any(f" {name} " in content for name in self.names)


def content_of(text: str) -> str:
    """The stemmed content tokens of a text, joined and padded by spaces, for `Term.occurs_in`."""
    return f" {' '.join(tokens(text))} "


def _lines(name: str) -> list[str]:
    text = files("assistant.planning").joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _key(text: str) -> str:
    return " ".join(tokens(text))


@lru_cache(maxsize=1)
def _concepts() -> dict[str, frozenset[str]]:
    """Stemmed name to all stemmed names of its concepts (a name may belong to several)."""
    concepts: dict[str, frozenset[str]] = {}
    for line in _lines("concepts.txt"):
        names = frozenset(key for name in line.split("|") if (key := _key(name)))
        for name in names:
            concepts[name] = concepts.get(name, frozenset()) | names
    return concepts


@lru_cache(maxsize=1)
def _generic() -> frozenset[str]:
    return frozenset(token for line in _lines("generic.txt") for token in tokens(line))


def key_terms(question: str) -> tuple[Term, ...]:
    """The key terms of a question, in order, each once; the longest known concept wins over its words."""
    spans = token_spans(question)
    words = [word for word, _, _ in spans]
    terms: dict[frozenset[str], Term] = {}
    place = 0
    while place < len(words):
        length, names = _longest_concept(words, place)
        if names is None and words[place] not in _generic() and not _is_part(words, place):
            names = frozenset({words[place]})
        if names is not None:
            text = question[spans[place][1] : spans[place + length - 1][2]]
            terms.setdefault(names, Term(text, names))
        place += length
    return tuple(terms.values())


def _longest_concept(words: list[str], place: int) -> tuple[int, frozenset[str] | None]:
    """How many tokens from `place` on name a concept, and its names; 1 and `None` where they name none."""
    for length in range(min(MAX_NAME, len(words) - place), 0, -1):
        names = _concepts().get(" ".join(words[place : place + length]))
        if names is not None:
            return length, names
    return 1, None


def _is_part(words: list[str], place: int) -> bool:
    """Whether the token is an amount, an age or a duration (texts give ranges), or a part of the compound before it that speaks for it."""
    word = words[place]
    if _SPAN.fullmatch(word) or _AMOUNT.fullmatch(word):
        return True
    compounds = [before for before in words[max(0, place - 3) : place] if "-" in before]
    return any(word == stem(part) for compound in compounds for part in compound.split("-"))
