"""The trained verifier: a small cross-encoder that says how likely evidence supports a claim, contradicts it, or does neither. Optional.

One ships with the project (`weights/`); `CITEWELL_VERIFIER` names another, a folder with `model.onnx`, `tokenizer.json` and `verifier.json`, as
`citewell models train-verifier --neural` writes it, or is `none`. Without one `load_neural` and `probabilities` give `None`, and verification goes
on without.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.settings import load_settings
from assistant.verification.labels import LABELS, softmax
from assistant.verification.windows import WORDS, closest_words
from indexes.errors import ModelError, ModelMissingError

SPEC, MODEL = "verifier.json", "model.onnx"
NONE = Path("none")
"""What the setting says where no verifier is wanted."""
JUDGED = "judged.jsonl"
"""What models that had not learnt from a pair said of it, for the pairs that the model of the folder did learn from."""
Probabilities = NDArray[np.float64]


class VerifierSpec(BaseModel):
    """How a verifier wants to be used. Logits are divided by `temperature`, so that the probabilities are calibrated (Guo et al. 2017)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    evidence_words: int = Field(default=WORDS, ge=1)
    max_tokens: int = Field(default=192, ge=8, le=512)
    temperature: float = Field(default=1.0, gt=0)

    @classmethod
    def read(cls, folder: Path) -> VerifierSpec:
        """The spec of a model's folder. Raises `ModelMissingError` without one, `ModelError` where it cannot be read."""
        path = folder / SPEC
        if not path.is_file():
            raise ModelMissingError(
                f"{folder} has no {SPEC}: name a folder that citewell models train-verifier --neural made."
            )
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise ModelError(f"{path} cannot be read: train or install the verifier again.") from error


class NeuralVerifier:
    """A verifier on onnxruntime. Safe to share between threads.

    Raises `ModelMissingError` where the folder lacks a file, `ModelError` where one is damaged.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        from indexes.embedding.weights import fingerprint
        from indexes.onnx_model import OnnxModel

        self.spec = VerifierSpec.read(folder)
        self._model = OnnxModel(folder, self.spec.max_tokens, threads)
        self.name = f"{self.spec.name}@{fingerprint([folder / MODEL, folder / 'tokenizer.json', folder / SPEC])}"

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> Probabilities:
        """Of each claim and evidence the probabilities of `LABELS`, shape (n, 3), in the order of the pairs.

        Of long evidence the words closest to the claim are read.

        Pairs are run one by one: the scale of a dynamically quantised activation is that of its whole batch, so that in batches a pair's figures
        would depend on its neighbours.
        """
        texts = [(claim, closest_words(claim, evidence, self.spec.evidence_words)) for claim, evidence in pairs]
        found = np.zeros((len(texts), len(LABELS)), dtype=np.float64)
        for row, encoding in enumerate(self._model.encode(texts)):
            logits = self._model.run([encoding])
            if logits.shape != (1, len(LABELS)) or not np.isfinite(logits).all():
                raise ModelError(
                    f"{self.name} gave no three numbers for a pair but an answer of shape {logits.shape}: train or install it again."
                )
            found[row] = softmax(logits[0].astype(np.float64) / self.spec.temperature)
        return found


def shipped_folder() -> Path | None:
    """The folder of the verifier that is installed with the project, or `None`."""
    folder = Path(str(files("assistant.verification").joinpath("weights")))
    return folder if (folder / MODEL).is_file() else None


def chosen_folder() -> Path | None:
    """The folder that `CITEWELL_VERIFIER` names, else the installation's; `None` where there is none, or none is wanted."""
    named = load_settings().verifier
    return None if named == NONE else named or shipped_folder()


def load_neural(folder: Path | None = None) -> NeuralVerifier | None:
    """The verifier of a folder, of `CITEWELL_VERIFIER`, or of the installation; `None` where there is none, or none is wanted.

    Raises `ModelMissingError` and `ModelError` where one is named and cannot be used.
    """
    folder = folder or chosen_folder()
    return _loaded(folder.expanduser()) if folder else None


@lru_cache(maxsize=2)
def _loaded(folder: Path) -> NeuralVerifier:
    return NeuralVerifier(folder)


def probabilities(pairs: Sequence[tuple[str, str]]) -> Probabilities | None:
    """What `NeuralVerifier.probabilities` gives, of the verifier in use; `None` where there is none."""
    verifier = load_neural()
    return verifier.probabilities(pairs) if verifier else None
