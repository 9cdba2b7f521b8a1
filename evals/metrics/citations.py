"""Citations as ALCE counts them: are they enough for their sentence, and is none of them beside the point?

Gao et al., "Enabling Large Language Models to Generate Text with Citations" (EMNLP 2023), section 3.3. A sentence has recall 1 where its citations
together support it. A citation is irrelevant where it does not support the sentence alone and the others support it without it; it is precise where
the sentence has recall 1 and it is not irrelevant. Who judges support is handed in: the paper's judge is a language model of inference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

Supports = Callable[[Sequence[T]], bool]
"""Whether these citations together support the sentence; never asked about none."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A sentence's recall, and for each of its citations whether it is precise and whether it is needed: without it the others do not suffice."""

    recall: bool
    precise: tuple[bool, ...]
    needed: tuple[bool, ...]


def score(citations: Sequence[T], supports: Supports[T]) -> Scored:
    """The scores of one sentence. Without a citation its recall is 0, as in the paper."""
    if not citations or not supports(citations):
        none = (False,) * len(citations)
        return Scored(recall=False, precise=none, needed=none)
    precise, needed = [], []
    for number, citation in enumerate(citations):
        others = [*citations[:number], *citations[number + 1 :]]
        needed.append(not others or not supports(others))
        precise.append(needed[-1] or supports([citation]))
    return Scored(recall=True, precise=tuple(precise), needed=tuple(needed))


def recall(sentences: Sequence[Scored]) -> float:
    """The share of an answer's sentences that their citations support. Raises `ZeroDivisionError` for an answer without any."""
    return sum(sentence.recall for sentence in sentences) / len(sentences)


def precision(sentences: Sequence[Scored]) -> float:
    """The share of an answer's citations that are precise; 0 where it has none."""
    return _share([precise for sentence in sentences for precise in sentence.precise])


def minimality(sentences: Sequence[Scored]) -> float:
    """The share of an answer's citations that its sentences cannot do without; 0 where it has none.

    Stricter than precision: of two citations that each support a sentence alone both are precise, and neither is needed.
    """
    return _share([needed for sentence in sentences for needed in sentence.needed])


def _share(true: Sequence[bool]) -> float:
    return sum(true) / len(true) if true else 0.0
