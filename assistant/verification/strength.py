"""A claim must not be stronger than its quote: "may" is not "does", "consider" is not "should", what was planned is not what was found."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding
from assistant.verification.words import cue, has, words
from ingestion.sentences import sentence_spans

REACH = 4  # content words that a hedge softens


def check_strength(claim: str, evidence: Evidence) -> Finding:
    """0 where the source hedges what the claim asserts, advises it less strongly, or only plans to find out."""
    quote = evidence.quote
    hedges = list(_hedges(quote))
    if has("planned", quote) and not has("planned", claim) and not list(_hedges(claim)):
        return Finding(0.0, f"the source only plans or asks: “{_first('planned', quote)}”", fault=True)
    if _urges(claim) and has("weak advice", quote) and not _urges(quote) and not has("weak advice", claim):
        return Finding(0.0, f"the source advises less strongly: “{_first('weak advice', quote)}”", fault=True)
    said = {word.stem for word in words(claim)}
    softened = {stem for hedge in _hedges(claim) for stem in _reach(claim, hedge)}
    for hedge in hedges:
        reach = _reach(quote, hedge)
        asserted = [stem for stem in reach if stem in said and stem not in softened]
        if reach and len(asserted) * 2 >= len(reach):
            return Finding(0.0, f"the source is less certain: “{hedge[0]}”", fault=True)
    if hedges and not softened and not list(_hedges(claim)):
        return Finding(0.7, f"the source is less certain: “{hedges[0][0]}”")
    return FINE


def _urges(text: str) -> bool:
    """Whether it advises strongly: "should be given", "Give …"; in "should be considered" the "should" is as weak as the rest."""
    weak = [match.span() for match in cue("weak advice").finditer(text)]
    strong = any(
        not any(start <= match.start() and match.end() <= end for start, end in weak)
        for match in cue("strong advice").finditer(text)
    )
    return strong or any(
        match.start() == start for match in cue("order").finditer(text) for start, _ in sentence_spans(text)
    )


def _hedges(text: str) -> Iterator[re.Match[str]]:
    """The hedging words of a text; "more likely" compares, and "May" in the middle of a sentence is a month."""
    harmless = [match.span() for match in cue("no hedge").finditer(text)]
    for match in cue("hedge").finditer(text):
        if not (text.startswith("May", match.start()) and match.start()) and not any(
            start <= match.start() < end for start, end in harmless
        ):
            yield match


def _reach(text: str, hedge: re.Match[str]) -> list[str]:
    """The stems of the content words that a hedge softens: the next four of its clause."""
    after = [word for word in words(text) if word.start >= hedge.end()]
    return [word.stem for word in after if word.content and word.clause == after[0].clause][:REACH]


def _first(section: str, text: str) -> str:
    match = cue(section).search(text)
    return match[0] if match else ""
