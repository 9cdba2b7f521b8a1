"""How a question was read in the light of what was asked before."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.answer import Usage


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A question as it is asked of the library.

    `changed`: whether it is other than the words as typed. `why`: how it was read, or why it could not be completed, in words for the reader; empty
    where nothing need be said. `only`: documents it is kept to. `leans`: it leans on what was before, and the rules could not complete it.
    `prompts` and `usage`: what a model was told and paid for reading it.
    """

    question: str
    changed: bool = False
    why: str = ""
    only: frozenset[str] = frozenset()
    leans: bool = False
    insisted: bool = False
    prompts: dict[str, str] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
