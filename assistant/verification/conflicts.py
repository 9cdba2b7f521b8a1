"""Pairs of sources that speak of the same thing and say opposite things: both are shown, with what tells them apart, and not averaged away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from assistant.planning.terms import content_of
from assistant.planning.vocabulary import TermKind
from assistant.verification.features import Judge
from assistant.verification.labels import LABELS
from assistant.verification.naming import Entity, named
from assistant.verification.opposed import flatly_opposed
from assistant.visible import quoted
from indexes.passage import Passage

_SUBJECTS = frozenset({TermKind.DRUG, TermKind.INTERVENTION})
_CONDITIONS = frozenset({TermKind.CONDITION})
_OUTCOMES = frozenset({TermKind.OUTCOME, TermKind.HARM})
BAR = 0.7
"""Probability of contradiction, in both directions, from which two statements conflict."""
MOST = 12
"""Pairs of an answer that are judged: each takes two runs of the model."""
People = Callable[[Passage], int | None]
"""How many people the document of a passage studied, as far as that can be told."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A sentence that an answer shows, and the passage it is quoted from."""

    text: str
    passage: Passage


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two statements from different documents, and what they disagree on, in words where these are known; `text` is for the reader."""

    one: Stated
    other: Stated
    about: str
    text: str

    @property
    def documents(self) -> frozenset[str]:
        """The two documents that disagree."""
        return frozenset(each.passage.document_id for each in (self.one, self.other))


def conflicts(stated: Sequence[Stated], judge: Judge, people: People) -> list[Conflict]:
    """Pairs from different documents, on the same drug or intervention and the same matter, of which each contradicts the other.

    `judge`: the trained verifier. Rules cannot tell: docs/verification.md has what they named; but two that say the same words, one of them denied or
    turned round, need no model. The statement named first is the newer one. `people`: what the answer's appraisals count, so that the reader is not
    told two sizes of one study.
    """
    apart = [
        _newer_first(one, other)
        for one, other in combinations(stated, 2)
        if one.passage.document_id != other.passage.document_id
    ]
    flat = [pair for pair in apart if flatly_opposed(pair[0].text, pair[1].text)]
    pairs = [pair for pair in apart if pair not in flat and shared(*pair)][:MOST]
    return [conflict(shared(*pair), *pair, people) for pair in flat] + _judged(pairs, judge, people)


def _judged(pairs: Sequence[tuple[Stated, Stated]], judge: Judge, people: People) -> list[Conflict]:
    asked = [(a.text, b.text) for newer, older in pairs for a, b in ((newer, older), (older, newer))]
    judged = judge(asked) if asked else None  # a model that is not asked is not read from the disk
    if judged is None:
        return []
    against = judged[:, LABELS.index("contradict")].reshape(-1, 2).min(axis=1)
    return [conflict(shared(*pair), *pair, people) for pair, sure in zip(pairs, against, strict=True) if sure >= BAR]


def _newer_first(one: Stated, other: Stated) -> tuple[Stated, Stated]:
    return (one, other) if (one.passage.year or 0) >= (other.passage.year or 0) else (other, one)


def conflict(about: str, one: Stated, other: Stated, people: People) -> Conflict:
    """Two statements that disagree, in words for the reader, the newer first."""
    newer, older = _newer_first(one, other)
    said = ", ".join(f"{described(each.passage, people(each.passage))} says “{each.text}”" for each in (newer, older))
    return Conflict(newer, older, about, f"Sources disagree{f' on {about}' if about else ''}: {said}.")


def described(passage: Passage, people: int | None) -> str:
    """What tells a source apart: year, design as its level of evidence, and the number of people where it is known."""
    level = passage.evidence_level
    design = (
        "guideline" if level == "guideline" else f"level {level} evidence" if level != "unknown" else str(passage.kind)
    )
    return ", ".join(
        filter(None, (quoted(passage.title), str(passage.year or ""), design, f"{people:,} people" if people else ""))
    )


def shared(one: Stated, other: Stated) -> str:
    """What both are about, in the words of the first; empty where they share no drug or intervention, or no outcome or condition."""
    ours, theirs = (f"{each.text} . {each.passage.title}" for each in (one, other))
    content = content_of(theirs)
    both = [entity for entity in named(ours) if entity.occurs_in(content)]
    subject, condition, outcome = (_first(both, kinds) for kinds in (_SUBJECTS, _CONDITIONS, _OUTCOMES))
    if not outcome and any(entity.kind in _OUTCOMES for each in (one, other) for entity in named(each.text)):
        return ""  # of one drug one outcome may rise and another fall
    matter = outcome or condition
    return f"{subject} and {matter}" if subject and matter else ""


def _first(entities: Sequence[Entity], kinds: frozenset[TermKind]) -> str:
    return next((entity.text for entity in entities if entity.kind in kinds), "")
