"""How a question asks: for yes or no, for an effect, for advice, for a figure, for the people concerned. By its form alone."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files


class Asks(StrEnum):
    """What kind of sentence answers."""

    YES_NO = "yes_no"
    EFFECT = "effect"
    GUIDANCE = "guidance"
    FIGURE = "figure"
    PEOPLE = "people"
    NOTE = "note"
    """In no way: "statin 80 year old". Advice may be meant."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a question for an effect names, in its own words; `comparator` is empty where it names none."""

    intervention: str
    comparator: str
    outcome: str


def asks(question: str) -> frozenset[Asks]:
    """All the ways in which a question asks; none where its form tells nothing."""
    found = {Asks(name) for name, pattern in _patterns("asks").items() if pattern.search(question)}
    if _patterns("form")["yes_no"].search(question):
        found.add(Asks.YES_NO)
    if not found and not _patterns("form")["asks"].search(question):
        found.add(Asks.NOTE)
    return frozenset(found)


def effect_of(question: str) -> Effect | None:
    """The effect that a question asks for; `None` where it asks for none, or not in a way that tells what is compared."""
    question = " ".join(
        question.split()
    )  # with a line break in it, ways to divide the words would be tried without end
    for pattern in _patterns("effect").values():
        if match := pattern.search(question):
            return Effect(match["intervention"].strip(), (match["comparator"] or "").strip(), match["outcome"].strip())
    return None


@cache
def _patterns(section: str) -> Mapping[str, re.Pattern[str]]:
    read = tomllib.loads(files("assistant.planning").joinpath("asking.toml").read_text(encoding="utf-8"))
    return {name: re.compile(pattern, re.IGNORECASE) for name, pattern in read[section].items()}
