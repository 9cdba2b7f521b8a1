"""The check of drafts, for the passages that a task may cite."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from assistant.checking import check
from assistant.drafts import Checked, Draft, Failed
from indexes.passage import Passage

if TYPE_CHECKING:
    from assistant.service import Assistant

Check = Callable[[Draft], Checked | Failed]


def check_of(assistant: Assistant, passages: Iterable[Passage]) -> Check:
    """Checks drafts that cite any of these passages; a draft that cites another fails."""
    retrieved = frozenset(passage.passage_id for passage in passages)
    return lambda draft: check(draft, assistant.shelf, retrieved, assistant.embed)
