"""The glossary of `glossary.toml`: which plain phrase may stand for which terms."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from assistant.planning.terms import content_of
from indexes.lexical import tokens


@dataclass(frozen=True, slots=True)
class Glossary:
    """`terms`: plain phrase to the terms it may stand for; `plain`: term to its first plain phrase, and unit to what it means, for brackets;
    `joining`: words that say nothing of their own. All in lower case but the units and what is written in capitals."""

    terms: Mapping[str, tuple[str, ...]]
    plain: Mapping[str, str]
    joining: frozenset[str]

    def annotate(self, text: str) -> tuple[str, list[str]]:
        """The text with each known term, where it first stands, followed by its plain words in square brackets; and the terms so explained."""
        told: list[str] = []

        def add(match: re.Match[str]) -> str:
            term = self._key(match.group())
            plain = self.plain[term]
            if plain in told or plain.lower() in text.lower():
                return match.group()
            told.append(plain)
            return f"{match.group()} [{plain}]"

        return _pattern(tuple(self.plain)).sub(add, text), told

    def restore(self, plain: str, source: str) -> tuple[str, dict[str, str]]:
        """The sentence with each plain phrase that the source lacks put back into the term of the source that it stands for, and which was which."""
        stood: dict[str, str] = {}
        said, meant = source.lower(), content_of(source)

        def back(match: re.Match[str]) -> str:
            phrase = match.group().lower()
            if _stands_in(phrase, said):
                return match.group()
            term = next((term for term in self.terms[phrase] if _is_meant(term, meant)), None)
            if term is None:
                return match.group()
            stood[match.group()] = term
            return term

        return _pattern(tuple(self.terms)).sub(back, plain), stood

    def _key(self, found: str) -> str:
        return found if found in self.plain else found.lower()


def _stands_in(words: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None


def _is_meant(term: str, content: str) -> bool:
    """Whether the source says the term in some form of its words."""
    stems = tokens(term)
    return bool(stems) and f" {' '.join(stems)} " in content


@cache
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """All phrases, the longest first; those with capitals and the shortest are matched only as they are written."""
    each = [
        re.escape(one) if any(c.isupper() for c in one) or len(one) <= 2 else f"(?i:{re.escape(one)})"
        for one in sorted(phrases, key=lambda one: (-len(one), one))
    ]
    return re.compile(rf"(?<![\w-])(?:{'|'.join(each)})(?![\w-])")


@cache
def glossary() -> Glossary:
    """The glossary of this package."""
    content = tomllib.loads(files("assistant.tasks.plain").joinpath("glossary.toml").read_text(encoding="utf-8"))
    terms = {plain: tuple(stands_for) for plain, stands_for in content["words"].items()}
    silent = frozenset(content["rewriting_only"]["terms"])
    plain: dict[str, str] = {}
    for phrase, stands_for in terms.items():
        for term in stands_for:
            if term not in silent:
                plain.setdefault(term if any(c.isupper() for c in term) else term.lower(), phrase)
    return Glossary(
        {one.lower(): those for one, those in terms.items()},
        plain | content["units"],
        frozenset(content["joining"]["words"]),
    )
