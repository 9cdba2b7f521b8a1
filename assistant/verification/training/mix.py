"""The training pairs of the mixture (`mix.toml`), the same for the same seed and files."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from assistant.verification.labelled import LabelledPair, read_labelled
from assistant.verification.labels import LABELS
from assistant.verification.training.neutrals import made_neutral
from indexes.errors import ModelError


class Share(BaseModel):
    """What is taken of the files of one kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: tuple[str, ...] = Field(min_length=1)
    most: int = Field(ge=1)
    neutrals: int = Field(default=0, ge=0)
    balanced: bool = False


class Mix(BaseModel):
    """All shares."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sets: tuple[Share, ...]


def read_mix() -> Mix:
    """The mixture that the shipped verifier was trained on."""
    return Mix.model_validate(tomllib.loads(files(__package__).joinpath("mix.toml").read_text("utf-8")))


def mixed_pairs(folder: Path, mix: Mix, seed: int, scale: float = 1.0) -> list[LabelledPair]:
    """The pairs of the mixture; `scale` takes that share of every limit.

    Files that are not there are passed over. Raises `ModelError` where the folder holds none of them, `LabelledError` for one that cannot be read.
    """
    found: list[LabelledPair] = []
    for share in mix.sets:
        paths = [path for name in share.files for path in sorted(folder.glob(f"{name}.jsonl*"))]
        pairs = [pair for path in paths for pair in read_labelled(path)]
        draw = random.Random(f"{seed} {' '.join(share.files)}")  # noqa: S311 - reproducible, not secret
        most = min(len(pairs), max(1, round(share.most * scale)))
        chosen = _balanced(pairs, most, draw) if share.balanced else draw.sample(pairs, most)
        found += chosen + made_neutral(chosen, round(share.neutrals * scale), draw)
    if not found:
        raise ModelError(
            f"{folder} holds no file of the mixture: name the folder with mnli_matched_dev.jsonl and the rest."
        )
    return found


def _balanced(pairs: Sequence[LabelledPair], most: int, draw: random.Random) -> list[LabelledPair]:
    """At most `most` pairs, of each label as many as of the rarest where the limit allows."""
    chosen: list[LabelledPair] = []
    by_size = sorted(LABELS, key=lambda label: sum(pair.label == label for pair in pairs))
    for position, label in enumerate(by_size):
        of_label = [pair for pair in pairs if pair.label == label]
        room = (most - len(chosen)) // (len(by_size) - position)
        chosen += draw.sample(of_label, min(room, len(of_label)))
    return chosen
