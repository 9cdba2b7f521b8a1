"""What is known about one question while it is on its way to an answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from assistant.answer import EngineName, TraceStep, Usage
from assistant.answer import Warning as AnswerWarning
from assistant.composing.extractive import Composition
from assistant.conversation.rewritten import Rewritten
from assistant.drafts import Checked, Failed
from assistant.planning.rules import Plan
from assistant.planning.terms import Term
from indexes.filters import Filters
from indexes.passage import Hit, Passage


@dataclass(slots=True, repr=False)
class Run:
    """Everything about one question while it is on its way. No `repr`: workflows put that of events into spans, and questions belong in none."""

    question: str
    filters: Filters | None = None
    engine: EngineName = "extractive"
    asked: str = ""  # the words as typed, where there was a conversation to read them in
    read: Rewritten = field(default_factory=lambda: Rewritten(""))
    plan: Plan | None = None
    parts: tuple[Plan, ...] = ()  # of a question that asks several things, one each
    answered: set[str] = field(default_factory=set)  # those of them of which a sentence stood up to the check
    hits: list[Hit] = field(default_factory=list)
    retrieved: set[str] = field(
        default_factory=set
    )  # passages that may be cited: what this question found, whichever way
    refused: list[Passage] = field(default_factory=list)  # of retracted work that would have been evidence
    frequencies: Mapping[Term, int] = field(default_factory=dict)  # passages of the library that hold each key term
    composition: Composition = field(default_factory=lambda: Composition((), 0))
    declined: bool = False  # a model has read the evidence and says that it does not answer
    claims: list[Checked] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)  # drafts that did not stand up
    removed: int = 0  # of them, those in whose place nothing stood up
    warnings: list[AnswerWarning] = field(default_factory=list)
    trace: list[TraceStep] = field(default_factory=list)
    model: str | None = None
    seed: int | None = None
    prompts: dict[str, str] = field(default_factory=dict)  # name and version of each prompt used: hash
    usage: Usage = field(default_factory=Usage)
    started: float = field(default_factory=time.perf_counter)

    @property
    def terms(self) -> tuple[Term, ...]:
        """The key terms of the question and of its parts."""
        return tuple(dict.fromkeys(term for each in (self.planned, *self.parts) for term in each.terms))

    @property
    def by_part(self) -> tuple[Plan, ...]:
        """The parts, where each is answered by itself: the extractive engine does that, a model answers the question as a whole."""
        return self.parts if self.engine == "extractive" else ()

    @property
    def unanswered(self) -> list[str]:
        """Those of them of which no sentence stood up to the check."""
        return [part.question for part in self.by_part if part.question not in self.answered]

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

    def start_over(self, engine: EngineName, why: str) -> None:
        """Let another engine answer, and say so. What was spent and traced stays noted; what was found and drafted does not."""
        self.engine = engine
        self.model = self.seed = None
        self.hits, self.refused, self.claims, self.failed = [], [], [], []
        self.retrieved, self.answered = set(), set()
        self.removed = 0
        self.declined = False
        self.warnings.append(AnswerWarning(kind="engine_fallback", text=why))
