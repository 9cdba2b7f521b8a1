"""Does a sentence answer the question? A calibrated probability, and the bars under which nothing is shown.

Logistic regression over three likenesses, fitted by `benchmarks/abstention.py` to questions that a library can answer and to the same questions with
the documents that answer them taken away. The bars are where most is answered at a risk that was thought small enough, on questions held out;
docs/answering.md has the curve. Cosines are those of the embedder that the coefficients name: another one wants its own.
"""

from __future__ import annotations

import math
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

COEFFICIENTS = "answerable.json"
IN_FULL = 0.95


class Answerability(BaseModel):
    """Coefficients of the log odds, and what a sentence must reach.

    Bars are probabilities: `bar_in_full` for a sentence that with its title and headings names all key terms of the question (the weighted share
    `IN_FULL`), `bar` for any other, which may be on a neighbouring matter. Under the share `min_coverage` no likeness helps.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    embedder: str = Field(min_length=1)
    intercept: float
    meaning: float
    coverage: float
    passage: float
    bar: float = Field(gt=0, lt=1)
    bar_in_full: float = Field(gt=0, lt=1)
    min_coverage: float = Field(ge=0, le=1)

    def probability(self, meaning: float, coverage: float, passage: float) -> float:
        """That a sentence answers, from the cosines of question with sentence and with passage, and the share of key terms held."""
        odds = self.intercept + self.meaning * meaning + self.coverage * coverage + self.passage * passage
        return 1.0 / (1.0 + math.exp(-odds))

    def answers(self, meaning: float, coverage: float, passage: float) -> bool:
        """Whether a sentence may be shown."""
        bar = self.bar_in_full if coverage >= IN_FULL else self.bar
        return coverage >= self.min_coverage and self.probability(meaning, coverage, passage) >= bar


@lru_cache(maxsize=1)
def shipped() -> Answerability:
    """The coefficients that Citewell comes with."""
    return Answerability.model_validate_json(files(__package__).joinpath(COEFFICIENTS).read_bytes())
