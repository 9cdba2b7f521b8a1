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

_NUMBER = re.compile(r"\d")
_CRITERIA = re.compile(
    r"\b(?:aged?|ages|older|younger|years|women|men|adults?|children|adolescents|pregnan\w+|patients? with|people with|persons? (?:with|who|at)"
    r"|at (?:increased |high |average )?risk|eligib\w+|criteria|history of)\b",
    re.IGNORECASE,
)


def prior(plan: Plan, candidate: Candidate) -> float:
    """What is added to the sentence's score."""
    return base_prior(candidate) + sum(_worth(name, plan, candidate) for name in plan.asks)


def base_prior(candidate: Candidate) -> float:
    """The part of it that does not depend on how the question asks."""
    return _priors()["base"]["roles"][candidate.role]


def outcome_named(plan: Plan, candidate: Candidate) -> float:
    """The share of the outcome's words that the sentence has; 0 where the question names no outcome."""
    effect = effect_of(plan.question)
    wanted = set(tokens(effect.outcome)) if effect else set()
    return len(wanted & set(tokens(candidate.text))) / len(wanted) if wanted else 0.0


_SIGNS: Mapping[str, Callable[[Plan, Candidate], float]] = {
    "number": lambda _, candidate: float(_NUMBER.search(candidate.text) is not None),
    "criteria": lambda _, candidate: float(_CRITERIA.search(candidate.text) is not None),
    "outcome": outcome_named,
}


def _worth(asks: str, plan: Plan, candidate: Candidate) -> float:
    weights = _priors().get(asks, {})
    signs = weights.get("signs", {})
    of_signs = sum(weight * _SIGNS[sign](plan, candidate) for sign, weight in signs.items())
    return weights.get("roles", {}).get(candidate.role, 0.0) + of_signs


@cache
def _priors() -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    return tomllib.loads(files("assistant.composing").joinpath("priors.toml").read_text(encoding="utf-8"))
