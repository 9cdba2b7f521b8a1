"""What the claim denies the quote must deny, and what it asserts the quote must not deny."""

from __future__ import annotations

from assistant.verification.direction import matches
from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding
from assistant.verification.opposites import said_otherwise
from assistant.verification.words import Word, negated, negations, words

ALIGNED = 0.5  # share of the claim's content words that the quote must have before single words are compared


def check_polarity(claim: str, evidence: Evidence) -> Finding:
    """0 where one of the two negates words that the other asserts, both being about the same; directions are `check_direction`'s."""
    ours, theirs = negations(claim), negations(evidence.quote)
    if not ours and not theirs:
        return FINE
    said, source = words(claim), words(evidence.quote)
    stems = {word.stem for word in source}
    content = [word for word in said if word.content]
    if abs(len(ours) - len(theirs)) == 1 and said_otherwise(claim, evidence.quote):
        return FINE
    if not content or sum(word.stem in stems for word in content) < ALIGNED * len(content):
        return FINE
    compared = {match.claim.place for match in matches(claim, evidence.quote)}
    denied, denied_there = negated(claim), negated(evidence.quote)
    asserted_there = _stems(source, frozenset(range(len(source))) - denied_there)
    only_denied_there = _stems(source, denied_there) - asserted_there
    wrongly_denied = [
        word for n, word in enumerate(said)
        if n in denied and n not in compared and word.content and word.stem in asserted_there and word.stem not in _stems(source, denied_there)
    ]  # fmt: skip
    wrongly_asserted = [
        word
        for n, word in enumerate(said)
        if n not in denied and n not in compared and word.content and word.stem in only_denied_there
    ]
    if ours and len(ours) > len(theirs) and wrongly_denied:
        return Finding(
            0.0, f"the claim denies “{wrongly_denied[0].text}”, which the source does not", fault=True, contradicts=True
        )
    if len(theirs) > len(ours) and wrongly_asserted and not _about_the_rest(claim, evidence.quote):
        return Finding(
            0.0,
            f"the source denies “{wrongly_asserted[0].text}”, which the claim does not",
            fault=True,
            contradicts=True,
        )
    return FINE


def _stems(listed: tuple[Word, ...], which: frozenset[int]) -> set[str]:
    return {listed[n].stem for n in which if listed[n].content}


def _about_the_rest(claim: str, quote: str) -> bool:
    """Whether the claim's opposite direction says the denial in another way: "no increase" and "unchanged"."""
    return any(
        match.relation == "same" and match.claim.negated != match.quote.negated for match in matches(claim, quote)
    )
