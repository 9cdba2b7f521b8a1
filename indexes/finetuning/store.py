"""The models that were made here: a folder each, with a card that says how, and which of them are in use."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from indexes.errors import ModelError, ModelMissingError
from indexes.finetuning.gate import Comparison

CARD, IN_USE = "card.json", "models.json"
NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"

Read = TypeVar("Read", bound=BaseModel)


class ModelKind(StrEnum):
    """What a model does."""

    EMBEDDER = "embedder"
    RERANKER = "reranker"


class Data(BaseModel):
    """A set that a model was trained on, with its pairs, the queries held out of it, and its licence as far as that is said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    pairs: int
    held_out: int
    licence: str


class Card(BaseModel):
    """How a model was made. `agreement` is what int8 kept of the checkpoint: mean cosine of vectors, or correlation of logits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ModelKind
    name: str = Field(pattern=NAME)
    version: int = Field(ge=1)
    base: str
    licence: str
    created: datetime
    data: list[Data]
    recipe: dict[str, Any]
    training: dict[str, Any]
    agreement: float
    figures: Comparison
    versions: dict[str, str]

    @property
    def full_name(self) -> str:
        """The name of its folder, and what `citewell models use` takes."""
        return f"{self.name}-{self.version}"


class _InUse(BaseModel):
    model_config = ConfigDict(extra="forbid")

    embedder: str | None = None
    reranker: str | None = None


class ModelStore:
    """`models/` in the library's home."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def cards(self) -> list[Card]:
        """The cards of all models, by name and version. A folder without a card is not a model. Raises `ModelError` naming a card that is broken."""
        cards = [_read(path, Card) for path in self.folder.glob(f"*/{CARD}") if not path.parent.name.startswith(".")]
        return sorted(cards, key=lambda card: (card.kind, card.name, card.version))

    def card(self, full_name: str) -> Card:
        """The card of a model. Raises `ModelMissingError` naming those that there are."""
        known = {card.full_name: card for card in self.cards()}
        if full_name not in known:
            there = ", ".join(known) or "none; citewell models finetune makes one"
            raise ModelMissingError(f"There is no model {full_name!r}. There is: {there}.")
        return known[full_name]

    def next_version(self, name: str) -> int:
        """The version that a new model of that name gets."""
        return 1 + max((card.version for card in self.cards() if card.name == name), default=0)

    def in_use(self, kind: ModelKind) -> str | None:
        """The full name of the model that replaces the default of its kind, or `None`."""
        path = self.folder / IN_USE
        return getattr(_read(path, _InUse), kind) if path.is_file() else None

    def use(self, full_name: str, *, force: bool = False) -> Card:
        """From now on this model is used. Raises `ModelError` where it did not win on held-out queries, unless forced."""
        card = self.card(full_name)
        if not card.figures.wins and not force:
            raise ModelError(
                f"{full_name} is not better than {card.base} on held-out queries (difference of nDCG@10 from {card.figures.low:+.3f} to "
                f"{card.figures.high:+.3f}): it is not used. --force uses it all the same."
            )
        self._set(card.kind, full_name)
        return card

    def use_default(self, kind: ModelKind) -> None:
        """From now on the default of that kind is used again."""
        self._set(kind, None)

    def _set(self, kind: ModelKind, full_name: str | None) -> None:
        path = self.folder / IN_USE
        now = _read(path, _InUse) if path.is_file() else _InUse()
        self.folder.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".new")
        beside.write_text(now.model_copy(update={kind: full_name}).model_dump_json(indent=2) + "\n", encoding="utf-8")
        beside.replace(path)


def _read(path: Path, kind: type[Read]) -> Read:
    try:
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelError(f"{path} cannot be read: mend or remove it.") from error
