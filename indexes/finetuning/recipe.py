"""How a model is trained: all that decides the outcome beside the data."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from indexes.errors import ModelError


@dataclass(frozen=True, slots=True)
class Recipe:
    """Hyperparameters; the defaults are the embedder's. Raises `ModelError` naming a field that cannot be.

    `batch_size` counts pairs (of a reranker: query and text) of one step, `max_tokens` word pieces of a text (of a reranker: of query and text
    together), `warmup` the share of the steps in which the learning rate rises, before it falls in a straight line to zero. `scale` is the inverse
    temperature of the embedder's loss. `negatives` are taken of each pair, the hardest first. `max_seconds` and `max_pairs` are limits; the
    learning rate then falls with the time that is left. `save_steps` is how often a checkpoint is written from which a killed run goes on.
    `bf16` is autocast to bfloat16: where not said, on processors and GPUs that calculate with it.
    """

    epochs: int = 1
    batch_size: int = 32
    learning_rate: float = 2e-5
    warmup: float = 0.1
    weight_decay: float = 0.01
    scale: float = 20.0
    negatives: int = 1
    max_tokens: int = 256
    max_pairs: int | None = None
    max_seconds: float | None = None
    save_steps: int = 200
    bf16: bool | None = None
    seed: int = 13

    def __post_init__(self) -> None:
        whole = (
            "epochs",
            "batch_size",
            "max_tokens",
            "save_steps",
            "learning_rate",
            "scale",
            "max_pairs",
            "max_seconds",
        )
        for name in whole:
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ModelError(f"The recipe's {name} is {value}: it must be above 0.")
        if self.negatives < 0 or not 0 <= self.warmup < 1:
            raise ModelError("The recipe's negatives must be 0 or more, and its warmup a share from 0 to below 1.")

    def as_dict(self) -> dict[str, object]:
        """The fields as data, for a model's card."""
        return dataclasses.asdict(self)


EMBEDDER = Recipe()
RERANKER = Recipe(batch_size=16, negatives=4, max_tokens=384)
