"""The country whose guidance a question asks for: "in Nigeria", "Nigerian guidelines".

That is said of who advises, and seldom by the advice itself. A country where someone was born or has been, or whose figures are asked for, is a
matter like any other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_CASED = ("US", "Chad", "Georgia", "Guinea", "Jordan", "Mali", "Niger", "Turkey", "Polish")
"""Other words in small letters, or within longer names."""
_WHICH = r"(?: (?:national|standard|clinical|treatment|practice))*"
_GUIDANCE = r"(?:guid(?:e|ance)|recommend|protocol|policy|policies|advice)"
_ELSEWHERE = re.compile(
    r"\b(?:born|liv(?:es?|ed|ing)|raised|grew up|acquired|travel\w*|return(?:ed|ing)|been|stay\w*|work\w*|resid\w*|infected|approv\w+|expos\w+"
    r"|endemic|outbreaks?|epidemics?|epidemiology|prevalen\w+|inciden\w+|how many|common|deaths?|mortality|trials?|stud(?:y|ies))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Country:
    """A country by its first name, and all words for it and what is theirs."""

    name: str
    words: tuple[str, ...]

    def named_in(self, text: str) -> bool:
        """Whether the text names it."""
        return _any(self.words).search(text) is not None


def country_asked(question: str, *, for_advice: bool = True) -> tuple[Country, str] | None:
    """The country whose guidance is asked for, and the question without it; `None` where none or several are.

    `for_advice`: the question may ask for advice by its other words. Else "in Jamaica" is where something was looked at.
    """
    found = list(_asked().finditer(question))
    if len(found) != 1 or _ELSEWHERE.search(question) or not (for_advice or found[0]["whose"]):
        return None
    (match,) = found
    country = countries()[(match["where"] or match["last"] or match["whose"]).casefold()]
    rest = question[: match.start()] + question[match.start("rest") if match["whose"] else match.end() :]
    return country, " ".join(rest.split())


@cache
def countries() -> Mapping[str, Country]:
    """Each word for a country or what is theirs, small, to the country."""
    lines = files(__package__).joinpath("countries.txt").read_text(encoding="utf-8").splitlines()
    found = {}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            names, _, theirs = line.partition(">")
            words = tuple(word.strip() for part in (names, theirs) for word in part.split("|") if word.strip())
            country = Country(words[0], words)
            found.update({word.casefold(): country for word in words})
    return found


@cache
def _asked() -> re.Pattern[str]:
    words = _any(tuple(word for country in set(countries().values()) for word in country.words)).pattern
    return re.compile(
        rf"\s*\b(?i:in|for|within) (?:(?i:the) )?(?P<where>{words})(?!\w|['’]s|[- ]\w+ (?i:population|patients|people|children|women|men)\b)"
        rf"|(?<=\w) (?P<last>{words})(?=\W*$)"
        rf"|(?<!\w)(?:(?i:the) )?(?P<whose>{words})(?:['’]s)?(?i:{_WHICH})(?P<rest> (?i:{_GUIDANCE}))"
    )


@cache
def _any(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the words, the longest first; short ones and those that are other words too only as written."""
    by_length = sorted(words, key=lambda word: (-len(word), word))
    parts = [re.escape(word) if word in _CASED or word.isupper() else f"(?i:{re.escape(word)})" for word in by_length]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)")
