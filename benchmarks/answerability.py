"""The decision to answer, fitted to questions with their sentences, and what it comes to on those it was not fitted to; `abstention.py` asks them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from assistant.composing.answerable import Answerability

SETS = ("pubmedqa", "bioasq")
STARTER = "starter"
RISK = 0.03
MIN_COVERAGE = 0.3
BARS = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
MEANINGS = (0.7, 0.75, 0.8, 0.9)
WHOLE = "meaning + coverage + passage"
INGREDIENTS = {
    "meaning": ("meaning",),
    "meaning + coverage": ("meaning", "coverage"),
    WHOLE: ("meaning", "coverage", "passage"),
}
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that fits, in order of score. `right`: its document answers the question."""

    right: bool
    meaning: float
    coverage: float
    passage: float


@dataclass(frozen=True, slots=True)
class Question:
    """A question or its twin, with its sentences."""

    source: str
    text: str
    answerable: bool
    sentences: tuple[Sentence, ...] = ()


def values(sentences: Iterable[Sentence], names: Sequence[str]) -> NDArray[np.float64]:
    """The features, of shape (sentences, names)."""
    return np.array([[getattr(each, name) for name in names] for each in sentences])


def model_of(asked: Sequence[Question], names: Sequence[str]) -> Pipeline:
    """The model of the best sentence of each question."""
    best = [question.sentences[0] for question in asked]
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(values(best, names), [each.right for each in best])


def held_out(asked: Sequence[Question], names: Sequence[str], folds: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    """The probability of each sentence by a model that has seen neither its question nor the twin."""
    models = {
        fold: model_of([q for q, at in zip(asked, folds, strict=True) if at != fold], names) for fold in range(FOLDS)
    }
    return [
        models[int(fold)].predict_proba(values(question.sentences, names))[:, 1]
        for question, fold in zip(asked, folds, strict=True)
    ]


def curve(right: NDArray[np.bool_], scores: NDArray[np.float64], of: int) -> list[tuple[float, float]]:
    """(coverage, risk) as the bar falls: the share of answerable questions answered rightly, the share of answers that are wrong."""
    hits = np.cumsum(right[np.argsort(-scores, kind="stable")])
    return [(float(hit / of), float(1 - hit / (n + 1))) for n, hit in enumerate(hits)]


def coverage_at(points: Sequence[tuple[float, float]], risk: float) -> float:
    """The most coverage at which the risk is still within bounds."""
    return max((coverage for coverage, found in points if found <= risk), default=0.0)


def first_shown(question: Question, scores: NDArray[np.float64], bars: Answerability) -> Sentence | None:
    """The first sentence that passes, as an answer would show it."""
    for each, score in zip(question.sentences, scores, strict=True):
        if bars.passes(float(score), each.meaning, each.coverage):
            return each
    return None


def outcome(
    asked: Sequence[Question], scores: Sequence[NDArray[np.float64]], bars: Sequence[Answerability]
) -> dict[str, Any]:
    """Of each set: answered, and rightly, of the questions that can be answered; answered of those that cannot. `bars`: those of each question."""
    shown = [first_shown(*each) for each in zip(asked, scores, bars, strict=True)]
    found: dict[str, Any] = {}
    for source in (*SETS, STARTER):
        can = [each for q, each in zip(asked, shown, strict=True) if q.source == source and q.answerable]
        cannot = [each for q, each in zip(asked, shown, strict=True) if q.source == source and not q.answerable]
        found[source] = {
            "answerable": len(can),
            "answered": sum(each is not None for each in can),
            "right": sum(each is not None and each.right for each in can),
            "unanswerable": len(cannot),
            "answered_wrongly": sum(each is not None for each in cannot),
        }
    return found


def risk_of(found: dict[str, Any]) -> float:
    """The share of all answers that are wrong."""
    return 1 - _total(found, "right") / max(1, _total(found, "answered") + _total(found, "answered_wrongly"))


def chosen_bars(asked: Sequence[Question], scores: Sequence[NDArray[np.float64]]) -> Answerability:
    """The bars that answer most rightly within `RISK` and nothing that must be refused; then fewest wrong, then lowest."""
    grid = [with_bars(*each) for each in product(BARS, BARS, MEANINGS) if each[1] <= each[0]]
    found = [outcome(asked, scores, [bars] * len(asked)) for bars in grid]
    safe = [n for n, each in enumerate(found) if risk_of(each) <= RISK and not each[STARTER]["answered_wrongly"]]

    def worth(number: int) -> tuple[float, ...]:
        each, bars = found[number], grid[number]
        lowest = (-bars.bar, -bars.bar_in_full, -bars.meaning_in_full)
        return _total(each, "right"), -_total(each, "answered_wrongly"), *lowest

    return grid[max(safe or range(len(grid)), key=worth)]


def with_bars(bar: float, bar_in_full: float, meaning_in_full: float) -> Answerability:
    """Bars without a model."""
    return Answerability(
        embedder="none",
        intercept=0,
        meaning=0,
        coverage=0,
        passage=0,
        bar=bar,
        bar_in_full=bar_in_full,
        meaning_in_full=meaning_in_full,
        min_coverage=MIN_COVERAGE,
    )


def nested(
    asked: Sequence[Question], scores: Sequence[NDArray[np.float64]], folds: NDArray[np.int64]
) -> list[Answerability]:
    """For each question the bars that were chosen without its fold."""
    by_fold = {}
    for fold in range(FOLDS):
        rest = np.flatnonzero(folds != fold)
        by_fold[fold] = chosen_bars([asked[n] for n in rest], [scores[n] for n in rest])
    return [by_fold[int(fold)] for fold in folds]


def _total(found: dict[str, Any], what: str) -> int:
    return sum(each[what] for each in found.values())


def fitted(asked: Sequence[Question], bars: Answerability, embedder: str) -> Answerability:
    """The model of all questions."""
    names = INGREDIENTS[WHOLE]
    scaler, regression = model_of(asked, names)
    weights = regression.coef_[0] / scaler.scale_
    fields = {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)}
    fields["intercept"] = round(float(regression.intercept_[0] - (weights * scaler.mean_).sum()), 4)
    return bars.model_copy(update={"embedder": embedder, **fields})
