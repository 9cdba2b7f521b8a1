"""Which way a printed ratio points: a hazard ratio of 0.79 (0.66-0.95) is a decrease, an odds ratio of 1.02 (0.91-1.15) no difference.

Where a quote gives a ratio with its interval and says no direction in words, a claim that does is compared with the ratio.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from assistant.verification.events import NEAR, Event, events
from assistant.verification.measures import normalised
from assistant.verification.words import words

_SHORT = r"(?:a|s|c|m|p)?(?:HR|OR|RR)|IRR|SIR|SMR|PR"
_LONG = r"(?:(?:sub)?hazards?|odds|risk|rate|prevalence) ratios?|relative (?:risk|rate|odds|hazard)s?"
_FIGURE = r"\d+\.\d+"
_RATIO = re.compile(
    rf"\b(?P<name>(?:{_SHORT})s?|(?i:{_LONG}))\b[^\d;]{{0,60}}?(?P<value>{_FIGURE})(?!\s?%)"
    rf"\s?[\s,;:\[(]*(?:9\d(?:\.\d)?\s?(?:%|per ?cent)?\s?)?(?:(?i:CIs?|CrIs?|(?:confidence|credible) (?:interval|limit)s?)[\s,:=\[(]*)?"
    rf"(?P<low>{_FIGURE})\s?(?:-|to|,|;|and|through)\s?(?P<high>{_FIGURE})"
)
_COMPARED = re.compile(
    r"\b(?:than(?: with)?|compared (?:with|to)|versus|vs|relative to|in comparison (?:with|to))\b", re.IGNORECASE
)
_ASSOCIATION = re.compile(r"associat|link|correlat|relat", re.IGNORECASE)
_LASTING = re.compile(r"surviv|event-free|disease-free|progression-free|\balive\b|duration|time to", re.IGNORECASE)
"""Of these more is better, and a ratio of hazards below one means more of them."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio with its interval: `way` is 1 above one, -1 below, 0 where the interval holds one. `near` are the stems around."""

    way: int
    printed: str
    near: frozenset[str]


@dataclass(frozen=True, slots=True)
class Against:
    """A direction of a claim and the ratio that says otherwise."""

    event: Event
    ratio: Ratio


@lru_cache(maxsize=4096)
def ratios(text: str) -> tuple[Ratio, ...]:
    """The ratios of a text that have an interval around them."""
    text = normalised(text)
    listed = words(text)
    found = []
    for match in _RATIO.finditer(text):
        value, low, high = (float(match[part]) for part in ("value", "low", "high"))
        if not 0 < low <= value <= high:
            continue
        before = [word.stem for word in listed if word.end <= match.start("value") and word.content][-NEAR:]
        after = [word.stem for word in listed if word.start >= match.end() and word.content][:2]
        way = 1 if low > 1 else -1 if high < 1 else 0
        found.append(Ratio(way, " ".join(match[0].split()), frozenset([*before, *after])))
    return tuple(found)


def against_ratio(claim: str, quote: str, matched: Collection[Event]) -> Against | None:
    """The first direction of the claim, of those that no word of the quote matches, that the quote's ratio denies."""
    return next((told for told in _told(claim, quote, matched) if told.event and not _agrees(told)), None)


def said_by_ratio(claim: str, quote: str, matched: Collection[Event]) -> list[Event]:
    """The directions of the claim that the quote says by a ratio and no word."""
    return [told.event for told in _told(claim, quote, matched) if _agrees(told)]


def _told(claim: str, quote: str, matched: Collection[Event]) -> Iterator[Against]:
    """The directions that can be compared with a ratio. More of an exposure is no more of its outcome, and whose side a ratio is on is not read."""
    if _LASTING.search(claim) or _LASTING.search(quote) or _sides_changed(claim, quote) or not ratios(quote):
        return
    left = [event for event in events(claim) if event not in matched]
    moved = [event for event in left if event.axis == "change" and not _of_an_exposure(event, claim)]
    if len({(event.pole, event.negated) for event in moved}) > 1:
        return
    none = [event for event in left if event.axis == "effect" and (event.pole < 0) != event.negated]
    for event in (*moved, *none):
        if ratio := _on(event, ratios(quote)):
            yield Against(event, ratio)


def _agrees(told: Against) -> bool:
    event, way = told.event, told.ratio.way
    if event.axis == "effect":
        return way == 0
    return way != event.pole if event.negated else way == event.pole


def _on(event: Event, found: tuple[Ratio, ...]) -> Ratio | None:
    """The ratio said of most of what the direction is said of; none where several that say different things are."""
    near = {stemmed for stemmed, _ in event.near}
    shares = [len(near & ratio.near) for ratio in found]
    best = [ratio for ratio, share in zip(found, shares, strict=True) if share == max(shares) and share]
    return best[0] if len({ratio.way for ratio in best}) == 1 else None


def _of_an_exposure(event: Event, claim: str) -> bool:
    """Whether an association follows: "higher intake was associated with dementia"."""
    return any(_ASSOCIATION.match(word.text) for word in words(claim)[event.place + 1 :])


def _sides_changed(claim: str, quote: str) -> bool:
    """Whether the claim speaks of what the ratio compares with: a ratio of the other to the one is the inverse."""
    said, compared = _sides(claim)
    source, compared_there = _sides(quote)
    if compared_there:
        return bool(compared_there & set(said))
    places = {stemmed: place for place, stemmed in reversed([*enumerate(source)])}
    against = [places[stemmed] for stemmed in compared if stemmed in places]
    given = [places[stemmed] for stemmed in said if stemmed in places]
    return bool(against) and (not given or min(against) < min(given))


def _sides(text: str) -> tuple[list[str], frozenset[str]]:
    """The stems of a text without what it compares with, and those of the latter: the next two words."""
    listed = [word for word in words(text) if word.content and not word.text[0].isdigit()]
    match = _COMPARED.search(text)
    if match is None:
        return [word.stem for word in listed], frozenset()
    other = [word for word in listed if word.start >= match.end()]
    until = next((n for n, word in enumerate(other) if n and (word.follows_comma or word.clause != other[0].clause)), 2)
    against = other[: min(until, 2)]
    rest = [word.stem for word in listed if word not in against and not match.start() <= word.start < match.end()]
    return rest, frozenset(word.stem for word in against) - set(rest)
