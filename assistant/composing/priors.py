"""What a sentence is worth whatever the question's words: by its role in its document and by what it holds, as the question asks."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from assistant.composing.candidates import Candidate
from assistant.planning.asking import effect_of
from assistant.planning.rules import Plan
from indexes.lexical import tokens

BASE = "base"
_NUMBER = re.compile(r"\d")
_CRITERIA = re.compile(
    r"\b(?:aged?|ages|older|younger|years|women|men|adults?|children|adolescents|pregnan\w+|patients? with|people with|persons? (?:with|who|at)"
    r"|at (?:increased |high |average )?risk|eligib\w+|criteria|history of)\b",
    re.IGNORECASE,
)


def _outcome(plan: Plan, candidate: Candidate) -> float:
    """The share of the outcome's words, where the question names one."""
    effect = effect_of(plan.question)
    wanted = set(tokens(effect.outcome)) if effect else set()
    return len(wanted & set(tokens(candidate.text))) / len(wanted) if wanted else 0.0


_SIGNS: Mapping[str, Callable[[Plan, Candidate], float]] = {
    "number": lambda _, candidate: float(_NUMBER.search(candidate.text) is not None),
    "criteria": lambda _, candidate: float(_CRITERIA.search(candidate.text) is not None),
    "outcome": _outcome,
}


def prior(plan: Plan, candidate: Candidate) -> float:
    """What is added to the sentence's score."""
    total = 0.0
    for name in (BASE, *plan.asks):
        weights = _priors().get(name, {})
        total += weights.get("roles", {}).get(candidate.role, 0.0)
        total += sum(weight * _SIGNS[sign](plan, candidate) for sign, weight in weights.get("signs", {}).items())
    return total


@cache
def _priors() -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    return tomllib.loads(files("assistant.composing").joinpath("priors.toml").read_text(encoding="utf-8"))
