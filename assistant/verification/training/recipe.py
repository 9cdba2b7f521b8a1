"""How the verifier is trained: all that decides the outcome beside the data."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from assistant.verification.windows import WORDS
from indexes.errors import ModelError


@dataclass(frozen=True, slots=True)
class NeuralRecipe:
    """Hyperparameters. Raises `ModelError` naming a field that cannot be.

    `batch_tokens` are the padded word pieces of one step, `max_tokens` those of a claim and its evidence, `evidence_words` what is read of an
    evidence (`closest_words`). Embeddings and the first `frozen_layers` layers stay as they are: they know words, and a step costs a third less.
    The head, which starts anew, learns at `head_learning_rate`. `warmup` is the share of the steps in which the rates rise, before they fall to
    zero. `scale` takes that share of the mixture. `save_steps` is how often a killed run may go on. `bf16` is autocast to bfloat16: where not said,
    on processors and GPUs that calculate with it.
    """

    epochs: int = 1
    batch_tokens: int = 2048
    learning_rate: float = 1e-4
    head_learning_rate: float = 5e-4
    warmup: float = 0.08
    weight_decay: float = 0.01
    dropout: float = 0.0
    max_tokens: int = 192
    evidence_words: int = WORDS
    frozen_layers: int = 4
    scale: float = 1.0
    save_steps: int = 100
    threads: int | None = None
    bf16: bool | None = None
    seed: int = 13

    def __post_init__(self) -> None:
        above_zero = ("epochs", "batch_tokens", "learning_rate", "head_learning_rate", "max_tokens", "evidence_words")
        for name in (*above_zero, "scale", "save_steps"):
            if getattr(self, name) <= 0:
                raise ModelError(f"The recipe's {name} is {getattr(self, name)}: it must be above 0.")
        if not 0 <= self.warmup < 1 or not 0 <= self.dropout < 1 or self.frozen_layers < 0:
            raise ModelError("The recipe's warmup and dropout must be shares below 1, its frozen_layers 0 or more.")

    def as_dict(self) -> dict[str, object]:
        """The fields as data, for a model's card."""
        return dataclasses.asdict(self)


SUPPORT_RECIPE = NeuralRecipe(
    epochs=2, learning_rate=1e-4, head_learning_rate=1e-4, warmup=0.1, dropout=0.1, frozen_layers=6
)
"""What follows on the mixture: fewer pairs, read more than once, by the upper half of the layers and a head that is no longer new."""
