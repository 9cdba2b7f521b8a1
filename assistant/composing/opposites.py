"""Stages and kinds of a disease that exclude each other: what treats late latent syphilis is no answer for the early one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from assistant.planning.terms import Term
from indexes.lexical import tokens

_LABEL = r"(?:[A-Kb-k]\d{0,2}|\d{1,2}|I{1,3}|IV|V|VI{1,3}|IX|XI?)\b"
_LABELLED = re.compile(  # a small "a" is the article
    rf"\b((?i:vitamin|hepatitis|influenza|ha?emophilia|type|factor|herpes simplex virus))s?[ -]({_LABEL}(?:(?:,| and| or|/){{1,2}} ?{_LABEL}){{0,6}})"
)
_ONE_LABEL = re.compile(_LABEL)
_ROMAN = {"I": "1", "II": "2", "III": "3"}
_NEAR = 3  # words between the stage and the disease, at most


def other_stage(question: str, sentence: str, terms: Sequence[Term]) -> str | None:
    """The stage asked for, where the sentence is on the opposite one of something that the question names, and does not name the one asked for."""
    asked, said = question.lower(), sentence.lower()
    return next(
        (
            one
            for one, other in _pairs()
            if _says(one, asked)
            and not _says(other, asked)
            and not _says(one, said)
            and any(_stands_before(other, said, term) for term in terms)
        ),
        None,
    )


def other_label(question: str, text: str) -> str | None:
    """What the question names by a letter or a number, where the text names only others of the kind: vitamin K is not vitamin A."""
    asked, said = _labels(question), _labels(text)
    for kind, labels in asked.items():
        others = said.get(kind, set())
        if others and not any(_is_of(one, other) or _is_of(other, one) for one in labels for other in others):
            return f"{kind} {min(labels)}"
    return None


def _is_of(one: str, other: str) -> bool:
    """Whether they are the same, or one is of the other's group, as vitamin B12 is a vitamin B."""
    return one == other or (len(other) == 1 and other.isalpha() and one[0] == other and one[1:].isdigit())


def _labels(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for match in _LABELLED.finditer(text):
        labels = {_ROMAN.get(label, label.upper()) for label in _ONE_LABEL.findall(match[2])}
        found.setdefault(match[1].lower(), set()).update(labels)
    return found


def _says(word: str, text: str) -> bool:
    return re.search(rf"\b{word}\b", text) is not None


def _stands_before(stage: str, sentence: str, term: Term) -> bool:
    """Whether the stage stands before a word of one of the term's names."""
    names = {word for name in term.names for word in name.split()}
    after = re.finditer(rf"\b{stage}\b((?:\W+\w+){{1,{_NEAR + 1}}})", sentence)
    return any(set(tokens(match[1])) & names for match in after)


@cache
def _pairs() -> tuple[tuple[str, str], ...]:
    """Both ways."""
    lines = files(__package__).joinpath("opposites.txt").read_text(encoding="utf-8").splitlines()
    pairs = [tuple(line.split(" | ")) for line in lines if line.strip() and not line.startswith("#")]
    return tuple((a, b) for one, other in pairs for a, b in ((one, other), (other, one)))
