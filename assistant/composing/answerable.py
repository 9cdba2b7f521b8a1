"""Does a sentence answer the question? A calibrated probability, and the bars under which nothing is shown.

Logistic regression over three likenesses, fitted by `benchmarks/abstention.py` to questions that a library can answer and to the same questions with
the documents that answer them taken away. The bars are where most is answered at a risk that was thought small enough, on questions held out;
docs/answering.md has the curve. Cosines are those of the embedder that the coefficients name.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

COEFFICIENTS = "answerable.json"
IN_FULL = 0.95


class Answerability(BaseModel):
    """Coefficients of the log odds, and what a sentence must reach.

    Bars are probabilities: `bar_in_full` for a sentence that with its title and headings names all key terms of the question (the weighted share
    `IN_FULL`), `bar` for any other, which may be on a neighbouring matter. One that names all is also shown where its own meaning reaches
    `meaning_in_full`, whatever else its passage is about. Under the share `min_coverage` no likeness helps.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    embedder: str = Field(min_length=1)
    intercept: float
    meaning: float
    coverage: float
    passage: float
    bar: float = Field(gt=0, lt=1)
    bar_in_full: float = Field(gt=0, lt=1)
    meaning_in_full: float = Field(gt=0, le=1)
    min_coverage: float = Field(ge=0, le=1)

    def probability(self, meaning: float, coverage: float, passage: float) -> float:
        """That a sentence answers, from the cosines of question with sentence and with passage, and the share of key terms held."""
        odds = self.intercept + self.meaning * meaning + self.coverage * coverage + self.passage * passage
        return 1.0 / (1.0 + math.exp(-odds))

    def answers(self, meaning: float, coverage: float, passage: float) -> bool:
        """Whether a sentence may be shown."""
        return self.passes(self.probability(meaning, coverage, passage), meaning, coverage)

    def passes(self, probability: float, meaning: float, coverage: float) -> bool:
        """Whether a sentence with that probability reaches its bar."""
        if coverage >= IN_FULL:
            return probability >= self.bar_in_full or meaning >= self.meaning_in_full
        return coverage >= self.min_coverage and probability >= self.bar


Decision = Callable[[float, float, float], bool]
"""Whether a sentence may be shown, from meaning, coverage and passage."""


def decision_for(embedder: str) -> Decision:
    """The decision for a library's embedder. Of one whose cosines were not calibrated only what names all of the question answers."""
    model = shipped()
    return model.answers if model.embedder == embedder else _in_full


def probability_for(embedder: str) -> Callable[[float, float, float], float]:
    """The probability for a library's embedder; 0 of one whose cosines were not calibrated."""
    model = shipped()
    return model.probability if model.embedder == embedder else lambda *_: 0.0


def _in_full(meaning: float, coverage: float, passage: float) -> bool:  # noqa: ARG001 - a `Decision`
    return coverage >= IN_FULL


@lru_cache(maxsize=1)
def shipped() -> Answerability:
    """The coefficients that Citewell comes with."""
    return Answerability.model_validate_json(files(__package__).joinpath(COEFFICIENTS).read_bytes())
