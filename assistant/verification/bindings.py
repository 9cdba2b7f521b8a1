"""Each figure of the claim stands beside the same things as in the quote: two figures that changed places are both "in the quote"."""

from __future__ import annotations

import re
from functools import lru_cache

from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding
from assistant.verification.measures import Measures, Quantity, measures
from assistant.verification.rewriting import changes
from assistant.verification.words import Word, words

_ASIDE = re.compile(r"[(\[][^()\[\]]*[)\]]")
NEAR = 6  # words on either side of a figure that say what it is of
MARGIN = 0.35  # by how much another figure's words must fit better than its own


def check_bindings(claim: str, evidence: Evidence) -> Finding:
    """0 where a figure's neighbours in the claim are clearly those of another figure in the quote."""
    said, source = measures(claim), measures(evidence.quote)
    if len({quantity.key for quantity in source.quantities}) < 2:
        return FINE
    if exchanged := _exchanged(claim, evidence.quote):
        return Finding(0.0, f"figures have changed places: {' and '.join(exchanged)}", fault=True)
    theirs = [(quantity, _neighbours(source, quantity)) for quantity in source.quantities]
    for ours in said.quantities:
        own = [near for quantity, near in theirs if quantity.key == ours.key]
        if not own:
            continue
        plain = any(quantity.key == ours.key and not _aside(source, quantity) for quantity, _ in theirs)
        wanted = _neighbours(said, ours)
        best = max(_fit(wanted, near) for near in own)
        for quantity, near in theirs:
            if (
                quantity.value != ours.value
                and quantity.dimension == ours.dimension
                and not (plain and _aside(source, quantity))  # an interval stands where its estimate does
                and _fit(wanted, near) > best + MARGIN
            ):
                return Finding(
                    0.0,
                    f"{ours.printed} is said of something else than in the source, which has {quantity.printed} there",
                    fault=True,
                )
    return FINE


def _exchanged(claim: str, quote: str) -> tuple[str, str] | None:
    """In a claim that else repeats the quote, two figures that stand each in the other's place."""
    swapped: dict[str, str] = {}
    said, source = words(claim), words(quote)
    for change in changes(claim, quote):
        if len(change.old) == len(change.new) == 1:
            old, new = source[change.old[0]].text, said[change.new[0]].text
            if old[0].isdigit() and new[0].isdigit():
                if swapped.get(new) == old:
                    return old, new
                swapped[old] = new
    return None


def _neighbours(read: Measures, quantity: Quantity) -> dict[tuple[str, bool], int]:
    """(stem, whether before the figure) -> distance in words, as far as the next figure of the kind."""
    listed, outside, _ = _telling(read)
    inside = _aside(read, quantity)
    if not inside:
        listed = outside
    like = [
        other
        for other in read.quantities
        if other.dimension == quantity.dimension and (inside or not _aside(read, other))
    ]
    since = max((other.end for other in like if other.end <= quantity.start), default=0)
    until = min((other.start for other in like if other.start >= quantity.end), default=len(read.text))
    before = [word for word in listed if since <= word.start and word.end <= quantity.start][-NEAR:]
    after = [word for word in listed if quantity.end <= word.start < until][:NEAR]
    near = {(word.stem, False): distance for distance, word in reversed(list(enumerate(after, start=1)))}
    near.update(
        {(word.stem, True): distance for distance, word in reversed(list(enumerate(reversed(before), start=1)))}
    )
    return near


def _aside(read: Measures, quantity: Quantity) -> bool:
    """Whether the figure stands in brackets."""
    return any(start <= quantity.start < end for start, end in _telling(read)[2])


@lru_cache(maxsize=1024)
def _telling(read: Measures) -> tuple[list[Word], list[Word], list[tuple[int, int]]]:
    """The words that say what a figure is of, those of them outside brackets, and where the brackets are."""
    figures = {place for quantity in read.quantities for place in range(quantity.start, quantity.end)}
    aside = [match.span() for match in _ASIDE.finditer(read.text)]
    bracketed = {place for span in aside for place in range(*span)}
    listed = [
        word for word in words(read.text) if word.content and not word.text[0].isdigit() and word.start not in figures
    ]
    return listed, [word for word in listed if word.start not in bracketed], aside


def _fit(ours: dict[tuple[str, bool], int], theirs: dict[tuple[str, bool], int]) -> float:
    return sum(
        1.0 / (1.0 + abs(distance - theirs[key]) + 0.5 * min(distance, theirs[key]))
        for key, distance in ours.items()
        if key in theirs
    )
