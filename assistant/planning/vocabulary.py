"""The words the planner knows, from the data files beside it: concepts by kind, endings of drug names, words that carry nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from indexes.lexical import tokens


class TermKind(StrEnum):
    """What sort of thing a term names; `OTHER` is also any word that no data file knows."""

    DRUG = "drug"
    CONDITION = "condition"
    POPULATION = "population"
    INTERVENTION = "intervention"
    HARM = "harm"
    OUTCOME = "outcome"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Concept:
    """A name's kind and the names that meet a question for it: its synonyms and what is narrower, all stemmed."""

    kind: TermKind
    names: frozenset[str]


def _lines(name: str) -> list[str]:
    text = files("assistant.planning").joinpath(name).read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _keys(text: str) -> frozenset[str]:
    return frozenset(key for name in text.split("|") if (key := " ".join(tokens(joined(name)))))


_LETTERED = re.compile(r"\b(vitamin|vit|hepatitis|influenza|ha?emophilia) (?=a\b)", re.IGNORECASE)


_PLAIN = str.maketrans("áàâäãéèêëíìîïóòôöõúùûüçñ", "aaaaaeeeeiiiiooooouuuucn")


def joined(text: str) -> str:
    """The text, as long as it was, without accents ("naïve") and with the letter of vitamin A and its like made part of the name: "a" by itself is no
    word, and would be lost."""
    return _LETTERED.sub(r"\1-", text).translate(_PLAIN)


@lru_cache(maxsize=1)
def concepts() -> dict[str, Concept]:
    """Stemmed name to its concept. A name in several lines is met by the names of all of them and is of the first one's kind."""
    found: dict[str, Concept] = {}
    narrower: dict[str, TermKind] = {}
    kind = TermKind.OTHER
    for line in _lines("concepts.txt"):
        if line.startswith("["):
            kind = TermKind(line.strip("[]"))
            continue
        own, _, below = line.partition(">")
        names, instances = _keys(own), _keys(below)
        for name in names:
            before = found.get(name)
            together = names | instances | (before.names if before else frozenset())
            found[name] = Concept(before.kind if before else kind, together)
        for name in instances:
            narrower.setdefault(name, kind)
    for name, of_kind in narrower.items():
        found.setdefault(name, Concept(of_kind, frozenset({name})))
    return found


@lru_cache(maxsize=1)
def synonyms() -> dict[str, frozenset[str]]:
    """Stemmed name -> the names of the same thing alone, without what is narrower."""
    found: dict[str, frozenset[str]] = {}
    for line in _lines("concepts.txt"):
        names = _keys(line.partition(">")[0]) if not line.startswith("[") else frozenset()
        for name in names:
            found[name] = found.get(name, frozenset()) | names
    return found


@lru_cache(maxsize=1)
def classes() -> dict[str, dict[str, frozenset[str]]]:
    """Stemmed name -> the classes that it is an instance of, each by its first name as printed, with all names stemmed."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for line in _lines("concepts.txt"):
        own, _, below = line.partition(">")
        for name in _keys(below):
            found.setdefault(name, {})[own.partition("|")[0].strip()] = _keys(own)
    return found


@lru_cache(maxsize=1)
def known_words() -> frozenset[str]:
    """All words of the concepts' names and of what carries nothing, small, as they are spelt."""
    lines = [line for line in (*_lines("concepts.txt"), *_lines("generic.txt")) if not line.startswith("[")]
    return frozenset(word.casefold() for line in lines for word in re.findall(r"[^\W\d_]+", line))


@lru_cache(maxsize=1)
def generic() -> frozenset[str]:
    """Stemmed words that a question may hold and that need not occur in its answer."""
    return frozenset(token for line in _lines("generic.txt") for token in tokens(line))


@lru_cache(maxsize=1)
def _endings() -> re.Pattern[str]:
    endings = "|".join(sorted({ending for line in _lines("drug_stems.txt") for ending in line.split()}))
    return re.compile(rf"[a-z]{{2,}}(?:{endings})s?")


_DISEASES = re.compile(
    r"[a-z]{3,}(?:itis|iasis|aemia|emia|pathy|oma|algia|penia|megaly|uria|rrho?ea|sclerosis|ectasis|thorax|oedema|edema)s?"
    r"|[a-z]{4,}(?<!diagn)(?<!progn)(?<!apopt)(?<!hypn)osis"
)


def looks_like_a_condition(word: str) -> bool:
    """Whether a word ends as the names of diseases do, by the Greek that medicine makes them of."""
    return _DISEASES.fullmatch(word.lower()) is not None


def looks_like_a_drug(word: str) -> bool:
    """Whether a word (not its stem) ends as the names of drugs do; common words that happen to are ruled out by being generic."""
    word = word.lower()
    return len(word) >= 7 and _endings().fullmatch(word) is not None and not generic().issuperset(tokens(word))
