"""How many passages of each kind a search gives, as every door takes it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from assistant.answer import Model
from assistant.evidence import MAX_K
from indexes.passage import Kind

_Count = Annotated[int, Field(ge=1, le=MAX_K)]


class QuotasIn(Model):
    """So many passages of each kind named, in one ranking; of a kind that is not named, none. Where none is named there are no quotas."""

    guideline: _Count | None = None
    literature: _Count | None = None
    trial: _Count | None = None

    def to_quotas(self) -> dict[Kind, int]:
        """The quotas as the searcher takes them."""
        return {Kind(name): count for name, count in self if count}
