"""Where to cut text that is too long for one passage: into as few as will do, evenly, where it hurts least."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import inf

from ingestion.document import Section
from ingestion.pieces import count_pieces
from ingestion.sentences import sentence_spans

LEAST_ROOM = 128  # pieces
_BIT = 40  # characters of what has no spaces: never more pieces than the least room
_GRAINS = 16  # a unit has at least this part of the room: bounds the work of choosing

# What a cut costs, where a passage costs 1 and its empty room up to 1 more; one between sections is free.
_AFTER_SENTENCE, _WITHIN_WORD = 0.25, 1.0
_WITHIN_SENTENCE = (
    (re.compile(r"(?<!\s)\s*\n\s*"), 0.25),  # a table's rows, a list's lines
    (re.compile(r"(?<=[;:])\s+"), 0.5),
    (re.compile(r"(?<=,)\s+"), 0.75),
    (re.compile(r"\s+"), 1.0),
)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A stretch that is not cut: `size` in pieces, `cost` of a cut behind it."""

    start: int
    end: int
    size: int
    cost: float
    section: Section


def cut(text: str, sections: Sequence[Section], room: int) -> Iterator[list[Section]]:
    """The sections, or stretches of them, in groups of at most `room` pieces (at least `LEAST_ROOM`).

    Chosen as TeX breaks a paragraph into lines: the groups whose cuts and empty rooms (squared) cost the least together.
    """
    units = [unit for section in sections for unit in _units(text, section, room)]
    for group in _cheapest(units, room):
        stretches = [list(stretch) for _, stretch in groupby(group, key=lambda unit: unit.section)]
        yield [replace(own[0].section, start=own[0].start, end=own[-1].end) for own in stretches]


def _cheapest(units: Sequence[_Unit], room: int) -> list[Sequence[_Unit]]:
    costs, starts = [0.0], [0]  # of the cheapest groups up to each unit, and where the last of them starts
    for end in range(1, len(units) + 1):
        cost, start, size = inf, end - 1, 0
        for first in range(end - 1, -1, -1):
            size += units[first].size
            if size > room:
                break
            this = costs[first] + 1 + (1 - size / room) ** 2
            if this < cost:
                cost, start = this, first
        costs.append(cost + units[end - 1].cost)
        starts.append(start)
    groups: list[Sequence[_Unit]] = []
    end = len(units)
    while end:
        groups.append(units[starts[end] : end])
        end = starts[end]
    return groups[::-1]


def _units(text: str, section: Section, room: int) -> Iterator[_Unit]:
    """The section's sentences (in parts where they are too long), those that are short with what follows."""
    held: _Unit | None = None
    for a, b in sentence_spans(text[section.start : section.end]):
        for unit in _fitting(text, section, section.start + a, section.start + b, room):
            if held and (held.size >= room // _GRAINS or held.size + unit.size > room):
                yield held
                held = None
            held = replace(unit, start=held.start, size=held.size + unit.size) if held else unit
    if held:
        yield replace(held, cost=0.0)


def _fitting(
    text: str, section: Section, start: int, end: int, room: int, cost: float = _AFTER_SENTENCE, level: int = 0
) -> Iterator[_Unit]:
    """The stretch, or its parts as coarse as they may be."""
    size = count_pieces(text[start:end])
    if size <= room or end - start <= _BIT:
        yield _Unit(start, end, size, cost, section)
        return
    if level < len(_WITHIN_SENTENCE):
        pattern, within = _WITHIN_SENTENCE[level]
        places = [start, *(place for match in pattern.finditer(text, start, end) for place in match.span()), end]
        parts = list(zip(places[::2], places[1::2], strict=True))
    else:
        within = _WITHIN_WORD
        parts = [(place, min(place + _BIT, end)) for place in range(start, end, _BIT)]
    for a, b in parts:
        if a < b:
            yield from _fitting(text, section, a, b, room, cost if b == end else within, level + 1)
