"""What the verifier learns from: a claim, evidence, and what the evidence says of the claim."""

from __future__ import annotations

import hashlib
import lzma
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from indexes.errors import ModelError


class Label(StrEnum):
    """What evidence says of a claim; the order is that of the model's logits."""

    SUPPORT = "support"
    CONTRADICT = "contradict"
    NEUTRAL = "neutral"


LABELS = tuple(Label)


class LabelledPair(BaseModel):
    """A line of a training file. Where `two_class`, neutral says only "not supported": it may hide a contradiction.

    `source` names the set, `document_id` what the evidence is of, where that is said.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    claim: str = Field(min_length=1)
    evidence: str = Field(min_length=1)
    label: Label
    two_class: bool = False
    source: str = ""
    document_id: str | None = None


def read_labelled(path: Path) -> list[LabelledPair]:
    """The pairs of a JSONL file, packed with xz or not. Raises `ModelError` naming the line that cannot be used."""
    source = path.name.removesuffix(".xz").removesuffix(".jsonl")
    pairs: list[LabelledPair] = []
    number = 0
    try:
        with opened(path) as lines:
            for line in lines:
                number += 1
                if line.strip():
                    pair = LabelledPair.model_validate_json(line)
                    pairs.append(pair.model_copy(update={"source": source}))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "line"
        raise ModelError(f"{path}, line {number}: {where}: {first['msg']}. Mend the line or leave it out.") from error
    except (OSError, EOFError, UnicodeDecodeError, lzma.LZMAError) as error:
        raise ModelError(f"{path} cannot be read ({error}): name a JSONL file of labelled pairs.") from error
    return pairs


def labelled_digest(pairs: Iterable[LabelledPair]) -> str:
    """Sixteen hexadecimal digits that identify pairs in their order."""
    digest = hashlib.sha256()
    for pair in pairs:
        for part in (pair.claim, pair.evidence, pair.label, str(pair.two_class)):
            digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:16]


def opened(path: Path) -> IO[str]:
    """A text file, packed with xz or not."""
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")
