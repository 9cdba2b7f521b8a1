"""The written conversations of `pairs.txt`, and how well they are read: `python tests/assistant/conversation/pairs.py` prints it.

Precision: of the questions that were changed, how many became what they stand for. Recall: of those that should change, how many became it.
Two questions are the same where they name the same things, deny the same, and are on the same age.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from assistant.answer import Source
from assistant.conversation.rewritten import Rewritten
from assistant.conversation.standalone import standalone
from assistant.conversation.turns import Conversation, Turn
from assistant.planning.rules import plan


@dataclass(frozen=True)
class Pair:
    """What was asked before, what is said now, and how it must be read (`None`: as it is)."""

    before: tuple[str, ...]
    sources: tuple[str, ...]
    said: str
    reads: str | None
    only: int | None = None
    insists: bool = False

    @property
    def conversation(self) -> Conversation:
        """The turns before, the last with its sources."""
        talk = Conversation()
        for question in self.before:
            shown = self.sources if question == self.before[-1] else ()
            talk = talk.then(Turn(question, plan(question).terms, tuple(map(_source, range(1, len(shown) + 1), shown))))
        return talk

    def read(self) -> Rewritten:
        """How the rules read it."""
        return standalone(self.said, self.conversation)

    def fits(self, read: Rewritten) -> bool:
        """Whether it was read as it must be."""
        if self.reads is None:
            return not read.changed and read.question == self.said
        only = frozenset() if self.only is None else frozenset({f"pubmed:{self.only}"})
        return means(read.question) == means(self.reads) and read.only == only and read.insisted == self.insists


def means(question: str) -> tuple[object, ...]:
    """What a question is about, whatever its wording."""
    planned = plan(question)
    return frozenset(t.names for t in planned.terms), frozenset(t.names for t in planned.absent), planned.age


def pairs() -> list[Pair]:
    """All of them, in order."""
    found: list[Pair] = []
    before: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    begun = False
    for line in Path(__file__).with_name("pairs.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("Q: "):
            before, sources, begun = ((*before, line[3:]) if begun else (line[3:],)), (), True
        elif line.startswith("S: "):
            sources = tuple(line[3:].split())
        elif " => " in line and not line.startswith("#"):
            said, reads = line.split(" => ")
            number = re.match(r"\[(\d)\] ", reads)
            plain = re.sub(r"^(?:\[\d\]|!) ", "", reads)
            found.append(
                Pair(
                    before,
                    sources,
                    said,
                    None if reads == "=" else plain,
                    int(number[1]) if number else None,
                    reads.startswith("! "),
                )
            )
            begun = False
    return found


@dataclass(frozen=True)
class Score:
    """Counts over all pairs; `wrong` are those changed into something else, `missed` those left as they are."""

    pairs: int
    should: int
    changed: int
    right: int
    wrong: tuple[tuple[Pair, Rewritten], ...]
    missed: tuple[tuple[Pair, Rewritten], ...]

    @property
    def precision(self) -> float:
        return self.right / self.changed

    @property
    def recall(self) -> float:
        return self.right / self.should


def score() -> Score:
    """How the rules read all of them."""
    read = [(pair, pair.read()) for pair in pairs()]
    changed = [(pair, r) for pair, r in read if r.changed]
    return Score(
        pairs=len(read),
        should=sum(pair.reads is not None for pair, _ in read),
        changed=len(changed),
        right=sum(pair.fits(r) for pair, r in changed),
        wrong=tuple((pair, r) for pair, r in changed if not pair.fits(r)),
        missed=tuple((pair, r) for pair, r in read if not r.changed and pair.reads is not None),
    )


def _source(number: int, what: str) -> Source:
    kind, level = what.split(":")
    return Source(
        document_id=f"pubmed:{number}",
        kind=kind,  # type: ignore[arg-type]
        title=f"Title {number}",
        url="",
        year=2020,
        evidence_level=level,
        status="current",
    )


if __name__ == "__main__":
    total = score()
    lines = [
        f"{name}: {pair.before[-1]} / {pair.said}\n    read as {r.question}  {r.why}\n    meant: {pair.reads}"
        for name, cases in (("wrong", total.wrong), ("missed", total.missed))
        for pair, r in cases
    ]
    lines.append(
        f"{total.pairs} pairs, {total.should} to be read otherwise; {total.changed} changed, {total.right} as meant"
    )
    lines.append(f"precision {total.precision:.3f}, recall {total.recall:.3f}")
    sys.stdout.write("\n".join(lines) + "\n")
