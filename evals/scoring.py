"""Metrics of answers, one answer at a time: what they need, how often they ask a judge, and what becomes of those that fail."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from assistant.errors import LlmError
from evals.suites.base import Progress
from evals.supporting import Sentence

T = TypeVar("T")

ROUNDING = 1e-6  # by which a cosine of the same vectors may be more than 1


@dataclass(frozen=True, slots=True)
class Sample:
    """An answer and what it is measured by. `found`: the texts of the passages that the product's search finds for the question, best first, and
    `found_in` their documents; `gold`: the documents that answer the question, with their texts. `reference` is empty where people gave no answer."""

    question_id: str
    question: str
    sentences: Sequence[Sentence]
    reference: str
    found: Sequence[str]
    found_in: Sequence[str]
    gold: Sequence[str]
    gold_texts: Sequence[str]

    @property
    def answer(self) -> str:
        """The answer in words; empty where there is none."""
        return " ".join(sentence.text for sentence in self.sentences)

    @property
    def cited(self) -> list[str]:
        """The texts of the passages that the answer cites, each once."""
        texts = (passage.text for sentence in self.sentences for _, passage in sentence.cited)
        return list(dict.fromkeys(text for text in texts if text))


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric whose values are shares. `applies`: whether a sample has what it needs; `calls`: how often at most it asks the judge."""

    name: str
    applies: Callable[[Sample], bool]
    score: Callable[[Sample], Awaitable[float]]
    calls: Callable[[Sample], int] = lambda _: 0


Scores = dict[str, list[dict[str, float]]]
"""System -> for each question the metrics that apply to its answer."""


class Work:
    """Runs what may ask a judge, one thing after the other; tells how far it is, and counts failures."""

    def __init__(self, progress: Progress, calls: int, problems: list[str]) -> None:
        """`calls`: how often the judge is asked at most in all of it."""
        self._progress, self._calls, self._problems = progress, calls, problems
        self._done = 0
        self._tell(0)

    def score_all(self, samples: Mapping[str, Sequence[Sample]], metrics: Sequence[Metric]) -> Scores:
        """Question by question, so that of a run that was stopped whole questions are kept."""
        scores: Scores = {name: [] for name in samples}
        for row in zip(*samples.values(), strict=True):
            for name, sample in zip(samples, row, strict=True):
                scores[name].append(
                    {
                        each.name: self.share(
                            f"{sample.question_id} ({name}), {each.name}",
                            each.calls(sample),
                            _awaited(each.score(sample)),
                        )
                        for each in metrics
                        if each.applies(sample)
                    }
                )
        return scores

    def result(self, of: str, calls: int, work: Coroutine[Any, Any, T]) -> T | None:
        """What comes of the work, or `None` and one more failure. `calls`: how often at most it asks the judge."""
        try:
            return asyncio.run(work)
        except LlmError as error:
            self._fail(of, str(error))
        except ValueError as error:  # what a metric cannot compute; its message may hold the text
            self._fail(of, f"{type(error).__name__} in the metric")
        finally:
            self._tell(calls)
        return None

    def share(self, of: str, calls: int, work: Coroutine[Any, Any, float]) -> float:
        """The value of a metric, which is a share; 0 and one more failure where it is none."""
        value = self.result(of, calls, work)
        if value is None:
            return 0.0
        if not math.isfinite(value) or value > 1 + ROUNDING:
            self._fail(of, f"the metric is {value:g}, which counts 0")
            return 0.0
        return min(max(value, 0.0), 1.0)

    def _fail(self, of: str, why: str) -> None:
        self._problems.append(f"{of}: {why}")

    def _tell(self, calls: int) -> None:
        self._done += calls
        if self._calls and (calls or not self._done):
            self._progress("asking the judge", self._done, self._calls)


async def _awaited(what: Awaitable[T]) -> T:
    return await what
