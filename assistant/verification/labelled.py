"""Claims beside evidence with a gold label: what the verifier learns from, and what it is measured on."""

from __future__ import annotations

import hashlib
import lzma
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Any

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from assistant.errors import AssistantError
from assistant.verification.labels import LABELS, Ints, Label

ENDINGS = (".jsonl", ".jsonl.xz")


class LabelledError(AssistantError):
    """A set cannot be read; the message names file and line, and the mend."""


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A claim, evidence, and what the evidence says of it. Where `two_class`, neutral says only "not supported": it may hide a contradiction.

    `source` names the set; `document_id`, of what the evidence is, and `title` are empty where the set has none.
    """

    id: str
    claim: str
    evidence: str
    label: Label
    source: str = ""
    document_id: str = ""
    title: str = ""
    two_class: bool = False


def _joined(evidence: object) -> object:
    """A list of sentences as one text."""
    whole = isinstance(evidence, list) and all(isinstance(part, str) for part in evidence)
    return " ".join(evidence) if whole else evidence  # type: ignore[arg-type]


def _plain(label: object) -> object:
    return label.strip().lower() if isinstance(label, str) else label


class _Line(BaseModel):
    """A line of a set; whatever else it has is left out. Numbers may identify, but not be what is read."""

    model_config = ConfigDict(extra="ignore")

    id: str | None = Field(default=None, coerce_numbers_to_str=True)
    claim: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    evidence: Annotated[str, BeforeValidator(_joined), Field(pattern=r"\S")]
    label: Annotated[Label, BeforeValidator(_plain)]
    document_id: str | None = Field(default=None, coerce_numbers_to_str=True)
    title: str | None = None
    two_class: bool = False


def read_labelled(path: Path) -> list[LabelledPair]:
    """The pairs of a JSONL file, packed with xz or not, or of every such file of a folder in the order of their names. Raises `LabelledError`.

    `claim`, `evidence` (a text, or a list of sentences) and `label` are needed; whatever else a line has is optional.
    """
    files = sorted(file for file in path.iterdir() if file.name.endswith(ENDINGS)) if path.is_dir() else [path]
    if not files:
        raise LabelledError(f"{path}: no .jsonl file in it; a support set is a file of claims, evidence and labels")
    return [pair for file in files for pair in _read(file)]


def _read(file: Path) -> list[LabelledPair]:
    try:
        with opened(file) as lines:
            pairs = list(_pairs(file.name, lines))
    except (OSError, EOFError, UnicodeDecodeError, lzma.LZMAError) as error:
        raise LabelledError(f"{file}: cannot be read ({error}); give a UTF-8 JSONL file") from error
    if not pairs:
        raise LabelledError(f"{file.name}: empty; nothing can be learnt from it or measured with it")
    return pairs


def _pairs(name: str, lines: Iterable[str]) -> Iterator[LabelledPair]:
    source = name.removesuffix(".xz").removesuffix(".jsonl")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            read = _Line.model_validate_json(line)
        except ValidationError as error:
            said = _first(error.errors(include_input=False, include_url=False)[0])
            raise LabelledError(
                f'{name}:{number}: {said}; every line needs "claim", "evidence" and "label" ({", ".join(LABELS)}): mend or remove it'
            ) from error
        yield LabelledPair(
            id=str(number) if read.id is None else read.id,
            claim=read.claim,
            evidence=read.evidence,
            label=read.label,
            source=source,
            document_id=read.document_id or "",
            title=read.title or "",
            two_class=read.two_class,
        )


def _first(error: Any) -> str:
    where = ".".join(map(str, error["loc"]))
    return f'"{where}": {error["msg"]}' if where else str(error["msg"])


def opened(path: Path) -> IO[str]:
    """A text file, packed with xz or not."""
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")


def gold_labels(pairs: Sequence[LabelledPair]) -> Ints:
    """Of each pair the place of its label in `LABELS`."""
    return np.array([LABELS.index(pair.label) for pair in pairs], dtype=np.int64)


def labelled_digest(pairs: Iterable[LabelledPair]) -> str:
    """Sixteen hexadecimal digits that identify pairs in their order."""
    digest = hashlib.sha256()
    for pair in pairs:
        for part in (pair.claim, pair.evidence, pair.label, str(pair.two_class)):
            digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:16]


def group_folds(pairs: Sequence[LabelledPair], count: int) -> list[int]:
    """The fold of each pair, 0 to `count` - 1, so that no claim and no document of one fold is in another; the same for the same pairs."""
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(key: tuple[str, str]) -> tuple[str, str]:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    claims = [("claim", " ".join(pair.claim.lower().split())) for pair in pairs]
    for pair, claim in zip(pairs, claims, strict=True):
        parent[root(claim)] = root(("document", pair.document_id or pair.evidence))
    groups = [root(claim) for claim in claims]
    sizes = Counter(groups)
    filled, fold_of = [0] * count, {}
    for group in sorted(sizes, key=lambda each: (-sizes[each], each)):
        fold = filled.index(min(filled))
        fold_of[group] = fold
        filled[fold] += sizes[group]
    return [fold_of[group] for group in groups]
