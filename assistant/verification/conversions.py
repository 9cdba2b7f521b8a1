"""The same figure in another unit, in brackets behind it, is bounded as it is: "below 126 mg/dL (7.0 mmol/L)" is below 7.0 mmol/L."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.verification.bounds import bound_of

if TYPE_CHECKING:
    from assistant.verification.measures import Quantity

_OPENS = re.compile(r"\s*[(\[]\s*(?:or\s+|=\s*|equal to\s+|about\s+|approximately\s+|~\s*)?")
_CLOSES = re.compile(r"\s*[)\]]")


def bounded_alike(text: str, found: Sequence[Quantity]) -> list[Quantity]:
    """The figures in order, each that converts the one before it with its bound; what stands behind the bracket ("or higher") bounds both."""
    told = list(found)
    for place in range(1, len(told)):
        figure, converted = told[place - 1], told[place]
        closed = _CLOSES.match(text, converted.end)
        if not closed or not _converts(text, figure, converted):
            continue
        bound = figure.bound or bound_of(text[closed.end() :], 0, 0)
        told[place - 1] = replace(figure, bound=figure.bound or bound)
        told[place] = replace(
            converted, bound=bound or converted.bound
        )  # "(about 7.0 mmol/L)" is rounded, and bounded too
    return told


def _converts(text: str, figure: Quantity, converted: Quantity) -> bool:
    """Whether nothing but the bracket stands between two figures with different units; a count with its share in brackets is no such pair."""
    between = text[figure.end : converted.start]
    return (
        bool(figure.dimension and converted.dimension)
        and "percent" not in {figure.dimension, converted.dimension}
        and _unit(figure) != _unit(converted)
        and _OPENS.fullmatch(between) is not None
    )


def _unit(figure: Quantity) -> str:
    return re.sub(r"[\d.,\s]+", "", figure.printed)
