"""A sentence that an engine would like to show, before anything is checked."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.answer import Citation, Claim
from indexes.passage import Passage


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a passage: `passage.text[start:end]`."""

    passage: Passage
    start: int
    end: int

    @property
    def text(self) -> str:
        """The words themselves."""
        return self.passage.text[self.start : self.end]

    def citation(self) -> Citation:
        """The citation of these words, whose support is not known yet."""
        return Citation(
            passage_id=self.passage.passage_id,
            document_id=self.passage.document_id,
            quote=self.text,
            start=self.start,
            end=self.end,
            support=0.0,
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """A sentence and the words that are to carry it. `part`: what it answers, of a question that is answered part by part."""

    text: str
    quotes: tuple[Quote, ...]
    part: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A draft that did not stand up to the check, and why."""

    draft: Draft
    findings: tuple[str, ...]

    @property
    def why(self) -> str:
        """The findings in one line."""
        return "; ".join(self.findings)


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim that stood up, and the passages it cites as the shelves have them now."""

    claim: Claim
    passages: tuple[Passage, ...]
