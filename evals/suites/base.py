"""What a suite is: a set goes in, an `Outcome` comes out; the door makes the JSON, the lines and the report of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from evals.result import Comparison, Measures

Progress = Callable[[str, int, int], None]
"""Told of work: what is done, how many of it are done, how many there are."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to measure. `k`: cut-off of ranking metrics; `seed` and `resamples`: of the bootstrap and of whatever is drawn.

    `limit`: the most cases that are drawn from the set; `among`: how many other texts of the corpus are in the library too; `vary`: what is compared
    in other versions; `gold`: labelled pairs of claim and evidence that a judging model is tried on first, and `gold_limit` the most of them that are
    drawn. Each is for suites that know it.
    """

    k: int = 10
    seed: int = 0
    resamples: int = 1000
    limit: int | None = None
    among: int = 0
    vary: str | None = None
    gold: Path | None = None
    gold_limit: int = 40


@dataclass(frozen=True, slots=True)
class Line:
    """One expected or found thing of a case, for the report. `mark` says how it went (`rank 3`, `relevant`)."""

    label: str
    text: str
    mark: str
    good: bool


@dataclass(frozen=True, slots=True)
class Case:
    """One case worth reading: what was asked, how the product scored, what should have come and what came."""

    case_id: str
    text: str
    value: float
    expected: Sequence[Line]
    found: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a suite measured. The first metric is the headline; `shipped` names the system that is the product as shipped.

    `values` holds system -> metric -> one value a case, in the same order of cases for all systems. `hardest` are the cases with the lowest headline
    metric, worst first. `problems` are faults of the set or of single cases; `left_out` counts cases that cannot be measured, by reason. `judge` says
    how far a judging model agrees with gold labels, to be read before what it judged. `plots` are a suite's own, as inline SVG by `evals.plots`.
    """

    data: str
    n: int
    shipped: str
    systems: dict[str, Measures]
    values: dict[str, dict[str, list[float]]]
    comparisons: dict[str, Comparison] = field(default_factory=dict)
    hardest: Sequence[Case] = ()
    problems: Sequence[str] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    settings: dict[str, int | str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    judge: Measures = field(default_factory=dict)
    plots: Sequence[str] = ()


class Suite(Protocol):
    """One kind of evaluation. `run` raises `DataError` where the set cannot be used."""

    name: str
    summary: str

    def run(self, data: Path, options: Options, progress: Progress) -> Outcome: ...
