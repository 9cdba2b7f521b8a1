"""Which of two is compared with which: "more with A than with B" is not "more with B than with A"."""

from __future__ import annotations

from assistant.verification.direction import matches
from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding
from assistant.verification.words import cue, words


def check_comparison(claim: str, evidence: Evidence) -> Finding:
    """0 where the sides of a comparison have changed places and its direction has not."""
    ours, theirs = _sides(claim), _sides(evidence.quote)
    if ours is None or theirs is None:
        return FINE
    after = ours[1] & theirs[1]  # "… in stroke" is no side
    first, second = ours[0] - ours[1], ours[1] - ours[0] - after
    there, second_there = theirs[0] - theirs[1], theirs[1] - theirs[0] - after
    if not first & second_there or not second & there:
        return FINE
    if any(match.relation == "opposite" for match in matches(claim, evidence.quote)):
        return FINE  # "less with B than with A" says the same
    return Finding(0.0, "the sides of the comparison have changed places", fault=True, contradicts=True)


def _sides(text: str) -> tuple[set[str], set[str]] | None:
    """The stems of the five content words before and after the word that compares."""
    match = cue("comparison").search(text)
    if not match:
        return None
    listed = words(text)
    before = [word.stem for word in listed if word.end <= match.start() and word.content][-5:]
    after = [word.stem for word in listed if word.start >= match.end() and word.content][:5]
    return (set(before), set(after)) if before and after else None
