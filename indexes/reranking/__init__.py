"""Rerankers: a Protocol, and the registry that opens one from its setting. A new backend is one file here and one line in `BACKENDS`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Reranker(Protocol):
    """Reads query and text together and says how well they go together. `name` identifies model and weights."""

    name: str

    def score(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """The model's raw logit of each text, in the order of `texts`: higher is better, comparable within one model only."""
        ...
