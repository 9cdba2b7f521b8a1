"""Two sentences in nearly the same words of which one says what the other denies, or goes the other way: told by rule, whatever they are about."""

from __future__ import annotations

from assistant.verification.direction import matches
from assistant.verification.words import negations, stems

_SAME = 0.6  # of all content words of the two (Jaccard)
_FEWEST = 3  # content words that both have: "it helped" and "it did not" may be on anything


def opposed(one: str, other: str) -> bool:
    """Whether two sentences differ in a direction or in a denial, so that neither may stand for the other."""
    if bool(negations(one)) != bool(negations(other)):
        return True
    return any(match.relation != "same" for match in matches(one, other))


def flatly_opposed(one: str, other: str) -> bool:
    """Whether they contradict each other: nearly the same words, with the opposite direction, or denied in one of the two."""
    ours, theirs = set(stems(one)), set(stems(other))
    both = ours & theirs
    if len(both) < _FEWEST or len(both) < _SAME * len(ours | theirs):
        return False
    told = {match.relation for match in matches(one, other)}
    denied = len(negations(one)) + len(negations(other)) == 1
    return "opposite" in told or (denied and ("same" not in told or ours == theirs))
