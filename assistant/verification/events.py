"""What goes which way in a text: each word of direction with its axis, its pole, and whether it is negated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from assistant.verification.wordlists import Phrases, choices, phrases, sections
from assistant.verification.words import Word, cue, negated, words

_BOUND = re.compile(
    r"\b(?:more|less|fewer|greater|higher|lower|longer|shorter) than"
    r"(?= [\d.]| half| one | two | an? | (?:three|four|five|six|seven|eight|nine|ten)\b)",
    re.IGNORECASE,
)
"""Bounds of figures say no direction."""
NEAR = 10  # words between a direction and what it is said of


@dataclass(frozen=True, slots=True)
class Event:
    """One direction: `axis` and `pole` (1 or -1) as `directions.txt` has them, the number of its word, the stems `near` it with their distances."""

    axis: str
    pole: int
    negated: bool
    place: int
    text: str
    near: tuple[tuple[str, int], ...]

    @property
    def words(self) -> str:
        """The direction in words, for a reader."""
        return f"not {self.text}" if self.negated else self.text


@lru_cache(maxsize=1)
def _patterns() -> tuple[Phrases, tuple[tuple[Phrases, str, int, bool], ...]]:
    every = sections("directions.txt")
    ignored = Phrases(phrases(every["ignore"]))
    axes = []
    for section, lines in every.items():
        if section != "ignore":
            axis, pole = section.split()
            axes.append((Phrases(phrases(lines)), axis, 1 if pole[-1] == "+" else -1, pole[0] == "!"))
    return ignored, tuple(axes)


@lru_cache(maxsize=8192)
def events(text: str) -> tuple[Event, ...]:
    """The directions of a text, in order. A longer phrase hides the words in it: "recommends against" is no "recommends"."""
    ignored, axes = _patterns()
    covered = [match.span() for match in (*ignored.finditer(text), *_BOUND.finditer(text))]
    found: list[tuple[int, int, str, int, bool]] = []
    for pattern, axis, pole, turned_round in axes:
        found += [(*match.span(), axis, pole, turned_round) for match in pattern.finditer(text)]
    found.sort(key=lambda each: (each[0] - each[1], each[0]))
    kept: list[tuple[int, int, str, int, bool]] = []
    for each in found:
        hidden = any(start <= each[0] and each[1] <= end for start, end in covered)
        inside = any(
            start <= each[0] and each[1] <= end and (end - start) > (each[1] - each[0]) for start, end, *_ in kept
        )
        if not hidden and not inside:
            kept.append(each)
    listed, reached = words(text), negated(text)
    read = [_event(text, listed, reached, each) for each in sorted(kept)]
    return tuple(event for event in read if event)


def _event(
    text: str, listed: tuple[Word, ...], reached: frozenset[int], found: tuple[int, int, str, int, bool]
) -> Event | None:
    start, end, axis, pole, turned_round = found
    place = next((n for n, word in enumerate(listed) if word.end > start), None)
    if place is None:
        return None
    inside = {n for n, word in enumerate(listed) if word.start < end and word.end > start}
    near: dict[str, int] = {}
    for number in range(max(0, place - NEAR), min(len(listed), place + NEAR + 1)):
        word = listed[number]
        if number not in inside and word.content and (distance := abs(number - place)) < near.get(word.stem, NEAR + 1):
            near[word.stem] = distance + 3 * abs(word.clause - listed[place].clause)
    denied = place in reached or _denied_after(text, end)
    return Event(axis, pole, denied != turned_round, place, text[start:end], tuple(near.items()))


def _denied_after(text: str, end: int) -> bool:
    """Whether the direction is taken back at once: "an increase was not seen"."""
    following = re.split(r"[.;:(),]|\b(?:but|and|or|whereas|while|that|which|who)\b", text[end : end + 40], maxsplit=1)[
        0
    ]
    return cue("negated after").search(following) is not None


@lru_cache(maxsize=1)
def _inverse() -> tuple[tuple[Phrases, Phrases], ...]:
    pairs = []
    for line in sections("outcomes.txt")[""]:
        one, _, other = line.partition(">")
        pairs.append((Phrases(choices(one)), Phrases(choices(other))))
    return tuple(pairs)


def turned(claim: str, quote: str) -> bool:
    """Whether the texts speak of two sides of one outcome: one only of survival, the other only of mortality."""
    for one, other in _inverse():
        sides = [(bool(one.search(text)), bool(other.search(text))) for text in (claim, quote)]
        if sides in ([(True, False), (False, True)], [(False, True), (True, False)]):
            return True
    return False
