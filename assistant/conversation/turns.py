"""What is remembered of a conversation: a few turns, bounded, in memory only. Nothing of it is ever written down."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.answer import Answer, Citation, Claim, Source
from assistant.planning.rules import plan
from assistant.planning.terms import Term

MAX_TURNS = 6
"""Turns that are remembered; older ones are forgotten."""
MAX_CHARACTERS = 24_000
"""The most characters of questions, claims and quotes that are remembered; the oldest turns are forgotten first."""
MAX_CLAIMS_CHARACTERS = 8_000
"""Of one answer; sentences beyond are not remembered."""
MAX_SOURCES = 40


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that stands alone, and what answered it. `terms` are its plan's; `sources` in shown order: source i was shown as [i].

    `None` stands for one that the library no longer has. `only`: the documents that the question was kept to; empty where it was asked of the
    whole library.
    """

    question: str
    terms: tuple[Term, ...] = ()
    sources: tuple[Source | None, ...] = ()
    claims: tuple[Claim, ...] = ()
    only: frozenset[str] = frozenset()

    @classmethod
    def of(cls, answer: Answer) -> Turn:
        """The turn that ended in this answer."""
        kept: list[Claim] = []
        room = MAX_CLAIMS_CHARACTERS
        for claim in answer.claims:
            room -= _length(claim)
            if room < 0:
                break
            kept.append(claim)
        return cls(
            answer.question,
            plan(answer.question).terms,
            tuple(answer.sources[:MAX_SOURCES]),
            tuple(kept),
            frozenset(answer.only),
        )

    @property
    def characters(self) -> int:
        """How much there is to remember."""
        return (
            len(self.question)
            + sum(map(_length, self.claims))
            + sum(len(source.title) for source in self.sources if source)
        )

    def citations(self, number: int) -> tuple[Citation, ...]:
        """The words of source `number` that the answer cited; none where they are not remembered or there is no such source."""
        source = self.source(number)
        return tuple(
            citation
            for claim in self.claims
            for citation in claim.citations
            if source and citation.document_id == source.document_id
        )

    def source(self, number: int) -> Source | None:
        """The source that was shown as [number], or `None` where there is none."""
        return self.sources[number - 1] if 1 <= number <= len(self.sources) else None


@dataclass(frozen=True, slots=True)
class Conversation:
    """The last turns, oldest first. Frozen: what was said is added by `then`."""

    turns: tuple[Turn, ...] = field(default=())

    def then(self, turn: Turn) -> Conversation:
        """This conversation and one turn more, without what is too old or too much to be remembered."""
        turns = (*self.turns, turn)[-MAX_TURNS:]
        while len(turns) > 1 and sum(each.characters for each in turns) > MAX_CHARACTERS:
            turns = turns[1:]
        return Conversation(turns)

    @property
    def last(self) -> Turn | None:
        """The turn before this one."""
        return self.turns[-1] if self.turns else None

    @property
    def citing(self) -> Turn | None:
        """The last turn whose answer had sources: what a number in brackets means."""
        return next((turn for turn in reversed(self.turns) if turn.sources), None)


def _length(claim: Claim) -> int:
    return len(claim.text) + sum(len(citation.quote) for citation in claim.citations)
