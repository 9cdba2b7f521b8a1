"""What a printed grade says of a recommendation: how strong it is and how certain its evidence, in the words of the scheme it belongs to.

The schemes, with their sources, are in `grading.toml`. A grade that no scheme knows, or that is of a scheme only its own body uses and comes
from another one, says neither: nothing is guessed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from indexes.passage import Role
from ingestion.document import Document, Section

_LEVEL = r"(?:very[ -]low|low|moderate|high)"
# What patterns are written with, so that the data file says each of these once.
_WORDS = {
    "STRENGTH": r"(?<![\w-])(?:strong|conditional|weak|discretionary)",
    "LEVELS": rf"(?<![\w-]){_LEVEL}(?:(?: ?[-–] ?| )(?:to|or)?[ -]?{_LEVEL})?(?!\w)",
    "CLASS": r"(?<!\w)(?:class(?: of recommendation)?|COR):? ?",
    "ROMAN": r"III(?:: ?(?:no benefit|harm))?|II[ab]|I",
    "ARABIC": r"3: ?(?:no benefit|harm)|2[ab]|1",
    "QUALIFIERS": r"(?: \((?:strong|moderate|weak)\))?",
    "LOE": r"(?:level of evidence|LOE|level)[: ]*",
    "GRADE": r"(?<![\w-])(?:grade(?: of (?:the )?recommendation)?|recommendation grade):? ?",
}
_PLACEHOLDER = re.compile("{(" + "|".join(_WORDS) + ")}")
NOT_STATED = "not stated"
"""Stands among several gradings for the one that does not say."""


@dataclass(frozen=True, slots=True)
class Grading:
    """How strong a recommendation is and how certain its evidence, as far as its grade says so; several are joined by "; " in their order."""

    strength: str | None = None
    certainty: str | None = None


@dataclass(frozen=True, slots=True)
class _Scheme:
    patterns: tuple[re.Pattern[str], ...]
    strength: Mapping[str, str]
    certainty: Mapping[str, str] = field(default_factory=dict)
    certainty_of: Mapping[str, str] = field(default_factory=dict)  # where the strength's letter stands for both
    certainty_as_printed: str = ""  # a word put before it
    publishers: frozenset[str] = frozenset()
    since: str = ""
    before: str = ""

    def counts(self, publisher: str, date: str) -> bool:
        """Whether documents of that publisher and date are graded by it."""
        ours = not self.publishers or publisher.strip().upper() in self.publishers
        return ours and (not date or date >= self.since) and (not self.before or "" < date < self.before)

    def read(self, match: re.Match[str]) -> Grading:
        said = match.groupdict()
        letter = _folded(said["strength"])
        strength = self.strength.get(letter)
        if strength and (said.get("direction") or "").casefold() == "against":
            strength += ", against"
        printed = said.get("certainty")
        if printed and self.certainty_as_printed:
            return Grading(strength, self.certainty_as_printed + printed)
        return Grading(strength, self.certainty.get(_folded(printed or "")) or self.certainty_of.get(letter))


def grading_of(grade: str | None, publisher: str = "", date: str = "") -> Grading:
    """What `grade`, as printed, says by the scheme it belongs to; `date` (ISO, or its beginning) is that of the document.

    Where several different grades are printed, each has its place in the order of print, `NOT_STATED` where one does not say; what is the same for
    all is said once.
    """
    found = _several(grade or "", publisher, date)
    return Grading(_joined(each.strength for each in found), _joined(each.certainty for each in found))


def graded(document: Document) -> Document:
    """The document with what the grades of its recommendations say, by the schemes of its publisher and date."""
    date = document.date or str(document.year or "")

    def with_grading(section: Section) -> Section:
        if section.role is not Role.RECOMMENDATION or not section.grade:
            return section
        grading = grading_of(section.grade, document.publisher, date)
        return replace(section, strength=grading.strength, certainty=grading.certainty)

    return replace(document, sections=tuple(map(with_grading, document.sections)))


def _several(grade: str, publisher: str, date: str) -> list[Grading]:
    flat = " ".join(grade.split())
    matches = [
        (match.start(), -match.end(), number, scheme, match)
        for number, scheme in enumerate(_schemes())
        if scheme.counts(publisher, date)
        for pattern in scheme.patterns
        for match in pattern.finditer(flat)
    ]
    found: list[Grading] = []
    reached = 0
    for start, end, _, scheme, match in sorted(
        matches, key=lambda each: each[:3]
    ):  # the longest first: strength with certainty
        if start >= reached and (grading := scheme.read(match)) != Grading():
            found.append(grading)
            reached = -end
    return found


def _joined(said: Iterable[str | None]) -> str | None:
    each = list(said)
    if not any(each):
        return None
    words = [one or NOT_STATED for one in each]
    return words[0] if len(set(words)) == 1 else "; ".join(words)


def _folded(printed: str) -> str:
    """As the tables have it: "moderate- to high" and "moderate–high" are "moderate to high", "III:harm" is "iii: harm"."""
    words = printed.casefold().replace("’", "'")
    words = re.sub(rf"^({_LEVEL})(?: ?[-–] ?| )(?:to|or)?[ -]?({_LEVEL})$", r"\1 to \2", words)
    return re.sub(r": ?", ": ", re.sub(r"very-low", "very low", words)).strip()


@lru_cache(maxsize=1)
def _schemes() -> tuple[_Scheme, ...]:
    text = files(__package__).joinpath("grading.toml").read_text(encoding="utf-8")
    return tuple(map(_scheme, tomllib.loads(text)["scheme"]))


def _scheme(said: Mapping[str, Any]) -> _Scheme:
    values = {name: value for name, value in said.items() if name not in ("name", "source")}
    values["patterns"] = tuple(
        re.compile(_PLACEHOLDER.sub(lambda word: f"(?:{_WORDS[word[1]]})", pattern), re.IGNORECASE)
        for pattern in said["patterns"]
    )
    values["publishers"] = frozenset(said.get("publishers", ()))
    return _Scheme(**values)
