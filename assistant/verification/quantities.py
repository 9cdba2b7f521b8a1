"""Every figure of the claim occurs in the quote, with its unit and its bound, as often; so does every frequency and every label such as "type 2"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding
from assistant.verification.measures import Measures, Quantity, measures, normalised
from indexes.lexical import tokens

_UNIT_MATTERS = frozenset({"percent", "fold", "point"})
"""A bare number must not stand for these: "16 of them" is not 16%."""
_MAY_BE_UNDERSTOOD = frozenset({"month"})
"""Ages are given without a unit: "aged 40 to 74"."""
_BOUNDS = {"lt": "less than", "le": "at most", "ge": "at least", "gt": "more than", "": "exactly", "approx": "about"}


def check_quantities(claim: str, evidence: Evidence) -> Finding:
    """1 where the quote has every figure, else 0: a wrong figure is no small fault, and "6 of 6" is not "5 of 6"."""
    said, source = measures(claim), measures(evidence.quote)
    faults = [*_figures(said, source, evidence), *_frequencies(said, source), *_labels(said, source, evidence)]
    return Finding(0.0, "; ".join(faults), fault=True) if faults else FINE


def _figures(said: Measures, source: Measures, evidence: Evidence) -> Iterator[str]:
    left = list(source.quantities)
    for quantity in sorted(said.quantities, key=lambda each: (not each.dimension, not each.bound)):
        fitting = [other for other in left if _same(quantity, other, evidence)]
        if not fitting:
            yield f"not in the quoted words: {quantity.printed}"
            continue
        best = max(fitting, key=lambda other: (_bounded_alike(quantity, other), other.dimension == quantity.dimension))
        left.remove(best)
        if not _bounded_alike(quantity, best):
            yield f"the claim says {_BOUNDS[quantity.bound]} {quantity.printed}, the source {_BOUNDS[best.bound]} {best.printed}"


def _same(ours: Quantity, theirs: Quantity, evidence: Evidence) -> bool:
    if ours.key == theirs.key:
        return True
    if ours.dimension and theirs.dimension:
        return False
    bare, with_unit = (ours, theirs) if not ours.dimension else (theirs, ours)
    if bare.value != with_unit.printed_value:
        return False
    if bare is ours:  # the claim leaves the unit out
        return with_unit.dimension not in _UNIT_MATTERS
    return with_unit.dimension in _MAY_BE_UNDERSTOOD and bool(
        {"age", "year"} & set(tokens(f"{evidence.quote} {evidence.context}"))
    )


def _bounded_alike(ours: Quantity, theirs: Quantity) -> bool:
    """Whether the bounds are the same; "about" 20% may be said of 20%, and 20% of what the source calls about 20%."""
    return {ours.bound, theirs.bound} <= {"", "approx"} or ours.bound == theirs.bound


def _frequencies(said: Measures, source: Measures) -> Iterator[str]:
    missing = Counter(said.frequencies) - Counter(source.frequencies)
    for dimension, length in missing:
        if (dimension, length) not in source.frequencies:
            yield f"how often is not what the quoted words say: every {length} {dimension}"


def _labels(said: Measures, source: Measures, evidence: Evidence) -> Iterator[str]:
    """A label may stand in the title or the headings too: a section on type 2 diabetes does not say so in each sentence."""
    known = {*source.labels, *measures(evidence.context).labels, *measures(evidence.spelt_out(evidence.quote)).labels}
    words = set(tokens(normalised(f"{evidence.quote} {evidence.context}")))
    for label in said.labels:
        kind, _, which = label.partition(" ")
        if label not in known and not (kind == "type" and {f"t{which}d", f"t{which}dm"} & words):
            yield f"not in the quoted words: {label}"
