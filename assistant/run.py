"""What is known about one question while it is on its way to an answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from assistant.answer import Claim, TraceStep
from assistant.composing.extractive import Composition
from assistant.planning.rules import Plan
from assistant.planning.terms import Term
from indexes.passage import Filters, Hit, Passage


@dataclass(slots=True)
class Run:
    """Everything about one question while it is on its way."""

    question: str
    filters: Filters | None = None
    plan: Plan | None = None
    hits: list[Hit] = field(default_factory=list)
    frequencies: Mapping[Term, int] = field(default_factory=dict)  # passages of the library that hold each key term
    composition: Composition = field(default_factory=lambda: Composition((), 0))
    claims: list[tuple[Claim, Passage]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)  # why each claim that did not hold was taken out
    trace: list[TraceStep] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    @property
    def unknown(self) -> list[str]:
        """The key terms that no passage of the library holds, in the question's words."""
        return [term.text for term, frequency in self.frequencies.items() if not frequency]

    @property
    def planned(self) -> Plan:
        """The plan; a step that needs it comes after the one that makes it."""
        if self.plan is None:
            raise RuntimeError("the question has not been planned")
        return self.plan
