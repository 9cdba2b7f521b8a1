"""The figure of an outcome measure that a claim means, as it is, as a share of the people, as a number of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.verification.registry.report import Arm, Figure
from assistant.verification.registry.scope import trials_of
from assistant.verification.words import stems

_DAYS = {"day": 1.0, "week": 7.0, "month": 30.4, "year": 365.0, "hour": 1 / 24}
_LONGEST, _SHORTEST = (
    re.compile(r"\b(?:longest|maximum|highest|max)\b"),
    re.compile(r"\b(?:shortest|minimum|lowest|min)\b"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """The figure of an arm that a claim means. `surely`: it is the only one, or the claim names it."""

    arm: Arm
    figure: Figure
    surely: bool

    @property
    def percent(self) -> float | None:
        """The figure as a share of the people."""
        unit = self.arm.unit.lower()
        if re.search(r"percent|%", unit):
            return self.figure.value
        if "proportion" in unit:
            return self.figure.value * (100 if self.figure.value <= 1 else 1)
        return 100 * self.figure.value / self.arm.analysed if counts_people(unit) and self.arm.analysed else None

    @property
    def number(self) -> float | None:
        """The figure as a number of people."""
        if counts_people(self.arm.unit.lower()):
            return self.figure.value
        return None if self.percent is None or not self.arm.analysed else self.percent * self.arm.analysed / 100


def told_of(arm: Arm, text: str) -> Told | None:
    """The row of the arm that shares most words with the claim, and of it the end of its range where the claim is on the longest or the least."""
    if not arm.figures:
        return None
    figure, surely = arm.figures[0], True
    if len(arm.figures) > 1:
        wanted = set(stems(text))
        fit = [len(wanted & set(stems(each.name))) / max(1, len(set(stems(each.name)))) for each in arm.figures]
        best = max(fit)
        if not best:
            return None
        figure, surely = arm.figures[fit.index(best)], best > 0.3 and fit.count(best) == 1
    if (limits := figure.limits) and "median" not in text:
        if _LONGEST.search(text) and not _SHORTEST.search(text):
            figure = Figure(figure.name, limits[1])
        elif _SHORTEST.search(text) and not _LONGEST.search(text):
            figure = Figure(figure.name, limits[0])
    return Told(arm, figure, surely)


def shares_of(told: Sequence[Told], apart: bool) -> list[float] | None:
    """The shares of the arms, or of all together, weighed by their people."""
    shares = [each.percent for each in told]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares):
        return None
    people = sum(each.arm.analysed for each in told)
    if len(known) == 1 or apart or not people or len(trials_of(each.arm for each in told)) > 1:
        return known
    return [sum(share * each.arm.analysed for share, each in zip(known, told, strict=True)) / people]


def people_of(told: Sequence[Told], apart: bool) -> list[float] | None:
    """The numbers of people of the arms, or of all together."""
    counts = [each.number for each in told]
    known = [count for count in counts if count is not None]
    if len(known) < len(counts):
        return None
    return known if apart else [sum(known)]


def counts_people(unit: str) -> bool:
    """Whether figures in this unit are numbers of people."""
    return bool(re.search(r"participant|patient|subject|responder|number|people", unit)) and not re.search(
        r"percent|%|proportion", unit
    )


def time_scale(unit: str, measured: str) -> float | None:
    """What a figure in `unit` is multiplied by to be in the unit that was measured in; `None` where one is no time and the other is."""
    ours = next((days for name, days in _DAYS.items() if unit.startswith(name)), None)
    theirs = next((days for name, days in _DAYS.items() if name in measured.lower()), None)
    if ours is None:
        return 1.0
    return None if theirs is None else ours / theirs
