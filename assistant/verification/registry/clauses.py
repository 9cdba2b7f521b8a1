"""A claim on a report, clause by clause: which arms and events each is on, which figure it gives, whether it denies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.verification.registry.event_names import Names, names
from assistant.verification.registry.report import Arm
from assistant.verification.registry.scope import Scope, scopes, trials_of, united, without
from assistant.verification.wordlists import sections
from assistant.verification.words import words

_PARTS = re.compile(
    r",?\s*\b(?:whereas|while|but|however|in contrast|on the other hand)\b,?|[.;](?:\s|$)"
    r"|,\s+(?=(?:and\s+)?(?:0|none|no|only|neither|there (?:was|were)|(?:cohort|group|arm) \d|several"
    r"|the (?:primary|secondary) trial (?:had|has|did|does|record|report|only))\b)",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:no|none|neither|nor|not|never|zero|without|free of|(?<![\d.])(?<!least )0(?![\d.]))\b|n['’]t\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """Whether the report bears the claim out. `sure`: every word that names something was found in the report. `how`: by which rule."""

    true: bool
    sure: bool
    how: str


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause, in small letters, with blanks where it has an arm's title.

    `arms` are all arms it is on, by its own mentions or those of the clause before; `all_arms` and `rows` are the report's. `denied`: it denies;
    `repeated`: its events are those of the clause before.
    """

    text: str
    scopes: tuple[Scope, ...]
    arms: tuple[Arm, ...]
    all_arms: tuple[Arm, ...]
    rows: tuple[str, ...]
    names: Names
    denied: bool
    repeated: bool = False

    @property
    def around(self) -> str:
        """The text without the events' names, one of which may be "no symptoms"."""
        return self.text if self.repeated else _but(self.text, self.names)

    @property
    def on_events(self) -> bool:
        """Whether it speaks of adverse events as such."""
        return bool(re.search(r"adverse|\baes?\b|side effect|events?\b", self.text))

    @property
    def narrow(self) -> tuple[Arm, ...]:
        """The single arms that are named."""
        return united(scope for scope in self.scopes if scope.narrow)

    def beside(self, arms: Sequence[Arm]) -> tuple[Arm, ...]:
        """The other arms of the same trials."""
        return tuple(arm for arm in self.all_arms if arm not in arms and arm.trial in trials_of(arms))


def clauses(claim: str, arms: Sequence[Arm], rows: Sequence[str]) -> list[Clause]:
    """The clauses of a claim. One that names no arm, or no event, is on those of the clause before."""
    found: list[Clause] = []
    titles = frozenset(word.text for arm in arms for word in words(arm.title))
    for text in split(claim):
        own = tuple(scopes(text, arms))
        text = without(text, [scope for scope in own if scope.titled])
        said = names(without(text, own), rows, titles)
        before = found[-1] if found else None
        repeated = before is not None and bool(before.names.found) and not said.found and not said.unknown
        meant = own or (before.scopes if before else ())
        found.append(
            Clause(
                text.lower(),
                own,
                united(meant) or (before.arms if before else tuple(arms)),
                tuple(arms),
                tuple(rows),
                before.names if repeated and before else said,
                bool(_DENIED.search(_but(text.lower(), said))),
                repeated,
            )
        )
    return found


def _but(text: str, said: Names) -> str:
    for each in said.found:
        text = text[: each.start] + " " * (each.end - each.start) + text[each.end :]
    return text


def together(readings: Sequence[Reading | None]) -> Reading | None:
    """What the readings of all clauses say of the claim: it is wrong where one is, and right for sure only where all are."""
    known = [reading for reading in readings if reading]
    wrong = sorted((reading for reading in known if not reading.true), key=lambda reading: not reading.sure)
    if wrong or not known:
        return wrong[0] if wrong else None
    whole = len(known) == len(readings)
    return Reading(True, whole and all(reading.sure for reading in known), "+".join(reading.how for reading in known))


def split(claim: str) -> list[str]:
    """The clauses of a claim as they stand: what "whereas", a full stop, or a comma before another subject parts."""
    parts, at = [], 0
    for match in _PARTS.finditer(claim):
        parts.append(claim[at : match.start()])
        at = match.end()
    return [part for part in (*parts, claim[at:]) if part.strip()]


@lru_cache(maxsize=1)
def number_words() -> dict[str, float]:
    """Words for numbers, `no` and `a single` among them."""
    told = {word: float(value) for word, value in (line.split() for line in sections("number_words.txt")["number"])}
    return told | {"one": 1.0, "no": 0.0, "a single": 1.0, "a couple": 2.0, "a dozen": 12.0}


@lru_cache(maxsize=1)
def number_pattern() -> str:
    """A figure, in digits or words, as a regular expression without groups."""
    longest = sorted((word for word in number_words() if word != "no"), key=len, reverse=True)
    return rf"(?:\d[\d,]*(?:\.\d+)?|{'|'.join(longest)})"


def number(text: str) -> float:
    """The value of a figure. Raises `ValueError` where it is none."""
    known = number_words().get(text.strip().lower())
    return float(text.replace(",", "")) if known is None else known
