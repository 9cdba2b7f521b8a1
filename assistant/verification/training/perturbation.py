"""Pairs made by rule from texts: a sentence is carried by its source, and one with another number, direction, population or drug is not.

The rules share nothing with those of `evals.mutations`, on purpose: what the neural verifier is measured with must not be made as what it learnt
from.
"""

from __future__ import annotations

import lzma
import random
import re
import tomllib
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.verification.labelled import LabelledPair, opened
from assistant.verification.labels import Label
from indexes.errors import ModelError
from ingestion.sentences import sentence_spans

SHORTEST, LONGEST = 9, 45  # words of a sentence that is taken
_NUMBER = re.compile(r"(?<![\w.,/-])\d{1,4}(?:\.\d{1,3})?(?![\w,/]|\.\d|-\w)")
_HEADING = re.compile(r"^(?:[A-Z][A-Z /&-]{3,40}:?\s+|(?:Conclusions?|Results?|Background|Methods?)[:.]\s*)(?=[A-Z])")

Change = Callable[[str, random.Random], str | None]


class _Text(BaseModel):
    model_config = ConfigDict(extra="ignore")

    abstract: str = ""
    complete: bool = True


def read_texts(path: Path) -> list[str]:
    """The whole abstracts of a JSONL file with `abstract`, packed with xz or not. Raises `ModelError` where it cannot be read."""
    try:
        with opened(path) as lines:
            texts = [_Text.model_validate_json(line) for line in lines]
    except (OSError, EOFError, ValidationError, UnicodeDecodeError, lzma.LZMAError) as error:
        raise ModelError(f"{path} cannot be read: name a JSONL file of abstracts.") from error
    return [text.abstract for text in texts if text.complete and text.abstract]


def made_by_rule(texts: Sequence[str], count: int, seed: int) -> list[LabelledPair]:
    """`count` pairs, or as many as the texts give; of the kinds that a sentence allows, the one of which there are fewest is made."""
    draw = random.Random(f"{seed} by rule")  # noqa: S311 - reproducible, not secret
    made: list[LabelledPair] = []
    counts = dict.fromkeys(KINDS, 0.0)
    for text in draw.sample(list(texts), len(texts)):
        if len(made) >= count:
            break
        sentences = [text[start:end] for start, end in sentence_spans(text)]
        places = [at for at, each in enumerate(sentences) if SHORTEST <= len(each.split()) <= LONGEST]
        if not places:
            continue
        place = draw.choice(places[-3:])  # results and conclusions stand last
        evidence = " ".join(sentences[max(0, place - draw.randint(0, 1)) : place + 1 + draw.randint(0, 1)])
        claim = _HEADING.sub("", sentences[place]).strip(" ;")
        claims = {kind: change(claim, draw) for kind, change in CHANGES.items()}
        kind = min((kind for kind in KINDS if claims[kind] is not None), key=counts.__getitem__)
        label, weight = KINDS[kind]
        counts[kind] += 1 / weight
        made.append(
            LabelledPair(
                id=f"{kind}-{len(made)}",
                claim=claims[kind] or claim,
                evidence=evidence,
                label=label,
                two_class=label == "neutral",
                source=f"by rule: {kind}",
            )
        )
    return made


def change_number(text: str, draw: random.Random) -> str | None:
    """The text with one of its numbers exchanged for another of like size; `None` where it has none."""
    found = list(_NUMBER.finditer(text))
    if not found:
        return None
    match = draw.choice(found)
    old = match.group()
    places = len(old.partition(".")[2])
    value = float(old)
    for _ in range(20):
        new = f"{value * draw.choice((0.3, 0.5, 0.7, 1.4, 1.8, 2.5)) + (1 if not places else 0):.{places}f}"
        if float(new) != value:
            return text[: match.start()] + new + text[match.end() :]
    return None


def change_direction(text: str, draw: random.Random) -> str | None:
    """The text with one word of direction turned round; `None` where it has none."""
    return _exchanged(text, _opposites("directions"), draw)


def change_negation(text: str, draw: random.Random) -> str | None:
    """The text with a "not" more or less; `None` where no place for one is known."""
    return _exchanged(text, _opposites("negations"), draw)


def change_population(text: str, draw: random.Random) -> str | None:
    """The text about other people, or another condition; `None` where it names none that is known."""
    return _exchanged(text, _groups("populations"), draw)


def change_drug(text: str, draw: random.Random) -> str | None:
    """The text about another drug of the same use; `None` where it names none that is known."""
    return _exchanged(text, _groups("drugs"), draw)


# Label, and how often a kind is wanted. Another drug or population contradicts nothing: of it the source says nothing, or we do not know what.
KINDS: dict[str, tuple[Label, float]] = {
    "drug": ("neutral", 1.0),
    "population": ("neutral", 1.0),
    "negation": ("contradict", 1.0),
    "number": ("contradict", 1.0),
    "direction": ("contradict", 1.0),
    "same": ("support", 3.0),
}
CHANGES: dict[str, Change] = {
    "same": lambda text, _: text,
    "number": change_number,
    "direction": change_direction,
    "negation": change_negation,
    "population": change_population,
    "drug": change_drug,
}


def _exchanged(text: str, others: dict[str, tuple[str, ...]], draw: random.Random) -> str | None:
    found = list(_any_of(tuple(others)).finditer(text))
    if not found:
        return None
    match = draw.choice(found)
    new = draw.choice(others[match.group().lower()])
    if match.group()[0].isupper():
        new = new[0].upper() + new[1:]
    return text[: match.start()] + new + text[match.end() :]


@lru_cache(maxsize=8)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])", re.IGNORECASE)


@lru_cache(maxsize=8)
def _opposites(table: str) -> dict[str, tuple[str, ...]]:
    rows = _tables()[table]
    found: dict[str, tuple[str, ...]] = {}
    for left, right in zip(rows["left"], rows["right"], strict=True):
        found.setdefault(left.lower(), (right,))
        found.setdefault(right.lower(), (left,))
    return found


@lru_cache(maxsize=8)
def _groups(table: str) -> dict[str, tuple[str, ...]]:
    rows = _tables()[table]["groups"]
    return {word.lower(): tuple(other for other in row if other != word) for row in rows for word in row}


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("swaps.toml").read_text("utf-8"))
