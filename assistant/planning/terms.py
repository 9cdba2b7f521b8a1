"""Key terms: the things a question names, which a text must name too, under one of their names, before it can answer it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from assistant.planning.vocabulary import Concept, TermKind, classes, concepts, generic, joined, looks_like_a_drug
from indexes.lexical import stem, token_spans, tokens

_SPAN = re.compile(r"\d+-(?:year|yr|month|week|day)s?(?:-old)?|\d+-?(?:yo|yr|y)")  # 50-year-old, 12-week, 50yo
_AMOUNT = re.compile(
    r"\d+(?:[.,]\d+)*(?:[-–]\d+(?:[.,]\d+)*)?(?:%|mg|mcg|µg|μg|g|kg|ml|l|mmhg|mmol|iu|units?)?"
)  # 100, 1,200, 40-49, 81mg
_SALTS = frozenset(
    stem(word)
    for word in (
        *("sodium", "potassium", "hydrochloride", "sulphate", "sulfate", "maleate"),
        *("tartrate", "succinate", "gluconate", "acetate", "phosphate"),
    )
)
MAX_NAME = 6  # tokens in the longest name looked for


@dataclass(frozen=True, slots=True)
class Term:
    """One thing a question names. `names` are its stemmed forms (token sequences joined by a space); `text` is the question's own words."""

    text: str
    names: frozenset[str]
    kind: TermKind = TermKind.OTHER

    def occurs_in(self, content: str) -> bool:
        """Whether one of the names occurs in `content`, as `content_of` made it."""
        return any(f" {name} " in content for name in self.names)


def classes_of(term: Term) -> tuple[Term, ...]:
    """The classes that a thing is an instance of: beta blockers, of propranolol."""
    found = {name: keys for own in sorted(term.names) for name, keys in classes().get(own, {}).items()}
    return tuple(Term(name, keys, term.kind) for name, keys in found.items() if keys.isdisjoint(term.names))


@lru_cache(maxsize=16384)  # the same sentences and titles are read for question after question
def content_of(text: str) -> str:
    """The stemmed content tokens of a text, joined and padded by spaces, for `Term.occurs_in`."""
    return f" {' '.join(tokens(joined(text)))} "


def key_terms(question: str) -> tuple[Term, ...]:
    """The key terms of a question, in order, each once; the longest known concept wins over its words."""
    terms: dict[frozenset[str], Term] = {}
    for term in _named(question):
        terms.setdefault(term.names, term)
    return tuple(terms.values())


@lru_cache(maxsize=16384)
def drugs_in(text: str) -> tuple[Term, ...]:
    """The drugs a text names, in order."""
    return tuple(term for term in _named(text) if term.kind is TermKind.DRUG)


def _named(text: str) -> list[Term]:
    spans = token_spans(joined(text))
    words = [word for word, _, _ in spans]
    terms: list[Term] = []
    place = 0
    while place < len(words):
        length, concept = _longest_concept(words, place)
        surface = text[spans[place][1] : spans[place + length - 1][2]]
        if concept:
            terms.append(Term(surface, concept.names, concept.kind))
        elif looks_like_a_drug(surface):
            terms.append(Term(surface, frozenset({words[place]}), TermKind.DRUG))
        elif words[place] not in generic() and not _spoken_for(words, place) and not _is_a_salt(words, place):
            terms.append(Term(surface, frozenset({words[place]})))
        place += length
    return terms


def _longest_concept(words: list[str], place: int) -> tuple[int, Concept | None]:
    """How many tokens from `place` on name a concept, and which; 1 and `None` where they name none."""
    for length in range(min(MAX_NAME, len(words) - place), 0, -1):
        concept = concepts().get(" ".join(words[place : place + length]))
        if concept is not None:
            return length, concept
    return 1, None


def _spoken_for(words: list[str], place: int) -> bool:
    """Whether the token names nothing by itself: an amount, an age, a duration, or one side of a compound whose other side says it.

    A compound of words (`sacubitril/valsartan`) is said by its parts; one of letters and figures (`IL-6`) says its parts.
    """
    word = words[place]
    if _SPAN.fullmatch(word) or _AMOUNT.fullmatch(word):
        return True
    if _splits(word):
        return True
    before = [compound for compound in words[max(0, place - 3) : place] if "-" in compound and not _splits(compound)]
    return any(word == stem(part) for compound in before for part in compound.split("-"))


def _is_a_salt(words: list[str], place: int) -> bool:
    """Whether it only says in which form a drug beside it comes: sodium valproate, metoprolol tartrate."""
    near = [words[n] for n in (place - 1, place + 1) if 0 <= n < len(words)]
    return words[place] in _SALTS and any(
        looks_like_a_drug(word) or ((known := concepts().get(word)) is not None and known.kind is TermKind.DRUG)
        for word in near
    )


def _splits(word: str) -> bool:
    parts = word.split("-")
    return len(parts) > 1 and all(part.isalpha() and len(part) > 2 for part in parts)
