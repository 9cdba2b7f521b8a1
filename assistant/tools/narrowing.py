"""Two sets of filters at once: what a model adds narrows what the question allows, and never widens it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from assistant.errors import ToolError
from assistant.filtering import said_by
from indexes.filters import Filters
from indexes.passage import Passage, Sex

_ONE_VALUED = ("kinds", "document_ids", "evidence_levels", "statuses", "languages", "trial_statuses")
"""Of these a passage has one value, so that two conditions are their intersection. Of the others it may have several: it may meet both
conditions by different values, and no single `Filters` says so."""


class Both:
    """The filters of the question and those of a call. `nearest` is what an engine is asked with, `accepts` decides.

    Raises `ToolError` where nothing can pass both.
    """

    def __init__(self, question: Filters, call: Filters) -> None:
        self._all = (question, call)
        self.nearest = _nearest(question, call)

    def accepts(self, passage: Passage) -> bool:
        """Whether the passage passes both."""
        return all(filters.accepts(passage) for filters in self._all)

    def kept(self, passages: Iterable[Passage]) -> list[Passage]:
        """Those that pass both, in their order."""
        return [passage for passage in passages if self.accepts(passage)]

    @property
    def words(self) -> str:
        """What is asked for, in words for the model; empty where nothing is."""
        question, call = (said_by(each) for each in self._all)
        parts = [_told(call), f"the question itself allows only {_told(question)}" if question else ""]
        return "; ".join(filter(None, parts))


def _told(said: dict[str, object]) -> str:
    return ", ".join(
        f"{name} {' or '.join(map(str, value)) if isinstance(value, list) else value}" for name, value in said.items()
    )


def _nearest(question: Filters, call: Filters) -> Filters:
    """The narrowest single filters that shut out nothing that both let pass."""
    both: dict[str, Any] = {}
    for name in (each.name for each in fields(Filters)):
        first, second = getattr(question, name), getattr(call, name)
        both[name] = first or second
        if name in _ONE_VALUED and first and second:
            both[name] = first & second
            if not both[name]:
                mend = (
                    "Use the tool for that kind." if name == "kinds" else f"Leave out {name}, or ask for one of these."
                )
                raise ToolError(f"The question itself allows only {_told({name: sorted(first)})}. {mend}")
    if question.sex and call.sex and question.sex is not call.sex:
        both["sex"] = Sex.ALL  # open to one and to the other
    both["age"] = question.age if question.age is not None else call.age
    both["year_from"] = max(filter(None, (question.year_from, call.year_from)), default=None)
    both["year_to"] = min(filter(None, (question.year_to, call.year_to)), default=None)
    return replace(question, **both)
