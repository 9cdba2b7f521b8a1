"""What the claim says goes up, helps or is advised must not go down, harm or be advised against in the quote.

Directions are compared one to one: each of the claim's with the one in the quote that is said of the same things.
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.verification.events import Event, events, turned
from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding
from assistant.verification.ratios import against_ratio, said_by_ratio
from assistant.verification.rewriting import changes

SAME_THINGS = 0.25  # nearness of shared words from which two directions are said of the same things
_COMPARED = {frozenset({axis, "effect"}) for axis in ("change", "value")}
_TURNABLE = frozenset({"change"})
_SOFT = frozenset({"amount", "order", "presence", "course", "activity", "route"})
"""Axes whose words have so many other uses that a difference counts only where the words around are the same."""
SAME_WORDS = 0.9
ACROSS = 0.4  # of a change and an effect


@dataclass(frozen=True, slots=True)
class Match:
    """A direction of the claim and the one of the quote that it was compared with; `relation` is `same`, `opposite` or `unsaid`."""

    claim: Event
    quote: Event
    relation: str
    nearness: float


def check_direction(claim: str, evidence: Evidence) -> Finding:
    """0 where a direction is turned round or not what the quote says; a half where the quote says none at all."""
    found = matches(claim, evidence.quote)
    for wanted in ("opposite", "unsaid"):
        for match in found:
            if match.relation == wanted:
                text = f"the claim says “{match.claim.words}”, the source “{match.quote.words}”"
                return Finding(0.0, text, fault=True, contradicts=wanted == "opposite")
    if rewritten := _rewritten(claim, evidence.quote):
        return Finding(
            0.0, f"the claim says “{rewritten[0]}”, the source “{rewritten[1]}”", fault=True, contradicts=True
        )
    matched = [match.claim for match in found]
    if denied := against_ratio(claim, evidence.quote, matched):
        text = f"the claim says “{denied.event.words}”, the source “{denied.ratio.printed}”"
        return Finding(0.0, text, fault=True, contradicts=True)
    by_ratio = said_by_ratio(claim, evidence.quote, matched)
    unmatched = [
        event for event in events(claim) if event.axis in ("change", "value", "advice") and event not in by_ratio
    ]
    if unmatched and not turned(claim, evidence.quote) and not any(match.claim in unmatched for match in found):
        return Finding(0.5, f"the quote does not say “{unmatched[0].words}”")
    return FINE


def _rewritten(claim: str, quote: str) -> tuple[str, str] | None:
    """In a claim that else repeats the quote, the first word of direction that stands in place of one that says something else."""
    ours = {event.place: event for event in events(claim)}
    theirs = {event.place: event for event in events(quote)}
    for change in changes(claim, quote):
        if not change.old or not change.new or len(change.old) > 3 or len(change.new) > 3:
            continue
        new = [ours[place] for place in change.new if place in ours]
        old = [theirs[place] for place in change.old if place in theirs]
        if new and old and not {(e.axis, e.pole) for e in new} & {(e.axis, e.pole) for e in old}:
            return new[0].text, old[0].text
    return None


def matches(claim: str, quote: str) -> list[Match]:
    """The claim's directions, each with the direction of the quote that it is compared with; those without one are left out."""
    said, source = events(claim), events(quote)
    turn = turned(claim, quote)
    pairs = sorted(
        (
            (-_nearness(ours, theirs) - 0.02 * (_relation(ours, theirs, turn) == "same"), n, m)
            for n, ours in enumerate(said)
            for m, theirs in enumerate(source)
            if ours.axis == theirs.axis or frozenset({ours.axis, theirs.axis}) in _COMPARED
        ),
    )
    used_claim: set[int] = set()
    used_quote: set[int] = set()
    found = []
    for score, n, m in pairs:
        if n in used_claim or m in used_quote:
            continue
        ours, theirs = said[n], source[m]
        nearness = -score
        same_axis = ours.axis == theirs.axis
        if nearness < (SAME_WORDS if ours.axis in _SOFT else SAME_THINGS if same_axis else ACROSS):
            continue
        relation = _relation(ours, theirs, turn)
        if not same_axis and relation != "opposite":
            continue
        used_claim.add(n)
        if same_axis:
            used_quote.add(m)
        found.append(Match(ours, theirs, relation, nearness))
    return found


def _nearness(ours: Event, theirs: Event) -> float:
    """How far the two are said of the same things: shared stems, each the more the nearer it stands to both."""
    other = dict(theirs.near)
    shared = sum(1.0 / (1.0 + 0.5 * (distance + other[stem])) for stem, distance in ours.near if stem in other)
    return shared + (0.1 if ours.text.lower() == theirs.text.lower() else 0.0)


def _relation(ours: Event, theirs: Event, turn: bool) -> str:
    """What the claim's direction is to the quote's. "Not up" follows from "down", but "down" does not follow from "not up"."""
    if ours.axis != theirs.axis:
        return _across(ours, theirs)
    pole = theirs.pole * (-1 if turn and ours.axis in _TURNABLE else 1)
    if ours.negated == theirs.negated:
        if ours.pole == pole:
            return "same"
        return "unsaid" if ours.negated else "opposite"  # "no increase" is not "no decrease"
    if ours.pole == pole:
        return "opposite"
    return "same" if ours.negated or ours.axis in _SOFT or ours.axis == "effect" else "unsaid"


def _across(ours: Event, theirs: Event) -> str:
    """A change against "no difference" or "no effect", and the other way round."""
    effect, change = (ours, theirs) if ours.axis == "effect" else (theirs, ours)
    none = (effect.pole < 0) != effect.negated
    return "opposite" if none and not change.negated else "same"
